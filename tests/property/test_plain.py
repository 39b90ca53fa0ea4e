"""What is taken for plain is so: the rules that then look no closer would have found nothing."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from hopthu.load import load
from hopthu.naming import stem
from hopthu.plain import plain
from hopthu.policy import Policy
from hopthu.rules.addresses import address_form
from hopthu.rules.facts import Facts
from hopthu.rules.naming import naming_profile, plain_name
from hopthu.source import Record
from hopthu.vietnamese import fold

GOOD = load(Path(__file__).parents[2])
LOOKED_AT_LESS = (address_form, naming_profile, plain_name)
WORDS = st.sampled_from(
    ["Nguyễn", "Văn", "An", "Ðức", "đ", "O’Neil", "A1", "", "Lò ", "\u0301", "П"]
)
NAMES = st.lists(WORDS, max_size=4).map(" ".join) | st.text(max_size=8)
ENDS = st.sampled_from(["", "2", "10", "02", "0", "1", ".x", "A", "б", "\n", "²"])


@st.composite
def people(draw: st.DrawFn) -> dict[str, Any]:
    """Draw somebody whose address is, or nearly is, what the profile makes of the name."""
    name = draw(NAMES)
    address = stem(name) + draw(ENDS) if draw(st.booleans()) else draw(st.text(max_size=6))
    mailbox: dict[str, Any] = {"address": address}
    if draw(st.booleans()):
        mailbox[draw(st.sampled_from(["aliases", "former"]))] = [draw(st.text(max_size=4))]
    return {"id": "nguyen-van-an", "name": name, "mailbox": mailbox}


@given(people())
@example({"id": "a-n", "name": "Nguyễn Văn An", "mailbox": {"address": "annv" + "9" * 61}})
@example({"id": "a-n", "name": "An", "mailbox": {"address": "an", "exception": "cv-1"}})
@example({"id": "a-n", "name": "An", "mailbox": {"address": "an.2"}})
@example({"id": "a-n", "name": "An 1", "mailbox": {"address": "an"}})
@example({"id": "a-n", "name": "An", "mailbox": ["an"]})
def test_no_rule_would_have_found_anything(data: dict[str, Any]) -> None:
    """And the address is what it is compared by."""
    if not plain("people", data):
        return
    somebody = Record("people", "data/people.yaml", (0,), data, GOOD.people[0].marks)
    facts = Facts(
        replace(GOOD, records={**GOOD.records, "people": (somebody,)}), Policy(), date.max
    )
    for rule in LOOKED_AT_LESS:
        assert [] == [problem for problem in rule(facts) if problem.subject == data["id"]]
    assert data["mailbox"]["address"] == fold(data["mailbox"]["address"])


def test_most_people_are_plain() -> None:
    """All of those shipped with neither alias nor exception: else it would be no use."""
    others = [record for record in GOOD.people if not record.plain]
    assert all(len(record.data["mailbox"]) > 1 for record in others)
    assert len(others) * 10 < len(GOOD.people)


def test_the_records_read_one_by_one_are_looked_at() -> None:
    """Nothing is plain but what was found to be: units never are."""
    assert not any(record.plain for record in (*GOOD.units, *GOOD.documents))
