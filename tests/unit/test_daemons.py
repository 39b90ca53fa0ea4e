"""The records of daemons: each duty is met, and nothing is named that is not there."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from hopthu.daemons import registry
from hopthu.daemons.record import Daemon
from hopthu.errors import UsageError
from hopthu.inventory.roles import roles
from hopthu.inventory.topology import Host
from hopthu.render.files import File
from hopthu.verify.catalogue import PROBES

ROOT = Path(__file__).parents[2]
DUTIES = ("packages", "versions", "services", "file_sets", "health", "probes")
FILE = File(b"")
NAMES = [daemon.name for daemon in registry.daemons()]


@pytest.fixture(params=registry.daemons(), ids=NAMES)
def daemon(request: pytest.FixtureRequest) -> Daemon:
    """Each daemon in turn."""
    found: Daemon = request.param
    return found


def test_a_duty_is_met_or_exempt_with_a_reason(daemon: Daemon) -> None:
    """What a daemon lacks is argued in its record."""
    unmet = {duty for duty in DUTIES if not getattr(daemon, duty)}
    # Health rests on the services of a daemon; only those that answer something have more.
    assert unmet - {"health"} == daemon.exempt.keys() - {"health"}
    assert all(daemon.exempt.values())


def test_everything_a_record_names_exists(daemon: Daemon) -> None:
    """Its roles, its folder of templates, its probes, the daemons before it."""
    assert set(daemon.roles) <= roles().keys()
    assert (ROOT / "templates" / daemon.name).is_dir()
    assert set(daemon.probes) <= {probe.id for probe in PROBES}
    assert set(daemon.after) <= set(NAMES)


def test_every_part_belongs_to_a_daemon() -> None:
    """A deploy, or a folder of templates, that no record names would never be used."""
    special = {path.stem for path in (ROOT / "deploys").glob("*.py")} - {
        "__init__",
        "daemon",
        "site",
    }
    assert special <= {*NAMES}
    assert all(callable(import_module(f"deploys.{name}").deploy) for name in special)
    assert {path.name for path in (ROOT / "templates").iterdir()} == set(NAMES)


def test_services_of_the_deploys_are_known() -> None:
    """A unit a deploy asks about, that no record names, costs every host two questions more."""
    expected = {f"{word}.service" for word in ("slapd", "dovecot", "postfix", "rspamd", "nftables")}
    assert expected <= {*registry.units()}
    assert "clamav-daemon.socket" in registry.units()


WHOLE = ("edge", "access", "store", "directory", "backup", "monitor", "operator")


@pytest.mark.parametrize("mirror", ["", "https://mirror.lab.gov.vn"])
def test_a_unit_runs_where_its_file_is(mirror: str) -> None:
    """Or the drop-in file of it; services where their record says so."""
    host = Host("all1", "all1.lab.gov.vn", "10.88.0.9", frozenset(WHOLE), signature_mirror=mirror)
    path = "/etc/systemd/system/"
    files = {
        "clamav-units": {f"{path}clamav-daemon.socket.d/hopthu.conf": FILE},
        "backup": {
            f"{path}hopthu-backup-mail.timer": FILE,
            f"{path}hopthu-backup-mail.service": FILE,
        },
        "monitor": {f"{path}prometheus.service.d/hopthu.conf": FILE},
    }
    known = {daemon.name: daemon for daemon in registry.daemons()}
    fresh = ("clamav-freshclam.service",) if mirror else ()
    assert ("clamav-daemon.socket", "clamav-daemon.service", *fresh) == (
        known["clamav"].kept_running(host, files)
    )
    assert ("hopthu-backup-mail.timer", "restic-rest-server.service") == (
        known["backup"].kept_running(host, files)
    )
    assert () == known["rspamd"].kept_running(host, files)


def test_order_of_the_deploys() -> None:
    """What everything rests on comes first, what accepts mail late, what has it reconnect last."""
    assert ["base", "openldap"] == NAMES[:2]
    assert ["postfix", "reconnect"] == NAMES[-2:]
    assert NAMES.index("rspamd") < NAMES.index("dovecot")


def test_daemons_that_wait_for_each_other_are_refused() -> None:
    """An order that cannot be is a sentence, no traceback."""
    module = import_module("hopthu.daemons.valkey")
    first = replace(module.DAEMON, name="a", after=("b",))
    second = replace(module.DAEMON, name="b", after=("a",))
    with pytest.raises(UsageError, match="wait for each other: "):
        registry.ordered({"a": first, "b": second})
