"""The units of a generated province: which, how large, and since when people came to them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

from hopthu.i18n.vietnamese import fold, words
from hopthu.model import address_naming

COMMUNES = Path(__file__).with_name("communes-2025.tsv")
REFORM = date(2025, 7, 1)
MERGER = date(2025, 3, 1)
PROVINCE, OPERATOR = "ubnd-tinh", "van-phong-ubnd-tinh"
_DEPARTMENTS = (
    ("Văn phòng UBND tỉnh", "VPUBND", "office"), ("Sở Nội vụ", "SNV", "department"),
    ("Sở Tư pháp", "STP", "department"), ("Sở Tài chính", "STC", "department"),
    ("Sở Xây dựng", "SXD", "department"), ("Sở Công Thương", "SCT", "department"),
    ("Sở Nông nghiệp và Môi trường", "SNNMT", "department"),
    ("Sở Khoa học và Công nghệ", "SKHCN", "department"),
    ("Sở Giáo dục và Đào tạo", "SGDĐT", "department"), ("Sở Y tế", "SYT", "department"),
    ("Sở Văn hóa, Thể thao và Du lịch", "SVHTTDL", "department"),
    ("Sở Dân tộc và Tôn giáo", "SDTTG", "department"), ("Sở Ngoại vụ", "SNgV", "department"),
    ("Thanh tra tỉnh", "TTT", "inspectorate"),
    ("Ban Quản lý Khu kinh tế Nghi Sơn", "BQLKKT", "board"),
    ("Trung tâm Phục vụ hành chính công", "TTPVHCC", "centre"),
)  # fmt: skip
_DIVISIONS = ("Tổ chức", "Kế hoạch", "Pháp chế", "Nghiệp vụ", "Quản lý", "Chuyển đổi số")
_SCHOOLS = (("MN", "Mầm non"), ("TH", "Tiểu học"), ("THCS", "Trung học cơ sở"))
_SCHOOL, _STATION, _DIVISION = 30, 8, 12
"""People in a school, a health station and a division, on average."""


@dataclass(frozen=True, slots=True)
class Office:
    """A unit, with how many people it has and the days (at most twenty) they came on.

    `top` is the unit below the province that it belongs to; `before` is the unit that decided for
    it until the reform, where that was another one; `symbol` is what its documents bear.
    """

    id: str
    name: str
    kind: str
    parent: str
    short: str = ""
    symbol: str = ""
    address: str = ""
    top: str = ""
    before: str = ""
    size: int = 0
    days: tuple[date, ...] = ()
    created: date | None = None
    ended: date | None = None
    into: str = ""


def offices(people: int, random: Random) -> list[Office]:
    """Return units for so many people: about 7 % in offices, 81 % in schools, 12 % in health."""
    communes = _communes()
    small = len(_DEPARTMENTS) + len(communes)
    civil = max(round(people * 0.072), 2 * small)
    above = len(_DEPARTMENTS) + (civil - small) * 4 // 10
    health = round((people - civil) * 0.125)
    plans = [
        *_sized(list(_departments(above)), above, random),
        *_sized(communes, civil - above, random),
        *_sized(_stations(communes, health), health, random),
        *_sized(_schools(communes, people - civil - health), people - civil - health, random),
    ]
    return [*_above(communes), *plans]


def merged(number: int, heirs: Sequence[Office], random: Random) -> Iterator[Office]:
    """Yield so many departments of before, each merged into one of today's."""
    for n in range(1, number + 1):
        name, short = f"Sở cũ {n}", f"SC{n}"
        heir = random.choice(heirs).id
        yield Office(
            key(name), name, "department", PROVINCE, short, short, fold(short),
            ended=MERGER, into=heir,
        )  # fmt: skip


def key(name: str) -> str:
    """Return the id of a unit so named."""
    return "-".join(fold(word) for word in words(name))


def _communes() -> list[Office]:
    """Return the communes and wards of today, each with the district most of it was in."""
    districts: dict[str, Counter[str]] = {}
    with COMMUNES.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            districts.setdefault(row["new_name"], Counter())[row["district"]] += 1
    found = []
    for name, counted in districts.items():
        kind, prefix = ("ward", "phuong") if name.startswith("Phường") else ("commune", "xa")
        found.append(
            Office(
                id=key(name),
                name=name,
                kind=kind,
                parent=PROVINCE,
                symbol="UBND",
                address=f"{prefix}.{fold(address_naming.place(name))}",
                top=key(name),
                before=counted.most_common(1)[0][0],
                created=REFORM,
            )
        )
    return found


def _above(communes: Sequence[Office]) -> Iterator[Office]:
    """Yield the province, and the districts that decided for schools until the reform."""
    yield Office(PROVINCE, "Ủy ban nhân dân tỉnh Thanh Hóa", "province", "", "UBND", "UBND")
    for name in sorted({commune.before for commune in communes}):
        yield Office(key(name), name, "district", PROVINCE, symbol="UBND", ended=REFORM)


def _departments(people: int) -> Iterator[Office]:
    """Yield the departments, and their divisions where there are people for some."""
    each = min(len(_DIVISIONS), people // len(_DEPARTMENTS) // _DIVISION // 2)
    for name, short, kind in _DEPARTMENTS:
        top = OPERATOR if short == "VPUBND" else key(name)
        address = fold(short)
        yield Office(top, name, kind, PROVINCE, short, short, address, top)
        for division in _DIVISIONS[:each]:
            own, local = f"phong-{key(division)}-{top}"[:64], f"{fold(division)}.{address}"
            title = f"Phòng {division}"
            yield Office(own, title, "division", top, symbol="P", address=local, top=top)


def _stations(communes: Sequence[Office], people: int) -> list[Office]:
    """Return a health station a commune, or several, or few where there are few people."""
    return [
        _below(communes[n % len(communes)], "health_station", "TYT", "Trạm Y tế", n, communes)
        for n in range(max(1, people // _STATION))
    ]


def _schools(communes: Sequence[Office], people: int) -> list[Office]:
    """Return schools of each level in turn, shared out over the communes."""
    found = []
    for n in range(max(1, people // _SCHOOL)):
        short, level = _SCHOOLS[n // len(communes) % len(_SCHOOLS)]
        commune = communes[n % len(communes)]
        found.append(_below(commune, "school", short, f"Trường {level}", n, communes))
    return found


def _below(
    commune: Office, kind: str, short: str, title: str, n: int, communes: Sequence[Office]
) -> Office:
    """Return the unit of a commune that is the `n`th of its kind, over all communes."""
    levels = len(_SCHOOLS) if kind == "school" else 1
    symbol = f"{short}{n // len(communes) // levels + 1}"
    return Office(
        id=f"{symbol.lower()}-{commune.id}",
        name=f"{title} {address_naming.place(commune.name)} {symbol.removeprefix(short)}",
        kind=kind,
        parent=commune.id,
        short=symbol,
        symbol=symbol,
        address=f"{symbol.lower()}.{commune.address}",
        top=commune.id,
        before=key(commune.before),
    )


def _sized(plans: Sequence[Office], people: int, random: Random) -> list[Office]:
    """Share people out over units, unevenly, at least one each; and say when they came."""
    weights = [random.lognormvariate(0, 0.6) for _ in plans]
    spare, total = people - len(plans), sum(weights)
    sizes = [1 + int(spare * weight / total) for weight in weights]
    for n in range(people - sum(sizes)):
        sizes[n % len(sizes)] += 1
    return [_staffed(plan, size, random) for plan, size in zip(plans, sizes, strict=True)]


def _staffed(plan: Office, size: int, random: Random) -> Office:
    first = REFORM if plan.created else date(2008, 1, 7)
    weeks = range(7, (date(2026, 1, 5) - first).days, 7)
    later = sorted(random.sample(weeks, min(size // 6, 19)))
    days = (first, *(first + timedelta(days=day) for day in later))
    return replace(plan, size=size, days=days)
