"""What an apply would change on a host, from what it has."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from hopthu.daemons.site import Site
from hopthu.errors import HostFailed
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.operations.host_state import ManagedFiles, signature
from hopthu.plan.host_changes import OnHost
from hopthu.render.files import File
from hopthu.servers import file_diff
from hopthu.servers.file_diff import differing, read_hosts
from hopthu.ssh import Ssh

BACKUP = Host("backup1", "backup1.lab.gov.vn", "10.88.0.61", frozenset({"backup"}))
FILE = File(b"x")
SERVER = "/etc/default/restic-rest-server"
RULES, PROGRAM = "/etc/hopthu/monitor/rules.yml", "/usr/local/lib/hopthu/measures/__main__.py"
FORMER = ManagedFiles(
    files=dict.fromkeys((SERVER, RULES, PROGRAM), signature(FILE)),
    managed={
        "backup-server": frozenset({SERVER}),
        "exporter": frozenset({PROGRAM}),
        "monitor": frozenset({RULES}),
        "postfix": frozenset({"/etc/postfix/main.cf"}),
        "of-a-package": frozenset({"/etc/other"}),
    },
    units=frozenset({"prometheus.service", "hopthu-measures.timer", "restic-rest-server.service"}),
)
"""A host that was a monitor when the centre had one; Postfix of it is long gone."""


def test_what_a_host_needs_no_more_is_stopped_and_removed() -> None:
    """Of its former roles and of those that it has; of what no record describes nothing is."""
    gone = {PROGRAM: "remove", RULES: "remove"}
    stopped = ("hopthu-measures.timer", "prometheus.service")
    wanted = {"backup-server": {SERVER: FILE}, "exporter": {}}
    assert OnHost("backup1", gone, {}, stopped=stopped) == differing(BACKUP, wanted, FORMER)
    monitor = replace(BACKUP, roles=frozenset({"backup", "monitor"}))
    whole = {**wanted, "exporter": {PROGRAM: FILE}, "monitor": {RULES: FILE}}
    measures = "/etc/systemd/system/hopthu-measures.timer"
    whole["exporter"][measures] = FILE
    assert {measures: "create"} == differing(monitor, whole, FORMER).files
    assert () == differing(monitor, whole, FORMER).stopped


def test_a_host_of_an_earlier_version_keeps_what_it_may_need() -> None:
    """It has no list: what runs of a daemon that is to keep nothing here goes, nothing else."""
    before = replace(FORMER, units=None)
    found = differing(BACKUP, {"backup-server": {SERVER: FILE}, "exporter": {}}, before).stopped
    assert {"postfix.service", "prometheus.service", "hopthu-measures.timer"} < {*found}
    assert "restic-rest-server.service" not in found
    assert "rspamd.service" not in found


def test_hosts_that_an_apply_leaves_out_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them may have burnt: then it is left out in order that the others can be changed."""

    def asked(host: Host, *_: object) -> OnHost:
        if host.name == "access2":
            raise HostFailed("cannot reach access2")
        return OnHost(host.name, {"/etc/motd": "change"}, {})

    monkeypatch.setattr(file_diff, "_of_host", asked)
    hosts = tuple(replace(BACKUP, name=name) for name in ("access1", "access2"))
    data = {host.name: {} for host in hosts}
    inventory = Inventory(Path("x.py"), Centre("x", hosts), data, {})
    (found,) = read_hosts(inventory, cast(Site, None), Ssh(), ["access1"])
    assert "access1" == found.host
    with pytest.raises(HostFailed, match="access2"):
        read_hosts(inventory, cast(Site, None), Ssh())
