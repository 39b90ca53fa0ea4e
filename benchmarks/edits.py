"""Changes of a generated province as administrators would write them: somebody new, a merger."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

NEW_DAY = "2026-11-16"
_BASIS = "decision: qd-{0}-ubnd-tinh-2026, request: cv-{0}-ubnd-tinh-2026"
_PAPERS = """\
- id: qd-{0}-ubnd-tinh-2026
  kind: decision
  number: {0}/QĐ-UBND
  issuer: ubnd-tinh
  date: 2026-11-09
- id: cv-{0}-ubnd-tinh-2026
  kind: request
  number: {0}/UBND-VP
  issuer: ubnd-tinh
  date: 2026-11-10
"""
_RECORD = re.compile(r"(?m)^(?=- )")


def recruit(data: Path, number: int) -> str:
    """Add the fictional person with the given number to a school; return their id."""
    file = data / "people" / "phuong-dong-quang.yaml"
    text = file.read_text(encoding="utf-8")
    found = re.search(r"unit: ([\w-]+),", text)
    if found is None:
        raise ValueError(f"{file} has no post to follow")
    basis = _papers(data, 900 + number)
    person = f"zinh-thi-do-thu-{number}"
    file.write_text(
        f"{text}- id: {person}\n"
        f"  name: Zinh Thị Đo Thử\n"
        "  category: civil_servant\n"
        f"  mailbox: {{address: thuztd{number if number > 1 else ''}}}\n"
        "  posts:\n"
        f"    - {{unit: {found[1]}, title: Chuyên viên, from: {NEW_DAY}, {basis}}}\n",
        encoding="utf-8",
    )
    return person


def merge(data: Path, department: str, into: str, number: int) -> None:
    """Merge a department and its divisions, with all who work there, into another one.

    The decision and the request bear `number`.
    """
    basis = _papers(data, number)
    units = data / "units.yaml"
    text = units.read_text(encoding="utf-8")
    ending = {
        department,
        *re.findall(rf"- id: ([\w-]+)\n(?:  .*\n)*?  parent: {department}\n", text),
    }
    _edit(units, ending, lambda record: _ended(record, into, basis))
    moved = f"    - {{unit: {into}, title: Chuyên viên, from: {NEW_DAY}, {basis}}}\n"
    for file in (data / "people").glob("*.yaml"):
        _edit(file, None, lambda record: _moved(record, ending, moved))


def _papers(data: Path, number: int) -> str:
    """Add a decision and a request of the province with a number; return how a row cites them."""
    papers = data / "documents" / "2026.yaml"
    papers.write_text(papers.read_text(encoding="utf-8") + _PAPERS.format(number), encoding="utf-8")
    return _BASIS.format(number)


def _edit(file: Path, ids: set[str] | None, change: Callable[[str], str]) -> None:
    records = _RECORD.split(file.read_text(encoding="utf-8"))
    named = (re.match(r"- id: ([\w-]+)\n", record) for record in records)
    edited = [
        change(record) if name and (ids is None or name[1] in ids) else record
        for record, name in zip(records, named, strict=True)
    ]
    file.write_text("".join(edited), encoding="utf-8")


def _ended(unit: str, into: str, basis: str) -> str:
    """End a unit; its head's and its delegate's terms end with it."""
    return f"{unit}  ended: {{how: merged, into: [{into}], on: {NEW_DAY}, {basis}}}\n"


def _moved(person: str, units: set[str], post: str) -> str:
    """Give somebody who works in one of `units` the new `post`."""
    posts = re.findall(r"    - \{unit: ([\w-]+), .*\n", person)
    if not posts or posts[-1] not in units or "\n  left:" in person:
        return person
    last = person.rindex("    - {unit: ")
    end = person.index("\n", last) + 1
    return person[:end] + post + person[end:]
