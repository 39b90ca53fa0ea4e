"""The forms a text may be asked to have (`form:` in schemas/), and what to write instead.

Each check returns None for a good text, else what is wrong and how to mend it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from string import Formatter

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Fault, Message
from hopthu.i18n.vietnamese import fold, words
from hopthu.schema.ranges import centre_range, ip, network
from hopthu.schema.sizes import message_size, quota

# Nothing on record is older or lies further ahead, and every day has one before and one after it.
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_OTHER_DATES = (
    re.compile(r"(?P<day>[0-9]{1,2})[/.-](?P<month>[0-9]{1,2})[/.-](?P<year>[0-9]{4})\Z"),
    re.compile(r"(?P<year>[0-9]{4})[/.-](?P<month>[0-9]{1,2})[/.-](?P<day>[0-9]{1,2})\Z"),
)
# A hyphen keeps ids apart from addresses, which have none: nobody's id is another's address.
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+\Z")
_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,29}[a-z0-9])?\Z")
_HOST_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# The last label of a name has a letter: all digits would be an IP address (RFC 3696 §2).
_DOMAIN = re.compile(rf"({_HOST_LABEL}\.)+(?![0-9]+\Z){_HOST_LABEL}\Z")
_RESERVED = re.compile(r"[a-z][a-z0-9]*([.-][a-z0-9]+)*\Z")
# What GitHub and GitLab may call somebody: a person, a team in its groups, a GitLab role, an
# e-mail address. None holds a blank, so a line of CODEOWNERS stays one line.
_REVIEWER = re.compile(
    r"(@@?[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*"
    r"|[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,})\Z"
)
LONGEST_ID = 64
# The answer for a closed mailbox names an address twice, in one line of SMTP (`desired.refusal`).
_LONGEST_DOMAIN = 53
_LONGEST_RESERVED = 64
_LONGEST_PATTERN = 64
_LONGEST_REVIEWER = 254
_PATTERN_FIELDS = {"short", "place", "parent"}


def iso_date(text: str) -> Fault:
    """Ask for a day that exists, as year-month-day (ISO 8601)."""
    if _ISO.match(text):
        try:
            found = date.fromisoformat(text)
        except ValueError:
            return Message("{text} is no day of the calendar", text=shown(text)), Message(
                "see the month and the day"
            )
        if _FIRST_YEAR <= found.year <= _LAST_YEAR:
            return None
        limits = {"first": _FIRST_YEAR, "last": _LAST_YEAR}
        return Message(
            "{text} is not in the years from {first} to {last}", text=shown(text), **limits
        ), Message("see the year")
    for form in _OTHER_DATES:
        if parts := form.match(text):
            meant = f"{parts['year']}-{int(parts['month']):02d}-{int(parts['day']):02d}"
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
    if _DOMAIN.match(text) and len(text) <= _LONGEST_DOMAIN:
        return None
    return Message("{text} is not a domain name", text=shown(text)), Message(
        "write it as in: thanhhoa.gov.vn"
    )


def reserved_name(text: str) -> Fault:
    """Ask for a local part in lower case."""
    if _RESERVED.match(text) and len(text) <= _LONGEST_RESERVED:
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
    "centre_range": centre_range,
    "ip_address": ip,
    "quota": quota,
    "message_size": message_size,
    "reserved_name": reserved_name,
    "pattern": pattern,
    "reviewer": reviewer,
    "reviewer_pattern": reviewer_pattern,
}
