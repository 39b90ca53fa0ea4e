"""The configuration of Dovecot, by role of the host."""

import re
from dataclasses import replace
from datetime import date

import pytest

from hopthu.daemons import dovecot
from hopthu.daemons.dovecot import vacation_host
from hopthu.desired.state import Access, Desired, Mailbox
from hopthu.inventory.roles import ROLES
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Limits, Policy, Quotas
from hopthu.remote.host.mailboxes import _FILTER
from hopthu.render.context import Context


def host(name: str, last: int, *roles: str, stores: tuple[str, ...] = ()) -> Host:
    return Host(name, f"{name}.example.vn", f"10.88.0.{last}", frozenset(roles), stores)


KEYS = {"host.pem": b"", "ca.pem": b""}
CENTRE = Centre(
    "lab",
    (
        host("access1", 21, "access"),
        host("access2", 22, "access"),
        host("store1", 31, "store", stores=("store1",)),
        host("store2", 32, "store", stores=("store2",)),
    ),
)
SINGLE = Centre("single", (host("mail1", 11, *ROLES, stores=("store1", "store2")),))


def mailbox(key: str, kind: str = "personal", **more: object) -> Mailbox:
    fields: dict[str, object] = {
        "id": key,
        "kind": kind,
        "name": key,
        "addresses": (key,),
        "state": "active",
        "store": "store1",
        "quota": 1,
        "unit": "stc",
        "unit_name": "Sở Tài chính",
    }
    return Mailbox(**{**fields, **more})  # type: ignore[arg-type]


DESIRED = Desired(
    on=date(2026, 6, 1),
    domain="example.vn",
    mailboxes=(
        mailbox("an"),
        mailbox("binh"),
        mailbox("chi", store="store2"),
        mailbox("dung", state="closed"),
        mailbox("lan", state="locked"),
        mailbox("skh", kind="unit", state="closed"),
        mailbox("stc", kind="unit"),
        mailbox("vp", kind="unit"),
        mailbox("xa", kind="unit", store="store2"),
    ),
    access=(
        Access("stc", "an", "delegate"),
        Access("stc", "binh", "head"),
        Access("xa", "chi", "head"),
    ),
    reserved=(),
)


def context(name: str, centre: Centre = CENTRE, policy: Policy | None = None) -> Context:
    return Context(centre.host(name), centre, DESIRED, policy or Policy(), KEYS)


def settings(name: str, centre: Centre = CENTRE, policy: Policy | None = None) -> str:
    """The configuration without comments and indents."""
    files = dovecot.files(context(name, centre, policy))
    return settings_of(files["/etc/dovecot/dovecot.conf"].content.decode())


def settings_of(text: str) -> str:
    """Settings without comments and indents."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize(
    ("name", "centre", "more"),
    [("access1", CENTRE, set()), ("store1", CENTRE, {"q", "s"}), ("mail1", SINGLE, {"q", "s"})],
)
def test_only_stores_filter_mail_and_warn_of_full_mailboxes(
    name: str, centre: Centre, more: set[str]
) -> None:
    """An access host keeps no mail."""
    paths = {"q": "/etc/dovecot/quota-warning", "s": "/etc/dovecot/sieve/junk.sieve"}
    moves = {f"/etc/dovecot/sieve/{each}.sieve" for each in ("spam", "ham", "report") if more}
    expected = {"/etc/dovecot/dovecot.conf"} | {paths[key] for key in more} | moves
    assert expected == set(dovecot.files(context(name, centre)))


@pytest.mark.parametrize(("name", "centre"), [("access1", CENTRE), ("mail1", SINGLE)])
def test_nopassword_is_never_set(name: str, centre: Centre) -> None:
    """With `nopassword` Postfix, which asks the same passdb, would take any."""
    assert "nopassword" not in settings(name, centre)


@pytest.mark.parametrize("name", ["access1", "store1"])
def test_sign_in_requires_tls(name: str) -> None:
    """Port 143 is off, and TLS is required wherever it does not come first (Art. 6.4)."""
    assert "ssl = required" in settings(name)
    assert "inet_listener imap {\nport = 0\n}" in settings(name)


def test_units_have_no_password() -> None:
    """People are looked for below ou=people alone."""
    passdb = settings("store1").partition("passdb ldap {\n")[2].partition("\n}")[0]
    assert "ldap_base = ou=people,dc=example,dc=vn" in passdb


def test_the_monitor_signs_in_from_its_address_alone() -> None:
    """As the accounts that it has, with one password that nobody else has; at stores as well."""
    monitor = host("monitor1", 71, "monitor")
    centre = Centre("lab", (*CENTRE.hosts, monitor))
    watched = replace(DESIRED, probes=(mailbox("probe_minute_store1"),))
    for name in ("access1", "store1"):
        for keys in ({"monitor.pub": b"00ff\n"}, {"monitor.pub": b"00ff\n}\nx"}):
            asked = Context(centre.host(name), centre, watched, Policy(), KEYS | keys)
            if b"x" in keys["monitor.pub"]:
                with pytest.raises(ValueError, match="hex"):
                    dovecot.files(asked)
                continue
            text = dovecot.files(asked)["/etc/dovecot/dovecot.conf"].content.decode()
            passdb = text.partition("\npassdb monitor {\n")[2].partition("\n}")[0]
            assert "allow_nets = 10.88.0.71\n" in passdb
            assert "password = {SHA256.HEX}00ff\n" in passdb
            assert "(uid=probe_minute_*)" in passdb
            assert "ldap_base = ou=people,ou=probes,dc=example,dc=vn\n" in passdb
            assert "protocol sieve {\npassdb monitor {\nldap_filter = (|)\n}\n}" in settings_of(
                text
            )
    assert "passdb monitor" not in settings("access1", centre)


def test_a_monitor_delivers_to_the_operator_alone() -> None:
    """But one that takes mail in, or passes it on, delivers what others do."""
    policy = Policy(operator="so-khcn")
    watched = replace(DESIRED, probes=(mailbox("probe_minute_store1"),))
    for roles, alone in (("monitor",), True), (("monitor", "backup"), True), (
        ("monitor", "access"), False), (("monitor", "edge"), False):  # fmt: skip
        centre = Centre("lab", (*CENTRE.hosts, host("monitor1", 71, *roles)))
        asked = Context(centre.host("store1"), centre, watched, policy, KEYS | {"monitor.pub": b""})
        text = dovecot.files(asked)["/etc/dovecot/dovecot.conf"].content.decode()
        block = r"remote 10[.]88[.]0[.]71 {\nprotocol lmtp {\n(.*)\n}\n}"
        found = re.findall(block, settings_of(text))
        assert 2 * alone == len(found)
        assert alone == ("passdb_ldap_filter = (|)" in found), "to other stores"
        assert alone == any(re.match(r"userdb_ldap_filter = .*\(uid=so-khcn\)", x) for x in found)


VALID = (
    "(|(!(pwdReset=TRUE))(hopthuPasswordUntil>="
    "%{date:year}%{date:month}%{date:day}%{time:hour}%{time:min}%{time:sec}Z))"
)
"""Lets everybody pass but those who have not replaced an issued password by its deadline."""


@pytest.mark.parametrize("name", ["access1", "store1"])
def test_the_deadline_of_a_password_is_compared_in_utc(name: str) -> None:
    """Whatever the time zone of the host: Dovecot's variables are in local time."""
    assert "import_environment {\nTZ = UTC0\n}" in settings(name)


def test_a_single_store_accepts_only_its_own_active_people() -> None:
    """Anybody else's mailbox would be a second, empty one."""
    people = f"(|(mailLocalAddress=%{{user}})(mailLocalAddress=%{{user}}@example.vn)){VALID}"
    alone = Centre("lab", CENTRE.hosts[:3])
    expected = f"filter = (&(hopthuState=active)(mailHost=store1.example.vn){people})"
    assert expected in settings("store1", alone)


def test_a_store_defers_people_of_other_stores() -> None:
    """Whoever moves keeps the password that their mail program knows."""
    people = f"(|(mailLocalAddress=%{{user}})(mailLocalAddress=%{{user}}@example.vn)){VALID}"
    assert f"filter = (&(hopthuState=active){people})" in settings("store1")
    elsewhere = settings("store1").partition("userdb elsewhere {\n")[2].partition("\n}")[0]
    assert "(|(hopthuFrozen=TRUE)(!(mailHost=store1.example.vn)))" in elsewhere
    assert "tempfail = yes" in elsewhere


def test_an_access_host_accepts_all_active_people() -> None:
    """It sends them on to their store."""
    expected = (
        "filter = (&(hopthuState=active)"
        f"(|(mailLocalAddress=%{{user}})(mailLocalAddress=%{{user}}@example.vn)){VALID})"
    )
    assert expected in settings("access1")


def test_a_store_lists_its_own_live_mailboxes_and_knows_all() -> None:
    """Mail under way while a mailbox moves is kept, not bounced."""
    live = "(|(hopthuState=active)(hopthuState=locked))"
    text = settings("store2")
    assert f"ldap_iterate_filter = (&{live}(mailHost=store2.example.vn))" in text
    # As the probe of all mailboxes reads it.
    assert [f"(&{live}(|(uid=%{{user}})(mailLocalAddress=%{{user}})))"] == _FILTER.findall(text)


def test_the_proxy_needs_no_dns() -> None:
    """Each store's name becomes its address; a dot may not be escaped with a backslash."""
    expected = (
        "hostip = %{ldap:mailHost"
        " | regexp('^store1[.]example[.]vn$', '10.88.0.31')"
        " | regexp('^store2[.]example[.]vn$', '10.88.0.32')}"
    )
    assert expected in settings("access1")


def test_a_store_trusts_every_access_host() -> None:
    """About where people come from."""
    assert "login_trusted_networks = 10.88.0.21 10.88.0.22" in settings("store1")


def test_only_stores_require_client_certificates() -> None:
    """People have none; only hosts of the centre may try passwords on a store."""
    assert "auth_ssl_require_client_cert = yes" in settings("store1")
    assert "auth_ssl_require_client_cert" not in settings("access1")
    assert "auth_ssl_require_client_cert" not in settings("mail1", SINGLE)


def test_a_single_host_does_not_proxy() -> None:
    """A proxy to itself would be a loop; no other host is trusted."""
    text = settings("mail1", SINGLE)
    assert "proxy_maybe = yes" in text
    assert "login_trusted_networks" not in text


def test_no_name_below_the_units_leads_anywhere() -> None:
    """No right whatever opens a personal mailbox (Art. 6.4): no path has a name of a person."""
    namespace = settings("store1").partition("namespace units {\n")[2].partition("\n}")[0]
    assert "prefix = Đơn vị/\n" in namespace
    assert "mail_path = /var/vmail/nothing\n" in namespace
    paths = re.findall(r"^mail(?:_index)?_path = (.*)$", settings("store1"), re.MULTILINE)
    assert {
        "~/Maildir", "~/index", "/var/vmail/nothing", "MEMORY",
        *(f"/var/vmail/units/%{{userdb:unit{n}}}/Maildir" for n in range(32)),
        *(f"/var/vmail/units/%{{userdb:unit{n}}}/readers" for n in range(32)),
    } == {*paths}  # fmt: skip
    assert "imap_acl" not in settings("store1")


def test_readers_are_looked_up_after_the_directory() -> None:
    """Who is not in it is not in the file either; who is has its fields besides."""
    userdbs = settings("store1").split("\nuserdb ")[1:]
    assert ["people", "units", "readers"] == [
        each.partition(" ")[0] for each in userdbs if not each.startswith("elsewhere")
    ]
    continued = [each.partition(" ")[0] for each in userdbs if "= continue-ok\n" in each]
    assert ["people"] == continued
    assert "\nskip = notfound\n" in settings("store1")


def test_small_messages_fill_a_mailbox() -> None:
    """A block of the disk each, and never none, which would mean any number."""
    for size, count in ((1024**3, 262144), (1, 1)):
        policy = replace(Policy(), quotas=Quotas(personal=size, unit=1))
        people = settings("store1", policy=policy).partition("userdb people {\n")[2]
        assert f"quota_message_count = {count}\n" in people.partition("userdb units")[0]


def test_folders_and_filters_are_limited() -> None:
    """Each takes room on a disk that is everybody's."""
    text = settings("store1")
    assert "quota_mailbox_count = 1000" in text
    assert "sieve_quota_script_count = 20\nsieve_quota_storage_size = 1048576" in text


@pytest.mark.parametrize("days", [0, 5])
def test_nothing_is_sent_by_filters_but_notices(days: int) -> None:
    """No forwarding (Art. 8); filters see what is delivered, not what is copied or brought back."""
    text = settings("store1", policy=replace(Policy(), limits=Limits(vacation_days=days)))
    assert ["0"] == re.findall(r"sieve_max_redirects = (\d+)", text)
    (offered,) = re.findall(r"^sieve_extensions = (.*)$", text, re.MULTILINE)
    sending = {"vacation", "vacation-seconds", "enotify", "reject", "ereject", "include"}
    assert ({"vacation"} if days else set()) == sending & {*offered.split()}
    assert ("submission_host = 10.88.0.21:10465\n" in text) == bool(days)
    assert ("sieve_vacation_min_period = 5d\n" in text) == bool(days)
    plugin = r"mail_plugins \{\n(\w*sieve\w*) = yes"
    used = re.findall(rf"protocol (\w+) \{{\n{plugin}", text)
    assert [("lmtp", "sieve"), ("imap", "imap_sieve")] == used
    assert 2 == len(re.findall(plugin, text))


def test_nobody_gets_a_letter_twice_because_notices_take_long() -> None:
    """Postfix waits 600 s for the answer to a letter to 50 people, which come all at once."""
    seconds = re.findall(r"^submission_timeout = (\d+)s$", settings("store1"), re.MULTILINE)
    assert 50 * max(map(int, seconds)) < 600


def test_without_an_access_host_there_are_no_notices() -> None:
    """Nobody would take them: Dovecot's own way would hand them to whatever listens here."""
    alone = Centre("x", tuple(host for host in CENTRE.hosts if not host.has("access")))
    text = settings("store1", alone)
    (offered,) = re.findall(r"^sieve_extensions = (.*)$", text, re.MULTILINE)
    assert "vacation" not in offered.split()
    assert "10465" not in text


def test_each_store_hands_in_notices_at_one_access_host() -> None:
    """It counts them; a store that is one itself has them at home."""
    access = [Host(f"a{n}", f"a{n}.vn", f"10.0.0.{n}", frozenset({"access"})) for n in (1, 2)]
    stores = [Host(f"s{n}", f"s{n}.vn", f"10.0.1.{n}", frozenset({"store"})) for n in (1, 2, 3)]
    both = Host("b", "b.vn", "10.0.2.1", frozenset({"access", "store"}))
    centre = Centre("x", (*access, *stores))
    assert [access[0], access[1], access[0]] == [vacation_host(centre, each) for each in stores]
    assert both == vacation_host(Centre("x", (*access, *stores, both)), both)


def test_the_highest_warning_comes_first() -> None:
    """Dovecot gives only the first warning that fits; a unit's goes to the unit."""
    policy = replace(Policy(), quotas=Quotas(warn=(50, 90, 70)))
    text = settings("store1", policy=policy)
    found = re.findall(r"^quota_storage_percentage = (.*)$", text, re.MULTILINE)
    assert ["90", "70", "50"] * 33 == found
    assert "args = 90 %{userdb:unit3}\n" in text
    assert "args = 90 %{user}\n" in text


def test_readers_are_limited_in_messages_too() -> None:
    """To their share of what a unit may have."""
    policy = replace(Policy(), quotas=Quotas(unit=3 * 1024**3, readers=50))
    share = (
        "quota_storage_size = %{userdb:unit7_share | default('1')}\nquota_message_count = 393216\n"
    )
    assert share in settings("store1", policy=policy)


def lmtp(name: str, centre: Centre = CENTRE) -> bool:
    """Return whether mail for mailboxes of other stores is forwarded."""
    return "lmtp_proxy = yes" in settings(name, centre)


def test_a_store_forwards_mail_for_mailboxes_of_other_stores() -> None:
    """Once: what another store hands over is not passed on again, but put off."""
    assert lmtp("store1")
    text = " ".join(settings("store1").split())
    assert "remote 10.88.0.32 { protocol lmtp { passdb_ldap_filter = (|) } }" in text
    assert "userdb elsewhere" in text


def test_a_single_store_forwards_no_mail() -> None:
    """Nor has a host that is none."""
    assert not lmtp("mail1", SINGLE)
    assert not lmtp("access1")
