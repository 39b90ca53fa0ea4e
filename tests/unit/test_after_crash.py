"""What a store does before Dovecot starts after a crash: locks, torn indexes, letters twice."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from hopthu.daemons import dovecot
from hopthu.desired.state import desired
from hopthu.inventory.topology import Centre, Host
from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy
from hopthu.remote.host import after_crash
from hopthu.render.context import Context

NOW = int(time.time())
OURS = """\
Return-Path: <a@example.org>
Received: from access1.gov.vn ([10.88.0.12])
\tby store1.gov.vn with LMTP id LMTPOWN
\tfor <an@gov.vn>; Tue, 1 Dec 2026 20:00:00 +0000
Received: from mx.example.org (unknown [192.0.2.1])
\tby edge1.gov.vn (Postfix) with ESMTPS id {id}
\tfor <an@gov.vn>; Tue, 1 Dec 2026 20:00:00 +0000 (UTC)
Received: by mx.example.org (Postfix) with ESMTPS id ELSEWHERE; Tue, 1 Dec 2026 19:59:59 +0000

Received: by x (Postfix) with SMTP id INTHEBODY
"""
NOT_OURS = """\
Received: from store2.gov.vn by store1.gov.vn with LMTP id LMTPOWN
Received: by store2.gov.vn with LMTP id OTHERSTORE
Received: by edge1.gov.vn (Postfix) with ESMTPS id {id}; Tue, 1 Dec 2026 19:59:59 +0000

"""


@dataclass(frozen=True)
class Store:
    """The mail of a store, and the scripts that were written for it."""

    mail: Path
    scripts: Path

    def letter(self, place: str, text: str, age: float = 0, stored: float | None = None) -> Path:
        """Put a message into a folder, which changes now; it has an age, and its name has one."""
        folder = self.mail / place
        folder.mkdir(parents=True, exist_ok=True)
        name = int(NOW - (age if stored is None else stored))
        path = folder / f"{name}.M{len([*folder.iterdir()])}.host:2,"
        path.write_text(text)
        os.utime(path, (NOW - age, NOW - age))
        os.utime(folder, (NOW, NOW))
        return path

    def index(self, place: str, age: float) -> Path:
        """Make an index for searches, whose parts have an age."""
        folder = self.mail / place / "fts-flatcurve"
        for part, more in (("index.42", 9999), ("current.17", 0)):
            (folder / part).mkdir(parents=True)
            (folder / part / "iamglass").touch()
            os.utime(folder / part, (NOW - age - more, NOW - age - more))
        return folder

    def tidied(self) -> dict[str, str]:
        """Return the scripts by mailbox."""
        after_crash.tidy(str(self.mail))
        return {each.stem: each.read_text() for each in self.scripts.iterdir()}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    found = Store(tmp_path / "mail", tmp_path / "scripts")
    monkeypatch.setattr(after_crash, "SCRIPTS", found.scripts)
    return found


def ids(script: str) -> list[str]:
    return re.findall(r'"id (\w+)"', script)


def test_dovecot_reads_what_is_written() -> None:
    assert Path(dovecot.LAST_LETTERS) == after_crash.SCRIPTS


# --- Dovecot ----------------------------------------------------------------------------------


def tidying(role: str) -> dict[str, str]:
    """Return what is around Dovecot on a host with a role."""
    host = Host("store2", "store2.gov.vn", "10.88.0.33", frozenset({role}), ("store2",))
    state = desired(Organisation({}, {}), Policy(), date(2026, 11, 30))
    files = dovecot.tidying(Context(host, Centre("c", (host,)), state, Policy(), {}))
    return {path: file.content.decode() for path, file in files.items()}


@dataclass(frozen=True)
class Started:
    """A host that starts and stops Dovecot as systemd does."""

    folder: Path

    def run(self, setting: str) -> None:
        """Run the commands of a setting, which may fail."""
        files = tidying("store")
        drop_in = files["/etc/systemd/system/dovecot.service.d/after-crash.conf"]
        program = f"/usr/bin/python3 -IS {dovecot.AFTER_CRASH}"
        for line in re.findall(f"^{setting}=-(.*)$", drop_in, re.MULTILINE):
            here = line.replace(program, f"touch {self.folder}/walked")
            script = files.get(line.removeprefix("/bin/sh "))
            text = (script or here).replace(dovecot.MAIL, f"{self.folder}/mail")
            text = text.replace("seq 150", "seq 3")
            text = re.sub("processes=.*", f"processes={self.folder}/processes", text)
            command = ["sh", "-c", text] if script else shlex.split(text)
            subprocess.run(command, check=False)

    def start(self) -> bool:
        """Start Dovecot; return whether the mail was tidied before."""
        (self.folder / "walked").unlink(missing_ok=True)
        self.run("ExecStartPre")
        return (self.folder / "walked").exists()

    def stop(self, *processes: int) -> None:
        """Have Dovecot end in order; some of its processes outlive it."""
        lines = "".join(f"{each}\n" for each in processes)
        (self.folder / "processes").write_text(lines)
        self.run("ExecStop")


def test_the_mail_is_tidied_unless_dovecot_has_ended_in_order(tmp_path: Path) -> None:
    """On every store. If Dovecot dies, its host does, or it was not yet there, nothing is run."""
    (tmp_path / "mail").mkdir()
    host = Started(tmp_path)
    assert host.start(), "new, or an earlier release"
    assert host.start(), "without power"
    host.stop()
    assert not host.start()
    assert host.start(), "without power again"


def test_what_outlives_dovecot_is_ended_and_has_to_have_gone(tmp_path: Path) -> None:
    """A delivery may have stored a letter and not said so, which systemd would kill."""
    (tmp_path / "mail").mkdir()
    host = Started(tmp_path)
    with subprocess.Popen(["sleep", "60"]) as session:
        host.stop(session.pid)  # as long as this waits for it
        assert -signal.SIGTERM == session.wait(10)
    assert host.start()


def test_only_a_store_has_mail_to_tidy() -> None:
    assert {} == tidying("access")


# --- Letters ----------------------------------------------------------------------------------


def test_the_queue_ids_of_the_last_letters_are_noted_by_mailbox(store: Store) -> None:
    """The id that Postfix handed them in with: not Dovecot's, nor one of elsewhere."""
    store.letter("people/an/Maildir/new", OURS.format(id="4aNEW"))
    store.letter("people/an/Maildir/cur", OURS.format(id="4aSEEN"))
    store.letter("people/an/Maildir/Hồ sơ/2026/new", OURS.format(id="4aFILED"))
    store.letter("people/an/Maildir/new", OURS.format(id="4aOLD"), age=700)
    store.letter("people/an/Maildir/new", OURS.format(id="4aMOVED"), age=700, stored=0)
    store.letter("people/an/Maildir/tmp", OURS.format(id="4aHALF"))
    store.letter("people/binh/Maildir/cur", "Subject: of their own\n\nx\n")
    store.letter("units/stc/Maildir/new", OURS.format(id="4aUNIT"))
    found = store.tidied()
    assert {"an", "stc"} == found.keys()
    assert ["4aFILED", "4aNEW", "4aSEEN"] == sorted(ids(found["an"]))
    assert ["4aUNIT"] == ids(found["stc"])


def test_what_a_unit_sends_is_told_from_what_it_receives(store: Store) -> None:
    """A letter to itself is in INBOX and Sent under one id, and one of the two may be missing."""
    store.letter("units/stc/Maildir/Sent/new", OURS.format(id="4aBOTH"))
    for folder in ("2026/Sent", "Sent/2026", "Maildir/Sent"):
        store.letter(f"units/stc/Maildir/{folder}/new", OURS.format(id="4aFILED"))
    sent, filed = re.findall(r"allof.*[)]", store.tidied()["stc"])
    to, has = 'envelope :detail "to" "Sent"', 'header :index 2 :contains "Received"'
    assert f'allof({to}, {has} ["id 4aBOTH"])' == sent
    three = ", ".join(['"id 4aFILED"'] * 3)
    assert f"allof(not {to}, {has} [{three}])" == filed


def test_no_header_of_the_sender_is_taken_for_one_of_ours(store: Store) -> None:
    """Below ours anybody can write what they like; the script looks at ours alone too."""
    store.letter("people/an/Maildir/new", NOT_OURS.format(id="4aFORGED"))
    store.letter("people/an/Maildir/new", OURS.format(id="4aLONG" + "x" * 99))
    store.letter("people/an/Maildir/new", OURS.format(id='4a"], true) {stop;}'))
    store.letter("people/an/Maildir/new", "Received: x (Postfix) with SMTP id 4aFIRST\n\n")
    assert ["4a"] == [each for script in store.tidied().values() for each in ids(script)]


def test_the_last_of_many_letters_are_noted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script has a limit, and whoever fills their own mailbox keeps nobody else waiting."""
    monkeypatch.setattr(after_crash, "_MOST", 2)
    for age in (3, 1, 2):
        store.letter("people/an/Maildir/new", OURS.format(id=f"4aAGE{age}"), age=age)
    assert ["4aAGE1", "4aAGE2"] == ids(store.tidied()["an"])


def test_messages_of_before_are_not_even_asked_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mailbox can have millions of them, and its owner can change the folder at any time."""
    store.letter("people/an/Maildir/new", OURS.format(id="4aOLD"), age=700)
    monkeypatch.setattr(after_crash, "_id", None)
    assert {} == store.tidied()


def test_a_clock_that_was_wrong_once_hides_nothing(store: Store) -> None:
    folder = store.letter("people/binh/Maildir/new", "x").parent
    store.letter("people/an/Maildir/new", OURS.format(id="4aNEW"))
    os.utime(folder, (NOW + 10**8, NOW + 10**8))
    assert ["4aNEW"] == ids(store.tidied()["an"])


def test_scripts_of_before_are_removed(store: Store) -> None:
    """Also when nothing is there; Dovecot, which is not root, keeps there what it compiled."""
    put = store.letter("people/an/Maildir/new", OURS.format(id="4aNEW"))
    if os.getuid() == 0:
        for each in (store.mail / "people" / "an", put):
            os.chown(each, 5000, 5000)
    assert store.tidied()
    modes = [each.stat().st_mode & 0o777 for each in store.scripts.iterdir()]
    assert ([0o644], 0o711) == (modes, store.scripts.stat().st_mode & 0o777)
    assert put.stat().st_uid == store.scripts.stat().st_uid
    put.unlink()
    assert {} == store.tidied()
    assert {} == Store(store.mail / "nothing", store.scripts).tidied()


def test_nothing_but_messages_is_read(store: Store, tmp_path: Path) -> None:
    """Whoever writes to mailboxes puts links and pipes there; no root follows or waits."""
    folder = store.letter("people/an/Maildir/new", "x").parent
    secret = tmp_path / "secret"
    secret.write_text(OURS.format(id="4aSECRET"))
    os.mkfifo(folder / f"{NOW}.pipe")
    (folder.parent / "cur").symlink_to(tmp_path / "nothing")
    elsewhere = Store(tmp_path, store.scripts)
    elsewhere.letter("elsewhere/new", OURS.format(id="4aELSEWHERE"))
    (tmp_path / "elsewhere" / "x.lock").touch()
    (folder.parent / "out").symlink_to(tmp_path / "elsewhere")
    (store.mail / "people" / "binh").symlink_to(tmp_path / "elsewhere")
    (store.mail / "people" / "chi").mkdir()
    (store.mail / "people" / "chi" / "Maildir").symlink_to(tmp_path / "elsewhere")
    assert {} == store.tidied()
    (folder / f"{NOW}.link").symlink_to(secret)
    assert {} == store.tidied()
    assert (tmp_path / "elsewhere" / "x.lock").exists()


# --- Locks, indexes ---------------------------------------------------------------------------


def test_locks_are_not_looked_for_among_messages(store: Store) -> None:
    """There are millions of them, and mail waits meanwhile."""
    top = store.mail / "people" / "u1" / "Maildir" / "Hồ sơ"
    for folder in ("cur", "new", "tmp"):
        (top / folder).mkdir(parents=True)
        (top / folder / "1.lock").touch()
    (top / "x.lock").mkdir()
    locks = [top / "dovecot-uidlist.lock", store.mail / "people" / "u1" / "index" / "a.lock"]
    for each in locks:
        each.parent.mkdir(exist_ok=True)
        each.touch()
    assert after_crash.tidy(str(store.mail)).startswith("2 locks and 0 indexes")
    assert [False, False] == [each.exists() for each in locks]
    assert 4 == len([*store.mail.rglob("*.lock")])


def test_indexes_that_were_being_written_are_made_anew(store: Store) -> None:
    """As a whole: Dovecot adds what came after the last message that it finds in one."""
    torn = [store.index("people/an/index/INBOX", 60), store.index("units/stc/readers/Sent", 0)]
    kept = [
        store.index("people/an/index/Hồ sơ", 300),
        store.index("people/an/Maildir", 0),  # a folder of mail that is called so
    ]
    store.letter("people/an/Maildir/new", "x")
    assert after_crash.tidy(str(store.mail)).startswith("0 locks and 2 indexes")
    assert [False, False, True, True] == [each.exists() for each in (*torn, *kept)]


def test_deep_folders_hinder_nobody(store: Store) -> None:
    """People name folders, and rename them into others."""
    store.letter("people/binh/Maildir/new", OURS.format(id="4aNEW"))
    deep = str(store.mail / "people")
    for _ in range(sys.getrecursionlimit() + 100):
        Path(deep := f"{deep}/a").mkdir()
    lock = Path(deep, "x.lock")
    lock.touch()
    assert ["binh"] == [*store.tidied()]
    found = lock.exists()
    subprocess.run(["rm", "-r", store.mail], check=True)
    assert not found


def test_what_cannot_be_read_keeps_no_other_mailbox_from_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file system may be damaged after a crash."""
    for name in ("an", "binh"):
        store.letter(f"people/{name}/Maildir/new", OURS.format(id="4aNEW"))
    scan = os.scandir

    def damaged(path: str) -> object:
        if path.endswith("/an/Maildir"):
            raise OSError(117, "Structure needs cleaning", path)
        return scan(path)

    monkeypatch.setattr(after_crash.os, "scandir", damaged)
    assert ["binh"] == [*store.tidied()]
    assert "needs cleaning" in capsys.readouterr().err
