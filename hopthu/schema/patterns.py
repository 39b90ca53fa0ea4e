"""The forms of `schemas/` as regular expressions that editors understand (ECMA 262).

A pattern takes every text its form takes. Some take more: what a calculation decides, such as the
host bits of an address range, is left to `hopthu check`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hopthu.i18n.message import Message
from hopthu.schema import formats

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IP = rf"(?:{_OCTET}(?:\.{_OCTET}){{3}}|(?=[0-9A-Fa-f.]*:)[0-9A-Fa-f:.]{{2,45}})"
_RANGE = Message("an address range, such as 10.38.0.0/16")
_SIZE = Message("a size, such as 2 GiB (or KiB, MiB, TiB)")
_DAY = (
    r"(?:19|20|21)[0-9]{2}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"|(?:2000|(?:19|20|21)(?:0[48]|[2468][048]|[13579][26]))-02-29"
)
_LITERAL = r"(?:[^{}]|\{\{|\}\})*"


class Pattern(NamedTuple):
    """A regular expression for the whole text, how long it may be, and what an editor calls it."""

    regex: str
    what: Message
    longest: int | None = None


def _plain(compiled: str) -> str:
    return compiled.replace(r"\Z", "$").removesuffix("$")


PATTERNS: Mapping[str, Pattern] = {
    "iso_date": Pattern(_DAY, Message("a day of the calendar, such as 2026-01-31")),
    "id": Pattern(
        _plain(formats.ID.pattern),
        Message("an id: a to z, digits and hyphens, two words at least, such as so-tai-chinh"),
        formats.LONGEST_ID,
    ),
    "issuer": Pattern(
        f"(?:{'|'.join(formats.ISSUERS)}|{_plain(formats.ID.pattern)})",
        Message("a word for issuers, or the id of a unit"),
        formats.LONGEST_ID,
    ),
    "label": Pattern(
        _plain(formats.LABEL.pattern), Message("a label: a letter, then a to z, digits and hyphens")
    ),
    "list_key": Pattern(
        _plain(formats.LIST_KEY.pattern.replace(r"\Z)", "$)")),
        Message("the beginning of an address: a letter, then a to z and digits, 20 at most"),
    ),
    "domain": Pattern(
        _plain(formats.DOMAIN.pattern),
        Message("a domain name in lower case, such as mail.example.vn"),
        formats.LONGEST_DOMAIN,
    ),
    "network": Pattern(rf"{_IP}(?:/[0-9.]{{1,15}})?", _RANGE),
    "centre_range": Pattern(rf"{_IP}(?:/[0-9.]{{1,15}})?", _RANGE),
    "ip_address": Pattern(_IP, Message("an IP address, such as 10.38.0.53")),
    "quota": Pattern("[1-9][0-9]{0,6} (?:MiB|GiB|TiB|KiB)", _SIZE),
    "message_size": Pattern("[1-9][0-9]{0,6} (?:MiB|GiB|TiB|KiB)", _SIZE),
    "reserved_name": Pattern(
        _plain(formats.RESERVED.pattern),
        Message("a local part in lower case, such as postmaster"),
        formats.LONGEST_RESERVED,
    ),
    "pattern": Pattern(
        rf"{_LITERAL}(?:\{{(?:short|place|parent)\}}{_LITERAL})+",
        Message("a pattern with {short}, {place} or {parent} in it"),
        formats.LONGEST_PATTERN,
    ),
    "reviewer": Pattern(
        _plain(formats.REVIEWER.pattern),
        Message("a person, team or e-mail address, such as @province/so-tai-chinh"),
        formats.LONGEST_REVIEWER,
    ),
    "articles": Pattern(
        _plain(formats.ARTICLES.pattern),
        Message("an article or several, such as Art. 12.3, 14.1.a"),
    ),
    "reviewer_pattern": Pattern(
        r"[^\s]*\{unit\}[^\s]*", Message("a team with {unit} in it, such as @province/{unit}")
    ),
}
