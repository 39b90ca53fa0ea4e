"""What rules reckon with: days, rows, and the units above."""

import time
import tracemalloc
from datetime import date
from pathlib import Path

from hopthu.load import load
from hopthu.model.policy import Policy
from hopthu.model.timeline import NEVER, day, day_after
from hopthu.rules.context import RuleContext
from hopthu.rules.names.addresses import unique_address
from hopthu.rules.names.documents import document_number
from hopthu.rules.records.basis import working_days_after
from hopthu.source.records import Source

BASE = Path(__file__).parents[1] / "rules" / "base"
ROW = "decision: qd-210-ubnd-2025, request: cv-31-stc-2025}"


def facts(source: Source) -> RuleContext:
    return RuleContext(source, Policy(), date(2026, 11, 25))


def written(folder: Path, **files: str) -> Source:
    """Read the base with some of its files replaced."""
    (folder / "data").mkdir()
    for path in (BASE / "data").iterdir():
        text = files.get(path.stem) or path.read_text(encoding="utf-8")
        (folder / "data" / path.name).write_text(text, encoding="utf-8")
    return load(folder)


def test_working_days_leave_weekends_out() -> None:
    """Three after a Thursday is the Tuesday; the calendar's end is no error."""
    assert "2026-11-24" == working_days_after("2026-11-19", 3)
    assert "2026-11-23" == working_days_after("2026-11-21", 1)
    assert NEVER == working_days_after("9999-12-30", 90)


def test_days_are_their_text() -> None:
    """What is no day is none; the day after the last one is still the last."""
    assert ["2026-02-28", "", ""] == [day("2026-02-28"), day("2026-02-30"), day("mai")]
    assert ["2026-03-01", NEVER] == [day_after("2026-02-28"), day_after(NEVER)]


def test_rows_end_where_the_organisation_ends_them(tmp_path: Path) -> None:
    """By the next main post, by `until`, by leaving; a post beside them by itself."""
    people = f"""\
- id: tran-thi-hoa
  name: Trần Thị Hoà
  category: civil_servant
  mailbox: {{address: hoatt}}
  posts:
    - {{unit: so-tai-chinh, title: a, from: 2020-01-01, {ROW}
    - {{unit: so-tai-chinh, title: b, from: 2021-01-01, main: false, {ROW}
    - {{unit: so-tai-chinh, title: c, from: 2022-01-01, until: 2023-12-31, {ROW}
    - {{unit: so-tai-chinh, title: d, from: 2025-01-01, {ROW}
  left: {{how: retired, on: 2026-01-01, {ROW}
"""
    posts = facts(written(tmp_path, people=people)).posts["tran-thi-hoa"]
    assert ["2022-01-01", "2026-01-01", "2024-01-01", "2026-01-01"] == [p.end for p in posts]


def test_the_units_above_are_known_even_in_a_circle(tmp_path: Path) -> None:
    """A circle is reported elsewhere; nobody walks round it for ever."""
    units = (BASE / "data" / "units.yaml").read_text(encoding="utf-8")
    straight = facts(load(BASE)).above
    assert {"so-tai-chinh", "ubnd-tinh"} == straight("so-tai-chinh")
    assert {"ubnd-tinh"} == straight("ubnd-tinh")
    circle = units.replace("kind: province\n", "kind: province\n  parent: so-tai-chinh\n")
    above = facts(written(tmp_path, units=circle)).above
    assert {"so-tai-chinh", "ubnd-tinh"} <= above("van-phong-ubnd-tinh") | above("so-tai-chinh")


def test_a_province_pasted_twice_is_told_of_in_time(tmp_path: Path) -> None:
    """Each address is held by somebody else: the next free ones are not counted out each anew."""
    one = (
        "- {{id: p-{n}, name: Trần Hoà, category: cadre, mailbox: {{address: hoat{n}}}, posts: []}}"
    )
    people = "\n".join(one.format(n=n % 3_000) for n in range(6_000)) + "\n"
    held = facts(written(tmp_path, people=people))
    started = time.process_time()
    found = list(unique_address(held))
    assert 3_000 == len(found)
    assert 5 > time.process_time() - started
    assert {'use "hoat3000" (next free for this name)'} == {problem.fix for problem in found}


def test_an_endless_number_takes_no_memory(tmp_path: Path) -> None:
    """It is no number, whatever its parts are."""
    line = "- {id: cv-1, kind: request, issuer: so-tai-chinh, number: 12/V%s}\n" % ("-V" * 500_000)
    source = written(tmp_path, documents=line)
    tracemalloc.start()
    found = list(document_number(facts(source)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert ["document-number"] == [problem.rule for problem in found]
    assert 20_000_000 > most
