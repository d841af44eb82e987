"""Expressions with a slip of the pen: a word too many, too few, or another one."""

import re
from random import Random

from tests.alerts.promql.generator import DATES, Grammar, Made

WORD = re.compile(
    r"""[A-Za-z_:][A-Za-z0-9_:]*|[0-9.][0-9A-Za-z.]*|"(?:[^"\\]|\\.)*"|'[^']*'|`[^`]*`|[=!<>]=|=~|!~|\s+|.""", re.DOTALL
)
# With a slip they may be asked for the date of NaN, which differs on purpose.
DATE = re.compile(f"({'|'.join(DATES)})\\(")
# Blanks stand between them; a blank within is ␣.
WORDS_IN_ONE = r"""+ - ( ) { } [ ] , = == =~ !~ != > ^ % / * ! ~ & | bool on by without ignoring group_left group_right and or unless
    atan2 offset start end() on(a) time() hour() pi sum SUM Sum AND Or BY oN BOOL OFFSET Group_Left topk count_values quantile
    absent label_replace scalar vector holt_winters rate m0 m4:sum : a:b x fill step anchored smoothed limitk with bool␣bool -␣-
    +␣+ offset␣5m offset␣-5m @␣5 [5m] [5m:1m] [5] 1 -1 0x1F 0X1f 08 010 00 1e e5 1e+ 5m 1h 1ms 1s1m . .. 1. .5 1_0 1.5e3 0b1 0o7 0x
    0x1p3 0x1.8 1e400 0xFFFFFFFFFFFFFFFFFF 9223372036854775808 Inf NaN inf nan +Inf Infinity inf{a="b"} "a" `x` `\` 'q\'' "q\'"
    "\x41" "\101" "\777" "\u00e9" "\ud800" "\U00110000" "\q" "\xff" "\n" " \ é # #c {} {a="1"} {"m0"} {a="1",} {,} {or="1"}
    {a="1"␣or␣b="x"} {a="\"} a="1" by␣(a) by␣("a") sum␣by sum(m0)␣by␣(a,) +"a" -"a" """
WORDS = WORDS_IN_ONE.split()
BLANKS = ("\t", "\r", "\n", "\x00", "\ufeff", "\u00a0", "#c\n")


def slip(random: Random) -> Made:
    """Make an expression and write it badly."""
    text = Grammar(random).vector(random.randint(0, 2)).text
    while DATE.search(text):
        text = Grammar(random).vector(random.randint(0, 2)).text
    words = WORD.findall(text)
    for _ in range(random.choice((1, 1, 2))):
        place, kind = random.randrange(len(words) + 1), random.random()
        wrong = random.choice(BLANKS) if random.random() < 0.1 else random.choice(WORDS).replace("␣", " ")
        if kind < 0.35:
            words[place : place + 1] = []
        elif kind < 0.75:
            words.insert(place, f" {wrong}{random.choice(('', ' '))}")
        else:
            words[place : place + 1] = [wrong]
    return Made("".join(words), exact=False)
