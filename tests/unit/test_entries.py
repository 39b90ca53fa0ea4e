"""What the directory says of people and units."""

from dataclasses import replace
from datetime import date

import pytest

from hopthu.desired.state import Desired, Mailbox
from hopthu.directory.entries import (
    MANAGED,
    UNIQUE,
    entries,
    person_dn,
    stopped_by,
    suffix,
    where_mail_is,
    with_first_passwords,
)
from hopthu.directory.ldif import Add, Change, Entries, Modify, changes
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Limits, Policy

TOP = "dc=tinh,dc=example"
CENTRE = Centre(
    "lab",
    (
        Host("access1", "access1.example", "10.0.0.3", frozenset({"access"})),
        Host("dir1", "dir1.example", "10.0.0.1", frozenset({"directory"})),
        Host("store1", "store1.example", "10.0.0.2", frozenset({"store"}), ("store1", "store2")),
    ),
)
AN = Mailbox(
    id="nguyen-van-an",
    kind="personal",
    name="Nguyễn Văn An",
    addresses=("annv", "an.nguyen"),
    state="active",
    store="store2",
    quota=2048,
    unit="so-tai-chinh",
    unit_name="Sở Tài chính",
    title="Chuyên viên",
)
STC = Mailbox(
    id="so-tai-chinh",
    kind="unit",
    name="Sở Tài chính",
    addresses=("stc",),
    state="closed",
    store="store1",
    quota=4096,
    unit="so-tai-chinh",
    unit_name="Sở Tài chính",
)


def made(*mailboxes: Mailbox) -> Entries:
    desired = Desired(date(2026, 6, 1), "tinh.example", mailboxes, (), ())
    return entries(desired, CENTRE, Policy(limits=Limits(failed_sign_ins=7)))


def test_person() -> None:
    """Family name first, given name last; the store as the name of its host."""
    expected = {
        "objectClass": ("inetOrgPerson", "inetLocalMailRecipient", "hopthuMailbox"),
        "cn": ("Nguyễn Văn An",),
        "sn": ("Nguyễn",),
        "givenName": ("An",),
        "departmentNumber": ("so-tai-chinh",),
        "ou": ("Sở Tài chính",),
        "title": ("Chuyên viên",),
        "uid": ("nguyen-van-an",),
        "displayName": ("Nguyễn Văn An",),
        "mail": ("annv@tinh.example",),
        "mailLocalAddress": ("annv@tinh.example", "an.nguyen@tinh.example"),
        "mailHost": ("store1.example",),
        "hopthuState": ("active",),
        "hopthuQuota": ("2048",),
        "cn;lang-vi-x-search": ("Nguyen Van An",),
        "sn;lang-vi-x-search": ("Nguyen",),
        "title;lang-vi-x-search": ("Chuyen vien",),
        "ou;lang-vi-x-search": ("So Tai chinh",),
    }
    assert expected == made(AN)[f"uid=nguyen-van-an,ou=people,{TOP}"]


def test_unit() -> None:
    """A unit has a uid as well, so that Dovecot finds both kinds the same way."""
    entry = made(STC)[f"ou=so-tai-chinh,ou=units,{TOP}"]
    assert ("so-tai-chinh",) == entry["uid"]
    assert ("Sở Tài chính", "so-tai-chinh") == entry["ou"]
    assert ("Sở Tài chính",) == entry["description"] == entry["displayName"] == entry["cn"]
    assert ("So Tai chinh",) == entry["cn;lang-vi-x-search"]
    assert ("closed",) == entry["hopthuState"]


def test_a_unit_that_is_called_like_its_id_has_one_name() -> None:
    """The directory takes `VP` and `vp` for one value, and refuses it twice."""
    entry = made(replace(STC, id="vp", name="VP"))[f"ou=vp,ou=units,{TOP}"]
    assert ("vp",) == entry["ou"]


def test_a_name_is_searched_in_each_of_its_spellings() -> None:
    """Its tone may stand on either letter, and the value that is shown stays as it is."""
    entry = made(replace(AN, name="Lê Thị Hoà"))[person_dn("nguyen-van-an", TOP)]
    assert ("Lê Thị Hoà",) == entry["cn"]
    assert ("Le Thi Hoa", "Lê Thị Hòa") == entry["cn;lang-vi-x-search"]
    assert ("Hoa", "Hòa") == entry["givenName;lang-vi-x-search"]


def test_no_empty_values() -> None:
    """The directory refuses them: a person without a title has no title."""
    entry = made(replace(AN, title="", unit="", unit_name=""))[person_dn("nguyen-van-an", TOP)]
    assert {"title", "departmentNumber", "ou"}.isdisjoint(entry)


def test_parents_come_first() -> None:
    """An entry can only be added below one that is there."""
    order = list(made(STC, AN))
    for dn in order[1:]:
        assert order.index(dn.split(",", 1)[1]) < order.index(dn)


def test_lockout_is_policy() -> None:
    """How many wrong passwords close an account is the operator's decision."""
    assert ("7",) == made()[f"cn=sign-in,{TOP}"]["pwdMaxFailure"]


def test_every_attribute_is_managed() -> None:
    """An attribute that is not read would look missing on every run."""
    yen = replace(AN, id="yen", name="Nguyễn Yến", addresses=("yenn",))
    used = {name for entry in made(AN, STC, yen).values() for name in entry}
    assert used | {"hopthuMoving", "hopthuFrozen"} == set(MANAGED)  # these only moves set
    assert "userPassword" not in MANAGED
    assert set(UNIQUE) < used


def test_suffix_of_a_domain() -> None:
    """RFC 2247."""
    assert "dc=thanhhoa,dc=gov,dc=vn" == suffix("thanhhoa.gov.vn")


@pytest.mark.parametrize("late", [True, False])
def test_first_passwords(late: bool) -> None:
    """New people get one, and those who have none; existing ones are not replaced."""
    an, binh, chi = (person_dn(key, TOP) for key in ("an", "binh", "chi"))
    todo: tuple[Change, ...] = (Add(an, {"cn": ("An",)}), Modify(binh, {"cn": ("Bình",)}))
    hashes = {"an": "{ARGON2}1", "binh": "{ARGON2}2", "chi": "{ARGON2}3", "unknown": "{ARGON2}4"}
    without = {TOP, f"ou=people,{TOP}", *([chi] if late else [])}
    expected = (
        Add(an, {"cn": ("An",), "userPassword": ("{ARGON2}1",)}),
        Modify(binh, {"cn": ("Bình",)}),
        *([Modify(chi, {"userPassword": ("{ARGON2}3",)}, "add")] if late else []),
    )
    assert expected == with_first_passwords(todo, TOP, hashes, without)


def test_a_mailbox_on_another_host_stays_there_and_is_marked() -> None:
    """The directory keeps mail where it is; hopthu.migration reads where it should go."""
    current = {"uid=an": {"mailHost": ("s1",), "title": ("a",)}, "uid=ha": {"mailHost": ("s1",)}}
    wanted = {
        "uid=an": {"mailHost": ("s2",), "title": ("b",)},
        "uid=ha": {"mailHost": ("s1",)},
        "uid=moi": {"mailHost": ("s2",)},
    }
    expected = (
        Modify("uid=an", {"hopthuMoving": ("s2",), "title": ("b",)}),
        Add("uid=moi", {"mailHost": ("s2",)}),
    )
    assert expected == changes(current, where_mail_is(current, wanted))


@pytest.mark.parametrize("name", ["hopthuMoving", "hopthuFrozen"])
def test_the_mark_of_a_finished_move_is_removed(name: str) -> None:
    """The move is no longer wanted, or the run that locked the mailbox is dead."""
    current = {"uid=an": {"mailHost": ("s1",), name: ("x",)}}
    wanted = {"uid=an": {"mailHost": ("s1",)}}
    assert name in MANAGED
    assert (Modify("uid=an", {name: ()}),) == changes(current, where_mail_is(current, wanted))


def test_each_access_host_has_an_identity_of_its_own() -> None:
    """The directory says by it who has stopped somebody; each may act for people."""
    found = made(AN)
    above = f"cn=access,cn=replica,{TOP}"
    assert "authzTo" not in found[above]
    assert (f"{{0}}dn.onelevel:ou=people,{TOP}",) == found[f"cn=access1.example,{above}"]["authzTo"]
    assert "access1.example" == stopped_by(f"cn=access1.example,{above}")
    assert "" == stopped_by(f"cn=root,{TOP}") == stopped_by(person_dn("an", TOP))
