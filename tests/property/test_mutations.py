"""One slip anywhere in good data is caught by the rule that is meant for it."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hopthu.diagnostics import file_rules
from hopthu.load import load
from hopthu.rules.registry import RULES
from hopthu.source.records import Record, Source
from hopthu.validate import between, validate

ROOT = Path(__file__).parents[2]
ON = date(2026, 11, 25)
GOOD = load(ROOT)
BASIS = {"decision": "nq-18-hdnd-2025", "request": "cv-12-vp-2025"}
Records = list[dict[str, Any]]
Pick = Callable[[Records], dict[str, Any]]


@dataclass
class Data:
    """The shipped province as plain records, to be changed, and where the slip is to happen."""

    units: Records
    people: Records
    documents: Records
    policy: Records
    expectations: Records
    pick: Pick

    def person(self, test: Callable[[dict[str, Any]], Any] = lambda _: True) -> dict[str, Any]:
        """Pick somebody who works for the province today."""
        return self.pick([p for p in self.people if "left" not in p and test(p)])

    def unit(self, test: Callable[[dict[str, Any]], Any] = lambda _: True) -> dict[str, Any]:
        """Pick a unit of today that has a head."""
        units = [u for u in self.units if "heads" in u and "ended" not in u]
        return self.pick([u for u in units if u["id"] != "van-phong-ubnd-tinh" and test(u)])

    def ended(self) -> dict[str, Any]:
        """Pick a unit that has ended."""
        return self.pick([u for u in self.units if "ended" in u])

    def document(self, kind: str) -> dict[str, Any]:
        """Pick a document of a kind, issued by one of our units."""
        return self.pick([d for d in self.documents if d["kind"] == kind and "issuer" in d])

    def named(self, record_id: str) -> dict[str, Any]:
        """Return the record with an id."""
        return next(r for r in (*self.people, *self.units, *self.documents) if r["id"] == record_id)

    def elsewhere(self, unit: str) -> dict[str, Any]:
        """Pick somebody who never worked in `unit`."""
        return self.person(lambda p: all(post["unit"] != unit for post in p["posts"]))


def _post(data: Data, **more: Any) -> None:
    person = data.person(lambda p: len(p["posts"]) == 1)
    person["posts"].append({**person["posts"][0], "from": "2026-01-01", **more})


def _overlap(data: Data) -> None:
    person = data.person(lambda p: len(p["posts"]) > 1)
    person["posts"][0]["until"] = person["posts"][1]["from"]


def _post_after_leaving(data: Data) -> None:
    person = data.person(lambda p: len(p["posts"]) > 1)
    person["left"] = {"how": "resigned", "on": person["posts"][-1]["from"], **BASIS}


def _head_of_another_unit(data: Data) -> None:
    unit = data.unit()
    unit["heads"][-1]["person"] = data.elsewhere(unit["id"])["id"]


def _head_of_many(data: Data) -> None:
    person = data.person()
    units = [u for u in data.units if "heads" in u and "mailbox" in u and "ended" not in u][:17]
    for unit in units:
        head = unit["heads"][-1]
        head["person"] = person["id"]
        post = {"unit": unit["id"], "main": False, "from": head["from"]}
        person["posts"].append({**person["posts"][0], **post})


def _delegate(data: Data, who: str) -> None:
    unit = data.unit(lambda u: "delegates" in u)
    head, stranger = unit["heads"][-1]["person"], data.elsewhere(unit["id"])["id"]
    unit["delegates"][-1]["person"] = head if who == "head" else stranger


def _delegate_moves(data: Data) -> None:
    unit = data.unit(lambda u: "delegates" in u)
    person = data.named(unit["delegates"][-1]["person"])
    move = {"unit": "xa-dong-tien", "title": "Chuyên viên", "from": "2026-11-02", **BASIS}
    person["posts"].append(move)


def _end(data: Data, unit: dict[str, Any]) -> None:
    ending = {"how": "merged", "into": ["van-phong-ubnd-tinh"], "on": "2026-11-01"}
    unit["ended"] = {**ending, **BASIS}


def _end_above_others(data: Data) -> None:
    parents = {u.get("parent") for u in data.units}
    _end(data, data.unit(lambda u: u["id"] in parents))


def _redirect_to_dissolved(data: Data) -> None:
    old = data.ended()
    successor = data.named(old["ended"]["into"][0])
    successor["ended"] = {"how": "dissolved", "on": "2025-04-01", **BASIS}


def _request_before_decision(data: Data) -> None:
    post = data.person()["posts"][-1]
    data.named(post["request"])["date"] = "2001-01-01"


def _request_of_others(data: Data) -> None:
    people = [p for p in data.people if data.named(p["posts"][-1]["request"])["id"][:5] != "cv-12"]
    post = data.pick(people)["posts"][-1]
    data.named(post["request"])["issuer"] = "xa-yen-tho"


def _headed_by_its_own_decision(data: Data) -> None:
    head = data.unit()["heads"][-1]
    decision = data.named(head["decision"])
    decision.pop("outside_issuer", None)
    decision["issuer"] = data.unit(lambda u: u["parent"] == "ubnd-tinh")["id"]


def _decided_by_a_colleague(data: Data) -> None:
    """Let a unit appoint its own head, and the policy of the same edit say that it may."""
    unit = data.unit(lambda u: u["kind"] == "department")
    decision = data.named(unit["regulation"])
    new = {**decision, "id": "qd-moi", "kind": "decision", "number": "4999/QĐ-VX"}
    data.documents.append({**new, "date": unit["heads"][-1]["from"]})
    unit["heads"][-1]["decision"] = "qd-moi"
    _policy(data, competence={"head": ["unit", "superior", "province"]})


def _taken_away(data: Data) -> None:
    """Let a commune take somebody out of another unit by documents of its own."""
    new = "xa-dong-tien"
    heads = {head["person"] for unit in data.units for head in unit.get("heads", ())}
    person = data.person(lambda p: p["posts"][-1]["unit"] != new and p["id"] not in heads)
    for kind, number in (("decision", "4999/QĐ-UBND"), ("request", "4998/UBND-VP")):
        document = {"id": f"{kind}-moi", "kind": kind, "number": number, "issuer": new}
        data.documents.append({**document, "date": "2026-11-20"})
    basis = {"decision": "decision-moi", "request": "request-moi"}
    person["posts"].append({"unit": new, "title": "Công chức", "from": "2026-11-24", **basis})


def _symbol_of_another(data: Data) -> None:
    """Give a document of a unit the symbol of an authority outside that is on record."""
    paper = {"id": "qd-7-ttg", "kind": "decision", "number": "07/QĐ-TTg", "date": "2025-02-24"}
    data.document("decision").update(number="412/QĐ-TTg")
    data.documents.append({**paper, "outside_issuer": "Thủ tướng Chính phủ"})


def _twin_document(data: Data) -> None:
    first = data.document("decision")
    data.documents.append({**first, "id": "qd-nghi-van"})


def _new_document(data: Data, kind: str, number: str, day: str) -> None:
    issuer = data.pick([u for u in data.units if "ended" not in u and "created" not in u])["id"]
    new = {"id": "vb-moi", "kind": kind, "number": number, "issuer": issuer, "date": day}
    data.documents.append(new)


def _issued_before_it_began(data: Data) -> None:
    unit = data.unit(lambda u: "created" in u)
    data.named(unit["regulation"])["date"] = "2020-01-01"


def _signed_by_a_stranger(data: Data) -> None:
    document = data.document("decision")
    document["signer"] = data.elsewhere(document["issuer"])["id"]


def _decided_by_a_request(data: Data) -> None:
    post = data.person()["posts"][-1]
    post["decision"] = post["request"]


def _adopted_before_it_began(data: Data) -> None:
    number = {"number": "4999/QĐ-VP", "issuer": "van-phong-ubnd-tinh", "date": "1999-11-02"}
    data.documents.append({"id": "vb-moi", "kind": "adoption", **number})
    data.person()["posts"][-1].update(decision="vb-moi", request="vb-moi")


def _twin_id(data: Data) -> None:
    data.person()["id"] = data.person()["id"] + "-x"
    first, second = data.people[0], data.person(lambda p: p is not data.people[0])
    second["id"] = first["id"]


def _swap_addresses(data: Data) -> None:
    first, second = data.person(lambda p: p is not data.people[0]), data.people[0]
    first["mailbox"], second["mailbox"] = second["mailbox"], first["mailbox"]


def _policy(data: Data, **settings: Any) -> None:
    data.policy[0].update(settings)


def _allowance(data: Data, **more: str) -> dict[str, Any]:
    document = data.document("decision")["id"]
    return {"guard": "close", "scope": "all", "document": document, "until": "2026-12-31", **more}


def _former_domain(data: Data, **more: str) -> dict[str, Any]:
    document = data.document("decision")
    document["acts"] = ["former_domain"]
    return {
        "domain": "cu.gov.vn",
        "from": "2026-07-01",
        "until": "2027-06-30",
        "document": document["id"],
        **more,
    }


def _network(may: list[str]) -> dict[str, Any]:
    return {"mang-don-vi": {"ranges": ["10.38.7.0/24"], "may": may, "of": "so-tai-chinh"}}


def _expect_the_contrary(data: Data) -> None:
    expectation = data.pick(data.expectations)
    (form,) = expectation.keys() - {"on"}
    expected = expectation[form]
    if form == "mail":
        expected["refused"] = expected.pop("leads_to", None) is not None
    else:
        expected["holds"] = not expected.get("holds", True)


SITE = {"ranges": ["10.38.1.0/24"], "hosts": {"edge1": "10.38.2.11"}}
SIZES = {"sizes": [1000, 100]}


def _takeover(data: Data) -> None:
    ending = data.ended()["ended"]
    ending["address_to"] = ending["into"][0]


MUTATIONS: dict[str, Callable[[Data], Any]] = {
    "shape": lambda d: d.person().update(telephone="0912 345 678"),
    "recorded-twice": _twin_id,
    "dangling-reference": lambda d: d.person()["posts"][-1].update(unit="so-khong-co"),
    "address-form": lambda d: (m := d.person()["mailbox"]).update(address=m["address"].upper()),
    "unique-address": lambda d: d.person()["mailbox"].update(
        aliases=[d.unit()["mailbox"]["address"]]
    ),
    "operator-reachable": lambda d: d.named("van-phong-ubnd-tinh").pop("mailbox"),
    "policy-consistent": lambda d: _policy(d, guards=SIZES),
    "naming-profile: alias-profile": lambda d: d.person()["mailbox"].update(
        aliases=["chutich.tinh"]
    ),
    "naming-profile": lambda d: d.person()["mailbox"].update(address="khong.theo.mau"),
    "plain-name": lambda d: (p := d.person()).update(name=p["name"] + " 2"),
    "days-in-order: history-in-order": lambda d: d.person(lambda p: len(p["posts"]) > 1)[
        "posts"
    ].reverse(),
    "days-in-order": lambda d: d.person()["posts"][-1].update(until="2001-01-01"),
    "history-overlap": _overlap,
    "plausible-day": lambda d: d.person(lambda p: len(p["posts"]) == 1)["posts"][0].update(
        {"from": "1925-03-01"}
    ),
    # After a transfer the post before it would simply go on as the main one.
    "history-overlap: one-main-post": lambda d: d.person(lambda p: len(p["posts"]) == 1)["posts"][
        0
    ].update(main=False),
    "person-has-post": lambda d: d.person(
        lambda p: len(p["posts"]) == 1 and p["posts"][0]["from"] < "2026-11-01"
    )["posts"][0].update(until="2026-11-24"),
    "has-mailbox: person": lambda d: d.person(lambda p: p["posts"][0]["from"] < "2026-11-01").pop(
        "mailbox"
    ),
    "days-in-order: after-leaving": _post_after_leaving,
    "unit-kind": lambda d: d.unit().update(kind="khu-bao-ton"),
    "unit-parent: kind": lambda d: d.named("so-tai-chinh").update(parent="phuong-hac-thanh"),
    "store-in-two-places": lambda d: _policy(d, stores={"storage": {"store1": {"single": "VP"}}}),
    "quota-step": lambda d: d.unit().update(quota="3 GiB"),
    "unit-parent": lambda d: d.unit().pop("parent"),
    "has-mailbox": lambda d: d.unit(lambda u: u["kind"] in ("ward", "department")).pop("mailbox"),
    "unit-regulation": lambda d: d.unit().pop("regulation"),
    "within-unit-life": lambda d: _end(d, d.unit()),
    "ending-says-where": lambda d: d.ended()["ended"].pop("into"),
    "within-unit-life: successor": lambda d: d.ended()["ended"].update(into=["phuong-hac-thanh"]),
    "unique-address: address-takeover": _takeover,
    "open-redirect": _redirect_to_dissolved,
    "within-unit-life: parent": _end_above_others,
    "holder-works-there": _head_of_another_unit,
    "offices-at-once": _head_of_many,
    "unit-has-head": lambda d: d.unit().pop("heads"),
    "holder-works-there: head": lambda d: _delegate(d, "head"),
    "delegation-term": lambda d: d.unit(lambda u: "delegates" in u)["delegates"][-1].update(
        until="2099-12-31"
    ),
    "holder-works-there: outlived": _delegate_moves,
    "document-number": lambda d: d.document("decision").update(number="số 12"),
    "document-number: document-type": lambda d: d.document("request").update(number="4999/QĐ-VP"),
    "issuer-symbol": _symbol_of_another,
    "recorded-twice: number": _twin_document,
    "within-unit-life: issuer-exists": _issued_before_it_began,
    "signer-is-head": _signed_by_a_stranger,
    "basis-in-time: order": _request_before_decision,
    "basis-in-time": lambda d: d.named(d.person()["posts"][-1]["decision"]).update(
        date="2099-01-01"
    ),
    "issuer-competent": _headed_by_its_own_decision,
    "document-serves": lambda d: d.named(d.person()["posts"][-1]["decision"]).update(
        acts=["allowance"]
    ),
    "change-plausible": lambda d: d.unit().update(
        changes=[{"on": "2026-11-26", "facts": ["name"], **BASIS}]
    ),
    "adoption-basis": _adopted_before_it_began,
    "basis-cited": lambda d: _policy(d, citing={"delegate": ["request"]}),
    "no-outside-mail": lambda d: d.person()["mailbox"].update(aliases=["toi@gmail.com"]),
    "policy-consistent: former domain": lambda d: _policy(
        d, former_domains=[_former_domain(d, until="2026-06-30")]
    ),
    "host-in-centre: own server": lambda d: _policy(d, networks=_network(["deliver"])),
    "host-in-centre": lambda d: _policy(d, centre=SITE),
    "uncited-document": lambda d: _new_document(d, "decision", "4999/QĐ-UBND", "2026-11-02"),
    "uncited-document: request": lambda d: _new_document(d, "request", "4999/VP-TH", "2026-11-02"),
    "allowance-scope": lambda d: _policy(d, allowances=[_allowance(d, scope=d.person()["id"])]),
    "allowance-scope: over": lambda d: _policy(d, allowances=[_allowance(d, until="2026-11-24")]),
    "expectation-met": _expect_the_contrary,
}


FURTHER: dict[str, tuple[str, Callable[[Data], Any]]] = {
    "may not decide on somebody who goes": ("issuer-competent", _taken_away),
    "which is not concerned": ("issuer-competent", _request_of_others),
    "of kind request, not decision": ("document-serves", _decided_by_a_request),
}
"""Other slips that a rule is meant for, where it judges several things, by what it says of them."""


def _namesake(data: Data) -> None:
    person = data.person(lambda p: p["posts"][-1]["from"] < "2026-11-01")
    data.people.append({**person, "id": "ai-do", "mailbox": {"address": "aido"}})


def _held_by_a_club(data: Data) -> None:
    paper = {"id": "qd-1-clb-2026", "kind": "decision", "number": "01/QĐ-CLB", "date": "2026-11-20"}
    data.documents.append({**paper, "outside_issuer": "Câu lạc bộ bóng đá"})
    data.people[0].update(hold={"from": "2026-11-24", "decision": "qd-1-clb-2026"})


def _earlier(data: Data) -> None:
    """Give somebody an address that was given up, and somebody else a lock of next year."""
    data.people[0]["mailbox"].update(former=["cu"])
    data.people[1].update(locked=[{"from": "2027-06-01", **BASIS}])


def _title_of_a_head(data: Data) -> None:
    heads = {row["person"] for unit in data.units for row in unit.get("heads", ())}
    person = data.person(lambda p: p["id"] not in heads)
    title = "Chánh Văn phòng"  # of the head of one office of the province
    person["posts"].append({**person["posts"][-1], "from": "2026-11-24", "title": title})


def _department(d: Data) -> Any:
    return next(unit for unit in d.units if unit["kind"] == "department")


BETWEEN: dict[str, Callable[[Data], Any]] = {
    "id-removed": lambda d: d.people.remove(d.person()),
    "id-reused": lambda d: d.person().update(name="Mạc Đăng Khoa", mailbox={"address": "khoamd"}),
    "address-changed-hands": _swap_addresses,
    "address-kept: address-dropped": lambda d: d.person()["mailbox"].update(address="dia.chi.moi"),
    "address-kept: address-returned": lambda d: d.people[0]["mailbox"].update(
        aliases=["cu"], former=[]
    ),
    "fact-basis": lambda d: _department(d).update(kind="office"),
    "planned-row": lambda d: d.people[1].update(locked=[]),
    "history-rewritten": lambda d: d.person()["posts"][0].update(title="Thư ký"),
    "address-never-held": lambda d: d.people[0]["mailbox"].update(former=["cu", "khong.ai"]),
    "change-plausible: idle": lambda d: d.unit(lambda u: "changes" not in u).update(
        changes=[{"on": "2026-11-24", "facts": ["name"], **BASIS}]
    ),
    "mistaken-name: namesake": _namesake,
    "document-cited-again": lambda d: _post(d, **{"from": "2026-11-24"}, **BASIS),
    "unknown-authority": _held_by_a_club,
    "mistaken-name: title": _title_of_a_head,
    "document-age": lambda d: _post(d, **{"from": "2026-11-24"}, **BASIS),
    "policy-first": _decided_by_a_colleague,
}
# What `load` finds in the text itself; tests/property/test_data.py writes such text.
# and test_format.py writes files that are not laid out as they should be.
OF_FILES = {*(rule.id for rule in file_rules.RULES), "file-format"}
EXAMPLES = settings(max_examples=4)


def changed(mutate: Callable[[Data], Any], pick: Pick, good: Source = GOOD) -> Source:
    """Return the shipped province after one slip; places are those of the records before."""
    plain = {kind: [deepcopy(r.data) for r in records] for kind, records in good.records.items()}
    mutate(Data(**plain, pick=pick))  # type: ignore[arg-type]  # plain values are any values
    records = {kind: slipped(good.records[kind], data) for kind, data in plain.items()}
    return replace(good, records=records)


def slipped(records: Sequence[Record], plain: Records) -> tuple[Record, ...]:
    """Return the records, those that changed with their new data in the place of an old one."""
    known = {record.id: record for record in records if record.id}
    made: list[Record] = []
    for number, data in enumerate(plain):
        old = known.get(data.get("id", ""), records[min(number, len(records) - 1)])
        new = Record.of(old.kind, old.file, old.steps, data, old.marks)
        made.append(old if old.data == data else new)
    return tuple(made)


def picker(data: st.DataObject) -> Pick:
    return lambda records: data.draw(st.sampled_from(records))


def test_every_rule_across_records_has_a_mutation() -> None:
    """But for those `load` finds while it reads."""
    tried = {rule.partition(":")[0] for rule in (*MUTATIONS, *BETWEEN)}
    assert {rule.id for rule in RULES} - OF_FILES == tried


@pytest.mark.parametrize("rule", MUTATIONS)
@given(st.data())
@EXAMPLES
def test_a_slip_is_caught_by_its_rule(rule: str, data: st.DataObject) -> None:
    """Wherever in the province it happens."""
    problems = validate(changed(MUTATIONS[rule], picker(data)), ON)
    assert rule.partition(":")[0] in {problem.rule for problem in problems}


SEVERAL = frozenset(
    ("adoption-basis", "allowance-scope", "basis-cited", "dangling-reference", "days-in-order",
     "document-serves", "recorded-twice", "holder-works-there: outlived", "open-redirect",
     "offices-at-once", "operator-reachable", "policy-consistent: former domain", "has-mailbox",
     "unit-parent", "within-unit-life: parent")
)  # fmt: skip
"""Slips that are several, or leave several things to do, such as people of a unit that ends."""


@pytest.mark.parametrize("rule", [rule for rule in MUTATIONS if rule not in SEVERAL])
@given(st.data())
@EXAMPLES
def test_one_slip_is_one_error(rule: str, data: st.DataObject) -> None:
    """What may follow from it is told as its consequence."""
    problems = validate(changed(MUTATIONS[rule], picker(data)), ON)
    assert 1 >= len([p for p in problems if p.severity == "error" and not p.follows])


@pytest.mark.parametrize("what", FURTHER)
@given(st.data())
@EXAMPLES
def test_a_further_slip_is_caught_by_its_rule(what: str, data: st.DataObject) -> None:
    """What documents do not do is told apart."""
    rule, slip = FURTHER[what]
    problems = validate(changed(slip, picker(data)), ON)
    assert any(p.rule == rule and what in p.what for p in problems)


@pytest.mark.parametrize("rule", BETWEEN)
@given(st.data())
@EXAMPLES
def test_a_slip_between_revisions_is_caught_by_its_rule(rule: str, data: st.DataObject) -> None:
    """What was good before must not be taken away."""
    before = changed(_earlier, picker(data))
    after = changed(BETWEEN[rule], picker(data), before)
    assert rule.partition(":")[0] in {problem.rule for problem in between(before, after, ON)}


def test_the_province_itself_has_no_problem() -> None:
    """So every problem above is of the slip's making."""
    assert [] == validate(GOOD, ON)
    assert [] == between(GOOD, GOOD, ON)
