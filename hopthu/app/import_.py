"""Review personnel lists in a workbook, and bring what was decided there into the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hopthu.app.edit import Proposal, facts_of
from hopthu.app.workspace import Workspace
from hopthu.app.writing import write_output
from hopthu.editing import listed_changes, listed_check, listed_ids
from hopthu.editing.draft import Draft
from hopthu.errors import DataError, UsageError
from hopthu.i18n.message import Message
from hopthu.model.organisation import Category
from hopthu.personnel import labels
from hopthu.personnel.known_units import KnownUnits
from hopthu.personnel.reading import read
from hopthu.personnel.review import Review
from hopthu.personnel.spreadsheet import Spreadsheet, read_spreadsheet
from hopthu.personnel.workbook import Line, Refusal, Workbook, WorkbookRefused, is_workbook
from hopthu.personnel.workbook_writer import write
from hopthu.source.positions import no_garbage_collection

_ID = {labels.UNIT_SHEET: "id", labels.PERSON_SHEET: "id", labels.CHANGE_SHEET: "person"}
"""The column of each table that names the record."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many records a workbook added, found there and left out; the `diff` of the files.

    `edits` are the cells that somebody changed in the rows of what it added.
    """

    units: int
    people: int
    heads: int
    present: int
    left: int
    diff: str
    edits: Sequence[Refusal]


def review(
    workspace: Workspace,
    found: Sequence[Spreadsheet],
    file: Path | None,
    category: Category | None,
    *,
    compare: bool = False,
) -> Review:
    """Return the review of lists, and write its workbook if a `file` is named.

    A workbook that is there keeps its decisions; it has no ticks yet. With `compare` the review has
    the differences from the data. Raises `WorkbookRefused` for cells that are not right.
    """
    reviewed = _reviewed(file) if file else Workbook()
    with no_garbage_collection():
        facts = facts_of(workspace)
        decisions = reviewed.decisions([*KnownUnits(facts).kinds.values()])
        _refuse(reviewed, reviewed.refusals)
        made = read(found, facts, decisions, category)
        listed_ids.propose(made, facts)
        made.changes = listed_changes.changes(made, facts) if compare else []
        if file:
            about = [
                ("Danh sách", "; ".join(each.name for each in found)),
                ("SHA-256", "; ".join(each.digest for each in found)),
                ("Dữ liệu (commit)", workspace.repository.head()),
                ("Ngày", f"{workspace.on:%d/%m/%Y}"),
            ]
            write_output(file, write(made, about))
    return made


def adopt(
    workspace: Workspace, workbook: Workbook, basis: str, *, units: bool, dry_run: bool
) -> Imported:
    """Write what a workbook adds, or only the `units`: all of it, or nothing.

    Raises `WorkbookRefused` and `DataError` for what is not right.
    """
    facts = facts_of(workspace)
    found = listed_check.checked(workbook, facts, basis, listed_check.adoption(facts, basis))
    _refuse(workbook, workbook.refusals)
    if units:
        found.people, found.heads = [], {}
    draft = Draft(facts)
    listed_check.add(draft, found)
    lines = {unit: line for unit, (_, line) in found.heads.items()}
    lines |= {unit.id: line for unit, line in found.units}
    lines |= {key: line for key, _, _, line in found.people}
    diff = _write(workspace, workbook, draft, lines, dry_run=dry_run)
    return Imported(
        len(found.units), len(found.people), len(found.heads), found.present, found.left, diff,
        [edit for line in dict.fromkeys(lines.values()) for edit in line.edits()],
    )  # fmt: skip


def change(workspace: Workspace, workbook: Workbook) -> int:
    """Write the differences that were ticked in a workbook; return their number. Raises alike."""
    draft = Draft(facts_of(workspace))
    workbook.compare()
    _refuse(workbook, workbook.refusals)
    lines = listed_changes.edit(draft, workbook.changes)
    _refuse(workbook, workbook.changes.refusals)
    _write(workspace, workbook, draft, lines, dry_run=False)
    return len(lines)


def _write(
    workspace: Workspace, workbook: Workbook, draft: Draft, lines: Mapping[str, Line], *,
    dry_run: bool,
) -> str:  # fmt: skip
    """Judge the edits that a workbook leads to, and write all of them, or none; return the diff.

    An error about a record is refused at its line.
    """
    proposal = Proposal(workspace, draft)
    errors = proposal.errors
    found = ((lines[error.subject], error) for error in errors if error.subject in lines)
    _refuse(
        workbook, [line.refusal(_ID[line.table.layout.sheet], error.what) for line, error in found]
    )
    if errors:
        raise DataError(errors, draft.facts.policy.regulation)
    if not dry_run:
        proposal.write()
    return proposal.diff


def _reviewed(file: Path) -> Workbook:
    """Return the workbook, an empty one if none is there.

    Raises for wrong cells, and for what was written into others.
    """
    if file.suffix.lower() != ".xlsx":
        raise UsageError(
            Message("{file} is not the name of a workbook", file=file),
            fix=Message("name it as {example}", example="review.xlsx"),
        )
    if not file.exists():
        return Workbook()
    there = read_spreadsheet(file)
    if not is_workbook(there):
        raise UsageError(
            Message("{file} is there already, and is not a workbook of a review", file=file),
            fix=Message("write to another file"),
        )
    workbook = Workbook(there)
    workbook.compare(workbook.questions)
    _refuse(workbook, workbook.refusals)
    if cell := next(workbook.written(), None):
        raise UsageError(
            Message(
                "{file} was written into besides the decisions, first at {cell}: it would be lost",
                file=file,
                cell=cell,
            ),
            fix=Message("import it; or write to another file, to begin again"),
        )
    return workbook


def _refuse(workbook: Workbook, refusals: Sequence[Refusal]) -> None:
    """Raise `WorkbookRefused` if there are any."""
    if refusals:
        raise WorkbookRefused(
            workbook.name, sorted(refusals, key=lambda each: (each.sheet, each.row))
        )
