"""Changes alike that have one cause are one line of a plan, and all of them in its JSON."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import click
import pytest
from samples import DAY, person, unit

from hopthu.desired.state import desired
from hopthu.i18n.message import Message
from hopthu.model.lifecycle import LIVE
from hopthu.model.organisation import Organisation, Tenure
from hopthu.model.policy import GIB, Policy, Quotas
from hopthu.plan.by_policy import cited_by_policy
from hopthu.plan.diff import Change, diff
from hopthu.plan.format_markdown import as_markdown
from hopthu.plan.format_text import as_text
from hopthu.plan.plan import Plan, Snapshot, make
from hopthu.validate import Loaded, read

ROOT = Path(__file__).parents[2]
ON = date(2026, 11, 25)


@pytest.fixture(scope="module")
def shipped() -> Loaded:
    return read(ROOT, ON)


def edited(shipped: Loaded, **quotas: int) -> Plan:
    """Return the plan of nothing but other quotas."""
    before = Snapshot(shipped.organisation, shipped.policy, shipped.source)
    policy = replace(shipped.policy, quotas=replace(shipped.policy.quotas, **quotas))
    plan = make(before, Snapshot(shipped.organisation, policy, shipped.source), ON, "a" * 40)
    return replace(plan, due=())


def test_another_quota_is_a_plan_of_few_lines(shipped: Loaded) -> None:
    """The key, how many it concerns, which guard refuses it, and how an allowance is written."""
    plan = edited(shipped, personal=4 * GIB)
    mailboxes = desired(shipped.organisation, shipped.policy, ON).mailboxes
    number = sum(m.kind == "personal" and m.state in LIVE for m in mailboxes)
    assert number > 200
    text = click.unstyle(as_text(plan, shipped.organisation))
    assert (
        f"""\
no supporting document
  Văn phòng Ủy ban nhân dân tỉnh
    ~ policy: quotas.personal: 2 GiB → 4 GiB [policy quotas.personal]
    ~ {number} mailboxes: quota: 2 GiB → 4 GiB [policy quotas.personal]
refused: guard "change": {number} mailboxes would change province-wide, limit """
        in text
    )
    assert "fix: change less at once; if it is meant, add to data/policy.yaml: " in text
    assert "`allowances: [{guard: change, scope: all, document: ID-OF-THE-DOCUMENT, until: " in text
    assert len(text.splitlines()) <= 9
    vietnamese = click.unstyle(as_text(plan, shipped.organisation, "vi"))
    assert f"{number} hộp thư: dung lượng: 2 GiB → 4 GiB [policy quotas.personal]" in vietnamese
    assert len(vietnamese.splitlines()) <= 9


def test_another_quota_is_a_short_comment(shipped: Loaded) -> None:
    """With the guard, its limit, and how an allowance is written, in both languages."""
    plan = edited(shipped, personal=4 * GIB)
    for language, fix in (("en", "fix: change less at once"), ("vi", "cách sửa: ")):
        told = as_markdown(plan, shipped.organisation, language)
        assert len(told.splitlines()) <= 25
        assert fix in told
        assert "scope\\: all" in told


def test_json_has_every_mailbox_with_the_key(shipped: Loaded) -> None:
    """Those that are open: a closed mailbox gets no mail."""
    plan = edited(shipped, personal=4 * GIB, unit=20 * GIB)
    mailboxes = desired(shipped.organisation, shipped.policy, ON).mailboxes
    expected = {
        m.id: f"quotas.{'unit' if m.kind == 'unit' else 'personal'}"
        for m in mailboxes
        if m.state in LIVE
    }
    found = {c["id"]: c.get("cause") for c in plan.as_dict()["changes"] if c["kind"] == "mailbox"}
    assert expected == found
    assert {m.id for m in mailboxes} - found.keys()


def test_details_list_everybody(shipped: Loaded) -> None:
    plan = edited(shipped, personal=4 * GIB)
    mailboxes = [c for c in plan.changes if c.kind == "mailbox"]
    for write in (as_text, as_markdown):
        told = write(plan, shipped.organisation, details=True)
        assert len(mailboxes) == told.count("quota: 2 GiB") + told.count("quota\\: 2 GiB")


def cause(organisation: Organisation, before: Policy, after: Policy) -> dict[str, str]:
    plan = make(Snapshot(organisation, before), Snapshot(organisation, after), DAY, "")
    return {c.id: c.cause for c in plan.changes if c.kind == "mailbox"}


def test_stores_of_the_policy_are_a_cause(organisation: Organisation, policy: Policy) -> None:
    """By default, of a kind, and of a kind that the policy no longer names."""
    named = replace(policy, stores=replace(policy.stores, by_kind={"commune": "store2"}))
    other = replace(named, stores=replace(named.stores, default="store9"))
    assert {"vp", "stc", "an", "binh", "dung", "skh"} == cause(organisation, named, other).keys()
    assert {"stores.default"} == {*cause(organisation, named, other).values()}
    none = replace(named, stores=replace(named.stores, by_kind={}))
    for old, new in ((named, none), (none, named)):
        assert dict.fromkeys(("xa", "chi"), "stores.by_kind.commune") == cause(
            organisation, old, new
        )


def test_what_the_policy_makes_rests_on_what_its_key_rests_on(
    organisation: Organisation, policy: Policy
) -> None:
    """A quota that differs otherwise, as one set by hand on a server, has no cause."""
    after = replace(policy, quotas=Quotas(personal=GIB))
    was, now = (desired(organisation, each, DAY) for each in (policy, after))

    def effects(step: Policy) -> tuple[Change, ...]:
        return diff(was, desired(organisation, step, DAY))

    key = Change("policy", "quotas.personal", "change", 2, 1, ("qd-1",), Message("other quotas"))
    found = cited_by_policy([*diff(was, now), key], policy, after, effects)
    assert {("quotas.personal", ("qd-1",))} == {(c.cause, c.basis) for c in found if c != key}
    by_hand = diff(
        was, desired(organisation, replace(policy, quotas=Quotas(personal=3 * GIB)), DAY)
    )
    found = cited_by_policy([*by_hand, key], policy, after, effects)
    assert {""} == {c.cause for c in found}
    assert {""} == {c.cause for c in cited_by_policy(diff(was, now), policy, policy, effects)}


def crowd(organisation: Organisation, size: int) -> Organisation:
    """Add people of two units."""
    new = [person(f"p{n}", f"Lê {n}", f"le.{n}", ("stc", "vp")[n % 2]) for n in range(size)]
    return replace(organisation, people={**organisation.people, **{p.id: p for p in new}})


def test_moves_by_a_record_are_folded_over_units(
    organisation: Organisation, policy: Policy
) -> None:
    """If they are many; few are named, and so is everybody of a single unit up to ten."""
    below = unit("phong", "Phòng Ngân sách", "ngansach.stc", kind="division", parent="stc")
    below_too = replace(organisation, units={**organisation.units, "phong": below})
    for size, line in ((3, "Lê 1: mail moves from store1 to store3"), (30, "mailboxes: mail mo")):
        more = [person(f"p{n}", f"Lê {n}", f"le.{n}", ("stc", "phong")[n % 2]) for n in range(size)]
        before = replace(below_too, people={**below_too.people, **{p.id: p for p in more}})
        units = {**before.units, "stc": replace(before.units["stc"], store="store3")}
        after = replace(before, units=units)
        plan = make(Snapshot(before, policy), Snapshot(after, policy), DAY, "")
        text = as_text(plan, after)
        assert line in text
        assert (size == 30) == ("35 mailboxes: mail moves from store1 to store3\n" in text)


def test_removals_are_never_folded(organisation: Organisation, policy: Policy) -> None:
    """Each of forty locks is a line, over two units."""
    before = crowd(organisation, 40)
    locks = {
        key: replace(p, locked=(Tenure(key, "", DAY, None, decision="qd-1"),))
        for key, p in before.people.items()
        if key.startswith("p")
    }
    after = replace(before, people={**before.people, **locks})
    plan = make(Snapshot(before, policy), Snapshot(after, policy), DAY, "")
    assert 40 == as_text(plan, after).count("can no longer sign in")
