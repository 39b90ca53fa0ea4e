"""What the directory answers to a change of password, in the words of people.

slapd answers in English and in codes (RFC 4511, RFC 3062); the chain of access hosts passes on the
code alone. docs/own-password.md and docs/doi-mat-khau.md have these tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hopthu.i18n.message import Message


@dataclass(frozen=True, slots=True)
class Result:
    """A result code of LDAP: what it means here, and what to do."""

    code: int
    what: Message
    fix: Message


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule for passwords, by the text of slapd that names it: what it asks, and what to do."""

    text: str
    what: Message
    fix: Message


RESULTS = (
    Result(
        0, Message("the password is changed"), Message("use the new one everywhere from now on")
    ),
    Result(
        19,
        Message("the new password breaks a rule, or the last change was less than a minute ago"),
        Message("choose another by the rules below"),
    ),
    Result(
        49,
        Message(
            "the present password is wrong, has ended, or was mistyped too often; or the account "
            "is locked"
        ),
        Message("wait 15 minutes and try again; then ask the administrators"),
    ),
    Result(
        50,
        Message("the old password was not given, or the account is not one's own"),
        Message("give the old password, and the DN of one's own entry"),
    ),
    Result(52, Message("the server of the directory does not answer"), Message("try again later")),
    Result(
        53,
        Message("the old password is wrong, or the account is not one's own"),
        Message("type the old password again"),
    ),
)
"""The codes that `ldappasswd` shows."""

REFUSALS = (
    Refusal(
        r"Password is too short for policy",
        Message("the password is too short"),
        Message("use more characters"),
    ),
    Refusal(
        r"Password is too long for policy",
        Message("the password is longer than 128 characters"),
        Message("use fewer"),
    ),
    Refusal(
        r"does not pass required number of strength checks",
        Message("the password lacks small letters, capitals, digits or signs"),
        Message("add what is missing"),
    ),
    Refusal(
        r"forbidden characters",
        Message("the password has letters with marks, or other characters that are not ASCII"),
        Message("write it without marks"),
    ),
    Refusal(
        r"tokens from the RDN|contains part of an attribute",
        Message("the password has a part of the name or the address"),
        Message("leave it out"),
    ),
    Refusal(
        r"is too weak",
        Message("the password is a usual one, or a sequence such as 123456"),
        Message("use several words that have nothing to do with each other"),
    ),
    Refusal(
        r"existing value|history of old passwords|list of old passwords",
        Message("the password was used before"),
        Message("choose a new one"),
    ),
    Refusal(
        r"too young",
        Message("the password was changed less than a minute ago"),
        Message("wait a minute"),
    ),
)
"""The rules that a password may break; slapd names one of them at a time."""


def refusal(text: str) -> Refusal | None:
    """Return the rule that a text of slapd names; None if it names none."""
    return next((each for each in REFUSALS if re.search(each.text, text)), None)
