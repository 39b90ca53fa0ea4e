"""Who the packet filter lets in, by the roles of both hosts."""

import re
from dataclasses import replace
from datetime import date

import pytest

from hopthu.daemons import base
from hopthu.daemons.registry import services_of
from hopthu.desired.state import Desired
from hopthu.inventory.roles import ROLES
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Network, Policy
from hopthu.render.context import Context

DESIRED = Desired(date(2026, 6, 1), "example.vn", (), (), ())


def host(name: str, last: int, *roles: str) -> Host:
    return Host(name, f"{name}.example.vn", f"10.88.0.{last}", frozenset(roles))


def filtered(centre: Centre, name: str, policy: Policy | None = None) -> tuple[str, str]:
    """Return what the packet filter of a host says of what comes in, and of what goes out."""
    context = Context(centre.host(name), centre, DESIRED, policy or Policy(networks={}), {})
    text = base.system(context)["/etc/nftables.conf"].content.decode()
    comes, _, goes = text.partition("chain output")
    return comes, goes


def passages(centre: Centre, name: str, policy: Policy | None = None) -> dict[int, set[str]]:
    """Return who reaches each port, by the last part of their addresses; all: everybody does."""
    text, _ = filtered(centre, name, policy)
    found: dict[int, set[str]] = {}
    rule = re.compile(r"\s*(?:ip6? saddr \{ (.*?) \} )?tcp dport \{ (.*?) \} accept")
    for match in filter(None, map(rule.fullmatch, text.splitlines())):
        sources = {a.rpartition(".")[2] for a in (match[1] or ".all").split(", ")}
        for port in match[2].split(", "):
            known = found.setdefault(int(port), set())
            assert not known & (sources | ALL), text
            known |= sources
    assert text.count("dport") == len([*filter(rule.fullmatch, text.splitlines())]), text
    return found


CENTRE = Centre(
    "lab",
    (
        host("access1", 21, "access"),
        host("access2", 22, "access"),
        host("dir1", 41, "directory"),
        host("edge1", 11, "edge"),
        host("store1", 31, "store"),
        host("store2", 32, "store"),
        host("operator1", 51, "operator"),
    ),
)
ALL = {"all"}
SSH = {22: {"51"}}


def test_only_postfix_and_proxies_reach_stores() -> None:
    """An edge delivers, asks who is full and reads nothing; the directory does none of it."""
    proxies = {"21", "22"}
    expected = {24: {"11", "21", "22", "32"}, 993: proxies, 4190: proxies, 874: {"32"}}
    expected |= {12340: {"11", "21", "22"}}
    assert expected | SSH == passages(CENTRE, "store1")


def test_a_single_store_receives_no_mailboxes() -> None:
    """There are no other stores to receive mailboxes or mail from."""
    assert {24, 993, 4190, 12340} == passages(Centre("one", CENTRE.hosts[:5]), "store1").keys()


def test_only_replicas_reach_the_provider() -> None:
    """An edge host keeps no directory."""
    assert {636: {"21", "22", "31", "32"}} | SSH == passages(CENTRE, "dir1")


def test_the_public_reaches_edge_and_access() -> None:
    """No host of ours needs the address book: only networks that the policy names."""
    public = {465: ALL, 587: ALL, 993: ALL, 4190: ALL}
    learning = {10467: {"31", "32"}}
    assert {25: ALL} | learning | SSH == passages(CENTRE, "edge1")
    notices = {10465: {"31", "32"}, 10466: {"31", "32"}} | learning
    assert public | notices | SSH == passages(CENTRE, "access1")
    reading = Policy(networks={"office": Network(("10.38.0.7/32",), ("directory",))})
    assert public | notices | {636: {"7/32"}} | SSH == passages(CENTRE, "access1", reading)


def test_one_host_for_all_opens_nothing_inside() -> None:
    """What it asks itself does not pass the filter."""
    single = Centre("single", (host("mail1", 11, *set(ROLES) - {"backup"}),))
    assert {25, 465, 587, 993, 4190} == passages(single, "mail1").keys()


def test_a_host_with_two_roles_has_the_openings_of_both() -> None:
    """It admits clients of both roles; ports open to everybody are listed once."""
    pair = Centre(
        "pair", (host("a", 1, "edge", "store"), host("b", 2, "access", "store", "directory"))
    )
    expected = {25: ALL, **{port: {"2"} for port in (24, 874, 993, 4190, 10467, 12340)}}
    assert expected == passages(pair, "a")
    public = {465: ALL, 587: ALL, 993: ALL, 4190: ALL}
    others = (24, 874, 636, 10465, 10466, 10467, 12340)
    assert public | {port: {"1"} for port in others} == passages(pair, "b")


ACCEPTED = re.compile(
    r"\s*(?:oif lo|ip daddr \{ (.*?) \}) tcp dport \{ (.*?) \} meta skuid \{ (.*?) \} accept"
)
REFUSED = re.compile(r"\s*oif lo tcp dport \{ (.*?) \} reject with tcp reset")
REFUSED_THERE = re.compile(
    r"\s*ip daddr [.] tcp dport \{ (.*?) \} meta skuid != root reject with tcp reset"
)


def ways(centre: Centre, name: str, policy: Policy | None = None) -> dict[tuple[str, int], str]:
    """Return which accounts besides root reach a limited port, by the last part of the address.

    That of the host itself is empty.
    """
    _, text = filtered(centre, name, policy)
    found: dict[tuple[str, int], str] = {}
    lines = text.splitlines()
    for match in filter(None, map(REFUSED.fullmatch, lines)):
        found |= dict.fromkeys((("", int(port)) for port in match[1].split(", ")), "")
    for match in filter(None, map(REFUSED_THERE.fullmatch, lines)):
        doors = (door.split(" . ") for door in match[1].split(", "))
        found |= dict.fromkeys(((at.rpartition(".")[2], int(port)) for at, port in doors), "")
    limited = {*found}
    for match in filter(None, map(ACCEPTED.fullmatch, lines)):
        there = [at.rpartition(".")[2] for at in match[1].split(", ")] if match[1] else [""]
        for door in ((at, int(port)) for at in there for port in match[2].split(", ")):
            assert door in limited, text
            found[door] = " ".join(sorted({*found[door].split(), *match[3].split(", ")}))
    rules = (ACCEPTED, REFUSED, REFUSED_THERE)
    known = [line for line in lines if any(rule.fullmatch(line) for rule in rules)]
    assert text.count("dport") == len(known), text
    return found


def test_an_account_of_a_store_reaches_what_its_daemon_needs() -> None:
    """A program that strangers speak to does not hand in mail, nor has scanners learn."""
    here = {24: "", 874: "", 993: "", 4190: "", 7789: "", 9100: "", 12340: "", 10025: "vmail"}
    there = {
        **{(access, 10465): "vmail" for access in ("21", "22")},
        **{(access, 10466): "postfix" for access in ("21", "22")},
        **{(scanner, 10467): "postfix" for scanner in ("11", "21", "22")},
        ("32", 24): "",
        ("32", 874): "",
        ("41", 636): "openldap",
    }
    assert {("", port): who for port, who in here.items()} | there == ways(CENTRE, "store1")


def test_an_account_of_an_access_host_reaches_what_its_daemon_needs() -> None:
    """Only Postfix says to Rspamd who has signed in; ports for everybody are for all accounts."""
    here = {
        10026: "postfix", 11332: "postfix",
        **dict.fromkeys((636, 9100, 10465, 10466, 10467), ""),
    }  # fmt: skip
    there = {
        (store, port): who
        for store in ("31", "32")
        for port, who in {
            24: "postfix", 993: "dovenull", 4190: "dovenull", 12340: "_hopthu-quota",
        }.items()
    }  # fmt: skip
    found = ways(CENTRE, "access1")
    assert {("", port): who for port, who in here.items()} | there | {
        ("41", 636): "openldap"
    } == found


def test_alarms_are_for_who_watches() -> None:
    """Whoever reaches Alertmanager silences every alarm."""
    watched = Centre("lab", (*CENTRE.hosts, host("monitor1", 61, "monitor")))
    found = ways(watched, "monitor1")
    assert {("", port): found["", port] for port in (9090, 9093, 9095, 9100)} == {
        ("", 9090): "", **dict.fromkeys((("", port) for port in (9093, 9095, 9100)), "prometheus")
    }  # fmt: skip
    assert {"_hopthu-alarm"} == {found[store, 24] for store in ("31", "32")}
    assert {"prometheus"} == {found[each.address[8:], 9100] for each in CENTRE.hosts}
    assert "_hopthu-missed" == ways(watched, "operator1")["61", 9090]


def test_one_host_for_all_limits_its_accounts() -> None:
    """Each of its daemons reaches the others that it needs; SSH and public ports are for all."""
    found = ways(Centre("single", (host("mail1", 11, *{*ROLES} - {"backup"}),)), "mail1")
    assert {""} == {at for at, _ in found}
    assert {22, 25, 465, 587, 993, 4190}.isdisjoint(port for _, port in found)
    assert ("_hopthu-alarm postfix", "vmail") == (found["", 24], found["", 10025])


def test_what_another_host_serves_to_everybody_is_for_all_accounts() -> None:
    """Its packet filter would let them in from anywhere."""
    pair = Centre(
        "pair", (host("a", 1, "access", "edge"), host("b", 2, "access", "store", "directory"))
    )
    assert {24, 636, 12340} == {port for at, port in ways(pair, "a") if at == "2"}


@pytest.mark.parametrize("name", [each.name for each in CENTRE.hosts])
def test_the_accounts_of_the_packet_filter_exist_before_it(name: str) -> None:
    """It resolves names when it is loaded, before any package of a daemon is installed."""
    sets = [each.name for each in base.DAEMON.file_sets]
    assert sets.index("accounts") < sets.index("system")
    context = Context(CENTRE.host(name), CENTRE, DESIRED, Policy(networks={}), {})
    (file,) = base.accounts(context).values()
    made = re.findall(r"^u (\S+) ", file.content.decode(), re.MULTILINE)
    named = {who for each in ways(CENTRE, name).values() for who in each.split()}
    assert sorted(named) == made


OPERATORS = Policy(
    networks={
        "operators": Network(("10.38.1.0/24", "2001:db8:1::/48"), ("administer",)),
        "desks": Network(("10.38.1.128/25", "10.38.2.9"), ("read", "administer")),
        "internet": Network(("0.0.0.0/0", "::/0"), ("read", "submit", "deliver", "directory")),
    }
)


def test_ssh_is_for_operators() -> None:
    """Networks that may `administer`, in both families, and the host of the daily run."""
    for each in CENTRE.hosts:
        sources = {"0/24", "9/32", "2001:db8:1::/48"}
        expected = sources if each.name == "operator1" else {"51", *sources}
        assert expected == passages(CENTRE, each.name, OPERATORS)[22]


@pytest.mark.parametrize(
    ("address", "admitted"),
    [
        ("10.38.1.1", True),
        ("10.38.2.9", True),
        ("10.38.2.10", False),
        ("10.88.0.51", True),
        ("10.88.0.21", False),
        ("2001:db8:1::7", True),
        ("2001:db8:2::7", False),
        ("203.0.113.9", False),
    ],
)
def test_what_the_filter_admits_is_known(address: str, admitted: bool) -> None:
    """Apply asks it of the address it comes from."""
    assert admitted == base.admits_ssh(CENTRE.host("dir1"), CENTRE, OPERATORS, address)


def test_without_operators_nobody_is_admitted() -> None:
    """The default of the policy, on a centre without an operator's host."""
    single = Centre("single", (host("mail1", 11, *set(ROLES) - {"backup", "operator"}),))
    assert 22 not in passages(single, "mail1", Policy())
    assert not base.admits_ssh(single.hosts[0], single, Policy(), "10.38.1.1")


def restarts(name: str, centre: Centre = CENTRE) -> dict[str, list[str]]:
    """Return the restart settings, by unit."""
    found = base.units(Context(centre.host(name), centre, DESIRED, Policy(), {}))
    folder, file = "/etc/systemd/system/", ".service.d/restart.conf"
    return {
        path.removeprefix(folder).removesuffix(file): [
            line for line in text.content.decode().splitlines() if "=" in line
        ]
        for path, text in found.items()
    }


def test_every_daemon_of_a_host_is_restarted() -> None:
    """Those whose state health asks for, and no others."""
    for name in ("access1", "dir1", "edge1", "store1"):
        watched = {service.unit for service in services_of(CENTRE.host(name))} - {"nftables"}
        assert watched == restarts(name).keys()
    expected = {"slapd", "dovecot", "hopthu-quota-store", "postfix"}
    assert expected == restarts("store1").keys()


def test_restarts_are_never_given_up() -> None:
    """Five failures in ten seconds would end it by default."""
    expected = ["StartLimitIntervalSec=0", "Restart=on-failure", "RestartSec=2"]
    assert expected == restarts("dir1")["slapd"]
    always = ["StartLimitIntervalSec=0", "Restart=always", "RestartSec=2"]
    assert always == restarts("edge1")["valkey-server"]
    assert [*always, "KillMode=mixed"] == restarts("edge1")["rspamd"]


def test_freshclam_is_restarted_after_a_minute() -> None:
    """Where there is one; without it nothing fetches signatures."""
    edge = replace(CENTRE.host("edge1"), signature_mirror="http://10.88.0.9/")
    centre = Centre("lab", (edge,))
    assert "RestartSec=60" in restarts("edge1", centre)["clamav-freshclam"]
