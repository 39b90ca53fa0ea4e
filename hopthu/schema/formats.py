"""The forms a text may be asked to have (`form:` in schemas/), and what to write instead.

Each check returns None for a good text, else what is wrong and how to mend it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from ipaddress import ip_address, ip_network
from string import Formatter

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, words

Fault = tuple[Message, Message] | None

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_OTHER_DATES = (
    re.compile(r"(?P<day>[0-9]{1,2})[/.-](?P<month>[0-9]{1,2})[/.-](?P<year>[0-9]{4})\Z"),
    re.compile(r"(?P<year>[0-9]{4})[/.-](?P<month>[0-9]{1,2})[/.-](?P<day>[0-9]{1,2})\Z"),
)
# A hyphen keeps ids apart from addresses, which have none: nobody's id is another's address.
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+\Z")
_LABEL = re.compile(r"[a-z][a-z0-9-]{0,30}\Z")
_HOST_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_HOST_LABEL}(\.{_HOST_LABEL})+\Z")
_RESERVED = re.compile(r"[a-z][a-z0-9.-]{0,63}\Z")
_SIZE = re.compile(r"([1-9][0-9]{0,6}) (KiB|MiB|GiB|TiB)\Z")
_UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
# What GitHub and GitLab may call somebody: a person, a team in its groups, a GitLab role, an
# e-mail address. None holds a blank, so a line of CODEOWNERS stays one line.
_REVIEWER = re.compile(
    r"(@@?[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*"
    r"|[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,})\Z"
)
LONGEST_ID = 64
_LONGEST_PATTERN = 64
_LONGEST_REVIEWER = 254
_PATTERN_FIELDS = {"short", "place", "parent"}


def size(text: str) -> int:
    """Return the bytes of a size such as `2 GiB`, already found to be one."""
    number, unit = text.split(" ")
    return int(number) * _UNITS[unit]


def iso_date(text: str) -> Fault:
    """Ask for a day that exists, as year-month-day (ISO 8601)."""
    if _ISO.match(text):
        try:
            date.fromisoformat(text)
        except ValueError:
            return Message("{text} is no day of the calendar", text=shown(text)), Message(
                "see the month and the day"
            )
        return None
    for form in _OTHER_DATES:
        if found := form.match(text):
            meant = f"{found['year']}-{int(found['month']):02d}-{int(found['day']):02d}"
            return Message("{text} is not a date as year-month-day", text=shown(text)), Message(
                "write {meant}, if meant", meant=meant
            )
    return Message("{text} is not a date", text=shown(text)), Message(
        "write year-month-day, such as 2026-01-31"
    )


def permanent_id(text: str) -> Fault:
    """Ask for an id: folded words joined by hyphens."""
    if _ID.match(text) and len(text) <= LONGEST_ID:
        return None
    meant = "-".join(fold(word) for word in words(re.sub(r"[-_./]", " ", text)))[:LONGEST_ID]
    what = Message(
        "{text} is not an id: a to z, digits and hyphens, two words at least", text=shown(text)
    )
    return what, Message('write "{meant}"', meant=meant) if _ID.match(meant) else Message(
        "write it as in: so-tai-chinh"
    )


def label(text: str) -> Fault:
    """Ask for a short name of a store, network or key."""
    if _LABEL.match(text):
        return None
    return Message("{text} is not a label", text=shown(text)), Message(
        "begin with a letter; use a to z, digits and hyphens"
    )


def domain(text: str) -> Fault:
    """Ask for a domain name in lower case (RFC 1123 §2.1)."""
    if _DOMAIN.match(text) and len(text) <= 253:
        return None
    return Message("{text} is not a domain name", text=shown(text)), Message(
        "write it as in: thanhhoa.gov.vn"
    )


def network(text: str) -> Fault:
    """Ask for an address range in CIDR notation, with no host bits set."""
    try:
        ip_network(text)
    except ValueError:
        try:
            meant = Message("write {value}", value=ip_network(text, strict=False))
        except ValueError:
            meant = Message("write it as in: 10.38.0.0/16")
        return Message("{text} is not an address range", text=shown(text)), meant
    return None


def ip(text: str) -> Fault:
    """Ask for an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return Message("{text} is not an IP address", text=shown(text)), Message(
            "write it as in: 10.38.0.53"
        )
    return None


def size_text(text: str) -> Fault:
    """Ask for a number and a binary unit."""
    if _SIZE.match(text):
        return None
    return Message("{text} is not a size", text=shown(text)), Message(
        "write it as in: 2 GiB (or KiB, MiB, TiB)"
    )


def reserved_name(text: str) -> Fault:
    """Ask for a local part in lower case."""
    if _RESERVED.match(text):
        return None
    return Message("{text} is not a local part", text=shown(text)), Message(
        "write it without the domain, as in: postmaster"
    )


def pattern(text: str) -> Fault:
    """Ask for a naming pattern that uses only what a unit has to offer."""
    try:
        parts = [part for part in Formatter().parse(text) if part[1] is not None]
        # A width, as in {short:>1000}, would make any address as long as it says.
        fields = {name if not (width or how) else "" for _, name, width, how in parts}
    except ValueError:
        fields = {text}
    if fields and fields <= _PATTERN_FIELDS and len(text) <= _LONGEST_PATTERN:
        return None
    return Message("{text} is not a pattern", text=shown(text)), Message(
        "use {short}, {place} and {parent}, and no others"
    )


def reviewer(text: str) -> Fault:
    """Ask for somebody who reviews, as GitHub and GitLab write it in CODEOWNERS."""
    if len(text) <= _LONGEST_REVIEWER and _REVIEWER.match(text):
        return None
    return Message("{text} is no reviewer", text=shown(text)), Message(
        "write a person, team or e-mail address, as in: @province/so-tai-chinh"
    )


def reviewer_pattern(text: str) -> Fault:
    """Ask for a reviewer in which `{unit}` stands for the id of a unit."""
    if "{unit}" in text and reviewer(text.replace("{unit}", "so-tai-chinh")) is None:
        return None
    return Message("{text} is no reviewer for every unit", text=shown(text)), Message(
        "write a team with the id of the unit in it, as in: @province/{unit}"
    )


FORMS: dict[str, Callable[[str], Fault]] = {
    "iso_date": iso_date,
    "id": permanent_id,
    "label": label,
    "domain": domain,
    "network": network,
    "ip_address": ip,
    "size": size_text,
    "reserved_name": reserved_name,
    "pattern": pattern,
    "reviewer": reviewer,
    "reviewer_pattern": reviewer_pattern,
}
