"""The operator's own accounts for probing: nobody else's, and in no address book."""

import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hopthu.daemons import postfix
from hopthu.desired.state import Desired, desired, with_probes
from hopthu.directory.contacts import contacts
from hopthu.directory.entries import entries, probes_dn, suffix
from hopthu.errors import HostFailed, Refused
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Outside, Policy, Probe
from hopthu.model.record_local import well_formed
from hopthu.model.sign_in_ranges import probe_ranges
from hopthu.render.context import Context
from hopthu.schema import formats
from hopthu.validate import Loaded, read
from hopthu.verify import accounts

GOLDEN = Path(__file__).parents[1] / "golden"
KEYS = {"host.pem": b"", "ca.pem": b""}
HOST = Host(
    "mail1", "mail1.example.vn", "10.88.0.11",
    frozenset({"edge", "access", "store", "directory"}), ("store1", "store2"),
)  # fmt: skip
CENTRE = Centre("c", (HOST,))


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return read(GOLDEN, date(2026, 6, 1))


def state(loaded: Loaded, policy: Policy | None = None) -> Desired:
    return desired(loaded.organisation, policy or loaded.policy, date(2026, 6, 1))


def test_nobody_else_can_have_their_ids_and_addresses(loaded: Loaded) -> None:
    """No id, address or reserved name of the data has a `_`."""
    found = state(loaded).probes
    assert found
    for each in found:
        assert not formats.ID.match(each.id)
        for local in each.addresses:
            assert not well_formed(local)
            assert not formats.RESERVED.match(local)


def test_each_store_with_mailboxes_has_all_of_them(loaded: Loaded) -> None:
    """A head, a delegate and the others; each account has a store of its own."""
    whole = state(loaded)
    stores = {m.store for m in whole.mailboxes}
    assert stores == {m.store for m in whole.probes}
    assert 10 * len(stores) == len({m.id for m in whole.probes})
    assert 2 * len(stores) == len(whole.probe_access)


def test_a_province_with_nobody_has_them(loaded: Loaded) -> None:
    """A centre is proven on its first day."""
    nobody = replace(loaded.organisation, people={}, units={})
    found = desired(nobody, loaded.policy, date(2026, 6, 1))
    assert {"store1"} == {m.store for m in found.probes}


def test_a_policy_without_them_has_none(loaded: Loaded) -> None:
    """Nothing of them is left in what is served."""
    without = state(loaded, replace(loaded.policy, probe=Probe()))
    assert () == without.probes == without.probe_access
    assert without.mailboxes == with_probes(without).mailboxes


def test_they_are_in_the_directory_and_in_no_address_book(loaded: Loaded) -> None:
    """They stand apart, and hold no address as people do."""
    whole = state(loaded)
    found = entries(whole, CENTRE, loaded.policy)
    apart = probes_dn(suffix(whole.domain))
    mine = {dn for dn in found if "probe_" in dn}
    assert len(whole.probes) == len(mine)
    assert all(dn.endswith(apart) for dn in mine)
    assert not [c for c in contacts(whole, lambda _: True) if "probe_" in str(c)]


def test_without_a_server_outside_nobody_outside_writes_to_them(loaded: Loaded) -> None:
    """Nor they to anybody outside."""

    def main_cf(outside: Outside) -> str:
        policy = replace(loaded.policy, probe=Probe(True, outside))
        found = postfix.files(Context(HOST, CENTRE, state(loaded, policy), policy, KEYS))
        return found["/etc/postfix/main.cf"].content.decode()

    closed = main_cf(Outside())
    assert re.search(r"(?m)^outside_to_probe = reject$", closed)
    assert re.search(r"(?m)^from_probe = check_recipient_access \$is_probe, reject$", closed)
    opened = main_cf(Outside("192.0.2.25", "example.org"))
    assert "check_client_access cidr:{ { 192.0.2.25 OK } }, reject" in opened
    assert "regexp:{ { /@example[.]org$$/ OK } }, reject" in opened, "no part of the domain either"


def test_those_of_the_monitor_write_to_their_own_kind_alone(loaded: Loaded) -> None:
    """Before other rules let accounts for probing write to each other, and outside."""
    found = postfix.files(Context(HOST, CENTRE, state(loaded), loaded.policy, KEYS))
    text = found["/etc/postfix/main.cf"].content.decode()
    assert re.search(r"(?m)^from_minute = check_recipient_access \$is_minute, reject$", text)
    (asked,) = re.findall(r"(?m)^    check_sender_access \$of_minute,\n    (.*),$", text)
    assert "check_recipient_access $for_probe" == asked
    assert "from_minute" in re.findall(r"(?m)^smtpd_restriction_classes =(.*)$", text)[0].split()


def test_the_monitor_writes_to_them_through_an_edge(loaded: Loaded) -> None:
    """By its address, beside the server outside, if there is one."""
    monitor = Host("monitor1", "monitor1.example.vn", "10.88.0.71", frozenset({"monitor"}))
    watched = Centre("c", (HOST, monitor))
    for outside, before in (Outside(), ""), (Outside("192.0.2.25", "example.org"), "192.0.2.25"):
        policy = replace(loaded.policy, probe=Probe(True, outside))
        found = postfix.files(Context(HOST, watched, state(loaded, policy), policy, KEYS))
        (line,) = re.findall(
            r"(?m)^outside_to_probe = .*$", found["/etc/postfix/main.cf"].content.decode()
        )
        assert line.endswith(" reject")
        assert [*filter(None, (before, "10.88.0.71"))] == re.findall(r"cidr:{ { (\S+) OK } }", line)


@pytest.mark.parametrize(
    "outside", [Outside("192.0.2.25 OK } }", "example.org"), Outside("192.0.2.25", "x = OK }, { y")]
)
def test_a_hostile_server_outside_is_refused(loaded: Loaded, outside: Outside) -> None:
    """Neither value may become a rule."""
    policy = replace(loaded.policy, probe=Probe(True, outside))
    with pytest.raises(ValueError, match=r"192\.0\.2\.25 OK|x = OK"):
        postfix.files(Context(HOST, CENTRE, state(loaded, policy), policy, KEYS))


def test_they_sign_in_from_networks_that_may_probe(loaded: Loaded) -> None:
    """And from no other."""
    assert ("10.38.0.0/16",) == probe_ranges(loaded.policy.networks)
    assert () == probe_ranges(Policy().networks)


def test_two_runs_do_not_take_each_others_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is refused while the first is there, in words; after it there is a next one."""
    monkeypatch.setattr(accounts, "_LOCK", str(tmp_path / "lock"))
    found = run_on(HOST)
    with (
        accounts._alone(found),
        pytest.raises(Refused, match="another run of `hopthu verify` uses the accounts"),
        accounts._alone(found),
    ):
        pytest.fail("the accounts are in use")
    with accounts._alone(found):
        pass


def test_a_lock_that_cannot_be_had_is_not_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says why."""
    monkeypatch.setattr(accounts, "_LOCK", str(tmp_path / "no" / "lock"))
    with (
        pytest.raises(HostFailed, match=r"cannot reach mail1: .*lock"),
        accounts._alone(run_on(HOST)),
    ):
        pytest.fail("there is no lock")


@dataclass
class Run:
    """A run on one host, which notes the changes of the directory."""

    site: Any
    domain: str
    changes: list[str]
    passwords: dict[str, str]

    def command(self, _: object, script: str) -> list[str]:
        """Return what locks the accounts."""
        return ["sh", "-c", script]

    def on(self, _host: object, _command: str, *, stdin: bytes) -> str:
        """Take a change."""
        self.changes.append(stdin.decode())
        return "1"

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Return the hosts, which all answer."""
        return tuple(self.site.centre.hosts)

    def calls(self, _: object) -> Any:
        """Take what is asked of a host."""
        return lambda *_: None


def test_a_run_gives_the_accounts_of_the_monitor_no_password(
    loaded: Loaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have one; what else is set of all is taken away of them as well."""
    monkeypatch.setattr(accounts, "_LOCK", str(tmp_path / "lock"))
    monkeypatch.setattr(accounts, "directory_hash", lambda _: "{ARGON2}x")
    site = SimpleNamespace(centre=CENTRE, desired=state(loaded), policy=loaded.policy)
    found = Run(site, "example.vn", [], {})
    with accounts.with_passwords(cast(Any, found)) as running:
        assert {key for key in running.passwords if "_head_" in key}
        assert not {key for key in running.passwords if "_minute_" in key}
    given, taken = found.changes
    blocks = [each for each in given.split("\n\n") if "uid=probe_minute_" in each]
    assert len({each.store for each in site.desired.probes}) == len(blocks)
    assert "ARGON2" in given
    assert not [each for each in blocks if "ARGON2" in each]
    assert len(blocks) == taken.count("uid=probe_minute_")


def run_on(host: Host) -> Any:
    """Return what a run needs for its lock: the provider, whose scripts run here."""
    site = SimpleNamespace(centre=SimpleNamespace(provider=host))
    return SimpleNamespace(site=site, command=lambda _, script: ["sh", "-c", script])
