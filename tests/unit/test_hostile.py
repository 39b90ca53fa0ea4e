"""Data of a size nobody writes by hand: each shape costs what its length does, no square of it.

Nothing here is timed: what would grow too fast is counted. benchmarks/hostile.py measures.
"""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cerberus.errors import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from test_saved_plan import git

from hopthu import load as reading
from hopthu import validate
from hopthu.diagnostics.problem import MAX_PER_RECORD, Problem
from hopthu.git.repository import Repository
from hopthu.git.revision import read_at
from hopthu.load import load
from hopthu.rules.context import DEEPEST, RuleContext
from hopthu.rules.powers.competence import Competent
from hopthu.rules.records.units import above_themselves, unit_parent
from hopthu.schema import messages, mistakes, validator
from hopthu.schema.registry import schema as schema_of
from hopthu.source import chunks, positions
from hopthu.source.chunks import split
from hopthu.source.files import KINDS
from hopthu.source.positions import Positions
from hopthu.source.records import Record, Source
from hopthu.source.values import Map
from hopthu.validate import policy_of

MANY = 500
ON = date(2026, 11, 25)
ROOT = Path(__file__).parents[2]


def counted(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> list[object]:
    """Have every call of `owner.name` leave a mark in the list returned."""
    calls: list[object] = []
    real: Callable[..., Any] = getattr(owner, name)

    def counting(*given: Any, **named: Any) -> Any:
        calls.append(given[:1])
        return real(*given, **named)

    monkeypatch.setattr(owner, name, counting)
    return calls


def facts_of(**records: list[Map]) -> RuleContext:
    held = {
        kind: tuple(
            Record.of(kind, f"data/{kind}.yaml", (n,), data, Positions("", ""))
            for n, data in enumerate(records.get(kind, []))
        )
        for kind in ("policy", "units", "people", "documents")
    }
    source = Source(Path(), held)
    return RuleContext(source, policy_of(source), ON)


def found(data: Map, kind: str = "people") -> list[Problem]:
    return list(validator.problems(Record.of(kind, "f", (), data, Positions("f", ""))))


def test_near_words_are_looked_for_a_few_times_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """All keys are reported; the words that may be meant are named for each."""
    calls = counted(monkeypatch, messages, "get_close_matches")
    told = [p for p in found({f"categry{n}": 1 for n in range(MANY)}) if "categry" in p.what]
    assert MANY == len(told)
    assert 20 >= len(calls)
    assert "did you mean category?" in told[0].fix
    assert "one of: id, name, category" in told[-1].fix


def test_what_follows_a_comma_is_looked_for_a_few_times_a_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each look goes through the fields of the record."""
    calls = counted(monkeypatch, mistakes, "comma")
    assert MANY <= len(found({"id": "an"} | {f"khoa {n}": None for n in range(MANY)}))
    assert len(calls) <= MAX_PER_RECORD


def test_no_word_is_looked_for_that_no_field_is_as_long_as(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Comparing two long words takes the square of their length."""
    calls = counted(monkeypatch, messages, "get_close_matches")
    found({"c" * 100_000: 1})
    assert [] == calls


def test_faults_are_not_sorted_each_time_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cerberus does so, twice over."""
    compared = counted(monkeypatch, ValidationError, "__lt__")
    items = [{"unit": n} for n in range(MANY)]
    assert MANY * 5 < len(found({"posts": items}))
    assert [] == compared


def test_a_record_is_parsed_once_for_all_its_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where another record is asked about in between; keys are looked up, not searched."""
    composed = counted(monkeypatch, positions, "_Composer")
    fields = "".join(f"  k{n}: {n}\n" for n in range(MANY))
    (piece,) = split("people", "f", f"- id: a-b\n{fields}- id: c-d\n".encode())
    for number in range(MANY):
        assert number + 2 == piece.at((0, f"k{number}"), key=True).line
        assert MANY + 2 == piece.at((1, "id")).line
    assert 2 >= len(composed)


def limits(rules: Map, path: str = "") -> Iterator[tuple[str, Map]]:
    """Yield every list and free text of a schema."""
    if rules.get("type") == "list":
        yield path, rules
        yield from limits(rules["schema"], f"{path}.*")
    elif rules.get("type") == "string" and rules.keys().isdisjoint(("form", "allowed")):
        yield path, rules
    elif "valuesrules" in rules:
        yield from limits(rules["valuesrules"], f"{path}.*")
    for name, inner in (
        rules["schema"].items() if rules.get("type") == "dict" and ("schema" in rules) else ()
    ):
        yield from limits(inner, f"{path}.{name}")


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_and_text_has_an_end(kind: str) -> None:
    """What is read goes no further."""
    found = list(limits({"type": "dict", "schema": schema_of(kind).fields}))
    assert found
    assert [] == [path for path, rules in found if "maxlength" not in rules]


def test_what_is_read_is_as_long_as_allowed_and_one_more(tmp_path: Path) -> None:
    """So that it is refused for its length; no rule compares the rest, which nobody reads."""
    many = "[" + ", ".join(f"a{n}.stc" for n in range(3_000)) + "]"
    mailbox = f"mailbox: {{address: stc, aliases: {many}, former: {many}}}"
    name = "name: " + "Sở\u0300 " * 3_000
    domains = "".join(f"  - {{domain: a{n}.vn, document: x-y}}\n" for n in range(3_000))
    texts = {
        "units": f"- id: so-x\n  {name}\n  {mailbox}\n  corrections: {many}\n",
        "policy": f"former_domains:\n{domains}",
    }
    (tmp_path / "data").mkdir()
    for kind, text in texts.items():
        (tmp_path / "data" / f"{kind}.yaml").write_text(text, encoding="utf-8")
    source = load(tmp_path)
    facts, (unit,) = RuleContext(source, policy_of(source), ON), source.units
    assert 1 + 201 + 201 == len(facts.claims)
    assert 201 == len(unit.data["corrections"])
    assert 4 * 201 == len(unit.data["name"])
    assert 21 == len(facts.former_domains)
    told = [p.what for p in validate.validate(source, ON) if p.rule == "shape"]
    for expected in (
        '"aliases" has more than 200 items',
        '"former" has more than 200 items',
        '"corrections" has more than 200 items',
        '"former_domains" has more than 20 items',
        '"name" has more than 200 characters',
    ):
        assert expected in told
    assert 3_000 == len(load(tmp_path, every=True).units[0].data["corrections"])


def test_who_is_above_is_known_of_so_many_levels() -> None:
    """A line of units that goes further is reported once, where it begins to."""
    line: list[Map] = [{"id": "u-0", "kind": "province"}]
    line += [{"id": f"u-{n}", "kind": "board", "parent": f"u-{n - 1}"} for n in range(1, MANY)]
    facts = facts_of(units=line)
    assert 200 == max(len(facts.above(f"u-{n}")) for n in range(MANY))
    (told,) = unit_parent(facts)
    assert f"u-{DEEPEST}" == told.subject
    assert f"more than {DEEPEST - 1} units are above it" == told.what
    assert [] == list(unit_parent(facts_of(units=line[:DEEPEST])))


@given(st.dictionaries(*[st.integers(0, 7).map("u-{}".format)] * 2))
def test_who_is_above_itself_is_what_leads_back_to_itself(parents: dict[str, str]) -> None:
    """As found by following the way from each."""
    circles = set()
    for unit, above in parents.items():
        way = [above]
        while way[-1] in parents and len(way) < len(parents):
            way.append(parents[way[-1]])
        circles |= {unit} & {*way}
    units: list[Map] = [{"id": unit, "parent": above} for unit, above in parents.items()]
    assert circles == above_themselves(facts_of(units=units))


def test_units_that_went_on_in_each_other_decide_no_more_than_they_could() -> None:
    """However policy says who ends a unit, the one that stood in another's place is asked once."""
    ended = {"how": "merged", "on": "2025-06-01", "decision": "qd-1"}
    units: list[Map] = [
        {"id": "u-1", "kind": "department", "ended": {**ended, "into": ["u-2"]}},
        {"id": "u-2", "kind": "department", "ended": {**ended, "into": ["u-1"]}},
    ]
    documents: list[Map] = [{"id": "qd-1", "kind": "decision", "issuer": "u-2"}]
    policy: list[Map] = [{"competence": {"ended": ["unit", "superior", "province"]}}]
    power = Competent(facts_of(policy=policy, units=units, documents=documents))
    assert ["u-1", "u-2"] == list(power.able("regulation", ("u-1",)))[:2]
    assert power.may("regulation", "u-2", ("u-1",))
    assert not power.may("regulation", "u-1", ("u-2",))  # u-2 could not have ended it


def test_only_known_settings_of_a_policy_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are reported, and count for nothing else."""
    calls = counted(monkeypatch, validator, "problems")
    facts_of(policy=[{"domain": "a.vn", **{f"k{n}": n for n in range(MANY)}}])
    assert 1 == len(calls)


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to read, where a thousand wrong records are very many."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(reading, "MOST_WRONG", 1_000)
    monkeypatch.setattr(reading, "_BATCH", 2)
    (tmp_path / "root" / "data").mkdir(parents=True)
    return tmp_path / "root"


def people(root: Path, number: int, more: str = "") -> None:
    """Write so many people, with `more` fields."""
    row = (
        "{unit: so-tai-chinh, title: Chuyên viên, from: 2025-03-01, decision: qd-1, request: cv-1}"
    )
    person = (
        "- id: nguyen-van-an-%s\n  name: Nguyễn Văn An\n  category: civil_servant\n"
        f"  posts:\n    - {row}\n{more}"
    )
    texts = {"units": "[]\n", "documents": "- {id: qd-1}\n"}
    texts["expectations"] = "- {on: 2027-01-01, mail: {to: stc, refused: true}}\n"
    texts["people"] = "".join(person % n for n in range(number))
    for kind, text in texts.items():
        (root / "data" / f"{kind}.yaml").write_text(text, encoding="utf-8")


def test_with_very_many_wrong_records_the_rest_is_not_read(few: Path) -> None:
    """They have one cause; what was not read is said, and does not count as removed."""
    people(few, 6_000, "  nonsense: 1\n")
    source = load(few)
    files = ["data/expectations.yaml", "data/people.yaml"]
    assert files == [problem.file for problem in source.problems]
    assert 1_000 < len(source.people) < 5_000
    assert f"from line {6 * len(source.people) + 1} on" in source.problems[1].what
    assert not source.complete("people")
    assert not source.complete("expectations")


def test_with_very_many_wrong_values_the_rest_is_not_read(
    few: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each record has the right shape, and cites what nobody has."""
    monkeypatch.setattr(reading, "_WORTH_JUDGING", 2**18)
    monkeypatch.setattr(validate, "MOST_FOUND", 1_000)
    people(few, 9_000)
    source = validate.load_checked(few, ON)
    (unread,) = (problem for problem in source.problems if problem.file == "data/people.yaml")
    line = 5 * len(source.people) + 1
    said = (
        f"nothing is read from line {line} on: the records before it have too many errors to list"
    )
    assert said == unread.what
    assert 250 < len(source.people) < 5_000
    assert 1 == len(source.documents)
    found = validate.validate(source, ON)
    assert any(problem.rule == "dangling-reference" for problem in found)


def test_of_a_part_of_right_data_nothing_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever refers to what is not read yet; so all of it is read in the end.

    Addresses of a few units are made of that of a unit that comes later.
    """
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(reading, "_WORTH_CACHING", 0)
    monkeypatch.setattr(reading, "_WORTH_JUDGING", 0)
    monkeypatch.setattr(reading, "_BATCH", 40)
    monkeypatch.setattr(reading, "_unfit", lambda *_: 2)  # batches do not grow
    monkeypatch.setattr(chunks, "_MOST", 2)
    monkeypatch.setattr(validate, "MOST_FOUND", 5)
    seen: list[int] = []
    real = validate._validate

    def judged(source: Source, on: date, meanwhile: Callable[[], object]) -> list[Problem]:
        seen.append(len(source.people))
        return real(source, on, meanwhile)

    monkeypatch.setattr(validate, "_validate", judged)
    source = validate.load_checked(ROOT, ON)
    assert () == source.problems
    assert {*seen} - {0, len(source.people)}, "some people, not all"


def test_of_very_many_right_records_all_are_read(few: Path) -> None:
    """However few could be wrong."""
    people(few, 6_000)
    source = load(few)
    assert ((), 6_000, 1) == (source.problems, len(source.people), len(source.documents))
    assert source.complete("people")


def test_an_earlier_revision_is_read_whatever_its_shape(few: Path) -> None:
    """The schemas of its day accepted it; what is not read of it could be removed unseen."""
    people(few, 6_000, "  nonsense: 1\n")
    git(few, "init", "-q")
    git(few, "add", ".")
    git(few, "commit", "-qm", "before")
    people(few, 6_000)
    _, before, _ = read_at(Repository(few), "HEAD", load(few))
    assert (6_000, 1) == (len(before.people), len(before.documents))


def test_very_many_problems_of_a_check_are_not_all_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of them are, and that there are more stands where the file begins."""
    monkeypatch.setattr(validate, "MOST_FOUND", 5)
    row = "{unit: so-x, title: Chuyên viên, from: 2025-03-01, decision: qd-%s, request: cv-1}"
    person = "- {id: nguyen-van-an-%s, name: Nguyễn Văn An, category: cadre, posts: [%s]}\n"
    (tmp_path / "data").mkdir()
    for number, expected in ((5, 5), (6, 6), (60, 6)):
        people = "".join(person % (n, row % n) for n in range(number))
        texts = {"units": "- {id: so-x}\n", "documents": "- {id: cv-1}\n", "people": people}
        for kind, text in texts.items():
            (tmp_path / "data" / f"{kind}.yaml").write_text(text, encoding="utf-8")
        found = [
            problem
            for problem in validate.validate(load(tmp_path), ON)
            if problem.rule == "dangling-reference" and problem.file == "data/people.yaml"
        ]
        assert expected == len(found)
        more = "more than 5 problems of this kind: no others are listed"
        assert (number > 5) == (more == found[0].what)
        assert [n + 1 for n in range(5)] == [problem.line for problem in found[-5:]]
