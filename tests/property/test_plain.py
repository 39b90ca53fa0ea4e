"""What is taken for plain is so: the rules that then look no closer would have found nothing."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from hopthu.i18n.vietnamese import fold, same
from hopthu.load import load
from hopthu.model.address_naming import stem
from hopthu.model.policy import Policy
from hopthu.model.record_local import is_clean
from hopthu.rules.context import RuleContext
from hopthu.rules.names.addresses import address_form
from hopthu.rules.names.documents import document_number
from hopthu.rules.names.plain_names import plain_name
from hopthu.rules.names.profile import naming_profile
from hopthu.source.records import Record

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
    if not is_clean("people", data):
        return
    somebody = Record.of("people", "data/people.yaml", (0,), data, GOOD.people[0].marks)
    facts = RuleContext(
        replace(GOOD, records={**GOOD.records, "people": (somebody,)}), Policy(), date.max
    )
    for rule in LOOKED_AT_LESS:
        assert [] == [problem for problem in rule(facts) if problem.subject == data["id"]]
    assert data["mailbox"]["address"] == fold(data["mailbox"]["address"])


NUMBERS = st.tuples(
    st.sampled_from(["12", "02", "2", "00", "1234567", "٣", ""]),
    st.sampled_from(["", "/2025", "/2024", "/25"]),
    st.sampled_from(["/", "-", " /"]),
    st.sampled_from(["QĐ", "QÐ", "NQ", "TTr", "SNV", "GUQ", "BC", "D\u0323", ""]),
    st.sampled_from(["-UBND", "-SNV", "/TW", "", "-П", "\n"]),
).map("".join)


@given(
    NUMBERS | st.text(max_size=12),
    st.sampled_from(["decision", "request", "authorisation", "regulation", "x", ""]),
    st.sampled_from(["2025-01-02", "2024-02-30", "2025"]),
)
@example("12/2025/QĐ-UBND", "decision", "2025-01-02")
def test_no_rule_would_have_found_anything_in_a_number(number: str, kind: str, day: str) -> None:
    """And the number is spelt as it is compared."""
    data: dict[str, Any] = {"id": "a", "number": number, "kind": kind, "date": day}
    if not is_clean("documents", data):
        return
    one = Record.of("documents", "data/documents.yaml", (0,), data, GOOD.documents[0].marks)
    source = replace(GOOD, records={**GOOD.records, "documents": (one,)})
    assert [] == list(document_number(RuleContext(source, Policy(), date.max)))
    assert number == same(number)


def test_most_documents_are_plain() -> None:
    """All of those shipped."""
    assert all(record.plain for record in GOOD.documents)


def test_most_people_are_plain() -> None:
    """All of those shipped with neither alias nor exception: else it would be no use."""
    others = [record for record in GOOD.people if not record.plain]
    assert all(len(record.data["mailbox"]) > 1 for record in others)
    assert len(others) * 10 < len(GOOD.people)


def test_the_records_read_one_by_one_are_looked_at() -> None:
    """Nothing is plain but what was found to be: units never are."""
    assert not any(record.plain for record in GOOD.units)
