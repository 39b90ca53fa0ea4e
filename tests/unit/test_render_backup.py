"""What the hosts are given that make copies, and the one that keeps them."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hopthu.daemons import backup
from hopthu.daemons.base import system
from hopthu.desired.state import Desired
from hopthu.errors import UsageError
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Policy, Retention
from hopthu.remote.host.backup import _SEEING_MAIL_ALONE, _SENDING
from hopthu.render.context import Context

DOCS = Path(__file__).parents[2] / "docs"
DESIRED = Desired(date(2026, 6, 1), "example.vn", (), (), ())
MAIL = Host("mail1", "mail1.example.vn", "10.88.0.11", frozenset({"store", "directory", "access"}))
STORE = Host("store2", "store2.example.vn", "10.88.0.12", frozenset({"store"}))
OPERATOR = Host(
    "operator1", "operator1.example.vn", "10.88.0.51", frozenset({"operator"}), clone="/srv/mail"
)
EDGE = Host("edge1", "edge1.example.vn", "10.88.0.13", frozenset({"edge"}))
KEEPER = Host("backup1", "backup1.example.vn", "10.88.0.61", frozenset({"backup"}))
CENTRE = Centre("c", (KEEPER, EDGE, MAIL, OPERATOR, STORE))
KEYS = {
    "backup.key": b"mail1\nsign-in-word\nkey-word\n", "htpasswd": b"mail1:{SHA}x\n",
    "host.pem": b"one\n", "ca.pem": b"ca\n",
    "backup/mail1.key.age": b"wrapped", "backup/store2.key.age": b"other",
    "backup/operator1.key.age": b"third",
}  # fmt: skip


def context(host: Host, centre: Centre = CENTRE) -> Context:
    """Return the input of renderers."""
    return Context(host, centre, DESIRED, Policy(), KEYS)


def test_passwords_are_for_root_alone() -> None:
    """They stand in a file for each that keeps copies, in no unit and in no command."""
    other = replace(KEEPER, name="backup2", address="10.88.0.62")
    files = backup.files(context(MAIL, Centre("c", (*CENTRE.hosts, other))))
    having = [path for path, file in files.items() if b"-word" in file.content]
    assert ["/etc/hopthu/backup/to/backup1", "/etc/hopthu/backup/to/backup2"] == having
    for path, server in zip(having, ("61", "62"), strict=True):
        file = files[path]
        assert (0o600, "root", True) == (file.mode, file.owner, file.secret)
        where = f"HOPTHU_BACKUP=rest:https://10.88.0.{server}:8000/mail1\n"
        assert where.encode() in file.content
    assert files[having[0]].content.splitlines()[3] != files[having[1]].content.splitlines()[3]


@pytest.mark.parametrize(
    ("host", "kinds"),
    [
        (MAIL, {"mail", "directory", "records", "drill", "rebuild"}),
        (STORE, {"mail", "drill", "rebuild"}),
        (OPERATOR, {"records"}),
        (EDGE, set()),
    ],
)
def test_what_a_host_has_is_copied(host: Host, kinds: set[str]) -> None:
    """A store its mail, the provider directory and journal, the operator's host its clone."""
    files = backup.files(context(host))
    timers = {f"/etc/systemd/system/hopthu-backup-{kind}.timer" for kind in kinds}
    assert timers == {path for path in files if path.endswith(".timer")}


def test_who_keeps_copies_removes_old_ones() -> None:
    """After as many days as the policy says, with a program that has no password."""
    policy = replace(Policy(), retention=Retention(backup_days=35))
    files = backup.files(replace(context(KEEPER), policy=policy))
    text = files["/etc/systemd/system/hopthu-backup-prune.service"].content.decode()
    assert f"{backup.PROGRAM} prune /srv/hopthu-backup 35\n" in text
    assert "ReadWritePaths=/srv/hopthu-backup\n" in text
    assert not [path for path in files if "environment" in path]


@pytest.mark.parametrize("host", [MAIL, STORE, OPERATOR, KEEPER])
def test_all_of_it_has_a_share_of_the_memory(host: Host) -> None:
    """Who keeps a repository says what opening it costs, before a password is found to be wrong."""
    files = backup.files(context(host))
    limit = files["/etc/systemd/system/hopthu-backup.slice"].content
    assert b"MemoryMax=50%\n" in limit
    services = [file.content for path, file in files.items() if path.endswith(".service")]
    assert services
    assert all(b"Slice=hopthu-backup.slice\n" in each for each in services)
    assert "--slice=hopthu-backup.slice" in _SEEING_MAIL_ALONE


def test_what_opens_copies_lies_beside_them_encrypted() -> None:
    """As it is in the secrets folder: whoever has the age identity needs nothing else."""
    keys = {
        path.removeprefix(backup.KEYS): (file.content, file.mode)
        for path, file in backup.files(context(KEEPER)).items()
        if path.startswith(backup.KEYS)
    }
    assert {
        "/mail1.key.age": (b"wrapped", 0o600),
        "/store2.key.age": (b"other", 0o600),
        "/operator1.key.age": (b"third", 0o600),
    } == keys


@pytest.mark.parametrize(("host", "clone"), [(OPERATOR, " /srv/mail"), (MAIL, "")])
def test_the_clone_is_copied_where_hopthu_runs(host: Host, clone: str) -> None:
    """The journal alone elsewhere."""
    unit = backup.files(context(host))["/etc/systemd/system/hopthu-backup-records.service"]
    assert f"{backup.PROGRAM} records{clone}\n" in unit.content.decode()


def test_without_a_host_that_keeps_copies_none_are_made() -> None:
    """Nothing is installed that would fail every night."""
    alone = Centre("c", (MAIL,))
    assert {} == backup.files(context(MAIL, alone)) | backup.server(context(MAIL, alone))


@pytest.mark.parametrize(
    "hosts",
    [
        (replace(MAIL, roles=MAIL.roles | {"backup"}),),
        (MAIL, replace(KEEPER, roles=KEEPER.roles | {"operator"})),
    ],
)
def test_copies_are_kept_by_other_hosts(hosts: tuple[Host, ...]) -> None:
    """A copy on the disk that it was made from is lost with it."""
    with pytest.raises(UsageError, match="a host that keeps copies is neither"):
        backup.files(context(hosts[-1], Centre("c", hosts)))


def test_the_server_only_adds_and_keeps_hosts_apart() -> None:
    """A new certificate restarts it, for it reads the file at its start alone."""
    files = backup.server(context(KEEPER))
    text = files["/etc/default/restic-rest-server"].content.decode()
    for option in ("--append-only", "--private-repos", "--tls ", "--htpasswd-file"):
        assert option in text
    assert 0o640 == files["/etc/hopthu/backup/htpasswd"].mode
    other = replace(context(KEEPER), keys=KEYS | {"host.pem": b"another\n"})
    assert files != backup.server(other)


def test_only_hosts_that_make_copies_reach_the_server() -> None:
    """The edge, which the Internet reaches, does not."""
    text = system(context(KEEPER))["/etc/nftables.conf"].content.decode()
    comes, _, _ = text.partition("chain output")
    (line,) = [line for line in comes.splitlines() if "8000" in line]
    assert MAIL.address in line
    assert STORE.address in line
    assert EDGE.address not in line


def test_the_program_runs_with_what_is_installed(tmp_path: Path) -> None:
    """Every module that it imports is among its files; why it failed is kept."""
    for path, file in backup.files(context(MAIL)).items():
        if path.startswith(backup.PROGRAM):
            target = tmp_path / path.removeprefix("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.content)
    folder = tmp_path / backup.PROGRAM.removeprefix("/")
    kept = tmp_path / "state" / "copies"
    kept.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-IS", str(folder), "directory"],
        capture_output=True,
        text=True,
        check=False,
        env={"HOPTHU_STATE": str(kept.parent)},
    )
    why = "this host makes no copies: no host of its centre keeps them"
    assert (1, f"{why}\n") == (done.returncode, done.stderr)
    found = json.loads((kept / "directory").read_text())
    assert {"sent": {}, "failed": [why], "full": [], "good": 0.0} == found


PROMISES = {
    "lost-centre.md": "as the copy of a night takes, {mail} hours at most; of the rest {directory}",
    "dung-lai-trung-tam.md": "nhiều nhất {mail} giờ; đối với phần còn lại, nhiều nhất {directory}",
    "decisions/backup.md": "takes, {mail} hours at most; the directory {directory} hours at most.",
    "backup.md": "(mail {mail} hours, the rest {directory}: the time between two",
    "monitoring.md": "are kept | {mail} h; {directory} h for directory and records |",
    "canh-bao.md": "quá {mail} giờ;\n`directory`: danh bạ và `records`: hồ sơ, quá {records} giờ",
}


@pytest.mark.parametrize("page", PROMISES)
def test_pages_promise_what_timers_and_limits_allow(page: str) -> None:
    """Of what a host that burns loses, and how late a copy may be before somebody is called."""
    text = (DOCS / page).read_text(encoding="utf-8")
    assert PROMISES[page].format(**backup.OLD) in text
    assert backup.OLD["directory"] == backup.OLD["records"]


@pytest.mark.parametrize("kind", backup.EVERY)
def test_no_copy_is_late_while_nothing_is_wrong(kind: str) -> None:
    """Not when a copy takes as long as it may, after one that took no time; sending ends before."""
    when, spread = backup.WHEN[kind]
    assert backup.EVERY[kind] == (1 if when == "hourly" else 24)
    slowest = backup.EVERY[kind] + spread / 60 + backup.LONGEST[kind]
    assert slowest <= backup.OLD[kind] < slowest + 1
    assert _SENDING[kind] < backup.LONGEST[kind] * 3600
