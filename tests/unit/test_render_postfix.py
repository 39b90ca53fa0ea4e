"""The configuration of Postfix: the rows of its tables, and the ports of a host."""

import re
from dataclasses import replace
from datetime import date

import pytest

from hopthu.daemons import postfix
from hopthu.desired.lists import MailList, Place
from hopthu.desired.state import Access, Desired, Mailbox
from hopthu.inventory.roles import ROLES
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Limits, Policy
from hopthu.render.context import Context
from hopthu.render.files import Files


def host(name: str, last: int, *roles: str, stores: tuple[str, ...] = ()) -> Host:
    return Host(name, f"{name}.example.vn", f"10.88.0.{last}", frozenset(roles), stores)


KEYS = {"host.pem": b"", "ca.pem": b""}
CENTRE = Centre(
    "lab",
    (
        host("access1", 21, "access"),
        host("edge1", 11, "edge"),
        host("store1", 31, "store", stores=("store1",)),
        host("store2", 32, "store", stores=("store2",)),
    ),
)
SINGLE = Centre("single", (host("mail1", 11, *ROLES, stores=("store1", "store2")),))


def mailbox(key: str, *addresses: str, kind: str = "personal", **more: object) -> Mailbox:
    fields: dict[str, object] = {
        "id": key,
        "kind": kind,
        "name": key,
        "addresses": addresses,
        "state": "active",
        "store": "store1",
        "quota": 1,
        "unit": "stc",
        "unit_name": "Sở Tài chính",
    }
    return Mailbox(**{**fields, **more})  # type: ignore[arg-type]


AN = mailbox("an", "annv", "an.nguyen")
BINH = mailbox("binh", "binhlv")
CHI = mailbox("chi", "chitt", store="store2")
DUNG = mailbox("dung", "dungpv", "dung", state="closed", refusal="Write to stc@example.vn")
LAN = mailbox("lan", "lanht", state="locked")
STC = mailbox("stc", "stc", "sotaichinh", kind="unit")
VP = mailbox("vp", "vanphong", kind="unit")
DESIRED = Desired(
    on=date(2026, 6, 1),
    domain="example.vn",
    mailboxes=(AN, BINH, CHI, DUNG, LAN, STC, VP),
    access=(Access("stc", "binh", "head"), Access("stc", "an", "delegate")),
    reserved=(("abuse", "vp"), ("postmaster", "vp")),
)


def context(name: str, desired: Desired = DESIRED, centre: Centre = CENTRE) -> Context:
    return Context(centre.host(name), centre, desired, Policy(domain="example.vn"), KEYS)


def rows(files: Files, table: str) -> dict[str, str]:
    """Return a table as Postfix reads it."""
    lines = files[f"{postfix.TABLES}/{table}"].content.decode().splitlines()
    return dict(line.split("\t") for line in lines)


def text(files: Files, name: str) -> str:
    return files[f"/etc/postfix/{name}"].content.decode()


def test_only_addresses_of_live_mailboxes_accept_mail() -> None:
    expected = {
        "an.nguyen@example.vn": "an",
        "annv@example.vn": "an",
        "binhlv@example.vn": "binh",
        "chitt@example.vn": "chi",
        "lanht@example.vn": "lan",
        "sotaichinh@example.vn": "stc",
        "stc@example.vn": "stc",
        "vanphong@example.vn": "vp",
    }
    assert expected == rows(postfix.tables(context("edge1")), "mailboxes")


def test_mail_is_routed_directly_to_the_store_host() -> None:
    routes = rows(postfix.tables(context("edge1")), "transport")
    assert routes["annv@example.vn"] == "lmtp:inet:[10.88.0.31]:24"
    assert routes["chitt@example.vn"] == "lmtp:inet:[10.88.0.32]:24"


def test_an_accepted_address_always_has_a_route() -> None:
    tables = postfix.tables(context("access1"))
    kept = set(rows(tables, "sent").values())
    assert set(rows(tables, "mailboxes")) | kept == set(rows(tables, "transport"))


def test_routes_are_indexed_before_the_addresses_that_need_them() -> None:
    order = list(postfix.tables(context("edge1")))
    assert order.index(f"{postfix.TABLES}/transport") < order.index(f"{postfix.TABLES}/mailboxes")


def test_mail_to_each_address_of_a_closed_mailbox_is_refused() -> None:
    answer = "550 5.1.6 Write to stc@example.vn"
    expected = {"dung@example.vn": answer, "dungpv@example.vn": answer}
    assert expected == rows(postfix.tables(context("edge1")), "refused")


def test_reserved_addresses_reach_the_operator() -> None:
    operator = "vanphong@example.vn"
    expected = {"abuse@example.vn": operator, "postmaster@example.vn": operator}
    assert expected == rows(postfix.tables(context("edge1")), "aliases")


def test_a_reserved_address_cannot_lead_to_a_closed_mailbox() -> None:
    desired = replace(DESIRED, reserved=(("postmaster", "dung"),))
    with pytest.raises(ValueError, match="does not accept mail"):
        postfix.tables(context("edge1", desired))


def a_list(*places: tuple[str, str]) -> Desired:
    """Return the state with a list that some are on."""
    listed = MailList("canbo/stc", "canbo_stc", "Cán bộ – STC", "stc",
                      tuple(Place(*each) for each in places))  # fmt: skip
    return replace(DESIRED, lists=(listed,))


def test_a_list_is_one_row_with_each_person_once() -> None:
    """Also whoever heads two units: nobody gets a letter twice (Art. 7.1)."""
    desired = a_list(("an", "an"), ("skh", "binh"), ("stc", "binh"), ("lan", "lan"))
    tables = postfix.tables(context("access1", desired))
    expected = "annv@example.vn, binhlv@example.vn, lanht@example.vn"
    assert expected == rows(tables, "lists")["canbo_stc@example.vn"]
    for other in ("aliases", "mailboxes", "transport", "senders", "refused"):
        assert "canbo_stc@example.vn" not in rows(tables, other)


def test_a_list_that_nobody_is_on_has_no_address() -> None:
    tables = postfix.tables(context("access1", a_list()))
    assert "canbo_stc@example.vn" not in rows(tables, "lists")


def test_a_host_for_mail_from_outside_does_not_know_who_is_on_a_list() -> None:
    tables = postfix.tables(context("edge1", a_list(("an", "an"))))
    assert not [path for path in tables if path.endswith("/lists")]


def test_no_list_can_take_the_address_of_a_mailbox() -> None:
    """Whatever the data says, two places for one address are refused."""
    desired = replace(a_list(("an", "an")), mailboxes=(*DESIRED.mailboxes[:-1],
                      mailbox("vp", "vanphong", "canbo_stc", kind="unit")))  # fmt: skip
    with pytest.raises(ValueError, match="leads to both"):
        postfix.tables(context("access1", desired))


def test_port_25_refuses_every_list_before_it_looks_any_address_up() -> None:
    text_of = text(postfix.files(context("edge1")), "main.cf")
    restrictions = text_of.partition("smtpd_recipient_restrictions =")[2]
    checks = [line.strip(" ,") for line in restrictions.splitlines()[1:4]]
    assert "check_recipient_access $lists" == checks[1]


@pytest.mark.parametrize(
    ("to", "action"),
    [
        ("canbo_stc@example.vn", "FILTER"),
        ("list_probe_unit_store1@example.vn", "FILTER"),
        ("probe_reader_store1@example.vn", "DUNNO"),
        ("annv@example.vn", ""),
        ("can_bo@example.org", ""),
    ],
)
def test_only_letters_to_lists_are_handed_in_again(to: str, action: str) -> None:
    """Accounts for probing have a `_` as well; theirs go as those of people do."""
    main = text(postfix.files(context("access1")), "main.cf")
    (rules,) = re.findall(r"^has_list = regexp:(.*)$", main, re.MULTILINE)
    pairs = re.findall(r"\{ /(.*?)/ ([A-Z]+)", rules.replace("$$", "$"))
    assert action == next((does for pattern, does in pairs if re.search(pattern, to)), "")


def test_people_send_as_themselves_and_as_units_they_represent() -> None:
    expected = {
        "an.nguyen@example.vn": "an",
        "annv@example.vn": "an",
        "binhlv@example.vn": "binh",
        "chitt@example.vn": "chi",
        "sotaichinh@example.vn": "an,binh",
        "stc@example.vn": "an,binh",
    }
    assert expected == rows(postfix.tables(context("access1")), "senders")


def test_a_locked_head_may_not_send() -> None:
    locked = replace(BINH, state="locked")
    mailboxes = tuple(locked if m is BINH else m for m in DESIRED.mailboxes)
    found = rows(
        postfix.tables(context("access1", replace(DESIRED, mailboxes=mailboxes))), "senders"
    )
    assert "binhlv@example.vn" not in found
    assert found["stc@example.vn"] == "an"


def test_what_a_unit_sends_from_any_of_its_addresses_is_kept_in_its_sent() -> None:
    """A store finds the way there; what people send has no such row."""
    tables = postfix.tables(context("access1"))
    kept = "stc+Sent@example.vn"
    assert {
        "stc@example.vn": kept,
        "sotaichinh@example.vn": kept,
        "vanphong@example.vn": "vanphong+Sent@example.vn",
    } == rows(tables, "sent")
    assert rows(tables, "transport")["stc@example.vn"] == rows(tables, "transport")[kept]


@pytest.mark.parametrize("host", ["access1", "edge1"])
def test_nobody_can_write_to_a_folder_sent(host: str) -> None:
    """No table of addresses has it, and nothing after a `+` is taken for one that does."""
    tables = postfix.tables(context(host))
    for name in ("mailboxes", "aliases"):
        assert not [key for key in rows(tables, name) if "+" in key]
    assert "recipient_delimiter" not in text(postfix.files(context(host)), "main.cf")


def test_only_mail_of_signed_in_people_is_kept() -> None:
    """Neither what comes from outside, nor notices, nor what the host itself sends."""
    found = text(postfix.files(context("access1")), "master.cf")
    assert 2 == found.count("-o cleanup_service_name=submitted\n")
    assert 1 == found.count("_bcc_maps")
    assert "_bcc_maps" in found.partition("\nsubmitted ")[2].partition("\npickup")[0]
    assert "_bcc_maps" not in text(postfix.files(context("access1")), "main.cf")
    assert "_bcc_maps" not in text(postfix.files(context("edge1")), "master.cf")


def test_an_edge_host_has_no_table_of_senders() -> None:
    for name in ("senders", "sent"):
        assert f"{postfix.TABLES}/{name}" not in postfix.tables(context("edge1"))


def test_only_root_reads_who_may_send() -> None:
    """And what else there is; the quota check reads where addresses lead."""
    tables = postfix.tables(context("access1"))
    groups = {
        path.rpartition("/")[2]: file.group for path, file in tables.items() if file.mode == 0o640
    }
    assert {"transport": "postfix", "aliases": "postfix"} == groups
    others = {file.mode for path, file in tables.items() if not path.endswith((".cf", *groups))}
    assert {0o600} == others


def test_two_mailboxes_with_one_address_are_an_error() -> None:
    desired = replace(DESIRED, mailboxes=(*DESIRED.mailboxes, mailbox("zet", "annv")))
    with pytest.raises(ValueError, match="leads to both"):
        postfix.tables(context("edge1", desired))


@pytest.mark.parametrize("name", ["annv", "dungpv"])
def test_a_reserved_address_cannot_be_given_to_others(name: str) -> None:
    desired = replace(DESIRED, reserved=((name, "vp"),))
    with pytest.raises(ValueError, match="leads to both"):
        postfix.tables(context("edge1", desired))


def test_an_edge_host_opens_port_25_only() -> None:
    files = postfix.files(context("edge1"))
    assert "\nsmtp      inet" in text(files, "master.cf")
    assert "submission" not in text(files, "master.cf") + text(files, "main.cf")


def test_an_access_host_opens_the_submission_ports_only() -> None:
    master = text(postfix.files(context("access1")), "master.cf")
    assert "\nsubmissions inet" in master
    assert "\nsubmission  inet" in master
    assert "\nsmtp      inet" not in master


def services(policy: Policy) -> list[str]:
    """Return where one host with every role listens."""
    told = replace(context("mail1", centre=SINGLE), policy=policy)
    master = text(postfix.files(told), "master.cf")
    return [line.split()[0] for line in master.splitlines() if " inet " in line]


def test_one_host_with_every_role_opens_all() -> None:
    """Letters to lists come in again, from the host itself; vacation notices if policy has some."""
    without = services(Policy(domain="example.vn", limits=Limits(vacation_days=0)))
    people = ["smtp", "submissions", "submission", "127.0.0.1:10026"]
    assert [*people, "127.0.0.1:10025", "10467", "10466"] == without
    assert {*without, "10465"} == {*services(Policy(domain="example.vn"))}


def test_a_store_hands_on_what_people_move_and_nothing_else() -> None:
    """It listens to itself; each scanner has a copy, and the operator what is reported."""
    main, master = (
        text(postfix.files(context("store1")), f"{name}.cf") for name in ("main", "master")
    )
    assert ["127.0.0.1:10025"] == re.findall(r"^(\S+) +inet", master, re.MULTILINE)
    assert "inet_interfaces = loopback-only\n" in main
    assert "default_transport = error:5.1.2 this host sends no mail\n" in main
    training = "training.example.vn"
    for kind in ("spam", "ham"):
        copies = ", ".join(f"{kind}@{name}.{training}" for name in ("access1", "edge1"))
        assert f"{{ {kind}@{training} = {copies} }}" in main
    assert f"{{ edge1.{training} = training:[10.88.0.11]:10467 }}" in main
    assert "{ abuse@example.vn = training:[10.88.0.21]:10466 }," in main
    assert {} == postfix.tables(context("store1"))


def test_the_certificate_of_a_store_must_have_its_name() -> None:
    main = text(postfix.files(context("edge1")), "main.cf")
    assert "{ [10.88.0.31]:24 = secure match=store1.example.vn }," in main
    assert "{ [10.88.0.32]:24 = secure match=store2.example.vn } }\n" in main


def test_a_new_person_changes_tables_and_nothing_that_needs_a_reload() -> None:
    more = replace(DESIRED, mailboxes=(*DESIRED.mailboxes, mailbox("moi", "moi")))
    assert postfix.files(context("access1")) == postfix.files(context("access1", more))
    assert postfix.tables(context("access1")) != postfix.tables(context("access1", more))


@pytest.mark.parametrize("fqdn", ["a b.example.vn", "x.vn\nrelayhost = evil", "$mydomain", "x"])
def test_a_hostile_host_name_is_refused(fqdn: str) -> None:
    centre = replace(CENTRE, hosts=(replace(CENTRE.hosts[1], fqdn=fqdn), *CENTRE.hosts[2:]))
    with pytest.raises(ValueError, match="not allowed"):
        postfix.files(context("edge1", centre=centre))


def test_a_hostile_host_address_is_refused() -> None:
    bad = replace(CENTRE.hosts[2], address="10.88.0.31]:25 permit")
    centre = replace(CENTRE, hosts=(CENTRE.hosts[1], bad))
    with pytest.raises(ValueError, match="does not appear to be"):
        postfix.files(context("edge1", centre=centre))
