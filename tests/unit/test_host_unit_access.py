"""Changing access on a store: one connection to Dovecot, which stops at the first failure."""

import os
import pwd
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hopthu.remote.host import baseline_access, doveadm, unit_access
from hopthu.remote.host.state import Failed
from hopthu.remote.host.unit_access import Changes

OWNER = pwd.getpwuid(os.getuid()).pw_name
ALL: Changes = {
    "revoked": [("stc", "-x\ty", "user=an")],
    "emptied": [],
    "granted": [("stc", "binh")],
    "listed": ["shared/shared-boxes/user/binh/stc"],
    "subscribed": [("binh", ["Đơn vị/stc", "Đơn vị/stc/Sent"])],
    "ended": ["an"],
}
KICKED = "a session was ended"


class Server(socketserver.UnixStreamServer):
    """Dovecot's server, which answers as in its manual; `fails` are commands that it refuses."""

    def __init__(self, path: Path) -> None:
        """Listen at `path`."""
        super().__init__(str(path), Connection)
        self.kicked = path.with_name("kicked")
        self.fails, self.asked, self.connections = dict[str, str](), list[str](), 0


class Connection(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        """Answer until the other end closes it."""
        assert isinstance(self.server, Server)
        self.server.connections += 1
        assert self.rfile.readline() == b"VERSION\tdoveadm-server\t1\t0\n"
        self.wfile.write(b"+\n")
        for line in self.rfile:
            if self.server.kicked.exists() and KICKED not in self.server.asked:
                self.server.asked.append(KICKED)
            self.server.asked.append(line.decode().rstrip("\n"))
            command = self.server.asked[-1].split("\t")[2]
            self.wfile.write(f"\n{self.server.fails.get(command, '+')}\n".encode())


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server, and a `doveadm` that notes whom it is to kick."""
    path = tmp_path / "socket"
    monkeypatch.setattr(doveadm, "SOCKET", str(path))
    tool = tmp_path / "tools" / "doveadm"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/kicked\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    with Server(path) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def change(folder: Path, changes: Changes) -> None:
    unit_access.change(changes, ["lookup", "read"], str(folder / "map"), OWNER)


def test_all_goes_by_one_connection(server: Server, tmp_path: Path) -> None:
    """Rights are taken, and sessions ended, before any is given; the map is written whole."""
    change(tmp_path, ALL)
    assert [
        "\tstc\tacl delete\t--\t-x\x01ty\tuser=an",
        KICKED,
        "\tstc\tacl set\tINBOX\tuser=binh\tlookup\tread",
        "\tbinh\tmailbox subscribe\tĐơn vị/stc\tĐơn vị/stc/Sent",
    ] == server.asked
    assert 1 == server.connections
    assert "shared/shared-boxes/user/binh/stc\n1\n" == (tmp_path / "map").read_text()
    assert "kick an\n" == (tmp_path / "kicked").read_text()


@pytest.mark.parametrize(("command", "asked"), [("acl delete", 1), ("acl set", 3)])
def test_nothing_follows_a_failure_but_the_end_of_sessions(
    server: Server, tmp_path: Path, command: str, asked: int
) -> None:
    """Neither rights for others nor the list of them; the reason names mailbox and command."""
    server.fails[command] = "-NOUSER"
    with pytest.raises(Failed, match=f"doveadm {command} for stc: NOUSER"):
        change(tmp_path, ALL)
    assert asked == len(server.asked)
    assert not (tmp_path / "map").exists()
    assert "kick an\n" == (tmp_path / "kicked").read_text()


def test_sessions_end_though_others_do_not(server: Server, tmp_path: Path) -> None:
    """The first failure is told, and the map, by which the next run ends them, stays as it is."""
    tool = tmp_path / "tools" / "doveadm"
    tool.write_text(f"{tool.read_text()}[ $2 = binh ] || {{ echo no $2 >&2; exit 1; }}\n")
    with pytest.raises(Failed, match="doveadm: no an"):
        change(tmp_path, {**ALL, "ended": ["an", "binh", "chi"]})
    assert "kick an\nkick binh\nkick chi\n" == (tmp_path / "kicked").read_text()
    assert not (tmp_path / "map").exists()
    assert 1 == len(server.asked)


def test_access_to_closed_units_ends_without_dovecot(server: Server, tmp_path: Path) -> None:
    """It does not know them any more; a file that is gone is no failure."""
    acl = tmp_path / "dovecot-acl"
    acl.touch()
    gone = str(tmp_path / "nowhere" / "dovecot-acl")
    empty: Changes = {"revoked": [], "emptied": [str(acl), gone], "granted": [], "listed": [],
                      "subscribed": [], "ended": []}  # fmt: skip
    change(tmp_path, empty)
    assert not acl.exists()
    assert "" == (tmp_path / "map").read_text()
    assert 0 == server.connections


def test_the_map_is_not_written_through_a_link(server: Server, tmp_path: Path) -> None:
    """Its owner writes in its folder, too."""
    other = tmp_path / "other"
    other.write_text("secret")
    (tmp_path / "map.new").symlink_to(other)
    change(tmp_path, ALL)
    assert "secret" == other.read_text()
    assert "shared/shared-boxes/user/binh/stc\n1\n" == (tmp_path / "map").read_text()
    assert not (tmp_path / "map").is_symlink()


@pytest.mark.parametrize(
    "read",
    [
        lambda top: unit_access.granted(str(top), str(top / "map")),
        lambda _: [*baseline_access.access()],
    ],
)
def test_only_files_grant_access(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], object]
) -> None:
    """Others write there: a pipe is not waited for, a link is not followed."""
    monkeypatch.setattr(baseline_access, "UNITS", tmp_path)
    (tmp_path / "secret").write_text("root secret\n")
    for name in ("pipe", "link", "file"):
        (tmp_path / "stc/Maildir" / name).mkdir(parents=True)
    os.mkfifo(tmp_path / "stc/Maildir/pipe/dovecot-acl")
    (tmp_path / "stc/Maildir/link/dovecot-acl").symlink_to(tmp_path / "secret")
    (tmp_path / "stc/Maildir/file/dovecot-acl").write_text("user=an lr\n")
    assert ("user=an" in str(read(tmp_path)), "root" in str(read(tmp_path))) == (True, False)


def test_a_server_that_is_gone_is_told(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not taken for one that has done everything."""
    server.fails["acl set"] = "-"
    with pytest.raises(Failed, match="acl set for stc: failed"):
        change(tmp_path, ALL)
    monkeypatch.setattr(doveadm, "SOCKET", str(tmp_path / "nobody"))
    with pytest.raises(OSError, match="No such file"):
        change(tmp_path, ALL)
