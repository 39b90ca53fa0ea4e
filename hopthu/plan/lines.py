"""The lines of a plan, from which all its formats are made: each with the headings above it.

Lines that are alike can be one, and so can those that a comment has no room for. What stands in for
others has their number, the first of them, and a digest of them all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from hopthu.diagnostics.problem import cut
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.model.phrases import describe_number
from hopthu.plan.edit_words import Words
from hopthu.plan.edits import KINDS, Edit, common

_SIGNS = {
    **dict.fromkeys(("create", "add", "grant", "begin"), "+"),
    **dict.fromkeys(("erase", "remove", "revoke", "close", "end"), "-"),
    "": " ",
}
MAX_SHOWN = 10
"""More lines that are alike are one."""
DIGITS = 32
"""So many digits of a digest stand in a line: nobody finds two edits that share them."""
NO_DOCUMENT = Message("no supporting document")
_EXAMPLE = 300
"""So much of the first line stands in one for several."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plan.

    `documents` and `about` are the headings above it: what it rests on, each in a line, and the
    record or unit. Without `text` it is there for its headings. Lines with one `alike` that rest on
    the same documents may be folded; None is never. `row` is what a digest is made of as well,
    `number` how many lines it stands for.
    """

    text: str
    action: str = ""
    kind: str = ""
    documents: tuple[str, ...] = ()
    about: str = ""
    alike: object = None
    row: Any = None
    number: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """Lines below a title. What nobody may miss stands `open` in a comment."""

    title: Message
    lines: Sequence[Line]
    open: bool = False

    @property
    def number(self) -> int:
        """The lines as they were before any was folded."""
        return sum(line.number for line in self.lines)


def sign(action: str) -> str:
    """Return the sign of an action."""
    return _SIGNS.get(action, "~")


def edit_lines(edits: Sequence[Edit], words: Words) -> Iterator[Line]:
    """Yield the lines of what an edit writes, below the documents that rows rest on.

    A new document stands where it is first cited, whole, or by itself if nothing cites it.
    """
    new = {e.id for e in edits if (e.kind, e.list, e.action) == ("documents", "", "add")}
    seen: set[str] = set()
    listed = (e for e in edits if e.kind != "documents" or e.id not in new)
    ordered = sorted(listed, key=lambda e: (e.basis, KINDS.index(e.kind), e.id))
    for basis, rows in groupby(ordered, key=lambda e: e.basis):
        documents = tuple(words.document(key, whole=key not in seen) for key in basis)
        seen.update(basis)
        for edit in rows:
            yield Line(words.row(edit), edit.action, edit.kind, documents or (NO_DOCUMENT,),
                       words.record(edit), common(edit), edit)  # fmt: skip
    for key in sorted(new - seen):
        yield Line("", kind="documents", documents=(words.document(key, whole=True),))


def headed(lines: Iterable[Line]) -> Iterator[tuple[tuple[str, ...], str, Line]]:
    """Yield each line with the headings that are new above it: each of them stands once."""
    documents: tuple[str, ...] = ()
    about = ""
    for line in lines:
        new = line.documents if line.documents != documents else ()
        above = line.about if new or line.about != about else ""
        yield new, above, line
        documents, about = line.documents, line.about


def folded(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines, with one in place of more than ten that are alike below one heading."""
    for documents, below in groupby(lines, key=lambda line: line.documents):
        listed = [(id(line) if line.alike is None else line.alike, line) for line in below]
        together: dict[object, list[Line]] = {}
        for key, line in listed:
            together.setdefault(key, []).append(line)
        for key, line in listed:
            alike = together[key]
            if len(alike) <= MAX_SHOWN:
                yield line
            elif line is alike[0]:
                yield fold(alike, documents)


def fold(lines: Sequence[Line], documents: tuple[str, ...] = ()) -> Line:
    """Return one line in place of several: their number, the first, and a digest.

    In place of a single one, which is too long, its beginning and a digest.
    """
    first = lines[0]
    example = joined([e for e in (first.about, first.text) if e] or first.documents, ": ")
    text = Message(
        "{example} (digest {digest})", example=cut(example, _EXAMPLE), digest=digest(lines)
    )
    if lines[1:]:
        number = describe_number(len(lines))
        text = Message("{number} lines, such as {text}", number=number, text=text)
    whole = sum(line.number for line in lines)
    return Line(text, first.action, first.kind, documents, number=whole)


def digest(lines: Iterable[Line]) -> str:
    """Return a digest of several lines below their headings, whatever the language.

    A message counts as its English text, that of a line for several with the digest of these.
    """
    found = hashlib.sha256()
    for documents, about, line in headed(lines):
        said = (documents, about, line.text, line.row)
        found.update(json.dumps(said, sort_keys=True, default=str).encode() + b"\n")
    return found.hexdigest()[:DIGITS]


def shortened(part: Part, most: int) -> Part:
    """Return a part with its first lines of each kind, and one in place of the rest of a kind.

    Where not even one of each has room, a single one stands for all, however few they are.
    """
    together: dict[object, list[Line]] = {}
    for line in part.lines:
        together.setdefault((line.kind, line.action) if most else None, []).append(line)
    kept = {id(line) for alike in together.values() for line in alike[:most]}
    rest = (alike[most:] for alike in together.values())
    folds = [fold(lines) if lines[1:] or not most else lines[0] for lines in rest if lines]
    return replace(part, lines=[*(line for line in part.lines if id(line) in kept), *folds])
