"""What somebody may have meant who names what is not there: the same for all that is looked up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from hopthu.i18n.message import Message

_MOST = 3
_LENGTHS = 4
"""So many letters are not forgotten, and of 60,000 words few are left to be compared."""
_NUMBERS = re.compile("[0-9]+")


def suggestion(
    said: str, known: Iterable[str], otherwise: Message, named: Iterable[str] = ()
) -> Message:
    """Return the fix where `said` is none of the `known` words; `otherwise` if none is like it.

    Those that are `named` so come first. Ids of documents are all alike but for their numbers:
    another number is another document.
    """
    word, numbers = said.lower(), _NUMBERS.findall(said)
    near = list(islice(named, _MOST))
    if not near:
        alike = [
            each for each in known
            if each[:1] == word[:1] and abs(len(each) - len(word)) < _LENGTHS
            and _NUMBERS.findall(each) == numbers
        ]  # fmt: skip
        near = get_close_matches(word, alike, n=_MOST)
    return Message("did you mean {near}?", near=", ".join(near)) if near else otherwise
