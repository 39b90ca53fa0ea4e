"""Proposals as the text of data files, laid out as the others are."""

from __future__ import annotations

import json
import re

from hopthu.i18n.vietnamese import APOSTROPHES, BREVE, LETTERS
from hopthu.personnel.proposal import Proposal

# Letters and signs that mean nothing to YAML, not even inside braces, with single blanks.
_PLAIN = re.compile(
    rf"[{LETTERS}][{LETTERS}{BREVE}0-9]*([ ./&()–{APOSTROPHES}-]+[{LETTERS}{BREVE}0-9]+)*[.)]?\Z"
)
_WORDS = frozenset(("true", "false", "null"))
"""What is a value of its own when it stands without quotes (`hopthu.source.values`)."""


def scalar(text: str) -> str:
    """Return a text as a value of YAML that means that text, wherever it stands."""
    if _PLAIN.match(text) and text not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def record_text(proposal: Proposal) -> bytes:
    """Return the lines of a record of data/people.yaml."""
    each = proposal
    return (
        f"- id: {each.id}\n"
        f"  name: {scalar(each.name)}\n"
        f"  category: {each.category}\n"
        f"  mailbox: {{address: {each.address}}}\n"
        "  posts:\n"
        f"    - {{unit: {each.unit}, title: {scalar(each.title)}, from: {each.start}, "
        f"decision: {each.basis}, request: {each.basis}}}\n"
    ).encode()
