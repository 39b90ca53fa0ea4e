"""Changing access on a store: files of rights, lists of subscriptions, sessions that end."""

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
    "revoked": [("stc/Maildir/Hồ\tsơ", ""), ("stc/Maildir", "user=chi lr\n")],
    "granted": [("stc/Maildir", "user=binh lr\nuser=chi lr\n")],
    "listed": ["shared/shared-boxes/user/binh/stc"],
    "subscribed": {"binh": ["Đơn vị/stc/INBOX", "Đơn vị/stc/Sent"]},
    "ended": ["an"],
}
SUBSCRIBED = "V\t2\n\nĐơn vị\tstc\tINBOX\nĐơn vị\tstc\tSent\n"


class Server(socketserver.UnixStreamServer):
    """Dovecot's server, which answers as in its manual; `fails` are commands that it refuses."""

    def __init__(self, path: Path) -> None:
        """Listen at `path`."""
        super().__init__(str(path), Connection)
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


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """Mailboxes of a unit, in two folders of which an has access, and of a person."""
    for folder in ("units/stc/Maildir/Hồ\tsơ", "people/binh/Maildir"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("units/stc/Maildir/Hồ\tsơ", "units/stc/Maildir"):
        (tmp_path / folder / "dovecot-acl").write_text("user=an lr\nuser=chi lr\n")
    return tmp_path


def change(folder: Path, changes: Changes) -> None:
    unit_access.change(changes, str(folder), str(folder / "map"), OWNER)


def acls(mail: Path) -> dict[str, str]:
    found = (mail / "units").rglob("dovecot-acl*")
    return {str(each.relative_to(mail / "units")): each.read_text() for each in found}


def test_all_is_written_without_dovecot(server: Server, mail: Path) -> None:
    """Rights, the map and a first list of subscriptions, whole and for their owner alone."""
    change(mail, ALL)
    assert {"stc/Maildir/dovecot-acl": "user=binh lr\nuser=chi lr\n"} == acls(mail)
    assert "shared/shared-boxes/user/binh/stc\n1\n" == (mail / "map").read_text()
    assert "kick an\n" == (mail / "kicked").read_text()
    home = mail / "people/binh/Maildir"
    assert SUBSCRIBED == (home / "subscriptions").read_text()
    assert ["subscriptions"] == [each.name for each in home.iterdir()]
    for each in (home / "subscriptions", mail / "units/stc/Maildir/dovecot-acl"):
        assert (0o100600, 1) == (each.stat().st_mode, each.stat().st_nlink)
    assert 0 == server.connections


@pytest.mark.parametrize("there", ["subscriptions", "subscriptions.lock"])
def test_dovecot_changes_the_lists_of_its_own(server: Server, mail: Path, there: str) -> None:
    """Also if it is just making one: nothing that somebody has subscribed to is lost."""
    home = mail / "people/binh/Maildir"
    (home / there).write_text("V\t2\n\nHồ sơ\n")
    change(mail, ALL)
    assert ["\tbinh\tmailbox subscribe\tĐơn vị/stc/INBOX\tĐơn vị/stc/Sent"] == server.asked
    assert {there: "V\t2\n\nHồ sơ\n"} == {each.name: each.read_text() for each in home.iterdir()}
    server.fails["mailbox subscribe"] = "-NOUSER"
    with pytest.raises(Failed, match="doveadm mailbox subscribe for binh: NOUSER"):
        change(mail, ALL)


def test_rights_end_before_any_is_granted(
    server: Server, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And sessions of those who have lost some, at a moment when the map is as it was."""
    tool = mail / "tools" / "doveadm"
    units = mail / "units/stc/Maildir"
    tool.write_text(f"#!/bin/sh\ncat '{units}/dovecot-acl' >{mail}/seen; ls {mail} >>{mail}/seen\n")
    change(mail, ALL)
    seen = (mail / "seen").read_text().splitlines()
    assert ("user=chi lr", False) == (seen[0], "map" in seen)


def test_nothing_follows_a_failure_but_what_ends_access(server: Server, mail: Path) -> None:
    """Rights of others, and all sessions, end; none are granted, and the map is as it was."""
    (mail / "units/skh").mkdir()
    (mail / "units/skh/Maildir").write_text("no folder")
    with pytest.raises(Failed, match="units/skh/Maildir is no folder"):
        change(mail, {**ALL, "revoked": [("skh/Maildir", "user=chi lr\n"), *ALL["revoked"]]})
    assert {"stc/Maildir/dovecot-acl": "user=chi lr\n"} == acls(mail)
    assert not (mail / "map").exists()
    assert "kick an\n" == (mail / "kicked").read_text()


def test_sessions_end_though_others_do_not(server: Server, mail: Path) -> None:
    """The first failure is told, and the map, by which the next run ends them, stays as it is."""
    tool = mail / "tools" / "doveadm"
    tool.write_text(f"{tool.read_text()}[ $2 = binh ] || {{ echo no $2 >&2; exit 1; }}\n")
    with pytest.raises(Failed, match="doveadm: no an"):
        change(mail, {**ALL, "ended": ["an", "binh", "chi"]})
    assert "kick an\nkick binh\nkick chi\n" == (mail / "kicked").read_text()
    assert not (mail / "map").exists()
    assert {"stc/Maildir/dovecot-acl": "user=chi lr\n"} == acls(mail)


def test_a_file_of_rights_that_is_gone_is_no_failure(server: Server, mail: Path) -> None:
    """Nor its folder, if it was to be removed; one that is to have rights has to be there."""
    gone = [("stc/Maildir/gone", ""), ("stc/Maildir", ""), ("stc/Maildir", "")]
    change(mail, {**ALL, "revoked": gone, "granted": []})
    assert ["stc/Maildir/Hồ\tsơ/dovecot-acl"] == [*acls(mail)]
    with pytest.raises(FileNotFoundError, match="units/moi"):
        change(mail, {**ALL, "granted": [("moi/Maildir", "user=an lr\n")]})


@pytest.mark.parametrize(
    "linked", ["units", "units/stc", "units/stc/Maildir", "people/binh", "people/binh/Maildir"]
)
def test_nothing_is_written_through_a_link(server: Server, mail: Path, linked: str) -> None:
    """Their owner, who may be anybody by then, would have root write elsewhere."""
    (mail / linked).rename(mail / "elsewhere")
    (mail / linked).symlink_to(mail / "elsewhere")
    before = sorted((mail / "elsewhere").rglob("*"))
    with pytest.raises(Failed, match="is no folder"):
        change(mail, {**ALL, "revoked": []})
    assert before == sorted((mail / "elsewhere").rglob("*"))


@pytest.mark.parametrize(
    "name",
    [
        "units/stc/Maildir/dovecot-acl",
        "units/stc/Maildir/dovecot-acl.new",
        "people/binh/Maildir/subscriptions",
        "people/binh/Maildir/subscriptions.lock",
    ],
)
def test_a_link_in_place_of_a_file_is_not_followed(server: Server, mail: Path, name: str) -> None:
    """It is replaced, or left to Dovecot."""
    (mail / "secret").write_text("secret")
    (mail / name).unlink(missing_ok=True)
    (mail / name).symlink_to(mail / "secret")
    change(mail, ALL)
    assert ("secret", OWNER) == ((mail / "secret").read_text(), (mail / "secret").owner())
    assert not (mail / "units/stc/Maildir/dovecot-acl").is_symlink()


def test_a_link_that_comes_to_be_meanwhile_is_not_followed(
    server: Server, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root would give a file of its own, whatever it is, another name in a mailbox."""
    secret, real = mail / "secret", unit_access.make_in
    secret.write_text("secret")

    def make_in(folder: int, name: str, text: str, owner: str) -> None:
        real(folder, name, text, owner)
        if name == "subscriptions.lock":
            os.unlink(name, dir_fd=folder)
            os.symlink(secret, name, dir_fd=folder)

    monkeypatch.setattr(unit_access, "make_in", make_in)
    change(mail, ALL)
    assert 1 == secret.stat().st_nlink


def test_who_cannot_be_subscribed_keeps_nobody_else_from_it(server: Server, mail: Path) -> None:
    """Nor from what is listed: whoever is listed is not subscribed another time."""
    folders = ALL["subscribed"]["binh"]
    with pytest.raises(FileNotFoundError, match="people/an"):
        change(mail, {**ALL, "subscribed": {"an": folders, "binh": folders}})
    assert SUBSCRIBED == (mail / "people/binh/Maildir/subscriptions").read_text()
    assert "shared/shared-boxes/user/binh/stc\n1\n" == (mail / "map").read_text()


def test_the_map_is_not_written_through_a_link(server: Server, mail: Path) -> None:
    """Its owner writes in its folder, too."""
    other = mail / "other"
    other.write_text("secret")
    (mail / "map.new").symlink_to(other)
    change(mail, ALL)
    assert "secret" == other.read_text()
    assert "shared/shared-boxes/user/binh/stc\n1\n" == (mail / "map").read_text()
    assert not (mail / "map").is_symlink()


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
    server: Server, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not taken for one that has done everything."""
    (mail / "people/binh/Maildir/subscriptions").touch()
    server.fails["mailbox subscribe"] = "-"
    with pytest.raises(Failed, match="mailbox subscribe for binh: failed"):
        change(mail, ALL)
    monkeypatch.setattr(doveadm, "SOCKET", str(mail / "nobody"))
    with pytest.raises(OSError, match="No such file"):
        change(mail, ALL)
