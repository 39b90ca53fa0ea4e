"""In which unit the texts around a row put somebody, from the outermost text on.

A unit is looked for within the one that the texts before it name. Below a text that should name a
unit, and names none of the data, nobody is put anywhere: in the whole province, any part of another
office may have the name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import words
from hopthu.personnel.findings import Words
from hopthu.personnel.leaders import is_committee, is_group, is_unit_around, led
from hopthu.personnel.unit_names import UnitNames
from hopthu.personnel.unit_paths import AFTER_UNIT, is_like_unit, outermost_first

Source = Literal["title", "sheet", "line", "heading", "cell"]
"""Where a text stands: in the title above the header, in the name of the sheet, behind `Đơn vị:`
above the header, in a row that heads others, or in the row itself."""
_AROUND: Sequence[Source] = ("title", "sheet")
"""Texts that need not be about a unit at all."""
_OF_ROWS: Sequence[Source] = ("heading", "cell")


class Outer(NamedTuple):
    """A text around all rows of a sheet."""

    source: Source
    text: str


class Texts(NamedTuple):
    """The texts that tell the unit of a row, from the outermost on."""

    around: tuple[Outer, ...] = ()
    headings: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()


class Remark(NamedTuple):
    """What somebody should check, and the source of the text that it is about."""

    source: Source
    words: Words


class Where(NamedTuple):
    """The unit that texts name; it is empty where `wrong` says why there is none.

    - `outside`: a unit, itself or above it, that is outside a text around the sheet, and that text.
    - `unknown`: whether the last text is what names no unit.
    - `stops`: whether nobody below the last text can be put into a unit.
    """

    unit: str
    wrong: Words | None = None
    remarks: tuple[Remark, ...] = ()
    outside: tuple[str, str] | None = None
    unknown: bool = False
    stops: bool = False


@dataclass(frozen=True, slots=True)
class _Reached:
    """How far the texts have led.

    - `among`: the units that may be meant; none where nothing has been said.
    - `by`: the text that said so, and its source.
    - `open`: whether a unit at the top, outside of these, may be named.
    - `lost`: a text that should have named a unit; parts of others are not looked for below it.
    - `pending`: what is wrong unless a further text names a unit.
    - `stop`: what is wrong, whatever stands further in.
    """

    among: tuple[str, ...] = ()
    by: Outer | None = None
    open: bool = True
    lost: str = ""
    pending: Words | None = None
    stop: Words | None = None
    outside: tuple[str, str] | None = None
    remarks: tuple[Remark, ...] = ()


class Whereabouts:
    """Finds units by the texts of a list."""

    def __init__(self, names: UnitNames) -> None:
        """Look among the units of `names`."""
        self._names = names
        self._known: dict[Texts, Where] = {}
        self._reached: dict[tuple[Outer, ...], _Reached] = {}

    def of(self, texts: Texts) -> Where:
        """Return where somebody is of whom these texts are said."""
        if texts not in self._known:
            self._known[texts] = self._where(texts)
        return self._known[texts]

    def path(self, texts: Texts) -> tuple[Outer, ...]:
        """Return the texts in their order, those that name several units part by part."""
        rows: Sequence[tuple[Source, Sequence[str]]]
        rows = (("heading", texts.headings), ("cell", texts.cells))
        found = [
            Outer(source, part)
            for source, each in rows
            for text in each
            for part in ((text,) if self._names.named(text) else outermost_first(text))
        ]
        return (*texts.around, *found)

    def _where(self, texts: Texts) -> Where:
        path = self.path(texts)
        end = self._walk(path)
        before = self._walk(path[:-1])
        wrong = end.stop or end.pending
        if wrong:
            unknown = wrong not in (before.stop, before.pending)
            return Where("", wrong, unknown=unknown, stops=end.stop is not None)
        if not end.among:
            return Where("", _nothing())
        if len(end.among) > 1:
            return Where("", _several(path[-1].text, end.among))
        remarks = end.remarks
        if end.by and end.by.source == "title":
            remarks = (*remarks, Remark("title", self._by_title(end.by.text, end.among[0])))
        return Where(end.among[0], None, remarks, end.outside)

    def _walk(self, path: tuple[Outer, ...]) -> _Reached:
        if not path:
            return _Reached()
        if path not in self._reached:
            before = self._walk(path[:-1])
            meant = self._meant(before, path[-1])
            self._reached[path] = self._step(before, meant) if meant else before
        return self._reached[path]

    def _meant(self, before: _Reached, outer: Outer) -> Outer | None:
        """Return a text without the leaders of what it names; None if that is the unit around."""
        source, written = outer
        if source in _OF_ROWS and self._is_inside(before.among):
            if is_group(written) and not self._names.named(written):
                return None
            if is_committee(written) and any(map(self._names.is_local, before.among)):
                return None
        part = led(written) if source in _OF_ROWS and not self._names.named(written) else None
        if part is None:
            return outer
        named = self._names.within(self._names.named(part), before.among)
        return None if is_unit_around(part) and not named else Outer(source, part)

    def _is_inside(self, among: Sequence[str]) -> bool:
        """Tell whether units have been named, below the province."""
        return bool(among) and not any(map(self._names.is_province, among))

    def _step(self, before: _Reached, outer: Outer) -> _Reached:
        """Return how far one more text leads."""
        if before.stop:
            return before
        source, written = outer
        named = self._names.named(written)
        candidates = named or self._loosely(before, outer)
        if source in _AROUND and self._is_no_unit_around(written, candidates):
            return before
        if not candidates:
            return self._unknown(before, outer)
        found = () if before.lost else self._names.within(candidates, before.among)
        outside = before.outside
        if not found and before.open:
            found = tuple(unit for unit in candidates if self._names.is_top(unit))
            if found and source in (*_OF_ROWS, "sheet") and before.by:
                outside = (found[0], before.by.text)
        if not found and source == "title":
            return before
        if not found:
            return replace(before, stop=self._elsewhere(before, written))
        found = self._names.same_spelling(found, written)
        remarks = before.remarks
        certain = self._is_certain(before, found) and (named or source == "title")
        if written != found[0] and not certain:
            remarks = (*remarks, Remark(source, self._taken(written, found[0])))
        loose = source == "title" and not any(map(self._names.is_local, found))
        return _Reached(found, outer, open=loose, remarks=remarks, outside=outside)

    def _loosely(self, before: _Reached, outer: Outer) -> Sequence[str]:
        """Return the units that a title ends in, or of whose name a text has the initials."""
        if outer.source == "title":
            return self._in_title(outer.text)
        among = before.among if outer.source in _OF_ROWS and not before.lost else ()
        return self._names.by_initials(outer.text, among)

    def _is_no_unit_around(self, written: str, candidates: Sequence[str]) -> bool:
        """Tell whether a title, or the name of a sheet, is of the province or like a short name."""
        if any(map(self._names.is_province, candidates)):
            return True
        return not (is_like_unit(written) or all(map(self._names.is_top, candidates)))

    def _is_certain(self, before: _Reached, found: Sequence[str]) -> bool:
        """Tell whether a unit is told by its whole path, or more than one is found yet."""
        if len(found) > 1 or self._names.is_top(found[0]):
            return True
        return self._is_inside(before.among)

    def _unknown(self, before: _Reached, outer: Outer) -> _Reached:
        source, written = outer
        like = is_like_unit(written)
        if source in _AROUND and not like:
            return before
        # A letterhead may be that of whoever made a list of others.
        within = before.among[0] if len(before.among) == 1 and not before.open else ""
        wrong = self._names.unknown(written, within, heading=source != "cell")
        if source == "line" or (source not in _AROUND and like):
            return replace(before, stop=wrong)
        if before.among:
            return replace(before, pending=wrong)
        lost = written if like else before.lost or written
        named = before.by if not like else outer
        return replace(before, pending=wrong, lost=lost, by=named)

    def _in_title(self, written: str) -> Sequence[str]:
        """Return the unit at the top in which a title ends: `DANH SÁCH CÁN BỘ XÃ …`."""
        parts = words(AFTER_UNIT.sub("", written))
        for start in range(1, len(parts)):
            rest = " ".join(parts[start:])
            if is_like_unit(rest):
                found = [unit for unit in self._names.named(rest) if self._names.is_top(unit)]
                if found:
                    return found
        return ()

    def _elsewhere(self, before: _Reached, written: str) -> Words:
        name = shown(written)
        if before.lost:
            what = Message(
                "{lost} names no unit of the data, so {name} below it may be of any office",
                lost=shown(before.lost), name=name,
            )  # fmt: skip
            return Words(what, Message("correct the one above, or add it to data/units.yaml"))
        unit = ", ".join(before.among[:3])
        what = Message("{name} is not a unit of {unit}", name=name, unit=unit)
        if before.by and before.by.source in (*_AROUND, "line"):
            return Words(
                what,
                Message(
                    "add it to {unit} in data/units.yaml; or, if the list is not of {unit} alone, "
                    "correct {text}, which stands above the rows or names the sheet",
                    unit=unit, text=shown(before.by.text),
                ),
            )  # fmt: skip
        fix = Message("name the unit that it belongs to, or correct it in data/units.yaml")
        return Words(what, fix)

    def _taken(self, written: str, unit: str) -> Words:
        return Words(
            Message(
                "{text} is taken for {unit}, of {parent}",
                text=shown(written), unit=unit, parent=shown(self._names.parent(unit)),
            ),
            Message("if another one is meant, write the unit that it belongs to into a column, a "
                    "heading, or behind `Đơn vị:` above the header"),
        )  # fmt: skip

    def _by_title(self, written: str, unit: str) -> Words:
        return Words(
            Message("only the title {text} says in which unit they are: {unit}",
                    text=shown(written), unit=unit),
            Message("nothing, if the whole list is of that unit"),
        )  # fmt: skip


def _nothing() -> Words:
    return Words(
        Message("nothing says in which unit they are"),
        Message("add a column with the unit, or a row above that names it"),
    )


def _several(written: str, candidates: Sequence[str]) -> Words:
    units = ", ".join(sorted(candidates)[:9])
    return Words(
        Message("{name} may be several units", name=shown(written)),
        Message("write the id of one of them: {units}", units=units),
    )
