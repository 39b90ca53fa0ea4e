"""Client passwords as the directory has them: one value each, with a hash, a moment and a label.

The hash is a plain SHA-256, since nobody tries a noticeable part of 120 random bits (Art. 6.4). A
sign-in searches for it, so the label is written in ASCII, percent-encoded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, unquote

from hopthu.directory.entries import CLIENT_PASSWORD
from hopthu.directory.password_rules import generalized, parsed_time


@dataclass(frozen=True, slots=True)
class ClientPassword:
    """What is known of a client password that is in use: its label, and when it was issued."""

    label: str
    issued: datetime


def value(key: str, issued: datetime, label: str) -> str:
    """Return the value of the attribute; `key` is the hash."""
    return f"{key} {generalized(issued)} {written(label)}"


def lacking(label: str) -> str:
    """Return the LDAP filter of entries without a client password of that label."""
    return f"(!({CLIENT_PASSWORD}=*Z {written(label)}))"


def written(label: str) -> str:
    """Return a label as the directory has it; of ASCII it leaves nothing that filters interpret."""
    return quote(label, safe="")


def parsed(lines: Iterable[str]) -> tuple[ClientPassword, ...]:
    """Return the client passwords of lines with moment and label, the oldest first."""
    known = [
        ClientPassword(unquote(label), parsed_time(moment))
        for moment, label in (line.split() for line in lines)
    ]
    return tuple(sorted(known, key=lambda one: (one.issued, one.label)))
