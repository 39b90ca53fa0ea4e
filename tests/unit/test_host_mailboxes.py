"""Who lives on a store right now."""

from datetime import date

from hopthu.desired.host_mailboxes import Residents, Shared, active, homes, residents, shared
from hopthu.desired.state import Access, Desired, Mailbox
from hopthu.inventory.roles import ROLES
from hopthu.inventory.topology import Centre, Host

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
    folders={"stc": "Sở Tài chính", "vp": "Văn phòng", "xa": "Xã"},
)


HOMES = homes(DESIRED, CENTRE)


def test_live_mailboxes_of_the_store() -> None:
    """Locked ones still receive; closed and redirected ones do not."""
    assert Residents(("an", "binh", "lan"), ("stc", "vp")) == residents(HOMES, STORE1.fqdn, {})


def test_mailboxes_belong_on_the_host_of_their_store() -> None:
    """Several stores may be on one; people come first."""
    assert {"people/chi": "store2.vn", "units/xa": "store2.vn"} == {
        mailbox: fqdn for mailbox, fqdn in HOMES.items() if fqdn != STORE1.fqdn
    }
    assert {"mail1.vn"} == {*homes(DESIRED, SINGLE).values()}
    assert sorted(HOMES) == list(HOMES)


def test_units_are_read_by_head_and_delegate() -> None:
    """A unit without either is read by nobody, and one that is closed is not shared."""
    assert {
        "stc": Shared("Sở Tài chính", 1, frozenset({"an", "binh"})),
        "vp": Shared("Văn phòng", 1),
        "xa": Shared("Xã", 1, frozenset({"chi"})),
    } == shared(DESIRED)


def test_active_people_may_have_sessions() -> None:
    """Not those who are locked or gone."""
    assert {"an", "binh", "chi"} == active(DESIRED)


def test_pending_migrations_stay_on_their_current_host() -> None:
    """Until then nothing of theirs is made where the data has them."""
    still = {"an": "store2.vn", "stc": "store2.vn"}
    here, there = (residents(HOMES, host.fqdn, still) for host in (STORE1, STORE2))
    assert Residents(("binh", "lan"), ("vp",)) == here
    assert Residents(("an", "chi"), ("stc", "xa")) == there
