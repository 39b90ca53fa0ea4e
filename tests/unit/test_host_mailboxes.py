"""Who lives on a store right now."""

from datetime import date

import pytest

from hopthu.desired.host_mailboxes import residents
from hopthu.desired.state import Access, Desired, Mailbox
from hopthu.inventory.topology import ROLES, Centre, Host

STORE1, STORE2 = (
    Host(name, f"{name}.vn", "10.0.0.1", frozenset({"store"}), (name,))
    for name in ("store1", "store2")
)
ACCESS = Host("access1", "access1.vn", "10.0.0.2", frozenset({"access"}))
CENTRE = Centre("lab", (ACCESS, STORE1, STORE2))
SINGLE = Centre(
    "single", (Host("mail1", "mail1.vn", "10.0.0.3", frozenset(ROLES), ("store1", "store2")),)
)


def mailbox(
    key: str, kind: str = "personal", state: str = "active", store: str = "store1"
) -> Mailbox:
    return Mailbox(
        id=key,
        kind=kind,  # type: ignore[arg-type]
        name=key,
        addresses=(key,),
        state=state,  # type: ignore[arg-type]
        store=store,
        quota=1,
        unit="stc",
        unit_name="Sở Tài chính",
    )


DESIRED = Desired(
    on=date(2026, 6, 1),
    domain="example.vn",
    mailboxes=(
        mailbox("an"),
        mailbox("binh"),
        mailbox("chi", store="store2"),
        mailbox("dung", state="closed"),
        mailbox("lan", state="locked"),
        mailbox("skh", kind="unit", state="redirected"),
        mailbox("stc", kind="unit"),
        mailbox("vp", kind="unit"),
        mailbox("xa", kind="unit", store="store2"),
    ),
    access=(
        Access("stc", "an", "head"),
        Access("stc", "binh", "delegate"),
        Access("xa", "chi", "head"),
    ),
    reserved=(),
)


def test_live_mailboxes_of_the_store() -> None:
    """Locked ones still receive; closed and redirected ones do not."""
    who = residents(DESIRED, CENTRE, STORE1, {})
    assert (("an", "binh", "lan"), ("stc", "vp")) == (who.people, who.units)


def test_units_are_read_by_head_and_delegate() -> None:
    """A unit without either is read by nobody; one of another store is not our business."""
    expected = {"stc": frozenset({"an", "binh"}), "vp": frozenset()}
    assert expected == residents(DESIRED, CENTRE, STORE1, {}).readers


@pytest.mark.parametrize(
    ("name", "centre", "expected"),
    [
        ("store1", CENTRE, {"an", "binh"}),
        ("access1", CENTRE, {"an", "binh", "chi"}),
        ("mail1", SINGLE, {"an", "binh", "chi"}),
    ],
)
def test_active_people_may_have_sessions(name: str, centre: Centre, expected: set[str]) -> None:
    """On a mere store its own; where people are proxied, everybody."""
    assert expected == residents(DESIRED, centre, centre.host(name), {}).may_sign_in


def test_who_waits_to_be_moved_lives_where_the_mail_is() -> None:
    """With the rights there, and without any where the data has them."""
    still = {"an": "store2.vn", "stc": "store2.vn"}
    here, there = (residents(DESIRED, CENTRE, host, still) for host in (STORE1, STORE2))
    assert (("binh", "lan"), ("vp",)) == (here.people, here.units)
    assert (("an", "chi"), ("stc", "xa")) == (there.people, there.units)
    assert {"stc": frozenset({"an", "binh"}), "xa": frozenset({"chi"})} == there.readers
    assert {"an", "chi"} == there.may_sign_in
