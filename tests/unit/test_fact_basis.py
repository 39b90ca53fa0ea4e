"""Each fact that `changes` can name: refused without its row, accepted with it."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hopthu.load import load
from hopthu.model.facts import AHEAD, OF_PEOPLE, OF_UNITS
from hopthu.model.policy import Documentation
from hopthu.model.timeline import value_of
from hopthu.rules.edits.fact_basis import fact_basis
from hopthu.rules.edits.immutable_history import row_ends
from hopthu.schema.registry import schema
from hopthu.source.records import Source
from hopthu.validate import between, policy_of

ON = date(2026, 11, 25)
UNIT, PERSON = "so-tai-chinh", "le-van-binh"
PROVINCE = load(Path(__file__).parents[1] / "rules" / "base")
BASIS = {"decision": "qd-210-ubnd-2025", "request": "cv-31-stc-2025"}
NEWER = {"decision": "qd-95-ubnd-2026", "request": "cv-92-stc-2026"}
HOLD = {"from": "2026-08-03", "decision": "qd-90-stc-2026"}
LOCK = {"from": "2026-08-03", "request": "cv-91-stc-2026"}
POST = {"unit": UNIT, "title": "Giám đốc", "from": "2025-03-01", **BASIS}
HEAD = {"person": PERSON, "from": "2025-03-01", **BASIS}
DELEGATE = {"person": "vu-van-xuyen", "from": "2026-01-05", "decision": "guq-1-stc-2026"}
OVER = {"until": "2026-11-25"}
WAS: dict[str, dict[str, Any]] = {
    UNIT: {"delegates": [{**DELEGATE, "until": "2026-12-31"}], "hold": HOLD},
    PERSON: {"locked": [LOCK], "hold": HOLD},
}
"""What the records have besides, before an edit."""
PROVINCE_ROWS = {UNIT: {"heads": [HEAD]}, PERSON: {"posts": [POST]}}
OF_UNIT: dict[str, dict[str, Any]] = {
    "name": {"name": "Sở Tài chính và Đầu tư"},
    "short": {"short": "STCĐT"},
    "kind": {"kind": "board"},
    "parent": {"parent": "van-phong-ubnd-tinh"},
    "address": {"mailbox": {"address": "taichinh", "aliases": ["stc", "sotaichinh"]}},
    "aliases": {"mailbox": {"address": "stc", "aliases": ["sotaichinh", "taichinh"]}},
    "quota": {"quota": "5 GiB"},
    "store": {"store": "store2"},
    "regulation": {"regulation": None},
    "heads": {"heads": [{**HEAD, **OVER}]},
    "delegates": {"delegates": [{**DELEGATE, **OVER}]},
    "hold": {"hold": {**HOLD, **OVER}},
}
OF_PERSON: dict[str, dict[str, Any]] = {
    "name": {"name": "Lê Văn Bính"},
    "category": {"category": "cadre"},
    "address": {"mailbox": {"address": "binhlv2", "aliases": ["binhlv"]}},
    "aliases": {"mailbox": {"address": "binhlv", "aliases": ["binhlv.tc"]}},
    "quota": {"quota": "5 GiB"},
    "posts": {"posts": [{**POST, **OVER}]},
    "locked": {"locked": [{**LOCK, **OVER}]},
    "hold": {"hold": {**HOLD, **OVER}},
}
ENDS = {"left", "ended"}
"""What was planned and is taken back: tests/rules/planned-row.md; it always needs documents."""
EDITS = [
    *((UNIT, fact, edit) for fact, edit in OF_UNIT.items()),
    *((PERSON, fact, edit) for fact, edit in OF_PERSON.items()),
]


def edited(source: Source, key: str, fields: dict[str, Any]) -> Source:
    """Return the data with other fields in a record; those that are None are left out."""
    records = {
        kind: tuple(
            each._replace(
                data={k: v for k, v in {**each.data, **fields}.items() if v is not None},
                plain=False,
            )
            if each.id == key
            else each
            for each in listed
        )
        for kind, listed in source.records.items()
    }
    return replace(source, records=records)


def refused(before: Source, after: Source) -> list[str]:
    """Return what the rule says of an edit."""
    return [p.fix for p in between(before, after, ON, (fact_basis, row_ends))]


def test_every_fact_has_an_edit() -> None:
    """A fact that is added to the lists is tried as well."""
    assert ({*OF_UNIT}, {*OF_PERSON}) == ({*OF_UNITS} - ENDS, {*OF_PEOPLE} - ENDS)


def test_schemas_have_the_same_facts() -> None:
    """The closed list of each kind, and of the policy, which has new units besides."""
    for kind, facts in (("units", OF_UNITS), ("people", OF_PEOPLE)):
        assert [*facts] == schema(kind).field(("changes", 0, "facts", 0))["allowed"]
    free = schema("policy").field(("documents", "without", 0))["allowed"]
    assert {"created", *OF_UNITS, *OF_PEOPLE} - ENDS == {*free}


@pytest.mark.parametrize(("key", "fact", "edit"), EDITS, ids=lambda value: str(value)[:20])
def test_a_fact_changes_by_a_row_that_names_it(key: str, fact: str, edit: dict[str, Any]) -> None:
    """Not by a row for all the others; unless policy says that it needs none."""
    nothing_free = {"documents": {"without": []}}
    strict = edited(PROVINCE, "", nothing_free)
    before = edited(strict, key, WAS[key])
    after = edited(before, key, edit)
    others = [each for each in (OF_UNITS if key == UNIT else OF_PEOPLE) if each != fact]
    wrong = {"changes": [{"on": "2026-11-25", "facts": others, **NEWER}]}
    row = {"on": "2026-11-25", "facts": [fact], **NEWER}
    record = next(r for r in before.records["units" if key == UNIT else "people"] if r.id == key)
    said = {"was": {fact: value_of(record.data, fact)}} if fact in AHEAD else {}
    right = {"changes": [{**row, **said}]}
    if said:
        (fix,) = refused(before, edited(after, key, {"changes": [row]}))
        assert fix.startswith(f"add `was: {{{fact}: ")
    for unnamed in (after, edited(after, key, wrong)):
        (fix,) = refused(before, unnamed)
        assert f"facts: [{fact}]" in fix
    assert [] == refused(before, edited(after, key, right))
    free = {"documents": {"without": [fact]}}
    assert [] == refused(edited(before, "", free), edited(after, "", free))
    at_once = between(before, edited(after, "", free), ON)
    assert any(p.rule == "policy-first" and f"facts: [{fact}]" in p.fix for p in at_once)


@pytest.mark.parametrize("fact", ["heads", "posts", "delegates", "locked", "hold"])
def test_what_began_does_not_end_by_its_own_documents(fact: str) -> None:
    """The letter that asked for a lock does not lift it."""
    key, edits = (UNIT, OF_UNIT) if fact in ("heads", "delegates") else (PERSON, OF_PERSON)
    before = edited(PROVINCE, key, WAS[key])
    rows = {**PROVINCE_ROWS[key], **WAS[key]}[fact]
    row = rows[0] if isinstance(rows, list) else rows
    own = {field: row[field] for field in ("decision", "request") if field in row}
    after = edited(before, key, edits[fact])
    for cited, number in ((own, 1), ({**own, **NEWER}, 0)):
        changes = [{"on": "2026-11-25", "facts": [fact], **cited}]
        assert number == len(refused(before, edited(after, key, {"changes": changes})))


def test_the_store_is_free_by_default() -> None:
    """It is the operator's technical management; everything else is asked for."""
    assert Documentation(without=("store",)) == policy_of(PROVINCE).documents
