"""Texts as values of YAML."""

from __future__ import annotations

import json
import re

from hopthu.i18n.vietnamese import APOSTROPHES, BREVE, LETTERS

# Letters and signs that mean nothing to YAML, not even inside braces, with single blanks.
_PLAIN = re.compile(
    rf"[{LETTERS}][{LETTERS}{BREVE}0-9]*([ ./&()_–{APOSTROPHES}-]+[{LETTERS}{BREVE}0-9]+)*[.)]?\Z"
)
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))
"""What is no text without quotes, in any case of its letters, to some reader of YAML 1.1 or 1.2."""


def scalar(text: str) -> str:
    """Return a text as a value of YAML that means that text, wherever it stands."""
    if _PLAIN.match(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
