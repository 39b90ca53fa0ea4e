"""Client passwords: how they are made, kept, listed and revoked, and from where which signs in."""

import hashlib
import json
import math
import re
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_credential_hosts import POSITION, TOP, Machine, machine, servers  # noqa: F401  (a fixture)
from test_credentials import OCCASION, mailbox, texts
from test_render_dovecot import settings
from test_render_openldap import CENTRE, rules, slapd_conf

from hopthu.app import credentials as app
from hopthu.cli import main
from hopthu.cli.clock import today
from hopthu.credentials import evidence, selection
from hopthu.credentials.client import additions, label_of, make_clients
from hopthu.credentials.issued import Issued
from hopthu.credentials.printing import Printing
from hopthu.credentials.servers import Done, Revoked, SignIns
from hopthu.credentials.slips import pdf
from hopthu.directory import passwords
from hopthu.directory.client_passwords import ClientPassword, lacking, parsed, written
from hopthu.directory.passwords import client_key, client_password
from hopthu.errors import HostFailed, Refused
from hopthu.history.record import Record
from hopthu.model.policy import Network, Policy
from hopthu.model.sign_in_ranges import lets_in, own_password_ranges
from hopthu.remote.host import passwords as on_host
from hopthu.ssh import Outcome
from hopthu.validate import read
from host_calls import Answer, asked

NOW = datetime(2026, 11, 27, 1, 2, 3, tzinfo=UTC)
PHONE = "Điện thoại (2)*"
AN = mailbox("an", "Nguyễn Văn An")


def test_a_client_password_has_120_bits() -> None:
    """24 characters of 32 that no typeface confuses, in four groups."""
    assert 120 == 24 * math.log2(len(set(passwords._CLIENT)))
    assert {"l", "1", "o", "0"}.isdisjoint(passwords._CLIENT)
    made = {client_password() for _ in range(500)}
    assert 500 == len(made)
    assert all(re.fullmatch(r"([a-z2-9]{6}-?){4}(?<!-)", one) for one in made)


def test_the_directory_gets_hash_moment_and_label() -> None:
    """Added beside others; the label is written so that no filter reads it as its own."""
    (one,) = make_clients([AN], PHONE)
    text = additions([one], "example.vn", NOW)
    assert text == (
        "dn: uid=an,ou=people,dc=example,dc=vn\nchangetype: modify\nadd: hopthuClientPassword\n"
        f"hopthuClientPassword: {hashlib.sha256(one.password.encode()).hexdigest()} "
        "20261127010203Z %C4%90i%E1%BB%87n%20tho%E1%BA%A1i%20%282%29%2A\n-\n\n"
    )
    assert one.password not in text
    assert one.password not in repr(one)
    assert "(!(hopthuClientPassword=*Z a%28%29%2A%5C))" == lacking("a()*\\")


@pytest.mark.slow
@given(st.text())
def test_a_label_is_read_as_it_was_written(text: str) -> None:
    """Whatever is accepted as one, in ASCII without blanks."""
    try:
        label = label_of(text)
    except Exception:  # noqa: BLE001  (refused)
        return
    assert re.fullmatch(r"[A-Za-z0-9_.~%-]+", written(label))
    assert (ClientPassword(label, NOW),) == parsed([f"20261127010203Z {written(label)}"])


def test_they_are_listed_without_a_hash(machine: Machine) -> None:  # noqa: F811
    """By moment and label; somebody without any has none."""
    key = client_key("x")
    machine.has(
        "ldapsearch",
        f"echo 'dn: uid=an'; echo 'hopthuClientPassword: {key} 20261127010203Z PC%201'",
    )
    done = machine.answer(on_host.clients, TOP, "an")
    assert Answer(0, ["20261127010203Z PC%201"], "") == done
    machine.has("ldapsearch", "echo 'dn: uid=an'")
    assert [] == machine.answer(on_host.clients, TOP, "an").result


REVOKED = """
if [[ "$*" == *contextCSN* ]]; then echo "contextCSN: {0}"; exit; fi
echo "hopthuClientPassword: aaaa 20261127010203Z PC"
echo "hopthuClientPassword: bbbb 20261127010203Z PC%201"
"""


def test_one_is_revoked_by_its_whole_label(machine: Machine) -> None:  # noqa: F811
    """Its value passes on standard input; what begins alike stays."""
    machine.has("ldapsearch", REVOKED.format(POSITION))
    machine.has("ldapmodify", f"cat >{machine.folder}/given")
    taken = {"taken": ["20261127010203Z PC"], "position": POSITION}
    assert Answer(0, taken, "") == machine.answer(on_host.revoke, TOP, "an", ["PC"])
    assert (
        (machine.folder / "given")
        .read_text()
        .endswith(
            "\nchangetype: modify\ndelete: hopthuClientPassword\n"
            "hopthuClientPassword: aaaa 20261127010203Z PC\n"
        )
    )
    assert not any("aaaa" in call for call in machine.called)


NONE = {"taken": [], "position": ""}


def test_an_unknown_label_revokes_nothing(machine: Machine) -> None:  # noqa: F811
    """Nor does one that only begins like one, or a hash."""
    machine.has("ldapsearch", REVOKED.format(POSITION))
    machine.has("ldapmodify", "exit 1")
    for label in ("P", ".*", "aaaa"):
        assert Answer(0, NONE, "") == machine.answer(on_host.revoke, TOP, "an", [label])


def test_all_go_in_one_change_if_sending_is_stopped(machine: Machine) -> None:  # noqa: F811
    """The directory itself looks whether it is, as it makes the change."""
    machine.has("ldapsearch", REVOKED.format(POSITION))
    machine.has("ldapmodify", f"cat >{machine.folder}/given")
    done = machine.answer(on_host.revoke, TOP, "an", None, stopped=True)
    assert ["20261127010203Z PC", "20261127010203Z PC%201"] == done.result["taken"]
    assert 2 == (machine.folder / "given").read_text().count("delete: hopthuClientPassword\n")
    assert machine.called[-2].endswith("-e !assert=(hopthuStopped=*)")
    machine.has("ldapmodify", "exit 122")
    assert Answer(0, NONE, "") == machine.answer(on_host.revoke, TOP, "an", None, stopped=True)
    machine.has("ldapmodify", "exit 50")
    assert 1 == machine.answer(on_host.revoke, TOP, "an", None, stopped=True).code


def test_nobody_is_released_with_a_client_password(machine: Machine) -> None:  # noqa: F811
    """It alone signs in from the Internet in the shipped policy; the directory itself looks."""
    machine.has("ldapsearch", "echo 'hopthuStopped: 20261127010203Z'")
    machine.has("ldapmodify", f"cat >{machine.folder}/given")
    assert Answer(0, False, "") == machine.answer(on_host.release, TOP, "an", "20261127010203Z")
    (call,) = machine.called
    assert call.endswith("-e !assert=(!(hopthuClientPassword=*))")
    assert (machine.folder / "given").read_text() == (
        f"dn: uid=an,ou=people,{TOP}\nchangetype: modify\nreplace: hopthuStopped\n-\n"
        "replace: hopthuReleased\nhopthuReleased: 20261127010203Z\n"
    )
    machine.has("ldapmodify", "exit 122")
    assert machine.answer(on_host.release, TOP, "an", "20261127010203Z").result
    machine.has("ldapsearch", "echo 'dn: uid=an'")
    assert not machine.answer(on_host.release, TOP, "an", "20261127010203Z").result


@dataclass
class Order:
    """Hosts that note what is asked of them, in order; sessions there may not end."""

    labels: Sequence[str] = ("PC",)
    fails: bool = False
    stays: bool = False
    asked: list[str] = field(default_factory=list)

    def set(self, made: Sequence[Issued], *_: object) -> Done:
        """Set the passwords."""
        self.asked.append("set")
        return Done(len(made), "1", "")

    def clients(self, _: str) -> tuple[ClientPassword, ...]:
        """List client passwords."""
        return tuple(ClientPassword(label, NOW) for label in self.labels)

    def revoke(self, _: str, labels: Sequence[str] | None, *, stopped: bool = False) -> Revoked:
        """Take client passwords away."""
        self.asked.append(f"revoke{' if stopped' * stopped}")
        return Revoked(self.labels if labels is None else labels, "2")

    def record(self, line: str) -> None:
        """Write the journal."""
        self.asked.append("record " + " ".join(re.findall("revoked: ([A-Z]+)", line)))

    def date(self, *_: object) -> None:
        """Date the passwords."""
        self.asked.append("date")

    def end_sessions(self, _: str, position: str) -> None:
        """End sessions."""
        self.asked.append(f"end {position}")
        if self.fails:
            raise HostFailed("sessions are still open")

    def release(self, *_: object) -> bool:
        """Release."""
        self.asked.append("release")
        return self.stays


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Carry out a reset, or revoke labels, on hosts that answer as told; return what failed."""
    loaded = read(Path(), today())
    document = loaded.organisation.documents["cv-1029-snv-2020"]
    record = Record(id="1", commit="c", data="d", on="2026-11-27", who="a", started="s")
    monkeypatch.setattr(app, "basis", lambda *_: document)
    monkeypatch.setattr(app, "begun", lambda *_: record)

    def carry_out(hosts: Order, *labels: str, reset: bool = True) -> Any:
        job: Any = SimpleNamespace(
            loaded=loaded, deployment=None, who="a", slips=None, provider="dir1",
            workspace=SimpleNamespace(on=today(), clock=lambda: NOW, root=Path()),
            hosts=lambda: nullcontext(hosts),
        )  # fmt: skip
        if not reset:
            return app.revoke(job, "le-van-bay", document.id, labels)
        chosen, servers_ = selection.named(loaded, today(), ["le-van-bay"]), cast("Any", hosts)
        wanted = app.Wanted(reset=True)
        result, _ = app.carry_out(
            job, servers_, chosen, document.id, wanted, lambda *_: None
        )  # fmt: skip
        return [str(each.what) for each in result.failed]

    return carry_out


def test_the_release_is_the_last_change_of_a_reset(job: Any) -> None:
    """Behind the sessions that know the old passwords; a cut before it leaves the stop."""
    hosts = Order()
    assert [] == job(hosts)
    last = ["end 2", "release"]
    assert ["set", "revoke if stopped", "record PC", "date", *last] == hosts.asked


def test_it_is_said_if_somebody_is_stopped_still(job: Any) -> None:
    """A host that is away keeps nobody from being released, and is named."""
    assert ["sessions are still open"] == job(hosts := Order(fails=True))
    assert "release" == hosts.asked[-1]
    said = ["le-van-bay is stopped from sending, and has client passwords"]
    assert said == job(Order(stays=True))


def test_what_is_revoked_ends_sessions_and_releases_nobody(job: Any) -> None:
    """Not even the last one: it may be the person's own password that somebody else knows."""
    hosts = Order(("PC",))
    assert ("PC",) == job(hosts, "PC", reset=False)
    assert ["revoke", "record PC", "end 2"] == hosts.asked


def test_a_directory_that_does_not_know_them_is_found(machine: Machine) -> None:  # noqa: F811
    """By the schema that slapd has loaded."""
    machine.has(
        "ldapsearch", "echo \"attributeTypes: ( 2.25.1 NAME 'hopthuClientPassword' DESC 'x' )\""
    )
    assert machine.answer(on_host.knows_clients).result
    machine.has("ldapsearch", "echo \"attributeTypes: ( 2.25.1 NAME 'hopthuState' DESC 'x' )\"")
    assert not machine.answer(on_host.knows_clients).result


def test_a_host_behind_stops_it_before_the_first() -> None:
    """A replica would stop following the provider."""
    centre, ssh = servers(Outcome(0, "true", ""))
    centre.refuse_unknown()
    assert ["access1", "dir1", "store1"] == sorted(host for host, _, _ in ssh.asked)
    centre, _ = servers(Outcome(0, "false", ""))
    with pytest.raises(Refused, match="access1, dir1, store1 cannot keep client passwords yet"):
        centre.refuse_unknown()


def test_the_provider_adds_them_where_the_label_is_free() -> None:
    """As the directory itself sees it at that moment."""
    said = {"number": 1, "refusal": "", "position": POSITION}
    centre, ssh = servers(Outcome(0, json.dumps(said), ""))
    made = make_clients([AN], "PC")
    assert 1 == centre.add_clients(made, NOW).number
    ((host, script, stdin),) = ssh.asked
    *_, (_, filter_, ldif), _ = asked(stdin)
    assert ("dir1", "(&(hopthuState=active)(!(hopthuClientPassword=*Z PC)))") == (host, filter_)
    assert made[0].hash in ldif
    assert made[0].hash not in script


def test_what_was_revoked_has_a_position() -> None:
    """Which stores and access hosts then wait for."""
    said = {"taken": ["20261127010203Z PC%201"], "position": POSITION}
    centre, ssh = servers(Outcome(0, json.dumps(said), ""))
    assert Revoked(["PC 1"], POSITION) == centre.revoke("an", ["PC 1"])
    ((host, _, stdin),) = ssh.asked
    assert ("dir1", [TOP, "an", ["PC%201"]]) == (host, asked(stdin)[2])


def test_a_failure_is_not_taken_for_no_client_password() -> None:
    """A provider that does not answer has not revoked anything."""

    class Down:
        def run(self, *_: Any, **__: Any) -> str:
            raise HostFailed("gone")

    centre, _ = servers(Outcome(0, "", ""))
    broken: Any = Down()
    with pytest.raises(HostFailed, match="gone"):
        replace(centre, ssh=broken).revoke("an", ["PC"])


def test_a_slip_says_what_it_is_for(tmp_path: Path) -> None:
    """Label and password, that it stays valid, and to report a lost device; no deadline."""
    (one,) = make_clients([AN], PHONE)
    (text,) = texts(pdf([one], OCCASION), tmp_path)
    flat = " ".join(text.split())
    for part in (one.password, PHONE, "MẬT KHẨU ỨNG DỤNG THƯ", "thu hồi", "993", "465", "Điều 8"):
        assert part in flat
    assert "636" not in flat.replace(one.password, "")  # which is random
    assert "27/12/2026" not in flat


def test_the_journal_tells_of_them() -> None:
    """What was issued or revoked, with its label, and no secret."""
    record = Record(id="1", commit="c", data="d", on="2026-11-27", who="a", started="s")
    (one,) = make_clients([AN], PHONE)
    line = evidence.finished(record, "dir1", [one], NOW, reset=False)
    assert f"Nguyễn Văn An: a client password was issued: {PHONE} [credential an]" in line
    assert one.hash not in line
    line = evidence.revoked(record, "dir1", AN, ["PC", "b"], NOW)
    assert "a client password was revoked: b [credential an]" in line


class Provider:
    """Hosts of which somebody has `number` client passwords; nothing may be set there."""

    def __init__(self, number: int) -> None:
        self.number = number

    def sign_ins(self) -> SignIns:
        """Let that person sign in."""
        return SignIns(frozenset({"le-van-bay"}), frozenset())

    def clients(self, person: str) -> tuple[ClientPassword, ...]:
        """List those of that person."""
        assert "le-van-bay" == person
        return tuple(ClientPassword(f"PC {each}", NOW) for each in range(1, self.number + 1))


TEN = ", ".join(f"PC {each}" for each in range(1, 11))
FULL = f"""\
error: le-van-bay has 10 client passwords already, and no more are possible: {TEN}
  fix: revoke one that is no longer used: hopthu credential revoke le-van-bay --label LABEL --basis ID lab
"""  # noqa: E501  (one line of the terminal)
TWICE = """\
error: le-van-bay has a client password PC 3 already
  fix: choose another label, or revoke that one first
"""


@pytest.mark.parametrize(
    ("number", "label", "said"), [(10, "Tablet", FULL), (10, "PC 3", TWICE), (9, "Tablet", "")]
)
def test_nobody_gets_more_than_ten(
    number: int, label: str, said: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """It is said before one is made, with the labels of those there are."""
    made: list[str] = []
    job = SimpleNamespace(loaded=read(Path(), today()), hosts=lambda: nullcontext(Provider(number)))
    monkeypatch.setattr("hopthu.cli.credential.begin_showing", lambda *_: job)
    monkeypatch.setattr(
        "hopthu.cli.credential.carry_out", lambda *given: made.append(given[-1].client)
    )
    arguments = ("credential", "client", "le-van-bay", "--label", label, "--basis", "x-1", "lab")
    assert (3 if said else 0) == main([*arguments])
    assert said == capsys.readouterr().err
    assert made == ([] if said else [label])


# --- From where which password signs in -----------------------------------------------------------
EITHER = {"all": Network(("0.0.0.0/0", "::/0"), ("read",))}
OFFICES = {
    "offices": Network(("10.0.0.0/8",), ("read",)),
    "guests": Network(("10.9.0.0/16",), ("read",), sign_in="client"),
    "internet": Network(("0.0.0.0/0", "::/0"), ("read",), sign_in="client"),
}


def test_with_either_own_passwords_sign_in_from_everywhere() -> None:
    """No range is written then."""
    assert own_password_ranges(EITHER) is None
    assert "remote " not in settings("access1", policy=Policy(networks=EITHER))


def test_of_two_ranges_the_smaller_decides() -> None:
    """And nothing is left of one that is taken whole."""
    ranges = own_password_ranges(OFFICES)
    assert ranges is not None
    assert lets_in(ranges, "10.38.0.0/16")
    assert not lets_in(ranges, "10.0.0.0/8")
    assert not lets_in(ranges, "10.9.1.0/24")
    assert not lets_in(ranges, "2001:db8::/32")
    same = {"a": Network(("10.0.0.0/8",), ()), "b": Network(("10.0.0.0/8",), (), sign_in="client")}
    assert () == own_password_ranges(same)


def test_no_range_is_everything() -> None:
    """Dovecot would apply it to a client without an address too, and to the other family."""
    ranges = own_password_ranges({
        "internet": EITHER["all"], "cpnet": Network(("10.0.0.0/8",), (), sign_in="client"),
    })  # fmt: skip
    assert ranges is not None
    assert {"::/1", "8000::/1", "0.0.0.0/5"} < set(ranges)
    assert not any(each.endswith("/0") for each in ranges)


@pytest.mark.parametrize("host", ["access1", "store1"])
def test_elsewhere_own_passwords_are_not_looked_for(host: str) -> None:
    """On both: the search finds nobody, so nothing is compared or counted."""
    text = settings(host, policy=Policy(networks=OFFICES))
    assert "passdb_ldap_filter = (|)\n" in text
    found = re.findall(r"remote (\S+) \{\npassdb_ldap_filter = (.*)\n\}", text)
    assert own_password_ranges(OFFICES) == tuple(network for network, _ in found)
    assert all("(hopthuState=active)" in wanted for _, wanted in found)


@pytest.mark.parametrize("host", ["access1", "store1"])
def test_the_search_for_a_client_password_asks_for_state_and_hash(host: str) -> None:
    """The same person as with an own password, whatever the deadline of that."""
    text = settings(host, policy=Policy(networks=EITHER))
    own = re.findall(r"passdb_ldap_filter = (.*)", text)[0]
    client = re.findall(r"\nldap_filter = (.*hopthuClientPassword.*)", text)[0]
    common = own[: own.index("(|(!(pwdReset")]
    assert client == f"{common}(hopthuClientPassword=%{{password | sha256 | hexlify}} *))"


def test_nobody_reads_them_but_replicas_and_root() -> None:
    """Sign-in searches by them; the rule comes before those that let anybody read."""
    configured = rules(slapd_conf(CENTRE, "access1"))
    (rule,) = (each for each in configured if "hopthuClientPassword" in each)
    assert rule.endswith('by dn.exact="cn=local,dc=example,dc=vn" =s by * none')
    general = next(each for each in configured if each.startswith("access to * "))
    assert configured.index(rule) < configured.index(general)


def test_slips_that_were_not_drafted_are_made_at_the_end(tmp_path: Path) -> None:
    """A page for the own password and one for the client password, of each person."""
    own = Issued(AN, "bahu23-muka36-mavu78-tuho35", "{ARGON2}$hash")
    (client,) = make_clients([AN], PHONE)
    assert [] == list(Printing({"stc": tmp_path / "stc.pdf"}, OCCASION).write([own, client]))
    pages = texts((tmp_path / "stc.pdf").read_bytes(), tmp_path)
    assert [True, True] == [
        one.password in page for one, page in zip((own, client), pages, strict=True)
    ]
