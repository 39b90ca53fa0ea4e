"""The naming profile: which address a person or a unit is given (Art. 4).

Dispatch 309/CV-BĐH112, which the regulation cites for unit mailboxes, was not to be found; the
profile in the policy is our own, and conformity is not claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from hopthu.i18n.vietnamese import fold, words

KIND_WORDS = (
    "Ban Quản lý", "Chi cục", "Đặc khu", "Phòng", "Phường", "Sở", "Thanh tra", "Thị trấn",
    "Trung tâm", "Ủy ban nhân dân", "Văn phòng", "Xã",
)  # fmt: skip
"""Words for the kind of a unit, with which its name begins."""
_KIND_FOLDS = tuple([fold(word) for word in words(kind)] for kind in KIND_WORDS)
_COMMITTEES = (["uy", "ban", "nhan", "dan"], ["ubnd"])
"""What the committee of a commune or ward has before the words of its kind, folded."""
_DIGITS = re.compile("[0-9]")
_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<number>[1-9][0-9]*)?\Z")


@lru_cache(maxsize=2**16)
def stem(name: str) -> str:
    """Return the given name and the initials before it: `Nguyễn Văn An` gives `annv`.

    Digits are left out: those at the end of an address count namesakes.
    """
    parts = [letters for word in name.split() if (letters := _letters(word))]
    return "".join([*parts[-1:], *(part[0] for part in parts[:-1])])


def id_stem(name: str) -> str:
    """Return the id the first of a name is given: its words, folded."""
    return "-".join(filter(None, (fold(word) for word in re.split(r"[\s-]", name))))


def personal(name: str, taken: Iterable[str]) -> str:
    """Return the next free local part for `name`; `taken` are all current and former ones, folded.

    Numbers only grow: `annv`, `annv2`, `annv3`. A gap is never filled, so that an address that once
    belonged to one person never belongs to another.
    """
    return free(stem(name), highest(taken))


def highest(taken: Iterable[str]) -> dict[str, int]:
    """Return the highest number given to each stem of the folded local parts `taken`."""
    given: dict[str, int] = {}
    for local in taken:
        base, number = _number(local)
        given[base] = max(number, given.get(base, 0))
    return given


def free(base: str, given: Mapping[str, int]) -> str:
    """Return the next local part with the stem `base`; `given` is the result of `highest`."""
    return f"{base}{given[base] + 1}" if base in given else base


def unit(pattern: str, *, name: str, short: str, parent: str, begins: Sequence[str] = ()) -> str:
    """Return the local part of a unit by `pattern`; `parent` is the local part of its parent.

    `begins` are the words of further kinds of unit.
    """
    return pattern.format(short=fold(short), place=fold(place(name, begins)), parent=parent)


def place(name: str, begins: Sequence[str] = ()) -> str:
    """Return a unit's name without the words of its kind: `Xã Đồng Tiến` gives `Đồng Tiến`.

    So does `UBND xã Đồng Tiến`, as the committee of a commune calls itself. `begins` are the words
    of further kinds, which are looked for first.
    """
    parts = words(name)
    further = [[fold(word) for word in words(kind)] for kind in begins]
    of_committee = behind_committee(name)
    found = (
        _behind(parts, further)
        or _behind(of_committee or parts, (*further, *_KIND_FOLDS))
        or of_committee
    )
    return " ".join(found) if found else name


def behind_committee(name: str) -> Sequence[str]:
    """Return the words of a name behind those of a committee, by which a commune acts; or none."""
    return _behind(words(name), _COMMITTEES)


def _behind(parts: Sequence[str], beginnings: Iterable[Sequence[str]]) -> Sequence[str]:
    """Return the words behind the first of the folded `beginnings` they have, else none."""
    folded = [fold(word) for word in parts]
    for begin in beginnings:
        if begin and folded[: len(begin)] == begin:
            return parts[len(begin) :]
    return ()


@lru_cache(maxsize=10_000)  # many people share few words in their names
def _letters(word: str) -> str:
    return _DIGITS.sub("", fold(word))


def _number(local: str) -> tuple[str, int]:
    match = _NUMBERED.match(local)
    if match is None or match["number"] is None:
        return local, 1
    return match["stem"], int(match["number"])
