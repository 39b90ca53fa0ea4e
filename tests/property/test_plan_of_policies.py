"""A plan of an edited policy is the difference of all that should exist, whatever key is edited.

Every key of the schema is tried, with values generated from it.
"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_accepted_renders import DATA, GOOD, LAYOUTS, OWN, settings_of, value
from test_accepted_renders import ON as DAY

from hopthu.desired.state import desired
from hopthu.load import load
from hopthu.model.builder import build
from hopthu.model.organisation import Address, Organisation, Person, Tenure, Unit
from hopthu.model.policy import Policy
from hopthu.plan.diff import Change, diff
from hopthu.plan.file import policy_digests
from hopthu.plan.plan import between
from hopthu.schema.registry import schema
from hopthu.servers.plan import guarded
from hopthu.servers.state import as_applied
from hopthu.source.positions import Positions
from hopthu.source.records import Record
from hopthu.validate import policy_of
from revisions import revision

SOURCE = load(DATA.parent)
KEYS = schema("policy").fields
CENTRE = LAYOUTS[0]
ALL = frozenset(host.name for host in CENTRE.hosts)
ELSEWHERE = KEYS["unit_kinds"]["valuesrules"]["schema"]["like"]["allowed"][::2]
BASE = {**OWN, "stores": {"by_kind": dict.fromkeys(ELSEWHERE, "store2")}}
KINDS = ("mailbox", "address", "access", "entry")
Sides = tuple[Policy, Policy]


def organisation() -> Organisation:
    """Return the golden data, with a unit of each kind that a policy may add, and its head."""
    found = build(SOURCE)
    units, people = dict(found.units), dict(found.people)
    for number, kind in enumerate(GOOD["id"]):
        key, person = f"don-vi-{number}", f"nguoi-{number}"
        first = Tenure(person, key, DAY.replace(year=2020), None, "Trưởng phòng")
        units[key] = Unit(
            key, f"Đơn Vị {number}", f"dv{number}", kind, "so-tai-chinh", Address(key),
            heads=(replace(first, unit="", title=""),),
        )  # fmt: skip
        people[person] = Person(person, person, "civil_servant", Address(person), (first,))
    return replace(found, units=units, people=people)


ORGANISATION = organisation()


def policy(data: dict[str, Any]) -> Policy:
    """Return the policy with such data."""
    (held,) = SOURCE.policy
    record = Record.of("policy", held.file, (), data, Positions("f", ""))
    return policy_of(replace(SOURCE, records={**SOURCE.records, "policy": (record,)}))


def edits(key: str) -> st.SearchStrategy[Sides]:
    """Return two policies that differ at `key`, which either may lack, and perhaps elsewhere."""
    new = value(KEYS[key], odd=False).map(lambda each: {key: each})
    more = st.just({}) | settings_of(odd=False)

    def made(one: dict[str, Any], other: dict[str, Any], back: bool) -> Sides:
        both = policy({**BASE, **one}), policy({**BASE, **other})
        return (both[1], both[0]) if back else both

    return st.builds(
        made, new, st.builds(lambda a, b: {**a, **b}, more, new | st.just({})), st.booleans()
    )


def told(changes: tuple[Change, ...]) -> set[tuple[str, str, str, str, str]]:
    """Return what the changes of mailboxes, addresses and access do."""
    return {
        (c.kind, c.id, c.action, str(c.before), str(c.after)) for c in changes if c.kind in KINDS
    }


def in_files(each: tuple[str, str, str, str, str]) -> bool:
    """Tell whether only files on hosts show a change."""
    return each[2] == "change" and each[3].startswith(("{'refusal'", "{'custodian'", "{'folder'"))


@pytest.mark.parametrize("key", sorted(KEYS))
def test_a_plan_of_another_policy_is_the_difference_of_the_whole(key: str) -> None:
    """Of every mailbox, address and right; so is one against servers, and a saved plan is stale.

    What the policy makes has it as its cause.
    """

    @settings(max_examples=12)
    @given(edits(key))
    def tried(sides: Sides) -> None:
        former = {each.domain for side in sides for each in side.former_domains}
        assume(former.isdisjoint(side.domain for side in sides))
        before, after = (revision(ORGANISATION, side) for side in sides)
        whole = diff(*(desired(replace(ORGANISATION), side, DAY) for side in sides))
        plan = between(before, after, DAY, "")
        assert told(whole) == told(plan.changes)
        live = as_applied(before, DAY, CENTRE, ALL)
        on_servers = told(guarded(live, after, CENTRE, DAY, before).changes)
        # How mail is refused and who reads it stands in no entry, but in files, which are compared.
        shown = {each for each in told(whole) if not in_files(each)}
        assert shown == {each for each in on_servers if each[0] != "entry"}
        assert {c.cause for c in plan.changes if c.kind in KINDS} <= {"policy"}
        same = sides[0] == sides[1]
        assert same == (policy_digests(sides[0]) == policy_digests(sides[1]))

    tried()
