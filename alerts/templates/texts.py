"""Prometheus' functions of texts."""

import ipaddress
from typing import Any
from urllib.parse import quote_plus, urlsplit

import re2

from alerts.promql.relabelling import expanded
from alerts.templates.errors import ExpansionError
from alerts.templates.formatting import LARGEST_TEXT, TOO_LONG
from alerts.templates.values import SafeText, to_bytes


def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0]
        reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise ExpansionError(f"error parsing regexp: {reason}") from None


def matches(pattern: str, text: str) -> bool:
    """Tell whether a pattern is found anywhere in a text."""
    return _compiled(pattern).search(text) is not None


def replaced(pattern: str, replacement: str, text: str) -> str:
    """Replace all that matches; `$1` and `${1}` are groups, `$1x` is the group of that name."""
    compiled = _compiled(pattern)
    groups: dict[str, int] = compiled.groupindex
    found, position = "", 0
    for match in compiled.finditer(text):
        # An empty match right behind another one does not count.
        if match.end() > position or match.start() == 0:
            found += text[position : match.start()] + expanded(replacement, match, groups)
            position = match.end()
        if len(found) > LARGEST_TEXT:
            raise ExpansionError(TOO_LONG)
    return found + text[position:]


def title(text: str) -> str:
    """Make the first letter of each word a capital, and leave the others; every sign ends a word but the underscore."""
    found, within = "", False
    for one in text:
        found += one if within else _changed(one, one.title())
        within = one.isalnum() or one == "_" or not (one.isascii() or one.isspace())
    return found


def upper(text: str) -> str:
    """Make every letter a capital that has one of its own."""
    return "".join(_changed(one, one.upper()) for one in text)


def lower(text: str) -> str:
    """Make every letter a small one."""
    return "".join(_changed(one, one.lower()) for one in text)


def _changed(one: str, other: str) -> str:
    """Return the other form of a letter; Go knows only forms of one letter."""
    return other if len(other) == 1 else one


def safe_html(text: str) -> SafeText:
    """Return a text as one of another type, which HTML would not escape."""
    return SafeText(text)


def graph_link(expression: str) -> str:
    """Return the path of an expression's graph in Prometheus."""
    return f"/graph?g0.expr={quote_plus(to_bytes(expression))}&g0.tab=0"


def table_link(expression: str) -> str:
    """Return the path of an expression's table in Prometheus."""
    return f"/graph?g0.expr={quote_plus(to_bytes(expression))}&g0.tab=1"


def strip_port(address: str) -> str:
    """Return the host of host:port, or what is no such thing as it is."""
    split = _split(address)
    return split[0] if split else address


def strip_domain(address: str) -> str:
    """Return the first part of a host's name, with its port; an IP address stays."""
    host, port = _split(address) or (address, "")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        short = host.partition(".")[0]
        if not port:
            return short
        return f"[{short}]:{port}" if ":" in short else f"{short}:{port}"
    return address


def _split(address: str) -> tuple[str, str] | None:
    """Split host:port or [host]:port; None for what is neither."""
    if address.startswith("["):
        host, bracket, port = address[1:].partition("]")
        if not bracket or not port.startswith(":"):
            return None
        host, port = host, port[1:]
    else:
        host, colon, port = address.rpartition(":")
        if not colon or ":" in host:
            return None
    if set("[]") & set(host + port) or ":" in port:
        return None
    return host, port


def path_of(url: str) -> str:
    """Return the path of a URL."""
    return urlsplit(url).path
