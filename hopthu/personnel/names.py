"""The names of a list, as the directory is to show them."""

from __future__ import annotations

import re
from typing import NamedTuple

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import APOSTROPHES, same
from hopthu.model.address_naming import stem
from hopthu.model.record_local import PERSON
from hopthu.personnel.charsets import meant_by
from hopthu.personnel.findings import Odd

_WORD = re.compile(rf"[^\s{APOSTROPHES}-]+")
# Family names that are never written without marks; "Ly" and "Mai", say, are names as they are.
_NEED_MARKS = frozenset((
    "bui", "dang", "dinh", "doan", "duong", "hoang", "huynh", "luong", "ngo", "nguyen", "pham",
    "phung", "tran", "trinh", "truong",
))  # fmt: skip
_FORMS_OF_ADDRESS = frozenset(("ông", "bà"))
_VACANT = frozenset(("khuyết", "còn", "chưa", "đang", "trống"))
"""Words, none of them a family name, with which lists begin to say that a post is vacant."""
LONGEST = 100
"""The most characters of a name (schemas/people.yaml)."""


CHECK_SPELLING = Message("check the spelling of the name")
"""What to do about a name that was in capitals, which says nothing else of the person."""


class Name(NamedTuple):
    """A name as it is proposed; `remark` is what a person should look at, if anything."""

    text: str
    remark: Message | None = None


def name_of(written: str) -> Name:
    """Return the name that a cell says; raise `Odd` if that cannot be told."""
    name = " ".join(same(written).split())
    words = name.split(" ")
    refuse_other_charset(written)
    if not (len(name) <= LONGEST and PERSON.match(name) and stem(name)):
        raise Odd(
            Message("{text} is not the name of a person", text=shown(written)),
            Message("write the name in Vietnamese letters, and nothing else in that cell"),
        )
    if words[0].lower() in _VACANT:
        raise Odd(
            Message("{text} says that the post is vacant", text=shown(written)),
            Message("nothing; or write the name of the person"),
        )
    if len(words) < 2:
        raise Odd(
            Message("{text} is only part of a name", text=shown(written)),
            Message("write the full name, family name first"),
        )
    if name.isascii() and words[0].lower() in _NEED_MARKS:
        raise Odd(
            Message("{text} is written without its marks", text=shown(written)),
            Message("write the name as it is written in Vietnamese"),
        )
    if words[0].lower() in _FORMS_OF_ADDRESS:
        raise Odd(
            Message("{text} begins with a form of address", text=shown(written)),
            Message("write the name alone; who has that family name is entered with "
                    "`hopthu person add`"),
        )  # fmt: skip
    proposed = " ".join(map(_proposed, words))
    if proposed != name:
        return Name(
            proposed,
            Message("{text} is proposed as {name}", text=shown(written), name=shown(proposed)),
        )
    return Name(name)


def refuse_other_charset(written: str) -> None:
    """Raise `Odd` for a text that was typed before Unicode, in a list that was not."""
    if found := meant_by(written):
        meant = ", ".join(f"{shown(meant)} ({charset})" for charset, meant in found.items())
        raise Odd(
            Message("{text} was typed before Unicode: {meant}", text=shown(written), meant=meant),
            Message("type it again, in Unicode"),
        )


def _proposed(word: str) -> str:
    """Return a word of a name; in proper case if it is in capitals, or begins with a small letter.

    Others stay as they are, as K'sor does.
    """
    letters = sum(map(str.isalpha, word))
    odd = word[0].islower() or (word.isupper() and letters > 1)
    return in_proper_case(word) if odd else word


def in_proper_case(name: str) -> str:
    """Return a name with a capital at the begin of each word, as in H'Hen Niê."""
    return _WORD.sub(lambda word: word[0][0].upper() + word[0][1:].lower(), name)
