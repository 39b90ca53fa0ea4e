"""What stops a plan, up to which limit, and what relaxes it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from samples import DAY, person, post, unit

from hopthu.daily.dated import dated
from hopthu.model.guard_limits import Allowance, Guards, Limit
from hopthu.model.organisation import Address, Document, Ending, Organisation, Tenure
from hopthu.model.policy import Policy
from hopthu.plan.findings import findings
from hopthu.plan.guards.result import Guard
from hopthu.plan.plan import compare, make
from hopthu.schema.validator import problems
from hopthu.source.positions import Positions
from hopthu.source.records import Record
from revisions import revision

HOLD = Tenure("", "", date(2026, 1, 1), None, decision="qd-1")
YESTERDAY = DAY - timedelta(days=1)
NEVER = ("address-changes-hands", "address-reissued", "erase-under-hold", "unit-without-custodian")


@pytest.fixture
def policy() -> Policy:
    """Ten personal mailboxes of a hundred may close, change or be locked."""
    limit = Limit(0, (10, 8), 1000)
    limits = dict.fromkeys(("close", "archive", "erase", "lock", "move", "change", "create"), limit)
    return Policy(operator="vp", guards=Guards(sizes=(100,), **limits))


@pytest.fixture
def province() -> Organisation:
    """Two departments of 99 people and their own mailbox each: 100 mailboxes."""
    units = [unit("vp", "Văn phòng", "vpubnd")]
    people = []
    for key in ("sa", "sb"):
        head = Tenure(f"{key}0", "", date(2024, 1, 1), None)
        units.append(unit(key, f"Sở {key}", key, heads=(head,)))
        people += [person(f"{key}{n}", f"Lê {n}", f"{key}.{n}", key) for n in range(99)]
    return Organisation({u.id: u for u in units}, {p.id: p for p in people})


def changed(organisation: Organisation, ids: list[str], **change: object) -> Organisation:
    people = {key: replace(organisation.people[key], **change) for key in ids}
    return replace(organisation, people={**organisation.people, **people})


def with_unit(organisation: Organisation, key: str, **change: object) -> Organisation:
    units = {**organisation.units, key: replace(organisation.units[key], **change)}
    return replace(organisation, units=units)


def of(key: str, number: int) -> list[str]:
    """Return so many people of a department, never its head."""
    return [f"{key}{n}" for n in range(1, number + 1)]


def judged(
    before: Organisation, after: Organisation, policy: Policy, on: date = DAY
) -> dict[tuple[str, str], Guard]:
    _, guards = compare(revision(before, policy), revision(after, policy), on)
    return {(g.id, g.scope): g for g in guards}


def refused(*arguments) -> list[tuple[str, str]]:
    return [key for key, guard in judged(*arguments).items() if not guard.passed]


LEFT = Ending("retired", date(2026, 5, 1))
CHANGES = {
    "close": {"left": LEFT},
    "lock": {"locked": (Tenure("", "", date(2026, 5, 1), None),)},
    "change": {"name": "Lê Mới"},
}


@pytest.mark.parametrize("action", CHANGES)
def test_a_unit_is_refused_only_beyond_its_limit(
    province: Organisation, policy: Policy, action: str
) -> None:
    """Ten of a department's hundred pass, eleven do not; over the province both do."""
    ten = changed(province, of("sa", 10), **CHANGES[action])
    eleven = changed(province, of("sa", 11), **CHANGES[action])
    assert [] == refused(province, ten, policy)
    assert [(action, "sa")] == refused(province, eleven, policy)
    assert (
        Guard(action, "sa", 11, 10, mailboxes=11) == judged(province, eleven, policy)[action, "sa"]
    )


def test_the_province_wide_limit_refuses(province: Organisation, policy: Policy) -> None:
    """Of 201 mailboxes 8 % may close: sixteen pass, seventeen do not."""
    below = changed(province, [*of("sa", 8), *of("sb", 8)], left=LEFT)
    beyond = changed(province, [*of("sa", 9), *of("sb", 8)], left=LEFT)
    assert [] == refused(province, below, policy)
    assert [("close", "all")] == refused(province, beyond, policy)


def test_moves_and_creations(province: Organisation, policy: Policy) -> None:
    """A move is one however much else changes; new mailboxes count over the province only."""
    moved = changed(province, of("sa", 11), posts=(post("x", "sb"),))
    assert [("change", "sa")] == refused(province, moved, policy)
    store = with_unit(province, "sb", store="store9")
    assert {("move", "sb"), ("move", "all")} == set(refused(province, store, policy))
    new = [person(f"new{n}", "Lê Mới", f"new.{n}", "sa") for n in range(17)]
    more = replace(province, people={**province.people, **{p.id: p for p in new}})
    assert [("create", "all")] == refused(province, more, policy)


def test_changes_by_policy_count_province_wide_only(province: Organisation, policy: Policy) -> None:
    """One allowance is enough for a new quota, or for other stores; a rename beside it counts."""
    quotas = replace(policy.quotas, personal=1)
    stores = replace(policy.stores, default="store9")
    renamed = changed(province, of("sa", 11), name="Lê Mới")
    for head, organisation, stops in (
        (replace(policy, quotas=quotas), province, {("change", "all")}),
        (replace(policy, stores=stores), province, {("move", "all")}),
        (replace(policy, quotas=quotas), renamed, {("change", "all"), ("change", "sa")}),
    ):
        _, guards = compare(revision(province, policy), revision(organisation, head), DAY)
        assert stops == {(g.id, g.scope) for g in guards if not g.passed}


def test_a_store_policy_does_not_cover_changed_records(
    province: Organisation, policy: Policy
) -> None:
    """A unit that names another store itself is counted, whatever stores the policy adds."""
    strict = replace(policy, guards=replace(policy.guards, create=Limit(1000, (100,), 1000)))
    moved = with_unit(province, "sa", store="store2")
    stores = replace(policy.stores, by_kind={"school": "store1"})
    _, guards = compare(
        revision(province, strict), revision(moved, replace(strict, stores=stores)), DAY
    )
    assert ("move", "sa") in {(g.id, g.scope) for g in guards if not g.passed}
    everywhere = replace(policy.stores, default="store2")
    _, guards = compare(
        revision(province, strict), revision(province, replace(strict, stores=everywhere)), DAY
    )
    assert [("move", "all")] == [(g.id, g.scope) for g in guards if not g.passed]


def test_erasing_counts(province: Organisation, policy: Policy) -> None:
    """Whoever is taken out of the data is erased."""
    gone = set(of("sa", 11))
    left = {key: p for key, p in province.people.items() if key not in gone}
    assert ("erase", "sa") in refused(province, replace(province, people=left), policy)


def test_a_unit_mailbox_weighs_more(province: Organisation, policy: Policy) -> None:
    """Five times a personal one: here it and five people are at the limit of ten."""
    below = with_unit(changed(province, of("sa", 5), name="Lê Mới"), "sa", name="Sở Mới")
    beyond = with_unit(changed(province, of("sa", 6), name="Lê Mới"), "sa", name="Sở Mới")
    assert [] == refused(province, below, policy)
    assert (
        Guard("change", "sa", 11, 10, mailboxes=7)
        == judged(province, beyond, policy)["change", "sa"]
    )
    alias = with_unit(province, "sa", mailbox=Address("sa", aliases=("so.a",)), name="Sở Mới")
    assert 5 == judged(province, alias, policy)["change", "sa"].actual


def test_an_address_that_a_unit_loses_counts_as_one(province: Organisation, policy: Policy) -> None:
    """A retired alias is no closed unit; whoever leaves besides is counted as ever."""
    strict = replace(policy, guards=replace(policy.guards, close=Limit(3, (0, 0), 3)))
    alias = with_unit(province, "sa", mailbox=Address("sa", aliases=("soa", "so.a")))
    retired = with_unit(province, "sa", mailbox=Address("sa", former=("soa", "so.a")))
    assert [] == refused(alias, retired, strict)
    expected = Guard("close", "sa", 1, 3, mailboxes=1)
    assert expected == judged(alias, retired, strict)["close", "sa"]
    people = changed(retired, of("sa", 3), left=LEFT)
    assert [("close", "sa"), ("close", "all")] == sorted(
        refused(alias, people, strict), reverse=True
    )


def test_the_first_load_passes(province: Organisation, policy: Policy) -> None:
    """Where there was nothing, nothing can be lost."""
    assert [] == refused(Organisation({}, {}), province, policy)


def test_an_adopted_list_is_the_first_of_its_unit(province: Organisation, policy: Policy) -> None:
    """Seventeen people of a unit that had nobody pass; in one that had people they count."""
    listed = Document("qd-1", "adoption", "1/QĐ-VP", "vp", date(2026, 4, 1))
    with_list = replace(province, documents={"qd-1": listed})
    empty = replace(with_list, units={**province.units, "sc": unit("sc", "Sở c", "sc")})

    def joined(key: str, document: str = "qd-1") -> Organisation:
        posts = (post(key, key, decision=document, request=document),)
        new = [replace(person(f"n{n}", "Lê", f"n.{n}", key), posts=posts) for n in range(17)]
        return replace(empty, people={**province.people, **{p.id: p for p in new}})

    assert [] == refused(empty, joined("sc"), policy)
    assert [("create", "all")] == refused(empty, joined("sb"), policy)
    assert [("create", "all")] == refused(empty, joined("sc", "qd-2"), policy)


def test_granting_access_to_an_inaccessible_mailbox_passes(
    province: Organisation, policy: Policy
) -> None:
    """After a first load that broke off entries are there, and no rights: it must be able to go on.

    Who comes beside others, or in place of them, counts.
    """
    strict = replace(policy, guards=Guards(change=Limit(0, (0, 0), 1000)))
    closed = with_unit(province, "sa", heads=())
    assert [] == refused(closed, province, strict)
    other = with_unit(province, "sa", heads=(Tenure("sa1", "", date(2024, 1, 1), None),))
    assert ("change", "sa") in refused(province, other, strict)


@pytest.mark.parametrize(
    ("how", "into"), [("merged", ("sb",)), ("split", ("sb",)), ("dissolved", ())]
)
def test_a_declared_end_exempts_its_own_units_and_people(
    province: Organisation, policy: Policy, how: str, into: tuple[str, ...]
) -> None:
    """All of a department moves, since the department ended by decision."""
    end = Ending(how, date(2026, 5, 1), into=into, decision="nq-1", request="cv-1")
    after = with_unit(province, "sa", ended=end)
    everybody = ["sa0", *of("sa", 98)]
    change = {"posts": (post("x", "sb"),)}
    assert [] == refused(province, changed(after, everybody, **change), policy)
    # Without the declaration the same is refused, and with it others may not do more.
    assert refused(province, changed(province, everybody, **change), policy)
    others = changed(changed(after, everybody, **change), of("sb", 11), left=LEFT)
    assert [("close", "sb")] == refused(province, others, policy)


@pytest.mark.parametrize(
    ("how", "into"), [("merged", ("sb",)), ("split", ("sb",)), ("dissolved", ())]
)
@pytest.mark.parametrize("act", ["left", "locked"])
def test_a_declared_end_explains_nothing_else(
    province: Organisation, policy: Policy, how: str, into: tuple[str, ...], act: str
) -> None:
    """That a unit ends does not mean that its people retire, or are locked."""
    end = Ending(how, date(2026, 5, 1), into=into, decision="nq-1", request="cv-1")
    after = changed(with_unit(province, "sa", ended=end), of("sa", 98), posts=(post("x", "sb"),))
    change = {"left": LEFT} if act == "left" else {"locked": (HOLD,)}
    guard = "close" if act == "left" else "lock"
    assert [] == refused(province, changed(after, of("sa", 9), **change), policy)
    found = refused(province, changed(after, of("sa", 98), **change), policy)
    assert (guard, "all") in found


@pytest.mark.parametrize("days", [0, 30])
def test_a_redirect_that_the_same_plan_cuts_short_counts(
    province: Organisation, policy: Policy, days: int
) -> None:
    """Twenty communes merge, and the policy no longer redirects their mail, or for a month."""
    end = Ending("merged", DAY - timedelta(days=40), into=("sb",), decision="nq-1", request="cv-1")
    communes = {f"u{n}": unit(f"u{n}", f"Xã {n}", f"xa.{n}") for n in range(20)}
    before = replace(province, units={**province.units, **communes})
    ended = {key: replace(one, ended=end) for key, one in communes.items()}
    after = replace(before, units={**before.units, **ended})
    assert [] == refused(before, after, policy)
    shorter = replace(policy, lifecycle=replace(policy.lifecycle, redirect_days=days))
    _, guards = compare(revision(before, policy), revision(after, shorter), DAY)
    assert ("close", "all") in [(g.id, g.scope) for g in guards if not g.passed]


@pytest.mark.parametrize("days", [0, 7, 29])
def test_a_redirect_that_was_too_short_before_counts_on_its_day(
    province: Organisation, policy: Policy, days: int
) -> None:
    """Merger and policy were applied before: what dates bring about is refused all the same."""
    short = replace(policy, lifecycle=replace(policy.lifecycle, redirect_days=days))
    end = Ending(
        "merged", DAY - timedelta(days=days), into=("sb",), decision="nq-1", request="cv-1"
    )
    communes = {f"u{n}": unit(f"u{n}", f"Xã {n}", f"xa.{n}", ended=end) for n in range(20)}
    data = replace(province, units={**province.units, **communes})
    found = dated(data, short, DAY - timedelta(days=1), DAY)
    assert ("close", "all") in [(g.id, g.scope) for g in found.refused]
    usual = replace(policy, lifecycle=replace(policy.lifecycle, redirect_days=180))
    over = replace(end, on=DAY - timedelta(days=180))
    ended = {key: replace(one, ended=over) for key, one in communes.items()}
    after = replace(data, units={**data.units, **ended})
    assert () == dated(after, usual, DAY - timedelta(days=1), DAY).refused


def test_a_new_successor_mailbox_is_exempt(province: Organisation, policy: Policy) -> None:
    """Many communes become few, all of them new; people who are new there count as ever."""
    strict = replace(policy, guards=Guards(create=Limit(4, (0,), 1000)))
    end = Ending("merged", date(2026, 5, 1), into=("sc",), decision="nq-1", request="cv-1")
    heir = unit("sc", "Sở sc", "sc")
    before = with_unit(province, "sa", ended=end)
    after = replace(before, units={**before.units, "sc": heir})
    assert [] == refused(province, after, strict)
    undeclared = replace(province, units={**province.units, "sc": heir})
    assert [("create", "all")] == refused(province, undeclared, strict)
    more = {f"sc{n}": person(f"sc{n}", f"Lê {n}", f"sc.{n}", "sc") for n in range(5)}
    many = replace(after, people={**after.people, **more})
    assert [("create", "all")] == refused(province, many, strict)


def test_an_earlier_end_exempts_nothing(province: Organisation, policy: Policy) -> None:
    """Only the plan that ends the unit is spared."""
    end = Ending("dissolved", date(2026, 5, 1), decision="nq-1", request="cv-1")
    before = with_unit(province, "sa", ended=end)
    after = changed(before, of("sa", 11), left=LEFT)
    assert ("close", "sa") in refused(before, after, policy)
    renamed = changed(before, of("sa", 11), name="Lê Mới")
    assert ("change", "sa") in refused(before, renamed, policy)


def test_a_shortened_redirect_counts_as_an_edit(province: Organisation, policy: Policy) -> None:
    """Two hundred ended communes stop taking mail by one edit of the policy: that counts."""
    end = Ending("merged", date(2026, 3, 1), into=("sb",), decision="nq-1", request="cv-1")
    units = {f"u{n}": unit(f"u{n}", f"Xã {n}", f"xa.{n}", ended=end) for n in range(200)}
    over = replace(province, units={**province.units, **units})
    for action, days in (
        ("close", {"redirect_days": 30}),
        ("archive", {"redirect_days": 60, "keep_closed_days": 5}),
    ):
        shorter = replace(policy, lifecycle=replace(policy.lifecycle, **days))
        _, guards = compare(revision(over, policy), revision(over, shorter), DAY)
        assert [(action, "all")] == [(g.id, g.scope) for g in guards if not g.passed][:1]


def test_closing_a_successor_is_not_exempt(province: Organisation, policy: Policy) -> None:
    """Its own mailbox may change for a merger; closing it needs an end of its own."""
    end = Ending("merged", date(2026, 5, 1), into=("sb",), decision="nq-1", request="cv-1")
    after = with_unit(with_unit(province, "sa", ended=end), "sb", name="Sở Mới")
    assert ("change", "sb") not in judged(province, after, policy)
    without = with_unit(after, "sb", mailbox=None)
    strict = replace(policy, guards=replace(policy.guards, erase=Limit(4, (0,), 1000)))
    assert {("erase", "sb"), ("erase", "all")} == set(refused(province, without, strict))


def test_an_allowance_passes_its_guard_in_its_scope_until_its_day(
    province: Organisation, policy: Policy
) -> None:
    """It names its document; another guard, scope or day is not meant."""
    after = changed(province, of("sa", 11), left=LEFT)
    good = Allowance("close", "sa", "qd-9", DAY)
    for allowance, stops in (
        (good, []),
        (replace(good, until=YESTERDAY), [("close", "sa")]),
        (replace(good, scope="sb"), [("close", "sa")]),
        (replace(good, scope="all"), [("close", "sa")]),
        (replace(good, guard="lock"), [("close", "sa")]),
    ):
        allowed = replace(policy, allowances=(allowance,))
        assert stops == refused(province, after, allowed), allowance
    found = judged(province, after, replace(policy, allowances=(good,)))["close", "sa"]
    assert ("qd-9", True) == (found.allowance, found.as_dict()["passed"])


Sides = tuple[Organisation, Organisation, Policy]


def beyond(action: str, province: Organisation, policy: Policy) -> tuple[str, Sides]:
    """Return a plan one mailbox beyond a limit of its own, and in which scope it is."""
    eleven = of("sa", 11)
    gone = {key: p for key, p in province.people.items() if key not in eleven}
    new = [person(f"new{n}", "Lê Mới", f"new.{n}", "sa") for n in range(17)]
    closed = changed(province, of("sa", 10), left=Ending("retired", date(2026, 4, 1)))
    soon = replace(policy, lifecycle=replace(policy.lifecycle, keep_closed_days=30))
    small = with_unit(province, "sa", mailbox=None)
    plans = {
        "close": (province, changed(province, eleven, left=LEFT), policy),
        "lock": (province, changed(province, eleven, **CHANGES["lock"]), policy),
        "change": (province, changed(province, eleven, name="Lê Mới"), policy),
        "move": (small, with_unit(small, "sa", store="store9"), policy),
        "erase": (province, replace(province, people=gone), policy),
        "archive": (closed, closed, soon),
        "create": (
            province,
            replace(province, people={**province.people, **{p.id: p for p in new}}),
            policy,
        ),
    }
    return ("all" if action == "create" else "sa"), plans[action]


@pytest.mark.parametrize("action", Guards().limits())
def test_an_allowance_for_each_guard_ends(
    province: Organisation, policy: Policy, action: str
) -> None:
    """On its last day the plan passes, the day after it does not; no other guard's passes it."""
    scope, (before, after, head) = beyond(action, province, policy)
    both = [Allowance(action, each, "qd-9", DAY) for each in ("sa", "all")]
    other = "lock" if action != "lock" else "close"
    for allowances, passes in (
        ((), False),
        (both, True),
        ([replace(each, until=YESTERDAY) for each in both], False),
        ([replace(each, guard=other) for each in both], False),
    ):
        allowed = replace(head, allowances=tuple(allowances))
        _, guards = compare(revision(before, policy), revision(after, allowed), DAY)
        found = {(g.id, g.scope): g.passed for g in guards}
        assert passes == found[action, scope], (action, allowances)


def test_percentages_shrink_but_limits_never_do() -> None:
    """80, 50 and 20 % up to 100, 1,000 and above; a larger set never allows fewer."""
    limit, sizes = Limit(2, (80, 50, 20), 5000), (100, 1000)
    expected = {1: 2, 10: 8, 100: 80, 101: 80, 200: 100, 1000: 500, 1001: 500, 10_000: 2000}
    assert expected == {size: limit.of(size, sizes) for size in expected}
    assert 5000 == limit.of(61_000, sizes)
    allowed = [limit.of(size, sizes) for size in range(5000)]
    assert sorted(allowed) == allowed


def test_closing_has_lower_limits_than_changing() -> None:
    """At every size, by default."""
    guards = Guards()
    for size in (10, 100, 1000, 10_000, 61_000):
        ordered = (guards.erase, guards.close, guards.lock, guards.change)
        limits = [limit.of(size, guards.sizes) for limit in ordered]
        assert sorted(limits) == limits
        assert limits[0] < limits[1] < limits[3]


def test_an_address_never_changes_hands(organisation: Organisation, policy: Policy) -> None:
    """Art. 4. Not even of somebody who has left."""
    dung = replace(organisation.people["dung"], mailbox=Address("dungpv2"))
    chi = replace(organisation.people["chi"], mailbox=Address("chitt", ("dungpv",)))
    after = replace(organisation, people={**organisation.people, "dung": dung, "chi": chi})
    expected = ("address-changes-hands", "dungpv@thanhhoa.gov.vn")
    assert expected in refused(organisation, after, policy)


def test_reserved_names_follow_the_operator(organisation: Organisation, policy: Policy) -> None:
    """Mail to postmaster goes to whoever runs the system."""
    other = replace(policy, operator="stc")
    _, guards = compare(revision(organisation, policy), revision(organisation, other), DAY)
    assert [] == [g for g in guards if g.id == "address-changes-hands" and not g.passed]


def test_a_former_address_is_never_reissued(organisation: Organisation, policy: Policy) -> None:
    """Art. 4: `former` addresses and those of mailboxes erased long ago count."""
    dung = replace(organisation.people["dung"], mailbox=Address("dungpv2", (), ("dungpv",)))
    before = replace(organisation, people={**organisation.people, "dung": dung})
    chi = replace(organisation.people["chi"], mailbox=Address("chitt", ("dungpv",)))
    after = replace(before, people={**before.people, "chi": chi})
    assert ("address-reissued", "dungpv@thanhhoa.gov.vn") in refused(before, after, policy)
    own = replace(dung, mailbox=Address("dungpv2", ("dungpv",)))
    again = replace(before, people={**before.people, "dung": own})
    assert ("address-reissued", "all") in judged(before, again, policy)


@pytest.mark.parametrize(
    ("action", "days"),
    [("archive", {"keep_closed_days": 30}), ("erase", {"keep_archived_days": 0})],
)
def test_earlier_archiving_and_erasing_count(
    province: Organisation, policy: Policy, action: str, days: dict[str, int]
) -> None:
    """A tenth of those who are still there passes, one more does not; no record changed."""
    left = Ending("retired", date(2026, 4, 1))
    kept = {"archive": 90, "erase": 30}[action]
    old = replace(policy, lifecycle=replace(policy.lifecycle, keep_closed_days=kept))
    new = replace(old, lifecycle=replace(old.lifecycle, **days))
    for number, stops in ((9, []), (10, [(action, "sa")])):
        data = changed(province, of("sa", number), left=left)
        _, guards = compare(revision(data, old), revision(data, new), DAY)
        assert stops == [(g.id, g.scope) for g in guards if not g.passed]


def test_lifting_a_hold_and_erasing_take_two_plans(province: Organisation, policy: Policy) -> None:
    """The hold of before still counts in the plan that takes it off."""
    short = replace(policy.lifecycle, keep_closed_days=1, keep_archived_days=1)
    at_once = replace(policy, lifecycle=short)
    held = changed(province, ["sa1"], left=LEFT, hold=HOLD)
    free = changed(held, ["sa1"], hold=None)
    assert [("erase-under-hold", "sa1")] == refused(held, free, at_once)
    assert [] == refused(free, free, at_once)


def test_a_redirect_is_not_a_change_of_hands(organisation: Organisation, policy: Policy) -> None:
    """The address is still the ended unit's: it only leads elsewhere for a time."""
    end = Ending("merged", date(2026, 5, 1), into=("stc",), decision="nq-1", request="cv-1")
    plan = make(
        revision(organisation, policy),
        revision(with_unit(organisation, "xa", ended=end), policy),
        DAY,
        "a",
    )
    found = [(c.action, c.basis) for c in plan.changes if c.id == "xa" and c.kind == "mailbox"]
    assert found == [(each, ("nq-1", "cv-1")) for each in ("change", "move", "redirect")]
    (kept,) = (c.after for c in plan.changes if c.action == "change")
    assert {"custodian": "stc"} == kept
    assert () == plan.refused


@pytest.mark.parametrize("kept", [True, False])
def test_nothing_is_erased_under_a_legal_hold(
    organisation: Organisation, policy: Policy, kept: bool
) -> None:
    """Whichever side of the plan says so; a hold that is over does not count."""
    hold = HOLD if kept else replace(HOLD, until=YESTERDAY)
    before = changed(organisation, ["chi"], hold=hold)
    after = replace(before, people={k: p for k, p in before.people.items() if k != "chi"})
    stopped = ("erase-under-hold", "chi") in refused(before, after, policy)
    assert kept == stopped


HEAD, DELEGATE = "binh", "an"
ENDINGS = {
    "locked": lambda o: changed(o, [HEAD], locked=(Tenure("", "", DAY, None),)),
    "left": lambda o: changed(o, [HEAD], left=Ending("retired", DAY)),
    "died": lambda o: changed(o, [HEAD], left=Ending("died", DAY)),
    "moved": lambda o: changed(
        o, [HEAD], posts=(replace(o.people[HEAD].posts[0], until=YESTERDAY), post(HEAD, "vp", DAY))
    ),
    "term": lambda o: with_unit(
        o, "stc", heads=tuple(replace(row, until=YESTERDAY) for row in o.units["stc"].heads)
    ),
}
EDITS = {
    "row removed": lambda o: with_unit(o, "stc", heads=()),
    "row written over": lambda o: with_unit(
        o, "stc", heads=tuple(replace(row, person="chi") for row in o.units["stc"].heads)
    ),
    "post written over": lambda o: changed(
        o, [HEAD], posts=(replace(o.people[HEAD].posts[0], unit="vp"),)
    ),
    "person removed": lambda o: replace(
        o, people={key: each for key, each in o.people.items() if key != HEAD}
    ),
    "somebody without a post there as next head": lambda o: with_unit(
        o, "stc", heads=_succeeded(o, Tenure("dung", "stc", DAY, None))
    ),
}


def _succeeded(organisation: Organisation, row: Tenure) -> tuple[Tenure, ...]:
    heads = organisation.units["stc"].heads
    return (*(replace(each, until=row.start - timedelta(days=1)) for each in heads), row)


@pytest.fixture
def headed(organisation: Organisation) -> Organisation:
    """Return the organisation with a head and no delegate in a department."""
    return with_unit(organisation, "stc", delegates=())


@pytest.mark.parametrize("how", ENDINGS)
def test_what_happened_on_a_day_passes_with_a_warning(headed: Organisation, how: str) -> None:
    """Whoever is locked, leaves, dies, moves, or whose term ends, whoever is left without."""
    loose = Policy(operator="vp")
    guards = judged(headed, ENDINGS[how](headed), loose)
    guard = guards["unit-without-custodian", "stc"]
    assert (True, True, DAY) == (guard.passed, guard.warns, guard.loss and guard.loss.on)
    ((_, said),) = findings(tuple(guards.values()), headed)
    assert "has neither head nor delegate from 2026-06-01 on: " in said
    assert headed.people[HEAD].name in said


@pytest.mark.parametrize("how", EDITS)
def test_what_only_an_edit_takes_away_is_refused(headed: Organisation, how: str) -> None:
    """Art. 7.2: no dated row says that the head is no longer the custodian."""
    loose = Policy(operator="vp", guards=Policy().guards)
    assert ("unit-without-custodian", "stc") in refused(headed, EDITS[how](headed), loose)


def test_an_earlier_term_explains_nothing(headed: Organisation) -> None:
    """It was over before the one whose row is gone began."""
    loose = Policy(operator="vp", guards=Policy().guards)
    earlier = Tenure(HEAD, "", date(2021, 1, 1), date(2021, 12, 31))
    twice = with_unit(headed, "stc", heads=(earlier, *headed.units["stc"].heads))
    once = with_unit(twice, "stc", heads=(earlier,))
    assert [("unit-without-custodian", "stc")] == refused(twice, once, loose)


@pytest.mark.parametrize("how", ENDINGS)
def test_days_ahead_are_warned_of_at_once(headed: Organisation, how: str) -> None:
    """And when the day has come, nothing is left to refuse: dates alone never stop a run."""
    loose, before = Policy(operator="vp"), DAY - timedelta(days=30)
    ahead = ENDINGS[how](headed)
    guard = judged(headed, ahead, loose, before)["unit-without-custodian", "stc"]
    assert (True, DAY) == (guard.warns, guard.loss and guard.loss.on)
    due = dated(ahead, loose, YESTERDAY, DAY)
    assert ({"stc"}, ()) == (
        {c.unit for c in due.days[0].changes if c.kind == "access"},
        due.refused,
    )


def test_an_edit_of_days_ahead_is_refused_at_once(headed: Organisation) -> None:
    """Not only on the day: nobody could tell then whose edit it was."""
    loose, later = Policy(operator="vp"), DAY + timedelta(days=30)
    planned = with_unit(headed, "stc", heads=_succeeded(headed, Tenure("an", "stc", later, None)))
    without = with_unit(planned, "stc", heads=planned.units["stc"].heads[:-1])
    assert [("unit-without-custodian", "stc")] == refused(planned, without, loose)


def test_a_successor_locked_before_the_first_day_stops_nothing(headed: Organisation) -> None:
    """Neither the lock, nor the day on which nobody follows."""
    loose, later = Policy(operator="vp"), DAY + timedelta(days=30)
    planned = with_unit(headed, "stc", heads=_succeeded(headed, Tenure("an", "stc", later, None)))
    locked = changed(planned, ["an"], locked=(Tenure("", "", DAY, None),))
    guard = judged(planned, locked, loose)["unit-without-custodian", "stc"]
    assert (True, later) == (guard.warns, guard.loss and guard.loss.on)
    assert () == dated(locked, loose, later - timedelta(days=1), later).refused


def test_a_unit_mailbox_keeps_a_custodian(organisation: Organisation) -> None:
    """Art. 7.2: one of head and delegate is enough, and a unit that ends needs none."""
    loose = Policy(operator="vp")
    delegate_only = changed(organisation, [HEAD], left=LEFT)
    assert [] == refused(organisation, delegate_only, loose)
    nobody = with_unit(delegate_only, "stc", delegates=())
    assert [("unit-without-custodian", "stc")] == refused(organisation, nobody, loose)
    end = Ending("dissolved", date(2026, 5, 1), decision="nq-1", request="cv-1")
    assert [] == refused(organisation, with_unit(nobody, "stc", ended=end), loose)


def test_no_allowance_overrides_an_invariant(organisation: Organisation, policy: Policy) -> None:
    """Not even one that got past the schema."""
    never = tuple(Allowance(name, scope, "qd-9", DAY) for name in NEVER for scope in ("all", "stc"))
    allowed = Policy(operator="vp", allowances=never)
    after = with_unit(organisation, "stc", heads=(), delegates=())
    assert [("unit-without-custodian", "stc")] == refused(organisation, after, allowed)


@pytest.mark.parametrize("guard", NEVER)
def test_an_allowance_for_an_invariant_is_invalid(guard: str) -> None:
    """An allowance names a guard with a limit, or it is of the wrong shape."""
    asked = {"guard": guard, "scope": "all", "document": "qd-1", "until": "2026-12-31"}
    for named, number in ((guard, 1), ("close", 0)):
        data = {"allowances": [asked | {"guard": named}]}
        record = Record.of("policy", "f", (), data, Positions("f", ""))  # type: ignore[arg-type]
        assert number == len([*problems(record)])


def test_guards_that_pass_are_reported_too(organisation: Organisation, policy: Policy) -> None:
    """So a reader of the JSON sees that it was looked at."""
    plan = make(revision(organisation, policy), revision(organisation, policy), DAY, "a")
    assert {*NEVER, "close", "archive", "erase", "lock", "move", "change", "create"} == {
        g.id for g in plan.guards
    }
    assert all(g.passed and g.scope == "all" for g in plan.guards)


@pytest.mark.parametrize("loosened", ["after", "before"])
def test_the_stricter_policy_applies(province: Organisation, policy: Policy, loosened: str) -> None:
    """No pull request loosens the guard that would stop it; one that narrows it is judged so."""
    loose = replace(policy, guards=replace(policy.guards, close=Limit(100, (100,), 1000)))
    after = changed(province, of("sa", 11), left=LEFT)
    sides = {"after": (policy, loose), "before": (loose, policy)}[loosened]
    _, guards = compare(revision(province, sides[0]), revision(after, sides[1]), DAY)
    assert [("close", "sa", 11, 10)] == [
        (g.id, g.scope, g.actual, g.limit) for g in guards if not g.passed
    ]
    _, guards = compare(revision(province, loose), revision(after, loose), DAY)
    assert all(g.passed for g in guards)


def test_lower_weight_and_wider_steps_count_as_loosening(
    province: Organisation, policy: Policy
) -> None:
    """Whichever key of the guards makes room."""
    renamed = with_unit(changed(province, of("sa", 6), name="Lê Mới"), "sa", name="Sở Mới")
    light = replace(policy, guards=replace(policy.guards, unit_mailbox=1))
    _, guards = compare(revision(province, policy), revision(renamed, light), DAY)
    assert ("change", "sa", 11, 10) in [
        (g.id, g.scope, g.actual, g.limit) for g in guards if not g.passed
    ]


def test_an_allowance_counts_in_the_plan_that_adds_it(
    province: Organisation, policy: Policy
) -> None:
    """It rests on a document and ends; the one of before that is gone does not count."""
    allowed = replace(policy, allowances=(Allowance("close", "sa", "qd-9", DAY),))
    after = changed(province, of("sa", 11), left=LEFT)
    _, guards = compare(revision(province, policy), revision(after, allowed), DAY)
    assert all(g.passed for g in guards)
    _, guards = compare(revision(province, allowed), revision(after, policy), DAY)
    assert [("close", "sa")] == [(g.id, g.scope) for g in guards if not g.passed]
