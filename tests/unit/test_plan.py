import json
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from samples import DAY, person, post

from hopthu.desired import desired
from hopthu.errors import UsageError
from hopthu.organisation import Ending, Organisation, Tenure
from hopthu.plan import Plan, at_revision, basis_of, diff
from hopthu.policy import Policy


def with_person(organisation: Organisation, changed) -> Organisation:
    return replace(organisation, people={**organisation.people, changed.id: changed})


def changes(before: Organisation, after: Organisation, policy: Policy):
    return diff(desired(before, policy, DAY), desired(after, policy, DAY), basis_of(after, DAY))


def actions(*arguments) -> list[tuple[str, str, str]]:
    return [(c.kind, c.id, c.action) for c in changes(*arguments)]


def test_no_difference_no_change(organisation: Organisation, policy: Policy) -> None:
    """The same data plans nothing."""
    assert () == changes(organisation, organisation, policy)


def test_recruit(organisation: Organisation, policy: Policy) -> None:
    """Art. 5.2: a new official is a new mailbox and an address."""
    after = with_person(organisation, person("ha", "Lê Thị Thu Hà", "haltt", "stc"))
    assert [
        ("address", "haltt@thanhhoa.gov.vn", "add"),
        ("mailbox", "ha", "create"),
    ] == actions(organisation, after, policy)


def test_transfer_moves_mail_and_ends_delegation(
    organisation: Organisation, policy: Policy
) -> None:
    """Art. 5.2, 7.2: same address, mail moves along, rights of the old post are gone."""
    moved = replace(
        organisation.people["an"],
        posts=(
            replace(post("an", "stc"), until=date(2026, 4, 30)),
            post("an", "xa", date(2026, 5, 1), decision="qd-9", request="cv-9"),
        ),
    )
    after = with_person(organisation, moved)
    assert [
        ("access", "stc/an", "revoke"),
        ("mailbox", "an", "change"),
        ("mailbox", "an", "move"),
    ] == actions(organisation, after, policy)
    assert {("qd-9", "cv-9")} == {
        c.basis for c in changes(organisation, after, policy) if c.kind == "mailbox"
    }


@pytest.mark.parametrize(
    ("change", "action"),
    [
        ({"left": Ending("retired", date(2026, 5, 1))}, "close"),
        ({"locked": (Tenure("chi", "", date(2026, 5, 1), None),)}, "lock"),
    ],
)
def test_states(organisation: Organisation, policy: Policy, change: dict, action: str) -> None:
    """A leaver's mailbox closes, a sanctioned person's is locked, and back."""
    after = with_person(organisation, replace(organisation.people["chi"], **change))
    assert [("mailbox", "chi", action)] == actions(organisation, after, policy)
    assert [("mailbox", "chi", "unlock")] == actions(after, organisation, policy)


def test_checksum_is_of_the_changes(organisation: Organisation, policy: Policy) -> None:
    """Same changes, same checksum, whatever the revisions are called; else another."""
    after = with_person(organisation, person("ha", "Lê Thị Thu Hà", "haltt", "stc"))
    made = changes(organisation, after, policy)
    assert Plan(DAY, "a", "b", made).checksum == Plan(DAY, "c", "d", made).checksum
    assert Plan(DAY, "a", "b", made).checksum != Plan(DAY, "a", "b", made[:1]).checksum
    assert {"on", "base", "head", "checksum", "changes", "guards", "due"} == set(
        json.loads(Plan(DAY, "a", "b", made).as_json())
    )


def test_unknown_revision_is_a_sentence(tmp_path: Path) -> None:
    """A revision git does not know is a usage error, not a traceback."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    with pytest.raises(UsageError, match="no such revision"):
        at_revision(tmp_path, "nowhere", DAY)
