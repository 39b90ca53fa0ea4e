"""Write a valid province of any size: `python benchmarks/province.py --people 61000 --out DIR`.

The communes are the real ones of July 2025; departments are as today; schools and health stations
are as many as so many people need. People are fictional. One seed gives the same bytes each time.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from random import Random

from benchmarks.names import Registry, draw
from benchmarks.papers import Papers
from benchmarks.units import REFORM, Office, merged, offices
from benchmarks.variety import USUAL, Shares, Variety

POLICY = """\
# A generated province: fictional people in real communes. See benchmarks/province.py.
centre:
  ranges: [10.88.0.0/24]
naming:
  unit:
    branch: "{place}.{parent}"
    commune: "xa.{place}"
    division: "{place}.{parent}"
    health_station: "{short}.{parent}"
    school: "{short}.{parent}"
    ward: "phuong.{place}"
stores:
  default: store1
  by_kind: {commune: store2, ward: store2}
  storage: {store1: {replicated: Trung tâm Dữ liệu}, store2: {replicated: Trung tâm Dữ liệu}}
"""
NETWORKS = """\
# This machine and the workstation, as hosts of the lab see them, and the lab's mail server outside.
networks:
  operators: {ranges: [10.88.0.1/32], may: [administer, probe]}
  thanhhoanet: {ranges: [10.38.0.0/16], may: [read, submit, directory]}
  workstation: {ranges: [10.88.0.102/32], may: [read, submit, directory, probe]}
  cpnet: {ranges: [10.0.0.0/8], may: [read, submit, deliver], sign_in: client}
  internet: {ranges: [0.0.0.0/0, "::/0"], may: [read, submit, deliver], sign_in: client}
probe:
  accounts: true
  outside: {server: 10.88.0.101, domain: example.org}
"""
LARGE = 10_000
"""From this many people on, people and documents are folders of files."""
_FORMER_HEAD, _DELEGATE, _OTHERS = 1, 2, 3
"""Who of a unit's people, by number; the first one heads it."""
_TITLES = {
    "commune": "Chủ tịch Ủy ban nhân dân xã", "ward": "Chủ tịch Ủy ban nhân dân phường",
    "school": "Hiệu trưởng", "health_station": "Trạm trưởng", "division": "Trưởng phòng",
    "office": "Chánh Văn phòng", "inspectorate": "Chánh Thanh tra", "board": "Trưởng ban",
}  # fmt: skip
_STAFF = {"school": "Giáo viên", "health_station": "Y sĩ"}


class Province:
    """The records as text, each under its id: units, people by top unit, documents by year."""

    def __init__(self, people: int, seed: int, shares: Shares = USUAL) -> None:
        """Make up a province of so many `people`, of whom some have what `shares` says."""
        self._random, self._shares = Random(seed), shares
        planned = offices(people, self._random)
        heirs = [office for office in planned if office.kind == "department"]
        planned += merged(round(shares.merged * len(heirs)), heirs, self._random)
        self._registry = Registry(office.address for office in planned if office.address)
        self._papers = Papers({office.id: office for office in planned})
        self._variety = Variety(self._random, shares, self._papers, self._registry)
        self._peers: dict[str, list[Office]] = defaultdict(list)
        self.units: dict[str, str] = {}
        self.people: dict[str, dict[str, str]] = defaultdict(dict)
        for office in planned:
            if office.size and not office.created:
                self._peers[office.kind].append(office)
        for office in planned:
            self._unit(office, self._staff(office))
        self.documents = self._papers.by_year

    def _staff(self, office: Office) -> list[tuple[str, date]]:
        """Write the people of a unit; return their ids, each with the day they came."""
        staff: list[tuple[str, date]] = []
        women = 0.75 if office.kind in _STAFF else 0.4
        leaving = self._variety.leaving()
        for number, name in enumerate(draw(self._random, office.size, women)):
            key, local = self._registry.register(name)
            start = self._came(office, number)
            left = self._earlier(office, start) if number >= _OTHERS else None
            posts, rest = self._post(office, start, number, left), ""
            if number >= _OTHERS:
                if left:
                    posts = self._post(left, left.days[0], _OTHERS) + posts
                posts += self._variety.beside(self._peers[office.kind], office)
                rest = self._variety.ending(office, leaving)
                rest += self._variety.hold(leaving)
            mailbox = self._variety.mailbox(start, local)
            self.people[office.top][key] = (
                f"- id: {key}\n  name: {name}\n  category: {_category(office, number)}\n"
                f"  mailbox: {mailbox}\n  posts:\n{posts}{rest}"
            )
            staff.append((key, start))
        return staff

    def _came(self, office: Office, number: int) -> date:
        """Return the day somebody came: the head last, the one before first."""
        if number < _DELEGATE:
            return office.days[0 if number == _FORMER_HEAD else -1]
        return office.days[int(self._random.random() * len(office.days))]

    def _post(self, office: Office, start: date, number: int, left: Office | None = None) -> str:
        title = _TITLES.get(office.kind, "Giám đốc") if number == 0 else _staff_title(office)
        basis = self._papers.basis(office, start, left)
        return f"    - {{unit: {office.id}, title: {title}, from: {start}, {basis}}}\n"

    def _earlier(self, office: Office, start: date) -> Office | None:
        """Return the unit of the kind where somebody had a post before, if they had."""
        if office.created or not self._variety.has(self._shares.earlier):
            return None
        other = self._random.choice(self._peers[office.kind])
        return None if other is office or other.days[0] >= start else other

    def _unit(self, office: Office, staff: Sequence[tuple[str, date]]) -> None:
        short = f"  short: {office.short}\n" if office.short else ""
        parent = f"  parent: {office.parent}\n" if office.parent else ""
        text = f"- id: {office.id}\n  name: {office.name}\n{short}  kind: {office.kind}\n{parent}"
        if office.into:
            text += f"  mailbox: {{address: {office.address}}}\n"
        elif office.address:
            ruled = self._papers.issue("regulation", office.id, date(2025, 9, 8))
            text += f"  mailbox: {{address: {office.address}}}\n  regulation: {ruled}\n"
        if office.created:
            text += f"  created: {{on: {office.created}, {self._papers.reform()}}}\n"
        elif office.before:  # by which the documents of before are judged
            was = f"on: {REFORM}, facts: [parent], was: {{parent: {office.before}}}"
            text += f"  changes:\n    - {{{was}, {self._papers.reform()}}}\n"
        text += self._heads(office, staff)
        if len(staff) > _DELEGATE and self._variety.has(self._shares.delegate):
            named = self._papers.issue("authorisation", office.id, date(2026, 7, 1))
            text += (
                f"  delegates:\n    - {{person: {staff[_DELEGATE][0]}, from: 2026-07-06, "
                f"until: 2030-12-31, decision: {named}}}\n"
            )
        if office.into:
            into = f"how: merged, into: [{office.into}], on: {office.ended}"
            text += f"  ended: {{{into}, {self._papers.merger()}}}\n"
        elif office.ended:
            text += f"  ended: {{how: dissolved, on: {office.ended}, {self._papers.reform()}}}\n"
        self.units[office.id] = text

    def _heads(self, office: Office, staff: Sequence[tuple[str, date]]) -> str:
        """Return the head, below the one before where they came on another day."""
        heads = [staff[1], staff[0]] if len(staff) > 1 and staff[1][1] < staff[0][1] else staff[:1]
        acting = ", acting: true" if heads and self._variety.has(self._shares.acting) else ""
        rows = (
            f"    - {{person: {key}, from: {day}, {self._papers.heading(office, day)}{acting}}}\n"
            for key, day in heads
        )
        return "".join(["  heads:\n", *rows]) if heads else ""


def _category(office: Office, number: int) -> str:
    """Return the category of one of a unit's people; the first one heads it."""
    if office.kind in _STAFF or office.kind == "centre":
        return "public_employee"
    return "cadre" if number == 0 and office.kind in ("commune", "ward") else "civil_servant"


def _staff_title(office: Office) -> str:
    return _STAFF.get(office.kind, "Chuyên viên")


def write(province: Province, out: Path, *, one_file: bool) -> None:
    """Write the province to `out`/data: people by top unit and documents by year, or in one."""
    folder = out / "data"
    folder.mkdir(parents=True)
    (folder / "policy.yaml").write_text(POLICY + NETWORKS, encoding="utf-8")
    _file(folder / "units.yaml", [province.units])
    for kind, parts in (("people", province.people), ("documents", province.documents)):
        if one_file:
            _file(folder / f"{kind}.yaml", parts.values())
            continue
        (folder / kind).mkdir()
        for name, records in parts.items():
            _file(folder / kind / f"{name}.yaml", [records])


def _file(path: Path, parts: Iterable[Mapping[str, str]]) -> None:
    records = {key: text for part in parts for key, text in part.items()}
    with path.open("w", encoding="utf-8") as file:
        file.writelines(records[key] for key in sorted(records))


def main() -> None:
    """Read the command line and write the province."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--people", type=int, default=61_000, help="600 to 600,000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="a folder without data/")
    parser.add_argument("--one-file", action="store_true", help="one file of people, whatever size")
    chosen = parser.parse_args()
    if not 600 <= chosen.people <= 600_000:
        parser.error("--people must be between 600 and 600000")
    if (chosen.out / "data").exists():
        parser.error(f"{chosen.out / 'data'} is there already")
    province = Province(chosen.people, chosen.seed)
    write(province, chosen.out, one_file=chosen.one_file or chosen.people < LARGE)
    print(f"{chosen.people} people, {len(province.units)} units in {chosen.out / 'data'}")


if __name__ == "__main__":
    main()
