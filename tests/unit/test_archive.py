"""Closed mailboxes go to the archive, are read there, and only then leave their stores."""

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pyrage
import pytest

from hopthu import fan_out
from hopthu.answers import answer
from hopthu.app import archive as archives
from hopthu.archive import hosts
from hopthu.archive.due import Archiving, Erasing, Over, Spreading, There, due, until
from hopthu.archive.kept import Kept, kept
from hopthu.archive.reading import compared
from hopthu.archive.sealing import Measured, opened, seal
from hopthu.daily.deployed import Deployed
from hopthu.desired.mailbox import Mailbox
from hopthu.errors import HostFailed, Refused
from hopthu.i18n.message import Message
from hopthu.model.organisation import Tenure
from hopthu.model.policy import Policy
from hopthu.remote.host import archived, archiving
from hopthu.remote.host.archived import Note
from hopthu.remote.host.archiving import HOME, MANIFEST
from hopthu.remote.host.manifest import Manifest, digest, files, fingerprint, folders
from hopthu.remote.host.moves import Place
from hopthu.remote.host.state import Failed

FLAGS = {"S": "\\Seen", "F": "\\Flagged", "a": "Gap"}
WHEN = datetime(2026, 3, 1, 8, 0, 0, 250_000, UTC)


def make(home: Path) -> Path:
    """Make a mailbox with messages in two folders, words, a filter and subscriptions."""
    for folder in ("Maildir", "Maildir/Đơn từ/2026"):
        for part in ("cur", "new", "tmp"):
            (home / folder / part).mkdir(parents=True)
    for path in ("cur/1.a:2,FS", "cur/2.a:2,", "Đơn từ/2026/cur/3.a:2,Sa"):
        message = home / "Maildir" / path
        message.write_text(f"thư {path}")
        os.utime(message, (WHEN.timestamp(), WHEN.timestamp()))
    (home / "Maildir/Đơn từ/2026/dovecot-keywords").write_text("0 Gap\n")
    (home / "Maildir/dovecot-uidlist").write_text("3 V1 N4\n")
    (home / "Maildir/subscriptions").write_text("V\t2\n\nĐơn từ\n")
    (home / "sieve").mkdir()
    (home / "sieve/loc.sieve").write_text("keep;")
    (home / ".dovecot.sieve").symlink_to("sieve/loc.sieve")
    return home


def manifest(home: Path, _index: Path | None = None, _readers: object = None) -> Manifest:
    """Return what Dovecot says of such a mailbox."""
    messages = []
    for folder, path in folders(home):
        for message in sorted((path / "cur").iterdir()):
            name, _, letters = message.name.partition(":2,")
            found = message.stat()
            moment = datetime.fromtimestamp(int(found.st_mtime), UTC)
            flags = " ".join(sorted(FLAGS[letter] for letter in letters))
            messages.append(
                [folder, str(len(messages)), name, f"{moment:%Y-%m-%d %H:%M:%S}", flags,
                 str(found.st_size), digest(message), ""]
            )  # fmt: skip
    names = [folder for folder, _ in folders(home)]
    return {"messages": messages, "files": files(home), "seen": {}, "folders": names}


def packed(work: Path, change: Callable[[Path], object] = lambda _home: None) -> io.BytesIO:
    """Return a mailbox as a store sends it, with a change after its manifest was taken."""
    home = make(work / HOME)
    (work / MANIFEST).write_text(json.dumps(manifest(home)))
    change(home)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.add(work / MANIFEST, MANIFEST)
        tar.add(home, HOME)
    out.seek(0)
    return out


def test_what_is_as_its_manifest_says_is_read(tmp_path: Path) -> None:
    """Flags, words, dates of less than a second, folders, filters; nothing is unpacked."""
    read = compared(packed(tmp_path))
    assert 3 == read.messages
    assert fingerprint(manifest(tmp_path / HOME)) == read.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        lambda home: (home / "Maildir/cur/1.a:2,FS").write_text("thư Cur/1.a:2,FS"),
        lambda home: (home / "Maildir/cur/1.a:2,FS").rename(home / "Maildir/cur/1.a:2,F"),
        lambda home: (home / "Maildir/Đơn từ/2026/dovecot-keywords").write_text("0 Khac\n"),
        lambda home: os.utime(home / "Maildir/cur/2.a:2,", (1, 1)),
        lambda home: (home / "Maildir/cur/2.a:2,").unlink(),
        lambda home: (home / "Maildir/cur/4.a:2,").write_text("x"),
        lambda home: (home / "Maildir/Đơn từ").rename(home / "Maildir/Khac"),
        lambda home: (home / "Maildir/Rỗng/cur").mkdir(parents=True),
        lambda home: (home / "sieve/loc.sieve").write_text("discard;"),
        lambda home: (home / "Maildir/subscriptions").unlink(),
    ],
    ids=["byte", "flag", "word", "date", "lost", "more", "folder", "empty", "filter", "list"],
)
def test_one_difference_is_found(tmp_path: Path, change: Callable[[Path], object]) -> None:
    """Whatever it is."""
    with pytest.raises(HostFailed, match="not what its manifest says"):
        compared(packed(tmp_path, change))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda home: (home / "Maildir/cur/x").symlink_to("/etc/passwd"), "does not belong"),
        (lambda home: os.mkfifo(home / "pipe"), "does not belong"),
        (lambda home: _again(home / ".dovecot.sieve", "../../other"), "points outside"),
        (lambda home: (home.parent / MANIFEST).write_text("{}"), "no manifest that can be read"),
    ],
)
def test_what_does_not_belong_in_a_mailbox_is_refused(
    tmp_path: Path, change: Callable[[Path], object], says: str
) -> None:
    """A store that was taken over can send anything."""
    with pytest.raises(HostFailed, match=says):
        compared(packed(tmp_path, change))


def _again(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


def test_names_lead_nowhere_else() -> None:
    """Neither above the mailbox nor beside it."""
    for name in ("home/../x", "/etc/passwd", "other"):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            text = json.dumps({"messages": [], "files": {}, "seen": {}}).encode()
            for each, content in ((MANIFEST, text), (name, b"")):
                info = tarfile.TarInfo(each)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        out.seek(0)
        with pytest.raises(HostFailed, match="does not belong in a mailbox"):
            compared(out)


KEY = pyrage.x25519.Identity.generate()


def sealed(plain: bytes) -> bytes:
    """Return what is in the archive."""
    out = io.BytesIO()
    seal(io.BytesIO(plain), out, KEY)
    return out.getvalue()


def test_what_was_sealed_is_opened() -> None:
    """With the digest and the size of what came."""
    plain = os.urandom(300_000)
    there = sealed(plain)
    measured = Measured(io.BytesIO(there))
    with opened(measured, KEY) as found:
        assert plain == found.read()
    assert len(there) == measured.size
    assert 64 == len(measured.sha256)


@pytest.mark.parametrize(
    "damage",
    [
        lambda there: there[:-1],
        lambda there: there[:100],
        lambda there: there[:0],
        lambda there: there[:200_000] + bytes([there[200_000] ^ 1]) + there[200_001:],
        lambda there: there[:-1] + bytes([there[-1] ^ 1]),
    ],
)
def test_damage_is_found(damage: Callable[[bytes], bytes]) -> None:
    """One bit, or an end that is missing, whatever was read before."""
    with (
        pytest.raises(HostFailed, match="cannot be decrypted"),
        opened(io.BytesIO(damage(sealed(os.urandom(300_000)))), KEY) as found,
    ):
        found.read()


def test_a_difference_is_what_is_said_of_what_is_whole(tmp_path: Path) -> None:
    """Although nothing more is looked at after the first one."""
    plain = packed(tmp_path, lambda home: os.mkfifo(home / "pipe")).getvalue()
    there = sealed(plain + bytes(300_000))
    with (
        pytest.raises(HostFailed, match="pipe does not belong in a mailbox"),
        opened(io.BytesIO(there), KEY) as found,
    ):
        compared(found)


def test_damage_is_what_is_said_of_a_tar_that_ends_early(tmp_path: Path) -> None:
    """Not that the tar does: why it does."""
    there = sealed(packed(tmp_path).getvalue())
    with (
        pytest.raises(HostFailed, match="cannot be decrypted"),
        opened(io.BytesIO(there[:-5000]), KEY) as found,
    ):
        compared(found)


def test_another_key_opens_nothing() -> None:
    """As whoever has the objects alone."""
    other = pyrage.x25519.Identity.generate()
    with (
        pytest.raises(HostFailed, match="cannot be decrypted"),
        opened(io.BytesIO(sealed(b"x")), other) as found,
    ):
        found.read()


# The host that keeps it


MAILBOX = "people/an"
ARRIVAL = "0" * 64


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host with an empty archive."""
    monkeypatch.setattr(archived, "TOP", tmp_path / "archive")
    return tmp_path / "archive"


def arrive(top: Path, monkeypatch: pytest.MonkeyPatch, content: bytes = b"sealed") -> Note:
    """Receive an object; return what is noted of it."""
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    archived.receive(MAILBOX, ARRIVAL)
    path = top / MAILBOX / f"{ARRIVAL}.new"
    return {"on": "2026-11-30", "sha256": digest(path), "size": len(content), "messages": 3}


def test_an_object_is_kept_once_it_was_read(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it has a note it is none; the next one takes its place."""
    arrive(top, monkeypatch, b"half of")
    assert {} == archived.notes()
    note = arrive(top, monkeypatch)
    assert b"sealed" == b"".join(archived.arrived(MAILBOX, ARRIVAL))
    archived.keep(MAILBOX, ARRIVAL, "a" * 64, note)
    assert {MAILBOX: {"a" * 64: note}} == archived.notes()
    assert ["a" * 64] == archived.sound(MAILBOX)
    assert b"sealed" == b"".join(archived.content(MAILBOX, "a" * 64))


def test_of_two_runs_at_once_the_first_keeps_nothing(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has read is gone; the other one's is not taken for it."""
    note = arrive(top, monkeypatch)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"half of")))
    archived.receive(MAILBOX, "1" * 64)
    with pytest.raises(FileNotFoundError):
        archived.keep(MAILBOX, ARRIVAL, "a" * 64, note)
    assert {} == archived.notes()


def test_a_damaged_object_is_not_erased(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """People look at it first."""
    archived.keep(MAILBOX, ARRIVAL, "a" * 64, arrive(top, monkeypatch))
    (top / MAILBOX / f"{'a' * 64}.age").write_bytes(b"sealeD")
    assert [] == archived.sound(MAILBOX)
    with pytest.raises(Failed, match="is not what was read there on 2026-11-30"):
        archived.erase(MAILBOX, "a" * 64)
    assert MAILBOX in archived.notes()
    with pytest.raises(Failed, match="nothing says here what was read in it"):
        archived.erase(MAILBOX, "b" * 64)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"on": "2026-13-01", "sha256": "x", "size": 1, "messages": 1}', None]
)
def test_what_has_no_note_is_reported_and_the_rest_goes_on(
    top: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    """Empty, odd or lost: it is never erased, and keeps no other from being used."""
    for name in ("a" * 64, "b" * 64):
        archived.keep(MAILBOX, ARRIVAL, name, arrive(top, monkeypatch))
    assert [] == archived.unnoted()
    path = top / MAILBOX / f"{'a' * 64}.json"
    path.unlink()
    if text is not None:
        path.write_text(text)
    assert ["b" * 64] == [*archived.notes()[MAILBOX]] == archived.sound(MAILBOX)
    assert {f"{top}/{MAILBOX}/{'a' * 64}"} == {
        each.rpartition(".")[0] for each in archived.unnoted()
    }
    archived.erase(MAILBOX, "b" * 64)
    assert path.with_suffix(".age").exists()


def test_what_is_kept_outlasts_a_loss_of_power(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names of object and note too, and those of the folders that were made for them."""
    note, synced = arrive(top, monkeypatch), []

    def sync(*paths: Path) -> None:
        assert (top / MAILBOX / f"{'a' * 64}.json").exists()
        synced.extend(paths)

    monkeypatch.setattr(archived, "sync", sync)
    archived.keep(MAILBOX, ARRIVAL, "a" * 64, note)
    assert [top / MAILBOX, top / "people", top, top.parent] == synced


@pytest.mark.parametrize("step", range(3))
def test_erasing_goes_on_where_it_was_killed(
    top: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """At each step: what is half erased is never taken for an archive that was lost."""
    archived.keep(MAILBOX, ARRIVAL, "a" * 64, arrive(top, monkeypatch))
    unlink, left = Path.unlink, [step]

    def killed(path: Path, missing_ok: bool = False) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", killed)
    with nullcontext() if step == 2 else pytest.raises(KeyboardInterrupt):
        archived.erase(MAILBOX, "a" * 64)
    monkeypatch.setattr(Path, "unlink", unlink)
    assert {} == archived.notes()
    assert [] == [*top.rglob("*.age"), *top.rglob("*.erasing")]


@pytest.mark.parametrize(("mailbox", "name"), [("../etc", "a" * 64), (MAILBOX, "../x")])
def test_nothing_else_is_an_object(top: Path, mailbox: str, name: str) -> None:
    """Whatever anybody calls it."""
    assert top
    with pytest.raises(Failed):
        b"".join(archived.content(mailbox, name))


# The store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store whose directory says that the mailbox is over; this account owns its mail."""
    mail = tmp_path / "vmail"
    make(mail / MAILBOX)
    known = {MAILBOX: Place("store1", False, "archived", "")}

    def at(mailbox: str, *below: str) -> Path:
        return mail.joinpath(*below, mailbox)

    def remove(path: Path) -> None:
        if path.exists():
            archiving.shutil.rmtree(path)

    @contextmanager
    def alone() -> Iterator[None]:
        yield

    def tar(argv: Sequence[str], stdout: int, **_owner: object) -> Any:
        return subprocess.Popen(argv, stdout=stdout)

    here = SimpleNamespace(Popen=tar, PIPE=subprocess.PIPE)
    monkeypatch.setattr(archiving, "subprocess", here)
    monkeypatch.setattr(archiving, "at", at)
    monkeypatch.setattr(archiving, "size", lambda _: 1000)
    monkeypatch.setattr(archiving, "remove", remove)
    monkeypatch.setattr(archiving, "alone", alone)
    monkeypatch.setattr(archiving, "places", lambda _: known)
    monkeypatch.setattr(archiving, "as_owner", lambda function: function())
    monkeypatch.setattr(archiving, "manifest", manifest)
    monkeypatch.setattr(archiving, "is_placeholder", lambda _: False)
    monkeypatch.setattr(archiving, "settle", lambda _: None)
    monkeypatch.setattr(archiving, "_WORK", mail / "backup" / "archived")
    monkeypatch.setattr(archiving, "_PATIENCE", 0.0)
    monkeypatch.setattr(archiving, "_place", known, raising=False)
    return mail


def what(store: Path) -> str:
    """Return the fingerprint of the mailbox as it is."""
    return fingerprint(manifest(store / MAILBOX))


def test_a_mailbox_that_was_verified_is_given_up(store: Path) -> None:
    """And nothing is left of it."""
    assert archiving.give_up(MAILBOX, "store1", [what(store)])
    assert [] == [path for path in store.rglob("*") if path.is_file()]
    assert {} == archiving.present([MAILBOX])
    assert archiving.give_up(MAILBOX, "store1", [])


def test_what_is_being_given_up_is_removed_only_if_it_was_verified(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has left its place, and the archive was lost before the next call: it comes back."""
    was, calls = what(store), []

    def killed(path: Path) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(archiving, "remove", killed)
        with pytest.raises(SystemExit):
            archiving.give_up(MAILBOX, "store1", [was])
    assert not (store / MAILBOX).exists()
    assert not archiving.give_up(MAILBOX, "store1", [])
    assert was == what(store)
    assert b"".join(archiving.content(MAILBOX, "store1"))
    assert archiving.give_up(MAILBOX, "store1", [was])
    assert {} == archiving.present([MAILBOX])


def test_another_one_stays(store: Path) -> None:
    """A letter has come since it was read: it stays as it is."""
    was = what(store)
    (store / MAILBOX / "Maildir/cur/9.a:2,").write_text("late")
    now = what(store)
    assert not archiving.give_up(MAILBOX, "store1", [was])
    assert now == what(store)


@pytest.mark.parametrize(
    "place",
    [
        None, Place("store1", False, "active", ""), Place("store1", False, "closed", ""),
        Place("store2", False, "archived", ""), Place("store1", True, "archived", ""),
        Place("store1", False, "archived", "store2"),
    ],
)  # fmt: skip
def test_a_mailbox_is_over_only_if_its_directory_says_so(store: Path, place: Place | None) -> None:
    """Whatever the operator asks for."""
    archiving._place.clear()  # type: ignore[attr-defined]
    if place:
        archiving._place[MAILBOX] = place  # type: ignore[attr-defined]
    for call in (
        lambda: archiving.give_up(MAILBOX, "store1", [what(store)]),
        lambda: [*archiving.content(MAILBOX, "store1")],
    ):
        with pytest.raises(Failed, match="does not say that it is over"):
            call()
    assert (store / MAILBOX).is_dir()


@pytest.mark.parametrize("step", ["settle", "copy", "_leave", "remove"])
def test_killed_anywhere_nothing_is_lost(
    store: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A mailbox is whole where it was, or gone after it was compared; the next call goes on."""
    was, function, after = what(store), getattr(archiving, step), [step == "remove"]

    def killed(*arguments: Any) -> Any:
        if not after.pop():
            raise SystemExit
        after.append(False)
        return function(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(archiving, step, killed)
        with pytest.raises(SystemExit):
            archiving.give_up(MAILBOX, "store1", [was])
    gone = step == "remove"
    left = store / "archived" / MAILBOX / was
    assert was == fingerprint(manifest(left if gone else store / MAILBOX))
    assert gone != (store / MAILBOX).exists()
    assert [MAILBOX] == [*archiving.present([MAILBOX])]
    assert archiving.give_up(MAILBOX, "store1", [was])
    assert {} == archiving.present([MAILBOX])


def test_what_comes_while_it_is_compared_keeps_it(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A letter, or that it is opened again: what leaves is what was compared, and over."""
    was, late = what(store), store / MAILBOX / "Maildir/cur/9.a:2,"

    def meanwhile(act: Callable[[], object]) -> Callable[..., Manifest]:
        def found(*arguments: Any) -> Manifest:
            done = manifest(*arguments)
            act()
            return done

        return found

    monkeypatch.setattr(archiving, "manifest", meanwhile(lambda: late.write_text("late")))
    with pytest.raises(Failed, match="has changed"):
        archiving.give_up(MAILBOX, "store1", [was])
    assert "late" == late.read_text()
    late.unlink()
    monkeypatch.setattr(archiving, "manifest", meanwhile(archiving._place.clear))  # type: ignore[attr-defined]
    with pytest.raises(Failed, match="opened again"):
        archiving.give_up(MAILBOX, "store1", [was])
    assert was == what(store)


# What is due


BOX = Mailbox("an", "personal", "Lê An", ("anl",), "erased", "store1", 1, "stc", "Sở Tài chính")
OVER = Over(BOX, date(2036, 6, 1), None, ("qd-1", "cv-1"))
KEPT = Kept(MAILBOX, "a" * 64, date(2026, 6, 4), 3, 1000, ("b1", "b2"))
HOLD = Tenure("an", "", date(2030, 1, 1), None, decision="qd-9")
POLICY = Policy()
NOBODY = cast("Any", SimpleNamespace(record=lambda _: None))


def tasks(
    over: Over = OVER, state: str = "erased", stores: Mapping[str, str] | None = None,
    archives: Sequence[Kept] = (KEPT,), on: date = date(2036, 6, 1),
) -> list[Any]:  # fmt: skip
    """Return what is due."""
    sized = {path: (host, 10) for path, host in (stores or {}).items()}
    kept_there = {MAILBOX: archives} if archives else {}
    there = There({MAILBOX: state}, sized, kept_there, ("b1", "b2"))
    return [*due({MAILBOX: over}, there, NOBODY, POLICY, on)]


def test_what_is_on_a_store_goes_to_the_archive() -> None:
    """In whichever state past its days; held, it goes there once, and stays on its store."""
    stores = {MAILBOX: "store1"}
    for state in ("archived", "erased"):
        over = replace(OVER, mailbox=replace(BOX, state=state))
        assert [Archiving(over, "store1", 10)] == tasks(over, state, stores)
    held = replace(OVER, hold=HOLD)
    assert [] == tasks(held, stores=stores)
    (task,) = tasks(held, stores=stores, archives=())
    assert task.stays
    assert [] == tasks(state="closed", stores=stores)
    assert [] == tasks(state="active", stores=stores)


def test_an_archive_is_erased_after_its_term() -> None:
    """Counted from when it was read; both data and directory have to say so, and no hold."""
    term = date(2036, 6, 1)
    assert term == until(OVER, KEPT, POLICY)
    assert [Erasing(OVER, KEPT)] == tasks()
    assert [] == tasks(on=date(2036, 5, 31))
    assert [] == tasks(state="archived")
    assert [] == tasks(replace(OVER, mailbox=replace(BOX, state="archived")))
    assert [] == tasks(replace(OVER, hold=HOLD))
    late = replace(KEPT, on=date(2026, 6, 5))
    assert [] == tasks(archives=[late])
    assert [Erasing(OVER, late)] == tasks(archives=[late], on=date(2036, 6, 2))
    assert date.max == until(None, KEPT, POLICY)


def test_who_lacks_an_archive_gets_it() -> None:
    """Whoever its mailbox is; not one that is to be erased, and the smallest first."""
    lacking = replace(KEPT, keepers=("b2",))
    early = date(2030, 1, 1)
    assert [Spreading(lacking, "an", ("b1",))] == tasks(archives=[lacking], on=early)
    assert [Erasing(OVER, lacking)] == tasks(archives=[lacking])
    of_another = replace(lacking, mailbox="people/binh", size=1)
    there = There({}, {MAILBOX: ("store1", 10)}, {"people/binh": [of_another]}, ("b1", "b2"))
    assert [Spreading(of_another, "binh", ("b1",))] == due({}, there, NOBODY, POLICY, early)
    there = replace(there, states={MAILBOX: "erased"})
    found = due({MAILBOX: OVER}, there, NOBODY, POLICY, early)
    assert [of_another.mailbox, MAILBOX] == [task.path for task in found]


def test_archives_are_read_as_they_were_noted() -> None:
    """By mailbox, the oldest first; of one that was read again the last day counts."""
    note: Note = {"on": "2026-06-03", "sha256": "x", "size": 999, "messages": 3}
    again: Note = {**note, "on": "2026-06-04", "size": 1000}
    later: Note = {**again, "on": "2027-06-04"}
    first = {MAILBOX: {"b" * 64: later, "a" * 64: again}}
    found = kept({"b2": {MAILBOX: {"a" * 64: note}}, "b1": first})
    other = replace(KEPT, name="b" * 64, on=date(2027, 6, 4), keepers=("b1",))
    assert [KEPT, other] == found[MAILBOX]


# All of it, on one machine


class Here:
    """Calls functions as on hosts, here; ends as if it were killed before the call `killed`."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.calls: list[str] = []
        self.killed = -1
        self.between: Callable[[str], None] = lambda _call: None
        self.forged: dict[str, Any] = {}
        self.times: list[float] = []

    def on(self, _inventory: object, _ssh: object, host: Any, timeout: float) -> "OnOne":
        """Return what calls functions on a host, and note for how many seconds."""
        self.times.append(timeout)
        return OnOne(self, host.name)

    def begun(self, call: str) -> None:
        """Note a call."""
        if len(self.calls) == self.killed:
            raise SystemExit
        self.calls.append(call)
        self.between(call)


class OnOne:
    """Calls functions as on one host, which has an archive of its own."""

    def __init__(self, here: Here, name: str) -> None:
        self.here, self.name = here, name

    def _called(self, function: Callable[..., Any], *arguments: Any, stdin: bytes = b"") -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(archived, "TOP", self.here.top / self.name)
            patch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(stdin)))
            try:
                found = function(*arguments)
                return b"".join(found) if isinstance(found, Iterator) else found
            except (Failed, OSError) as error:
                raise HostFailed(Message("{reason}", reason=str(error))) from error

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what it answers, as JSON brings it; raise as a host does."""
        call = f"{function.__name__} {self.name}"
        self.here.begun(call)
        forged = self.here.forged
        found = forged[call] if call in forged else self._called(function, *arguments)
        return answer(self.name, json.dumps(found), function)

    @contextmanager
    def streaming(self, function: Callable[..., Any], *arguments: Any) -> Iterator[Any]:
        """Yield where it reads, and what it answers, as bytes."""
        self.here.begun(f"{function.__name__} {self.name}")
        there, is_sent = io.BytesIO(), function is archived.receive
        yield there, io.BytesIO(b"" if is_sent else self._called(function, *arguments))
        if is_sent:
            self._called(function, *arguments, stdin=there.getvalue())


@pytest.fixture
def here(top: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    """A store with a closed mailbox, and two hosts that keep the archive, asked one by one."""
    assert store
    monkeypatch.setattr(fan_out, "ThreadPoolExecutor", lambda _hosts: ThreadPoolExecutor(1))
    here = Here(top)
    keepers = [SimpleNamespace(name=name) for name in ("b1", "b2")]

    def in_turn(hosts: Sequence[Any], do: Callable[[Any], Any]) -> Any:
        return {host.name: do(host) for host in hosts}

    monkeypatch.setattr(hosts, "on_host", here.on)
    monkeypatch.setattr(hosts, "on_all_hosts", in_turn)
    monkeypatch.setattr(hosts, "keepers", lambda _: keepers)
    return here


TASK = Archiving(replace(OVER, mailbox=replace(BOX, state="archived")), "store1", 1000)
STORE = SimpleNamespace(name="store1", fqdn="store1")
CENTRE = SimpleNamespace(
    host=lambda name: SimpleNamespace(name=name, fqdn=name),
    with_role=lambda _: [STORE],
    stores=[STORE],
    provider=STORE,
)
ARCHIVE = hosts.Archive(
    cast("Any", None), cast("Any", SimpleNamespace(centre=CENTRE)), date(2026, 6, 4)
)


def archive_it(
    task: Archiving = TASK, *before: Kept, key: pyrage.x25519.Identity = KEY
) -> list[Message]:
    """Archive the mailbox; return which of the archives from before are damaged."""
    return ARCHIVE.archive(task, before, key)[1]


def kept_there(top: Path, key: pyrage.x25519.Identity = KEY) -> list[str]:
    """Return the fingerprints of what whoever has the key can read in the archive."""
    found = []
    for path in top.rglob("*.age"):
        with opened(io.BytesIO(path.read_bytes()), key) as plain:
            found.append(compared(plain).fingerprint)
    return found


def test_a_mailbox_is_archived_read_back_and_given_up(here: Here, top: Path, store: Path) -> None:
    """In this order; of the archive there is an object on each host, and its note."""
    was = what(store)
    assert [] == archive_it()
    assert [was, was] == kept_there(top)
    assert not (store / MAILBOX).exists()
    assert [
        "give_up store1",
        "receive b1", "content store1", "arrived b1", "keep b1",
        "receive b2", "content b1", "arrived b2", "keep b2",
        "content b1", "content b2", "give_up store1",
    ] == here.calls  # fmt: skip


def test_held_it_stays_too(here: Here, top: Path, store: Path) -> None:
    """Nobody even asks the store to give it up."""
    was = what(store)
    archive_it(replace(TASK, over=replace(OVER, hold=HOLD)))
    assert ([was, was], was) == (kept_there(top), what(store))
    assert "give_up store1" not in here.calls


@pytest.mark.slow
@pytest.mark.parametrize("step", range(12))
def test_killed_before_any_step_the_next_run_completes_it(
    here: Here, top: Path, store: Path, step: int
) -> None:
    """At every moment it is whole: on its store, or in the archive."""
    was = what(store)
    here.killed = step
    with pytest.raises(SystemExit):
        archive_it()
    assert was == what(store)
    here.killed = -1
    archive_it()
    assert not (store / MAILBOX).exists()
    assert [was, was] == kept_there(top)
    assert [] == [*top.rglob("*.new")]


@pytest.mark.parametrize("keeper", ["b1", "b2"])
@pytest.mark.parametrize("before", ["arrived", "keep", "content"])
def test_a_byte_that_changes_at_any_moment_keeps_it_on_its_store(
    here: Here, top: Path, store: Path, before: str, keeper: str
) -> None:
    """Before it is read back, before it is kept, and before it is looked at for the last time.

    On one host that keeps the archive, whatever the other has.
    """
    was = what(store)

    def change(call: str) -> None:
        if call == f"{before} {keeper}":
            for path in [*(top / keeper).rglob("*.new"), *(top / keeper).rglob("*.age")]:
                there = bytearray(path.read_bytes())
                there[len(there) // 2] ^= 1
                path.write_bytes(there)

    here.between = change
    with pytest.raises(HostFailed):
        archive_it()
    assert was == what(store)
    assert [] == [*top.rglob("*.new")]


@pytest.mark.parametrize("lost", ["b1", "b2"])
def test_losing_one_host_loses_nothing(here: Here, top: Path, store: Path, lost: str) -> None:
    """An empty one in its place gets what the other has, with the day on which it was read."""
    was = what(store)
    archive_it()
    archiving.shutil.rmtree(top / lost)
    (left,) = {"b1", "b2"} - {lost}
    one = Kept(MAILBOX, was, date(2026, 6, 4), 3, 1000, (left,))
    said = ARCHIVE.spread(Spreading(one, "Lê An", (lost,)), KEY)
    assert f"the archive of 2026-06-04 was copied to {lost}, and read there" in str(said)
    assert [was, was] == kept_there(top)
    notes, _ = ARCHIVE.answers(ARCHIVE.notes)
    (both,) = kept(notes)[MAILBOX]
    assert (("b1", "b2"), date(2026, 6, 4)) == (both.keepers, both.on)
    assert here.calls


def test_what_is_copied_is_what_its_name_says(here: Here, top: Path, store: Path) -> None:
    """One that is damaged, or another under its name, is not copied: the next one has it."""
    was = what(store)
    archive_it()
    (top / "b2").rename(top / "b3")
    (there,) = (top / "b1").rglob("*.age")
    lone = Kept(MAILBOX, "b" * 64, date(2026, 6, 4), 3, 1000, ("b1",))
    for damage in (b"damaged", sealed(packed(top / "of another").getvalue())):
        there.with_name(f"{'b' * 64}.age").write_bytes(damage)
        with pytest.raises(HostFailed):
            ARCHIVE.spread(Spreading(lone, "Lê An", ("b2",)), KEY)
        assert [] == [path for path in (top / "b2").rglob("*") if path.is_file()]
    both = Kept(MAILBOX, was, date(2026, 6, 4), 3, 1000, ("b1", "b3"))
    there.write_bytes(b"damaged")
    ARCHIVE.spread(Spreading(both, "Lê An", ("b2",)), KEY)
    assert [was] == kept_there(top / "b2")
    assert here.calls


def test_a_damaged_archive_is_said_and_made_again(here: Here, top: Path, store: Path) -> None:
    """As long as its store has it, and on the host where it is damaged."""
    was = what(store)
    archive_it(replace(TASK, over=replace(OVER, hold=HOLD)))
    (path,) = (top / "b2").rglob("*.age")
    path.write_bytes(b"damaged")
    assert here.calls
    before = Kept(MAILBOX, was, date(2026, 6, 4), 3, 1000, ("b1", "b2"))
    assert ["the archive of 2026-06-04 on b2 is not what was read there, and is made again"] == [
        *map(str, archive_it(TASK, before))
    ]
    assert [was, was] == kept_there(top)
    assert not (store / MAILBOX).exists()


def test_what_another_key_opens_counts_for_nothing(here: Here, top: Path, store: Path) -> None:
    """The key was lost while the mailbox was held: it is archived with the one of today."""
    was, key = what(store), pyrage.x25519.Identity.generate()
    archive_it(replace(TASK, over=replace(OVER, hold=HOLD)))
    before = Kept(MAILBOX, was, date(2026, 6, 4), 3, 1000, ("b1", "b2"))
    said = archive_it(TASK, before, key=key)
    assert 2 == len(said)
    assert [was, was] == kept_there(top, key)
    assert not (store / MAILBOX).exists()
    assert here.calls


def test_it_is_erased_wherever_it_is(here: Here, top: Path, store: Path) -> None:
    """Not where it is damaged, which is said."""
    was = what(store)
    archive_it()
    kept_one = Kept(MAILBOX, was, date(2026, 6, 4), 3, 1000, ("b1", "b2"))
    (path,) = (top / "b1").rglob("*.age")
    whole = path.read_bytes()
    path.write_bytes(b"damaged")
    with pytest.raises(HostFailed, match="is not what was read there"):
        ARCHIVE.erase(Erasing(OVER, kept_one))
    path.write_bytes(whole)
    ARCHIVE.erase(Erasing(OVER, kept_one))
    assert [] == [path for path in top.rglob("*") if path.is_file()]
    assert here.calls


def test_one_that_is_silent_hides_nothing(here: Here, store: Path) -> None:
    """What the other has is shown; if nobody answers, that is the failure."""
    archive_it()
    assert not (store / MAILBOX).exists()

    def silent(call: str) -> None:
        if call.startswith("notes b1"):
            raise HostFailed(Message("b1 is silent"))

    here.between = silent
    notes, failed = ARCHIVE.answers(ARCHIVE.notes)
    assert (["b2"], ["b1 is silent"]) == ([*notes], failed)

    def none(call: str) -> None:
        raise HostFailed(Message("{call} is silent", call=call))

    here.between = none
    with pytest.raises(HostFailed, match="notes b1 is silent"):
        ARCHIVE.answers(ARCHIVE.notes)


NOTE: Note = {"on": "2026-06-04", "sha256": "b" * 64, "size": 1000, "messages": 3}


@pytest.mark.parametrize(
    "answer",
    [
        [], {MAILBOX: {"../x": NOTE}}, {MAILBOX: {"a" * 64: {**NOTE, "on": "2026-06-05"}}},
        {MAILBOX: {"a" * 64: {**NOTE, "on": "9998-01-01"}}},
    ],
)  # fmt: skip
def test_one_that_says_what_cannot_be_hides_nothing(
    here: Here, store: Path, answer: object
) -> None:
    """A host that was taken over: nothing of it is believed, and the other one's is shown."""
    archive_it()
    assert not (store / MAILBOX).exists()
    here.forged["notes b1"] = answer
    notes, failed = ARCHIVE.answers(ARCHIVE.notes)
    assert ["b2"] == [*notes]
    assert "b1: what it " in failed[0]
    with pytest.raises(HostFailed, match="b1: what it "):
        ARCHIVE.there([MAILBOX])


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("unnoted b1", {"a": 1}), ("unnoted b1", [1]), ("sound b1", 5), ("sound b1", [None]),
        ("present store1", [MAILBOX]), ("present store1", {MAILBOX: "x"}),
        ("present store1", {MAILBOX: -1}),
    ],
)  # fmt: skip
def test_no_other_answer_is_believed_either(
    here: Here, store: Path, call: str, answer: object
) -> None:
    """Of a store neither."""
    assert store
    here.forged[call] = answer
    host = cast("Any", SimpleNamespace(name=call.split()[1]))
    ask = {
        "unnoted": lambda: ARCHIVE.unnoted(host),
        "sound": lambda: ARCHIVE.sound(host, [KEPT]),
        "present": lambda: ARCHIVE.present(host, [MAILBOX]),
    }
    with pytest.raises(HostFailed, match="cannot be: "):
        ask[call.partition(" ")[0]]()


def test_a_step_has_the_time_that_its_size_takes(
    here: Here, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never less than half an hour, nor more than a day; what is there is told in ten minutes."""
    assert store
    b1 = cast("Any", SimpleNamespace(name="b1"))
    for size, seconds in ((0, 1800), (7_200_000_000, 9000), ((1 << 63) - 1, 86400)):
        here.times.clear()
        ARCHIVE.sound(b1, [replace(KEPT, size=size)])
        with pytest.raises(HostFailed):
            ARCHIVE.require_sound(replace(KEPT, size=size), "b1", KEY)
        assert [seconds, seconds] == here.times
    here.times.clear()

    def places(_: object) -> dict[str, hosts.moves.Place]:
        return {MAILBOX: hosts.moves.Place("store1", False, "erased", "")}

    monkeypatch.setattr(hosts.moves, "places", places)
    there = ARCHIVE.there([MAILBOX])
    assert {MAILBOX: ("store1", 1000)} == there.stores
    assert {600} == {*here.times}


def test_what_should_be_there_and_is_not_is_shown(
    here: Here, top: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On one host, or nowhere: as where another host took the place of the only one that had it."""
    monkeypatch.setattr(
        archives, "read", lambda *_: SimpleNamespace(organisation=NOBODY, policy=POLICY)
    )
    monkeypatch.setattr(archives, "deployment", lambda *_: SimpleNamespace(inventory=None))
    monkeypatch.setattr(archives, "desired", lambda *_: None)
    past = replace(BINH, ends=date(2026, 6, 4))
    monkeypatch.setattr(archives, "_over", lambda *_: {MAILBOX: OVER, "people/binh": past})
    monkeypatch.setattr(archives, "Archive", lambda *_: ARCHIVE)
    day = date(2026, 6, 4)
    workspace = cast("Any", SimpleNamespace(root=None, on=day, today=day))

    def shown() -> archives.Shown:
        return archives.show(workspace, "lab", all_read=False)

    assert ([], True) == (shown().nowhere, shown().good), "it is on its store"
    archive_it()
    assert ([], True) == (shown().nowhere, shown().good)
    archiving.shutil.rmtree(top / "b2")
    (row,) = shown().rows
    assert (("b2",), False) == (row.lacking, shown().good)
    archiving.shutil.rmtree(top / "b1")
    assert [BOX] == shown().nowhere
    here.forged["present store1"] = None
    assert [] == shown().nowhere, "nobody knows"
    assert 1 == len(shown().silent)


def test_what_is_damaged_is_found_by_a_drill(
    here: Here, top: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its digest is what its host has noted; it is not what its name says. It is on record."""
    archive_it()
    assert not (store / MAILBOX).exists()
    noted: list[str] = []
    record = SimpleNamespace(add=lambda _, result, what: noted.append(f"{result} {what[0]}"))
    keys = SimpleNamespace(archive_key=lambda: KEY)
    monkeypatch.setattr(archives, "secrets_of", lambda *_: keys)
    monkeypatch.setattr(archives, "read", lambda *_: None)
    monkeypatch.setattr(archives.Deployment, "of", lambda *_: None)
    monkeypatch.setattr(archives.Noting, "of", lambda *_: record)
    monkeypatch.setattr(archives, "Archive", lambda *_: ARCHIVE)
    workspace = cast("Any", SimpleNamespace(root=None, on=None, repository=None))

    def drilled() -> list[Message]:
        return archives.drill(workspace, cast("Any", None), cast("Any", None))

    assert [] == drilled() == noted
    for path in top.rglob("*.age"):
        path.write_bytes(sealed(b"something else"))
        note = path.with_suffix(".json")
        note.write_text(json.dumps({**json.loads(note.read_text()), "sha256": digest(path)}))
    (said,) = drilled()
    assert "people/an: the archive of 2026-06-04 on b" in said
    assert "is not what it was" in said
    assert [f"failed {said}"] == noted
    assert here.calls


def test_what_comes_while_it_is_archived_stays(here: Here, store: Path) -> None:
    """The store has another mailbox than the one that was read: it is archived the next time."""

    def deliver(call: str) -> None:
        if call == "keep b1":
            (store / MAILBOX / "Maildir/cur/9.a:2,").write_text("late")

    here.between = deliver
    with pytest.raises(HostFailed, match="has changed meanwhile, and stays there"):
        archive_it()
    assert (store / MAILBOX / "Maildir/cur/9.a:2,").exists()


class Centre:
    """What hosts say, and what is done there; `loaded` is the data of the commit that they have."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.order: list[str] = []
        self.ssh, self.names = None, ("b1", "b2")
        self.have = Deployed("c" * 40, date(2036, 6, 1), "", "")
        self.known = {MAILBOX: OVER, "people/binh": BINH}
        self.stores = {MAILBOX: "store1"}
        self.during: Callable[[], object] = lambda: None
        monkeypatch.setattr(archives.Noting, "of", self.of)
        keys = SimpleNamespace(archive_key=lambda: KEY)
        monkeypatch.setattr(archives, "secrets_of", lambda *_: keys)
        monkeypatch.setattr(archives, "read_records", lambda *_: ())
        monkeypatch.setattr(archives, "deployed", lambda _: self.have)
        loaded = SimpleNamespace(policy=POLICY, organisation=NOBODY)
        monkeypatch.setattr(archives, "read_deployed", lambda *_: loaded)
        monkeypatch.setattr(archives, "replace", lambda wanted, **_: wanted)
        monkeypatch.setattr(archives, "_over", lambda *_: self.known)
        wanted = SimpleNamespace(inventory=None, on=date(2036, 6, 1), loaded=loaded, desired=None)
        _, tasks = archives._due(cast("Any", wanted), cast("Any", self))
        repository = SimpleNamespace(repository=None)
        self.work = archives.Work(
            cast("Any", repository), self.have, cast("Any", wanted), cast("Any", self), tasks
        )

    def of(self, *arguments: Any) -> "Centre":
        """Begin a record, which says on which documents."""
        self.order.append(",".join(arguments[-1]))
        return self

    def add(self, hosts: Sequence[str], result: str, changes: Sequence[Message]) -> None:
        """Put on record."""
        assert hosts == self.names
        self.order.append(f"{result or 'begins'}: {'; '.join(map(str, changes))}")

    def there(self, mailboxes: Mapping[str, Over]) -> There:
        """Say what hosts have."""
        states = {MAILBOX: "erased", "people/binh": "erased"}
        archives = {"people/binh": (replace(KEPT, mailbox="people/binh"),)}
        return There(
            {path: states[path] for path in mailboxes},
            {path: (host, 10) for path, host in self.stores.items() if path in mailboxes},
            archives,
            ("b1", "b2"),
        )

    def archive(self, *_: object) -> None:
        """Fail, and let something happen meanwhile."""
        self.order.append("archive")
        self.during()
        raise HostFailed(Message("store1 is down"))

    def erase(self, _task: Erasing) -> Message:
        """Erase."""
        self.order.append("erase")
        return Message("erased")


BINH = replace(OVER, mailbox=replace(BOX, id="binh", name="Bình"))


@pytest.fixture
def centre(monkeypatch: pytest.MonkeyPatch) -> Centre:
    """A mailbox of which something is on a store, and an archive that is past its term."""
    return Centre(monkeypatch)


def test_it_is_on_record_before_and_after(centre: Centre) -> None:
    """With the documents; what fails keeps nothing else from being done, and is on record too."""
    done = centre.work.carry_out()
    assert [
        "cv-1,qd-1",
        "begins: Lê An: the mail goes to the archive, and then leaves store1 [mail an]",
        "Bình: the archive of 2026-06-04 is erased [mail binh]",
        "archive", "erase",
        "failed: erased [mail binh]", "Lê An: not done: store1 is down [mail an]",
    ] == [each for line in centre.order for each in line.split("; ")]  # fmt: skip
    assert (1, 1) == (len(done.done), len(done.left))


def hold(centre: Centre) -> None:
    """Apply a commit with which the second is held."""
    centre.have = replace(centre.have, commit="d" * 40)
    centre.known = {**centre.known, "people/binh": replace(BINH, hold=HOLD)}


def reopen(centre: Centre) -> None:
    """Apply a commit with which the second is in use again."""
    centre.have = replace(centre.have, commit="d" * 40)
    del centre.known["people/binh"]


@pytest.mark.parametrize("change", [hold, reopen])
@pytest.mark.parametrize("when", ["asked", "during"])
def test_what_is_not_due_any_more_is_not_done(
    centre: Centre, change: Callable[[Centre], None], when: str
) -> None:
    """Whether that is applied while the question stands open, or while another one is archived."""
    if when == "asked":
        change(centre)
    else:
        centre.during = lambda: change(centre)
    done = centre.work.carry_out()
    assert "archive" in centre.order
    assert "erase" not in centre.order
    assert [] == done.done
    assert "Bình: not done: it is not due any more [mail binh]" == str(done.left[-1])


def test_while_an_apply_is_in_progress_nothing_is_done(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows then what hosts have; it is on record all the same."""

    def deployed(_: object) -> None:
        raise Refused(Message("m: an apply is in progress"))

    monkeypatch.setattr(archives, "deployed", deployed)
    done = centre.work.carry_out()
    assert not {"archive", "erase"} & {*centre.order}
    assert (0, 2) == (len(done.done), len(done.left))
    assert centre.order[-1].startswith("failed: ")


def exported(top: Path, name: str, folder: Path) -> Path:
    """Export what is in the archive under a name."""
    assert top

    @contextmanager
    def content(kept: Kept, keeper: str, key: pyrage.x25519.Identity) -> Iterator[Any]:
        there = b"".join(archived.content(kept.mailbox, kept.name))
        damaged = there[:-1] if keeper == "b1" else there
        with opened(io.BytesIO(damaged), key) as plain:
            yield plain

    archive = cast("Any", SimpleNamespace(content=content))
    return archives._exported(archive, replace(KEPT, name=name), KEY, folder)


def test_what_is_exported_is_what_its_name_says(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's archive, put there under that name, is as whole as any.

    What is damaged on one host is read from another.
    """
    there, out = sealed(packed(tmp_path).getvalue()), tmp_path / "out"
    name = fingerprint(manifest(tmp_path / HOME))
    for each in (name, "b" * 64):
        archived.keep(MAILBOX, ARRIVAL, each, arrive(top, monkeypatch, there))
    assert exported(top, name, out).is_file()
    with pytest.raises(HostFailed, match="is of another mailbox"):
        exported(top, "b" * 64, out)
    assert 1 == len([*out.iterdir()])


def test_nothing_is_exported_into_the_repository(tmp_path: Path) -> None:
    """It could be committed there; no server is asked."""
    workspace = cast("Any", SimpleNamespace(root=tmp_path))
    with pytest.raises(Refused, match="is inside the repository"):
        archives.export(workspace, "lab", "an", "cv-1", tmp_path / "out")
