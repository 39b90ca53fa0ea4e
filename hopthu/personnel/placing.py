"""The people of a list in their units, and what a person has to look at of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.personnel.findings import Finding, Place, left_out, look
from hopthu.personnel.listing import Heading, Listing
from hopthu.personnel.matching import Placed
from hopthu.personnel.namesakes import says_beside
from hopthu.personnel.person_row import Entry
from hopthu.personnel.remarks import is_harmless
from hopthu.personnel.whereabouts import Remark, Texts, Whereabouts

_MOST_NAMED = 20
_MOST_REMARKS = 10


def placed(listing: Listing, units: Whereabouts, on: date) -> tuple[list[Placed], list[Finding]]:
    """Return the people of a list with their units, and findings where texts leave doubt.

    Who has left by the day `on` is none of them.
    """
    found: list[Placed] = []
    findings = [each for heading in listing.headings for each in _of_heading(heading, units)]
    once: set[tuple[str, Remark]] = set()
    for entry in listing.entries:
        where = units.of(entry.texts)
        if away := _away(entry, on):
            findings.append(away)
            continue
        if where.wrong:
            findings.append(left_out(entry.place, entry.name, *where.wrong))
            continue
        found.append(Placed(entry, where.unit))
        for remark in where.remarks:
            if remark.source == "cell":
                findings.append(look(entry.place, entry.name, *remark.words))
            elif remark.source != "heading" and (entry.place.sheet, remark) not in once:
                once.add((entry.place.sheet, remark))
                findings.append(look(entry.place, "", *remark.words))
    findings += _outside(listing.entries, units)
    findings += _blank(found)
    return found, findings


def _blank(found: Sequence[Placed]) -> Iterator[Finding]:
    """Yield rows without a unit below one that has it, in the same sheet and section."""
    written: set[tuple[str, Texts]] = set()
    for entry, unit in found:
        around = entry.place.sheet, entry.texts._replace(cells=())
        if entry.texts.cells:
            written.add(around)
        elif around in written:
            yield look(
                entry.place, entry.name,
                Message("the row names no unit, as others above it do: taken to be in {unit}",
                        unit=unit),
                Message("nothing, if so; if they are in the unit of the rows above, write it into "
                        "each row"),
            )  # fmt: skip


def has_left(entry: Entry, on: date) -> bool:
    """Tell whether a remark says that somebody is no longer in service on a day."""
    return any(leaving.on(on) == "gone" for _, leaving in entry.remarks)


def _of_heading(heading: Heading, units: Whereabouts) -> Iterator[Finding]:
    where = units.of(heading.texts)
    if where.unknown:
        stops = Message("correct it, or add the unit: those below it are left out until then")
        passed = Message("nothing, if the rows below name their units themselves")
        what = Message("{text} names no unit of the data", text=shown(heading.text))
        yield look(heading.place, "", what, stops if where.stops else passed)
    above = heading.texts._replace(headings=heading.texts.headings[:-1])
    before = units.of(above).remarks
    for remark in where.remarks:
        if remark.source == "heading" and remark not in before:
            yield look(heading.place, "", *remark.words)


def _away(entry: Entry, on: date) -> Finding | None:
    """Return the first remark by which somebody has left, or may have; None if there is none."""
    said = [(leaving.on(on), shown(text)) for text, leaving in entry.remarks]
    gone = next((text for service, text in said if service == "gone"), "")
    unclear = next((text for service, text in said if service == "unclear"), "")
    if gone:
        return left_out(
            entry.place, entry.name,
            Message("the remark says that they are no longer in service: {text}", text=gone),
            Message("delete the row, or the remark if it is wrong"),
        )  # fmt: skip
    if unclear:
        return left_out(
            entry.place, entry.name,
            Message("the remark does not say clearly whether they are still in service here: "
                    "{text}", text=unclear),
            Message("delete the row if they are not; else clear the remark, or write the day on "
                    "which they leave"),
        )  # fmt: skip
    return None


def remarks_to_check(entries: Iterable[Entry]) -> Iterator[Finding]:
    """Yield the remarks of people that are taken which a person should read.

    Those on further posts are in one finding for each sheet, and so are those not understood.
    """
    further: dict[tuple[str, str], list[tuple[Place, str]]] = defaultdict(list)
    odd: dict[tuple[str, str], list[tuple[Place, str]]] = defaultdict(list)
    for entry in entries:
        for text, _ in entry.remarks:
            yield look(
                entry.place, entry.name,
                Message("taken to be in service, with the remark {text}", text=shown(text)),
                Message("delete the row if they have left; if they will leave, enter that with "
                        "its decision when it comes"),
            )  # fmt: skip
        known = {text for text, _ in entry.remarks}
        for note in entry.notes:
            if note not in known and not is_harmless(note):
                notes = further if says_beside(note) else odd
                notes[entry.place[:2]].append((entry.place, note))
    for rows in further.values():
        yield look(
            min(rows)[0],
            "",
            Message("remarks on further posts, by row: {remarks}", remarks=_by_row(rows)),
            Message("add those that the data should have, with their decisions, with "
                    "`hopthu person transfer --secondary`"),
        )  # fmt: skip
    for rows in odd.values():
        yield look(
            min(rows)[0],
            "",
            Message("remarks that are not understood, by row: {remarks}", remarks=_by_row(rows)),
            Message("nothing, if all of them are in service here; else delete the row, or write "
                    "the remark such as: Nghỉ hưu từ 01/12/2026"),
        )  # fmt: skip


def _by_row(notes: Sequence[tuple[Place, str]]) -> str:
    """Return the first remarks, each behind the number of its row, and how many there are."""
    first = sorted(notes)[:_MOST_REMARKS]
    named = ", ".join(f"{place.row} {shown(note)}" for place, note in first)
    return f"{named}, … ({len(notes)})" if len(notes) > _MOST_REMARKS else named


def _outside(entries: Sequence[Entry], units: Whereabouts) -> Iterator[Finding]:
    """Yield, once for each text around a sheet, the units that do not belong to it."""
    found: dict[tuple[str, str], dict[str, Place]] = {}
    for entry in entries:
        where = units.of(entry.texts)
        if where.outside and not where.wrong:
            unit, text = where.outside
            found.setdefault((entry.place.sheet, text), {}).setdefault(unit, entry.place)
    for (_, text), places in found.items():
        named = ", ".join([*places][:_MOST_NAMED])
        yield look(
            next(iter(places.values())),
            "",
            Message(
                "units outside {text}, which stands above the list: {units}",
                text=shown(text), units=f"{named}, …" if len(places) > _MOST_NAMED else named,
            ),
            Message("nothing, if the list is about these units too"),
        )  # fmt: skip
