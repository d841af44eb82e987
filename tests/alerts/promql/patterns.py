"""Random regular expressions, most of them odd."""

from random import Random

PARTS = r"""a b A é 1 . - ^ $ ( ) (?: (?i) (?i: (?s) (?-s: (?m) (?U) (?P<n> (?<n> (?= (?! | * + ? *? +? {2} {0,3} {,2} {2,} {1001} {1000}
    {2}? [ ] [^ [a-c] [[:alpha:]] [[:word:]] [\d] []a] [^]a] [a-] [z-a] \d \D \w \W \s \S \b \B \A \z \Z \pL \p{Greek} \PL \p{^L}
    \p{Nd} \pN \x41 \x{e9} \x{110000} \101 \0 \07 \1 \8 \Q \E \Qa.b\E \C \a \f \n \v \t \r \. \- \_ \" \é \e \c \h \R \X \K
    \u00e9 \N (?#c) (?>a) (?P=n) (?P>n) && [a&&b] \p{Any} \p{Lu} \p{IsGreek} [\pL\d_] { } {a} x{2}{3} (a*)* ** \ \( (?P<é>a)"""
VALUES = (
    "",
    "a",
    "ab",
    "A",
    "é",
    "É",
    "1",
    "1.5",
    "a-b",
    "_",
    "xxxxx",
    "(",
    "]",
    "\\",
    "^",
    "$",
    "ß",
    "K",
    "\u017f",
    "\t",
    "aa",
    "abab",
)


def pattern(random: Random) -> str:
    """Make a pattern."""
    return "".join(random.choice(PARTS.split()) for _ in range(random.choice((1, 1, 2, 2, 3, 4, 6))))


def expression(random: Random) -> str:
    """Use a pattern where there can be one."""
    written = pattern(random).replace("\\", "\\\\").replace("'", "\\'")
    uses = ("patterns{{v=~'{}'}}", "patterns{{v!~'{}'}}", "label_replace(patterns, 'x', '<$1>', 'v', '{}')")
    return random.choice(uses).format(written)
