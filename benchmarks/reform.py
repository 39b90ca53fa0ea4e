"""Write the reorganisation of 1 July 2025 as data: `python -m benchmarks.reform --out DIR`.

547 communes under 26 districts become 166 communes and wards, as they really did; ten are split.
People are fictional, and as many as asked for. `--before` writes the state that the reorganisation
is a change of.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count, cycle, islice
from pathlib import Path

from benchmarks.province import NETWORKS
from hopthu.i18n.vietnamese import fold, words
from hopthu.model import address_naming

TABLE = Path(__file__).parent / "communes-2025.tsv"
DAY = "2025-07-01"
PEOPLE = 1_120
"""Two in a commune and one in a district, about."""
_POLICY = """\
centre:
  ranges: [10.88.0.0/24]
operator: van-phong-ubnd-tinh
naming:
  unit: {commune: "xa.{place}.{parent}", ward: "phuong.{place}.{parent}"}
stores:
  default: store1
  by_kind: {ward: store2}
  storage: {store1: {replicated: Trung tâm Dữ liệu}, store2: {replicated: Trung tâm Dữ liệu}}
"""
"""Of both states: the province has no address, so units right below it leave out `{parent}`."""
_OLD = "decision: qd-12-ubnd-2020, request: cv-13-vpubnd-2020"
_NEW = "decision: nq-1686-ubtvqh15-2025, request: cv-851-vpubnd-2025"
_NAMED = "decision: qd-15-ubnd-2025, request: cv-851-vpubnd-2025"
"""What people's posts and headships rest on: the resolution creates and ends units."""
_OPERATOR = "van-phong-ubnd-tinh"
_OLD_PAPERS = (
    "cv-13-vpubnd-2020, kind: request, number: 13/VPUBND-TC, issuer: van-phong-ubnd-tinh",
    "qd-12-ubnd-2020, kind: decision, number: 12/QĐ-UBND, issuer: ubnd-tinh",
)
_NEW_PAPERS = (
    "cv-851-vpubnd-2025, kind: request, number: 851/VPUBND-TC, issuer: van-phong-ubnd-tinh",
    "nq-1686-ubtvqh15-2025, kind: decision, number: 1686/NQ-UBTVQH15, outside_issuer: Quốc hội",
    "qd-15-ubnd-2025, kind: decision, number: 15/QĐ-UBND, issuer: ubnd-tinh",
)
_FAMILY = ("Nguyễn", "Lê", "Phạm", "Trịnh", "Hoàng", "Vũ", "Bùi")
_MIDDLE = ("Văn", "Thị", "Đình", "Hữu", "Thị Thu", "Xuân")
_GIVEN = ("An", "Bình", "Châu", "Dũng", "Đức", "Giang", "Hà", "Hòa", "Khánh", "Lan", "Minh", "Nga")


@dataclass
class Unit:
    """A unit before or after: `into` says which part went to which unit, the main one first."""

    id: str
    name: str
    kind: str
    parent: str
    address: str
    into: list[tuple[str, str]] = field(default_factory=list)
    new: bool = False
    head: str = ""


@dataclass
class Official:
    """Somebody who worked in one unit until the day and in another one, if any, from it on."""

    id: str
    name: str
    address: str
    before: str
    after: str


class Reform:
    """The units and people of the reorganisation, from the table of communes."""

    def __init__(self, people: int = PEOPLE, pattern: str = "") -> None:
        """Read the table and make up so many people, at least a head for each unit.

        New units have addresses by a `pattern` of their own, if there is one.
        """
        self._pattern = pattern
        self.units: dict[str, Unit] = {}
        self.people: list[Official] = []
        self._addresses: set[str] = {"vpubnd"}
        self._number = count()
        with TABLE.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        for row in rows:
            self._row(row)
        old = [unit for unit in self.units.values() if not unit.new]
        least = {unit.id: max(1, len(unit.into)) for unit in old}
        if people < (fewest := sum(least.values())):
            raise ValueError(f"{people} people are too few: the units need {fewest}")
        each, more = divmod(people - fewest, len(old))
        for number, unit in enumerate(old):
            self._staff(unit, least[unit.id] + each + (number < more))

    def written(self, *, before: bool = False) -> dict[str, str]:
        """Return the text of each file, as it stands with the change or before it."""
        units = [unit for unit in self.units.values() if not (before and unit.new)]
        written = sorted([*((u.id, _unit(u, before)) for u in units), *_top()])
        head = Official("y-lan", "Y Lan", "lany", _OPERATOR, "")
        people = sorted((p.id, _person(p, before)) for p in (*self.people, head))
        return {
            "policy": _POLICY + NETWORKS,
            "units": "".join(text for _, text in written),
            "people": "".join(text for _, text in people),
            "documents": _papers(before, units),
        }

    def _row(self, row: dict[str, str]) -> None:
        district = self._add(_id(row["district"]), row["district"], "district", "ubnd-tinh")
        name = row["new_name"]
        new = self._add(_id(name), name, _kind(name), "ubnd-tinh", self._pattern)
        new.new = True
        name = row["old_name"]
        old = self._add(f"{_id(name)}-{row['old_code']}", name, _kind(name), district.id)
        part = (new.id, "phần còn lại" if row["how"] == "split-main" else "một phần")
        old.into.insert(0 if row["how"] == "split-main" else len(old.into), part)

    def _add(self, key: str, name: str, kind: str, parent: str, pattern: str = "") -> Unit:
        if key not in self.units:
            above = self.units[parent].address if parent in self.units else ""
            patterns = {"ward": "phuong.{place}.{parent}", "commune": "xa.{place}.{parent}"}
            pattern = pattern or patterns.get(kind, "{short}")
            address = address_naming.unit(pattern, name=name, short=name, parent=above)
            self.units[key] = Unit(key, name, kind, parent, self._free(address.strip(".")))
        return self.units[key]

    def _staff(self, unit: Unit, people: int) -> None:
        """Give a unit its head and colleagues; the first to come heads the new unit."""
        places = [into for into, _ in unit.into] or [_OPERATOR]
        for place in islice(cycle(places), people):
            number = next(self._number)
            name = " ".join(
                words_[number // step % len(words_)]
                for words_, step in ((_FAMILY, 1), (_MIDDLE, 7), (_GIVEN, 42))
            )
            key = f"{'-'.join(fold(word) for word in words(name))}-{number}"
            address = self._free(address_naming.stem(name))
            self.people.append(Official(key, name, address, unit.id, place))
            unit.head = unit.head or key
            if place in self.units:
                self.units[place].head = self.units[place].head or key

    def _free(self, address: str) -> str:
        free = address
        for number in count(2):
            if free not in self._addresses:
                break
            free = f"{address}{number}"
        self._addresses.add(free)
        return free


_OFFICE = Unit(_OPERATOR, "Văn phòng UBND tỉnh", "office", "ubnd-tinh", "vpubnd", head="y-lan")


def _unit(unit: Unit, before: bool) -> str:
    text = (
        f"- id: {unit.id}\n  name: {unit.name}\n  short: {unit.name}\n  kind: {unit.kind}\n"
        f"  parent: {unit.parent}\n  mailbox: {{address: {unit.address}}}\n"
        f"  regulation: {_regulation(unit)}\n"
    )
    if unit.new:
        return (
            f"{text}  created: {{on: {DAY}, {_NEW}}}\n"
            f"  heads:\n    - {{person: {unit.head}, from: {DAY}, {_NAMED}}}\n"
        )
    text += f"  heads:\n    - {{person: {unit.head}, from: 2020-01-06, {_OLD}}}\n"
    return text if before else f"{text}  ended: {{{_fate(unit)}, on: {DAY}, {_NEW}}}\n"


def _fate(unit: Unit) -> str:
    if not unit.into:
        return "how: dissolved"
    if len(unit.into) == 1:
        return f"how: merged, into: [{unit.into[0][0]}]"
    parts = ", ".join(f"{{into: {into}, what: {what}}}" for into, what in unit.into)
    return f"how: split, parts: [{parts}], mailbox_to: {unit.into[0][0]}"


def _person(person: Official, before: bool) -> str:
    text = (
        f"- id: {person.id}\n  name: {person.name}\n  category: civil_servant\n"
        f"  mailbox: {{address: {person.address}}}\n  posts:\n"
        f"    - {{unit: {person.before}, title: Công chức, from: 2020-01-06, {_OLD}}}\n"
    )
    move = f"    - {{unit: {person.after}, title: Công chức, from: {DAY}, {_NAMED}}}\n"
    return text if before or not person.after else text + move


def _top() -> Iterator[tuple[str, str]]:
    text = "- {id: ubnd-tinh, name: Ủy ban nhân dân tỉnh, short: UBND, kind: province}\n"
    yield "ubnd-tinh", text
    yield (
        _OFFICE.id,
        _unit(_OFFICE, before=True).replace("short: Văn phòng UBND tỉnh", "short: VPUBND"),
    )


def _papers(before: bool, units: Iterable[Unit]) -> str:
    dated = [(paper, "2020-01-06") for paper in _OLD_PAPERS]
    dated += [] if before else [(paper, "2025-06-20") for paper in _NEW_PAPERS]
    for unit in (*units, _OFFICE):
        number = f"14/QĐ-{'VPUBND' if unit is _OFFICE else 'UBND'}"
        paper = f"{_regulation(unit)}, kind: regulation, number: {number}, issuer: {unit.id}"
        dated.append((paper, DAY if unit.new else "2020-01-06"))
    return "".join(f"- {{id: {paper}, date: {day}}}\n" for paper, day in sorted(dated))


def _regulation(unit: Unit) -> str:
    return f"qd-14-{unit.id}"


def _id(name: str) -> str:
    return "-".join(fold(word) for word in words(name))


def _kind(name: str) -> str:
    return "ward" if name.startswith("Phường") else "commune"


def write(out: Path, *, before: bool = False, people: int = PEOPLE, pattern: str = "") -> Reform:
    """Write the files below `out/data` and return what they were made from."""
    reform = Reform(people, pattern)
    (out / "data").mkdir(parents=True, exist_ok=True)
    for name, text in reform.written(before=before).items():
        (out / "data" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return reform


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--before", action="store_true")
    parser.add_argument("--people", type=int, default=PEOPLE)
    arguments = parser.parse_args()
    write(arguments.out, before=arguments.before, people=arguments.people)
