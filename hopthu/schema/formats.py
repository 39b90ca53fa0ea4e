"""The formats of texts (`form:` in schemas/), and advice for texts that do not match.

Each check returns None for a valid text, else what is wrong and how to fix it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from string import Formatter

from hopthu.diagnostics.problem import shown
from hopthu.diagnostics.regulation import CITATION
from hopthu.i18n.message import Fault, Message
from hopthu.i18n.vietnamese import fold, words
from hopthu.schema.ranges import centre_range, ip, network
from hopthu.schema.sizes import message_size, quota
from hopthu.schema.years import likely_years

# No record is older or further ahead; within the limits every date has a day before and after it.
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_LIKELY = "2060"
"""No year after it is proposed."""
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_OTHER_DATES = (
    re.compile(r"(?P<day>[0-9]{1,2})[/.-](?P<month>[0-9]{1,2})[/.-](?P<year>[0-9]{4})\Z"),
    re.compile(r"(?P<year>[0-9]{4})[/.-](?P<month>[0-9]{1,2})[/.-](?P<day>[0-9]{1,2})\Z"),
)
# A hyphen distinguishes ids from addresses, which have none: no id is somebody else's address.
ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+\Z")
LABEL = re.compile(r"[a-z]([a-z0-9-]{0,29}[a-z0-9])?\Z")
# An account for probing begins with `probe_` (`hopthu.desired.probes`), and no list does.
LIST_KEY = re.compile(r"(?!probe\Z)[a-z][a-z0-9]{0,19}\Z")
_HOST_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# The last label of a name has a letter: all digits would be an IP address (RFC 3696 §2).
DOMAIN = re.compile(rf"({_HOST_LABEL}\.)+(?![0-9]+\Z){_HOST_LABEL}\Z")
RESERVED = re.compile(r"[a-z][a-z0-9]*([.-][a-z0-9]+)*\Z")
# The forms of owners in GitHub and GitLab: a person, a team in its groups, a GitLab role, an e-mail
# address. None has a space, so a line of CODEOWNERS stays one line.
REVIEWER = re.compile(
    r"(@@?[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*"
    r"|[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,})\Z"
)
ARTICLES = re.compile(rf"{CITATION}\Z")
ISSUERS = ("unit", "superior", "province", "operator", "inspectorate", "outside")
"""The words for issuers (`hopthu.model.competence`); none is an id, which has a hyphen."""
LONGEST_ID = 64
# The replies for a closed mailbox and for a former domain have an address twice, in one line of
# SMTP (`desired.state`, `daemons.postfix`).
LONGEST_DOMAIN = 53
LONGEST_RESERVED = 64
LONGEST_PATTERN = 64
LONGEST_REVIEWER = 254
_PATTERN_FIELDS = {"short", "place", "parent"}


def iso_date(text: str) -> Fault:
    """Check a date as year-month-day (ISO 8601)."""
    if _ISO.match(text):
        try:
            found = date.fromisoformat(text)
        except ValueError:
            return Message("{text} is not a valid date", text=shown(text)), Message(
                "check the month and the day"
            )
        if _FIRST_YEAR <= found.year <= _LAST_YEAR:
            return None
        limits = {"first": _FIRST_YEAR, "last": _LAST_YEAR}
        return Message(
            "the year of {text} is not between {first} and {last}", text=shown(text), **limits
        ), _other_year(text)
    for form in _OTHER_DATES:
        if parts := form.match(text):
            meant = f"{parts['year']}-{int(parts['month']):02d}-{int(parts['day']):02d}"
            return Message("{text} is not a date as year-month-day", text=shown(text)), Message(
                "write {meant}, if that is what you mean", meant=meant
            )
    return Message("{text} is not a date", text=shown(text)), Message(
        "write year-month-day, such as 2026-01-31"
    )


def _other_year(text: str) -> Message:
    """Return advice for a day of a year that is out of range."""
    if text.startswith("9999"):
        return Message("leave `until` out while no end is known; else check the year")
    days = (f"{year}{text[4:]}" for year in likely_years(text[:4]))
    meant = next((each for each in days if each[:4] <= _LIKELY and not iso_date(each)), None)
    if meant is None:
        return Message("check the year")
    return Message("write {meant}, if that is what you mean", meant=meant)


def permanent_id(text: str) -> Fault:
    """Check an id: folded words joined by hyphens."""
    if ID.match(text) and len(text) <= LONGEST_ID:
        return None
    meant = "-".join(fold(word) for word in words(re.sub(r"[-_./]", " ", text)))[:LONGEST_ID]
    what = Message(
        "{text} is not an id: a to z, digits and hyphens, two words at least", text=shown(text)
    )
    return what, Message('write "{meant}"', meant=meant) if ID.match(meant) else Message(
        "write it as in: so-tai-chinh"
    )


def issuer(text: str) -> Fault:
    """Check an issuer of the policy: a word of `Competence`, or the id of a unit."""
    if text in ISSUERS or not permanent_id(text):
        return None
    return Message("{text} is neither a word for issuers nor an id", text=shown(text)), Message(
        "write the id of a unit, or one of: {words}", words=", ".join(ISSUERS)
    )


def label(text: str) -> Fault:
    """Check the short name of a store, network or key."""
    if LABEL.match(text):
        return None
    return Message("{text} is not a label", text=shown(text)), Message(
        "begin with a letter; use a to z, digits and hyphens"
    )


def list_key(text: str) -> Fault:
    """Check the first part of the addresses of lists."""
    if LIST_KEY.match(text):
        return None
    return Message("{text} cannot begin the address of a list", text=shown(text)), Message(
        "begin with a letter; use a to z and digits, at most 20, but not: probe"
    )


def domain(text: str) -> Fault:
    """Check a domain name in lower case (RFC 1123 §2.1)."""
    if DOMAIN.match(text) and len(text) <= LONGEST_DOMAIN:
        return None
    return Message("{text} is not a domain name", text=shown(text)), Message(
        "write it as in: mail.example.vn"
    )


def reserved_name(text: str) -> Fault:
    """Check a local part in lower case."""
    if RESERVED.match(text) and len(text) <= LONGEST_RESERVED:
        return None
    return Message("{text} is not a local part", text=shown(text)), Message(
        "write it without the domain, as in: postmaster"
    )


def pattern(text: str) -> Fault:
    """Check a naming pattern: it may use only fields of a unit."""
    try:
        parts = [part for part in Formatter().parse(text) if part[1] is not None]
        # A width, as in {short:>1000}, would make any address as long as it says.
        fields = {name if not (width or how) else "" for _, name, width, how in parts}
    except ValueError:
        fields = {text}
    if fields and fields <= _PATTERN_FIELDS and len(text) <= LONGEST_PATTERN:
        return None
    return Message("{text} is not a pattern", text=shown(text)), Message(
        "use {short}, {place} and {parent}, and no others"
    )


def reviewer(text: str) -> Fault:
    """Check a reviewer, as GitHub and GitLab write it in CODEOWNERS."""
    if len(text) <= LONGEST_REVIEWER and REVIEWER.match(text):
        return None
    return Message("{text} is not a valid reviewer", text=shown(text)), Message(
        "write a person, team or e-mail address, as in: @province/so-tai-chinh"
    )


def reviewer_pattern(text: str) -> Fault:
    """Check a reviewer in which `{unit}` stands for the id of a unit."""
    if "{unit}" in text and reviewer(text.replace("{unit}", "so-tai-chinh")) is None:
        return None
    return Message("{text} is not a valid pattern of reviewers", text=shown(text)), Message(
        "write a team with the id of the unit in it, as in: @province/{unit}"
    )


def articles(text: str) -> Fault:
    """Check one article or several, as `hopthu.diagnostics.regulation` cites them."""
    if ARTICLES.match(text):
        return None
    return Message("{text} is not an article", text=shown(text)), Message(
        'write it as in "Art. 12", "Art. 12.3" for a clause, "Art. 12.3.a" for a point'
    )


FORMS: dict[str, Callable[[str], Fault]] = {
    "iso_date": iso_date,
    "id": permanent_id,
    "issuer": issuer,
    "label": label,
    "list_key": list_key,
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
    "articles": articles,
}
