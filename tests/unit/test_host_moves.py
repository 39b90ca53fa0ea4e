"""Moves of mailboxes, as far as a store or the provider has a part in them: here in a folder."""

import getpass
import io
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hopthu.remote.host import (
    ldap,
    moves,
    moves_arrive,
    moves_copy,
    moves_freeze,
    moves_leave,
    moves_settle,
    recover_in_place,
    state,
)
from hopthu.remote.host.moves import Place, is_placeholder
from hopthu.remote.host.moves_copy import Cut
from hopthu.remote.host.state import Failed, comes

HERE, THERE = "store1.vn", "store2.vn"
TARGET: moves_copy.Store = {"name": THERE, "address": "10.0.0.2", "port": 874}
WAITS = Place(HERE, frozen=True, state="active", target=THERE)
STAYS = Place(HERE, frozen=False, state="active", target=THERE)
LEFT = Place(THERE, frozen=False, state="active", target="")
COMES = Place(THERE, frozen=True, state="active", target=HERE)
MARKED = f"(mailHost={HERE})(hopthuMoving={THERE})"
FOREIGN = Place(THERE, frozen=False, state="active", target="store3.vn")


@dataclass
class Store:
    """A store: its mail, its state, its directory, and what the operator is told."""

    root: Path
    directory: dict[str, Place] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    pushed: list[tuple[Sequence[str], Sequence[str]]] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    who: int = 0
    holders: set[int] = field(default_factory=set)
    messages: Mapping[str, int] | None = None
    pushes: Callable[[], list[str]] = list

    @property
    def mail(self) -> Path:
        """The folder of all mail."""
        return self.root / "mail"

    def put(self, mailbox: str, text: str = "letter") -> Path:
        """Make a mailbox, below the folder of all mail, with one message."""
        letter = self.mail / mailbox / "Maildir" / "cur" / "1"
        letter.parent.mkdir(parents=True)
        letter.write_text(text)
        return self.mail / mailbox

    def placeholder(self, mailbox: str) -> Path:
        """Have an empty folder of root in place of a mailbox."""
        (self.mail / mailbox).mkdir(parents=True)
        return self.mail / mailbox

    def arrived(self, mailbox: str) -> Path:
        """Note that a mailbox was put in place."""
        note = self.root / "state" / "arrived" / mailbox
        note.parent.mkdir(parents=True)
        note.touch()
        return note

    def text(self, mailbox: str) -> str:
        """Return the message of a mailbox."""
        return (self.mail / mailbox / "Maildir" / "cur" / "1").read_text()

    def places(self, mailboxes: Sequence[str]) -> dict[str, Place]:
        """Return what the directory has."""
        return {m: self.directory[m] for m in mailboxes if m in self.directory}

    def say(self, *words: str) -> None:
        """Tell the operator; the directory decides when the copies are complete or cannot be."""
        self.said.append(": ".join(words))

    def leave(self, *mailboxes: str) -> list[str]:
        """Have mailboxes leave; return what the operator is told."""
        moves_leave.leave(HERE, mailboxes, ["reader"], TARGET, 0)
        return self.said


def swap(one: Path, other: Path) -> None:
    """Exchange two folders, in more than one step."""
    aside = one.with_name("swapped")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def once(true: Callable[[], bool], *_: float, **__: float) -> bool:
    """Try twice instead of for some seconds."""
    return comes(true, 0) or comes(true, 0)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store without mail."""
    made = Store(tmp_path)
    for kind in ("people", "units", "arriving/people"):
        (made.mail / kind).mkdir(parents=True)
    (tmp_path / "state").mkdir()

    def push(_: object, __: Path, paths: Sequence[str], *options: str, longest: float) -> list[str]:
        assert longest >= 1
        made.pushed.append((paths, options))
        return made.pushes()

    def doveadm(*argv: str, **_: object) -> SimpleNamespace:
        rows = ("username", *made.signed_in) if not made.who else ()
        if "who" not in argv:
            made.signed_in.remove(argv[-1])
        return SimpleNamespace(
            returncode=made.who, stdout="".join(f"{row}\timap\n" for row in rows)
        )

    def messages(mailboxes: Sequence[str]) -> Mapping[str, int]:
        return moves_arrive._files(mailboxes) if made.messages is None else made.messages

    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(moves, "MAIL", made.mail)
    monkeypatch.setattr(moves, "places", made.places)
    monkeypatch.setattr(moves, "exchange", swap)
    for module in (moves_arrive, moves_leave):
        monkeypatch.setattr(module, "OWNER", getpass.getuser())
    monkeypatch.setattr(moves_arrive, "output", lambda *_: "")
    monkeypatch.setattr(moves_arrive, "_messages", messages)
    monkeypatch.setattr(moves_leave, "comes", once)
    monkeypatch.setattr(moves_leave, "push", push)
    monkeypatch.setattr(moves_leave, "say", made.say)
    monkeypatch.setattr(moves_leave, "run", doveadm)
    monkeypatch.setattr(moves_leave, "as_owner", lambda function: function())
    monkeypatch.setattr(recover_in_place, "_ASIDE", made.mail / "backup" / "aside")
    monkeypatch.setattr(moves_leave, "open_below", lambda *_: made.holders)
    monkeypatch.setattr(moves_settle, "comes", once)
    return made


def test_a_failure_is_tried_again_while_there_is_time() -> None:
    """Its reason is not lost."""
    answers = [False, True]

    def true() -> bool:
        if not answers.pop():
            raise Failed("no server")
        return True

    assert comes(true, 1)
    with pytest.raises(Failed, match=r"^no server$"):
        comes(true, 0)
    answers += [True, False]
    assert comes(true, 1)
    assert not comes(lambda: False, 0)


# --- single mailboxes


def test_the_directory_is_asked_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is asked it may not know all, and a unit may have the id of a person."""
    asked: list[str] = []

    def search(_: str, filter_: str, *__: str) -> Iterator[ldap.Attributes]:
        asked.append(filter_)
        if "(uid=an)" in filter_:
            marks = {"hopthuState": ["active"], "hopthuMoving": [THERE], "hopthuFrozen": ["TRUE"]}
            yield {"dn": ["uid=an,ou=people,dc=vn"], "uid": ["an"], "mailHost": [HERE], **marks}
            yield {"dn": ["ou=an,ou=units,dc=vn"], "uid": ["an"], "mailHost": [THERE]}

    monkeypatch.setattr(ldap, "search", search)
    monkeypatch.setattr(ldap, "suffix", lambda: "dc=vn")
    many = [f"people/p{n}" for n in range(300)]
    hostile = ["people/an)(uid=*", "people/an\nbinh"]
    assert {"people/an": WAITS} == moves.places([*many, *hostile, "people/an"])
    assert [200, 101] == [filter_.count("uid=") for filter_ in asked]
    assert {"units/an": Place(THERE, False, "", "")} == moves.places(["units/an"])


def test_a_placeholder_is_no_mailbox(store: Store) -> None:
    """Neither what is asked for nor what is measured."""
    store.put("people/an")
    store.placeholder("people/ha")
    assert ["people/an"] == moves.have(["people/an", "people/ha", "people/lan"])
    assert 0 < moves.size(["people/an", "people/ha"])
    assert 0 == moves.size(["people/ha"])
    free, total = moves.room()
    assert 0 < free < total


def test_an_empty_mailbox_is_no_placeholder(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not root's."""
    store.placeholder("people/an")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert ["people/an"] == moves.have(["people/an"])


def test_only_folders_hold_mailboxes(store: Store) -> None:
    """Whoever writes there may leave links, files and other names: none is a mailbox here."""
    store.put("people/an")
    store.put("people/x*)(uid=", "of no id")
    store.put("others/an")
    (store.mail / "people/ha").symlink_to("an")
    (store.mail / "empty").mkdir()
    (store.mail / "people/lan").symlink_to("../empty")
    assert ["people/an"] == moves.have(["people/an", "people/ha"])
    assert not is_placeholder(store.mail / "people/lan")
    assert ["people/an", "people/ha", "people/lan"] == moves.inside(store.mail)
    with pytest.raises(Failed, match=r"^others/an is no mailbox$"):
        moves.at("others/an")
    with pytest.raises(Failed, match=r"^people/\.\. is no mailbox$"):
        moves.at("people/..")


def test_nothing_is_removed_through_a_link(store: Store) -> None:
    """However late it is put there; a link itself is removed."""
    store.put("people/an")
    through = moves.at("people/an", "arriving")
    (store.mail / "arriving/people").rmdir()
    (store.mail / "arriving/people").symlink_to("../people")
    with pytest.raises(Failed, match=r"arriving/people is no folder$"):
        moves.remove(through)
    with pytest.raises(Failed, match=r"arriving/people is no folder$"):
        moves.at("people/an", "arriving")
    (store.mail / "people/ha").symlink_to("an")
    moves.remove(store.mail / "people/ha")
    moves.remove(store.mail / "people/ha")
    assert ["an"] == [each.name for each in (store.mail / "people").iterdir()]
    assert "letter" == store.text("people/an")


def test_a_restore_that_was_cut_off_is_completed_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came since the copy is set aside until then: it leaves with its mailbox."""
    store.directory["people/an"] = WAITS
    monkeypatch.setattr(moves_leave, "say", decides(store, STAYS))
    home = store.put("people/an")
    (home / ".restored-manifest").write_text('{"messages": [], "files": {}, "seen": {}}')
    store.put("backup/aside/people/an", "since")
    assert ["ready"] == store.leave("people/an")
    letters = (home / "Maildir" / "cur").iterdir()
    assert ["letter", "since"] == sorted(each.read_text() for each in letters)
    assert {"Maildir"} == {each.name for each in home.iterdir()}


def test_old_copy_is_dropped_only_if_the_mailbox_is_elsewhere(store: Store) -> None:
    """By the directory of this host, whatever the operator believes."""
    copy = store.put("leaving/people/an")
    store.directory["people/an"] = STAYS
    with pytest.raises(Failed, match=r"^still on this host: people/an$"):
        moves.drop(HERE, ["people/an"])
    assert copy.exists()
    store.directory["people/an"] = LEFT
    moves.drop(HERE, ["people/an", "people/never"])
    assert not copy.exists()


def test_arrival_goes_on_record(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The access that a host has now takes the place of what was recorded; the rest stays."""
    note = store.arrived("units/stc")
    record = store.root / "state" / "deployed" / "baseline"
    record.parent.mkdir()
    record.write_text("access old\nunit postfix\n")
    monkeypatch.setattr(moves, "baseline", lambda parts: [f"{parts[0]} new"])
    moves.finish()
    assert "access new\nunit postfix\n" == record.read_text()
    assert not note.exists()


def test_arrival_on_a_host_without_a_record(store: Store) -> None:
    """The next record will have the access."""
    note = store.arrived("units/stc")
    moves.finish()
    assert not note.exists()
    assert not (store.root / "state" / "deployed").exists()


# --- freezing


@dataclass
class Directory:
    """The provider's directory, which gives these answers to changes, then none but success."""

    answers: list[tuple[int, str, str]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def modify(self, ldif: str, *controls: str, go_on: bool = False) -> tuple[int, str, str]:
        """Answer a change."""
        word = "switch" if "mailHost:" in ldif else "freeze" if "TRUE" in ldif else "unfreeze"
        assert go_on == (word == "unfreeze")
        condition = {
            "freeze": (f"!assert=(&{MARKED}(!(hopthuFrozen=TRUE)))",),
            "switch": (f"!assert=(&{MARKED}(hopthuFrozen=TRUE))",),
        }
        assert condition.get(word, ()) == controls
        self.done.append(word)
        return self.answers.pop(0) if self.answers else (0, "", "")


def freeze(directory: Directory, monkeypatch: pytest.MonkeyPatch, *requests: str) -> list[str]:
    """Freeze mailboxes; return what the operator is told."""
    said: list[str] = []
    lines = "".join(f"{json.dumps([request])}\n" for request in requests).encode()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(lines)))
    monkeypatch.setattr(ldap, "modify", directory.modify)
    monkeypatch.setattr(moves_freeze, "say", lambda *words: said.append(": ".join(words)))
    monkeypatch.setattr(time, "sleep", lambda _: None)
    moves_freeze.freeze(HERE, THERE, 5, ["uid=an,dc=vn", "uid=ha,dc=vn"])
    return said


def test_frozen_mailboxes_are_switched(monkeypatch: pytest.MonkeyPatch) -> None:
    directory = Directory()
    assert ["held", "switched"] == freeze(directory, monkeypatch, "switch")
    assert ["freeze", "switch"] == directory.done


@pytest.mark.parametrize("requests", [[], ["stop"]])
def test_freezing_ends_by_itself(monkeypatch: pytest.MonkeyPatch, requests: list[str]) -> None:
    """The operator is gone, or asks for something else."""
    directory = Directory()
    assert ["held", "released"] == freeze(directory, monkeypatch, *requests)
    assert ["freeze", "unfreeze"] == directory.done


def test_freezing_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is there, but nothing comes."""
    directory, (silent, other) = Directory(), os.pipe()
    monkeypatch.setattr(ldap, "modify", directory.modify)
    with os.fdopen(silent, "rb") as pipe, os.fdopen(other, "wb"):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=pipe))
        moves_freeze.freeze(HERE, THERE, 0.05, ["uid=an,dc=vn"])
    assert ["freeze", "unfreeze"] == directory.done


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([(122, "", "ldap_modify: Assertion Failed (122)\nmore")], []),
        ([(0, "", ""), (122, "", "ldap_modify: Assertion Failed (122)")], ["held"]),
    ],
)
def test_a_refused_change_unfreezes(
    monkeypatch: pytest.MonkeyPatch, answers: list[tuple[int, str, str]], said: list[str]
) -> None:
    """An entry in another state than expected; the first ones may have been changed already."""
    directory = Directory(answers)
    refused = "refused: ldap_modify: Assertion Failed (122)"
    assert [*said, refused] == freeze(directory, monkeypatch, "switch")
    assert "unfreeze" == directory.done[-1]


def test_unfreezing_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can read the mailboxes before; an entry that is gone is no reason to go on."""
    away = (255, "", "ldap_sasl_interactive_bind: Can't contact LDAP server (-1)")
    gone = (32, "", "ldap_modify: No such object (32)")
    directory = Directory([(0, "", ""), away, away, gone])
    assert ["held", "released"] == freeze(directory, monkeypatch)
    assert ["freeze", "unfreeze", "unfreeze", "unfreeze"] == directory.done


def test_whatever_ends_a_freeze_unfreezes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a request that is none."""
    directory = Directory()
    monkeypatch.setattr(ldap, "modify", directory.modify)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b'["swi\n')))
    with pytest.raises(ValueError, match="char 5"):
        moves_freeze.freeze(HERE, THERE, 5, ["uid=an,dc=vn"])
    assert ["freeze", "unfreeze"] == directory.done


def test_a_dead_run_is_unfrozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that the directory has, or nothing is changed."""
    directory, found = Directory(), [{"dn": ["uid=an,dc=vn"]}]
    monkeypatch.setattr(ldap, "modify", directory.modify)
    monkeypatch.setattr(ldap, "suffix", lambda: "dc=vn")
    monkeypatch.setattr(ldap, "search", lambda *_: found)
    moves_freeze.unfreeze()
    found.clear()
    moves_freeze.unfreeze()
    assert ["unfreeze"] == directory.done


# --- copying


def rsync(monkeypatch: pytest.MonkeyPatch, code: int, errors: str = "") -> list[Any]:
    """Have rsync end with this code; return the list of its calls."""
    calls: list[Any] = []

    def run(*argv: str, **options: Any) -> SimpleNamespace:
        calls.append((argv, options))
        return SimpleNamespace(returncode=code, stdout="", stderr=errors)

    monkeypatch.setattr(moves_copy, "run", run)
    return calls


@pytest.mark.parametrize("code", [0, 24])
def test_mailboxes_are_copied_in_use(
    store: Store, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Those that are here; a message that somebody reads meanwhile is no failure."""
    store.put("people/an")
    calls = rsync(monkeypatch, code)
    assert "" == moves_copy.copy(["people/an", "people/new"], TARGET)
    ((argv, options),) = calls
    assert "people/an\n" == options["stdin"]
    assert (f"{store.mail}/", "rsync://store/arriving/") == argv[-2:]
    assert (
        "-verify_hostname store2.vn -connect 10.0.0.2:874" in options["env"]["RSYNC_CONNECT_PROG"]
    )
    assert "" == moves_copy.copy(["people/new"], TARGET)
    assert 1 == len(calls)


def test_a_copy_that_is_cut_may_be_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator decides; any other failure is one."""
    store.put("people/an")
    rsync(monkeypatch, 10, "Connecting to x\nrsync: connection refused")
    reason = "the copy is incomplete: rsync: connection refused"
    assert reason == moves_copy.copy(["people/an"], TARGET)
    rsync(monkeypatch, 11, "No space left on device")
    with pytest.raises(Failed, match=r"^the copy is incomplete: No space left on device$"):
        moves_copy.copy(["people/an"], TARGET)


def test_two_moves_do_not_write_into_one_folder(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mailboxes are being restored."""
    monkeypatch.setattr(moves_copy, "_PATIENCE", 0)
    with (
        moves_copy.alone(),
        pytest.raises(Failed, match=r"^mailboxes of this host are being moved"),
    ):
        moves_copy.copy(["people/an"], TARGET)


def test_move_waits_for_what_a_dead_run_has_left(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator died, and what they started still copies for a moment."""
    store.put("people/an")
    monkeypatch.setattr(moves_copy, "push", lambda *_: store.say("pushed"))
    waits = threading.Event()
    monkeypatch.setattr(state.time, "sleep", lambda _: waits.set())
    with ThreadPoolExecutor() as pool:
        with moves_copy.alone():
            copied = pool.submit(moves_copy.copy, ["people/an"], TARGET)
            assert waits.wait(30)
            assert [] == store.said
        assert "" == copied.result(30)
    assert ["pushed"] == store.said


# --- leaving


def decides(store: Store, place: Place) -> Callable[..., None]:
    """Return a `say` after whose last word the directory says where the mailboxes are."""

    def say(*words: str) -> None:
        store.say(*words)
        if words[0] != "cut":
            store.directory.update(dict.fromkeys(store.directory, place))

    return say


def test_mailboxes_leave(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once sessions are over; a locked copy would be blocked for minutes; nothing is removed."""
    for each in ("people/an", "units/stc"):
        (store.put(each, each) / "index").mkdir()
        (store.mail / each / "x.lock").touch()
    store.directory = {"people/an": WAITS, "units/stc": WAITS}
    store.signed_in = ["reader", "somebody else"]
    monkeypatch.setattr(moves_leave, "say", decides(store, LEFT))
    assert ["ready"] == store.leave(*store.directory)
    assert ["somebody else"] == store.signed_in
    paths = ("people/an", "units/stc")
    assert [
        (paths, ()),
        (["people/an/index", "units/stc/index"], ("--checksum",)),
        (paths, ("--dry-run", "--itemize-changes")),
    ] == store.pushed
    for each in paths:
        assert is_placeholder(store.mail / each)
        assert each == store.text(f"leaving/{each}")
    assert [] == [*store.mail.rglob("*.lock")]


def test_only_files_are_locks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of somebody may have such a name, and what is behind a link is not theirs."""
    folder = store.put("people/an") / "Maildir" / "Hợp đồng.lock"
    (folder / "cur").mkdir(parents=True)
    (folder / "dovecot.index.lock").touch()
    other = store.root / "other"
    other.mkdir()
    (other / "x.lock").touch()
    (folder / "link").symlink_to(other)
    (folder / "y.lock").symlink_to(other / "x.lock")
    store.directory = {"people/an": WAITS}
    monkeypatch.setattr(moves_leave, "say", decides(store, STAYS))
    assert ["ready"] == store.leave("people/an")
    assert ["cur", "link", "y.lock"] == sorted(each.name for each in folder.iterdir())
    assert (other / "x.lock").exists()


@pytest.mark.parametrize("link", ["people", "leaving", "people/an"])
def test_no_mailbox_is_set_aside_through_a_link(store: Store, link: str) -> None:
    """Nothing there is moved, made, or given to anybody."""
    victim = store.root / "victim"
    (victim / "people").mkdir(parents=True)
    if link == "people":
        (store.mail / link).rmdir()
    (store.mail / link).symlink_to(victim)
    store.directory = {"people/an": WAITS}
    assert store.leave("people/an")[0].startswith("failed: ")
    assert [victim / "people"] == [*victim.rglob("*")]


def test_open_files_decide_if_dovecot_does_not_say_who_is_signed_in(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may not run at all: then mailboxes can leave; one that is open stays."""
    store.put("people/an")
    store.directory, store.signed_in, store.who = {"people/an": WAITS}, ["an"], 75
    monkeypatch.setattr(moves_leave, "say", decides(store, STAYS))
    assert ["ready"] == store.leave("people/an")
    store.directory, store.holders, store.said = {"people/an": WAITS}, {2**22 + 1}, []
    assert store.leave("people/an")[0].startswith("failed: somebody still has them open")


def test_mailboxes_stay_if_the_directory_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator died, and the provider has unfrozen them; one had no folder yet."""
    store.put("people/an")
    store.directory = {"people/an": WAITS, "people/new": WAITS}
    monkeypatch.setattr(moves_leave, "say", decides(store, STAYS))
    assert ["ready"] == store.leave(*store.directory)
    assert "letter" == store.text("people/an")
    assert (store.mail / "people/new").is_dir()
    assert [] == moves.inside(store.mail / "leaving")


@pytest.mark.parametrize(
    ("place", "reason"),
    [(STAYS, "its directory has not frozen these mailboxes"), (LEFT, "its directory has not")],
)
def test_only_frozen_mailboxes_leave(store: Store, place: Place, reason: str) -> None:
    """All of them; the directory of this host counts."""
    store.put("people/an")
    store.directory = {"people/an": place, "people/ha": WAITS}
    (said,) = store.leave(*store.directory)
    assert said.startswith(f"failed: {reason}")
    assert "letter" == store.text("people/an")


def test_mailbox_that_is_open_stays(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever does not end is named; the mailbox was never away."""
    store.put("people/an")
    store.directory, store.signed_in = {"people/an": WAITS}, ["an"]
    answer = SimpleNamespace(stdout="username\timap\nan\timap\n")
    monkeypatch.setattr(moves_leave, "run", lambda *_, **__: answer)
    assert ["failed: somebody still has them open: an"] == store.leave("people/an")
    assert "letter" == store.text("people/an")
    assert [] == store.pushed


def test_sessions_are_allowed_again_once_unfrozen(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is set aside from somebody who may be there."""
    store.put("people/an")
    store.directory, store.signed_in = {"people/an": WAITS}, ["an"]

    def kick(*argv: str, **_: object) -> SimpleNamespace:
        if "kick" in argv:
            store.directory["people/an"] = STAYS
        return SimpleNamespace(stdout="username\timap\nan\timap\n")

    monkeypatch.setattr(moves_leave, "run", kick)
    assert ["failed: its directory has unfrozen these mailboxes"] == store.leave("people/an")
    assert "letter" == store.text("people/an")


def test_process_with_a_file_is_ended(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """By SIGTERM after some seconds, then by SIGKILL."""
    monkeypatch.setattr(moves_leave, "_ASK", 0)
    for patience, code in ((60, -15), (0, -9)):
        monkeypatch.setattr(moves_leave, "_TERMINATE", patience)
        with subprocess.Popen(["sleep", "60"]) as process:
            store.holders = {process.pid, 2**22 + 1}
            leaving = moves_leave._Leaving(HERE, ["people/an"], [], TARGET, 1)
            assert not leaving._are_closed(store.mail, 0.1)
        assert code == process.returncode


def test_open_files_are_found(tmp_path: Path) -> None:
    """Also a folder in which a process is, and a file that was removed; not those of others."""
    for name in ("people/an", "people/ha", "people/anh"):
        (tmp_path / name).mkdir(parents=True)
    every = ["people/an", "people/ha"]
    with (tmp_path / "people/anh/1").open("w"), (tmp_path / "1").open("w"):
        assert set() == moves_leave.open_below(tmp_path, every)
    with (tmp_path / "people/an/1").open("w"):
        (tmp_path / "people/an/1").unlink()
        assert {os.getpid()} == moves_leave.open_below(tmp_path, every)
    with subprocess.Popen(["sleep", "60"], cwd=tmp_path / "people/ha") as process:
        assert {process.pid} == moves_leave.open_below(tmp_path, every)
        process.kill()


def test_copy_is_complete_only_once_nobody_writes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delivery that was accepted before still has a file open; the mailbox is put back."""
    store.put("people/an")
    store.directory = {"people/an": WAITS}
    monkeypatch.setattr(moves_leave, "say", decides(store, STAYS))
    monkeypatch.setattr(
        moves_leave, "open_below", lambda folder, _: set() if folder == store.mail else {2**22 + 1}
    )
    (said,) = store.leave("people/an")
    assert said.startswith("failed: somebody still has them open")
    assert [] == store.pushed
    assert "letter" == store.text("people/an")


def test_one_move_leaves_at_a_time(store: Store) -> None:
    """An operator died, and what they started goes on."""
    store.put("people/an")
    store.directory = {"people/an": WAITS}
    with moves_copy.alone():
        (said,) = store.leave("people/an")
    assert said.startswith("failed: mailboxes of this host are being moved")
    assert "letter" == store.text("people/an")


def test_copy_that_differs_is_no_copy(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mailbox is put back."""
    store.put("people/an")
    store.directory = {"people/an": WAITS}
    store.pushes = lambda: [">f a"] if len(store.pushed) == 3 else []
    monkeypatch.setattr(moves_leave, "say", decides(store, STAYS))
    assert ["failed: the copy differs from the original: >f a"] == store.leave("people/an")
    assert "letter" == store.text("people/an")


def test_cut_copy_is_retried_while_there_is_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer pauses each time; the operator learns of it, and starts what listens."""
    pauses: list[float] = []

    def cut() -> list[str]:
        if len(store.pushed) < 5:
            raise Cut("refused")
        return []

    store.put("people/an")
    store.directory, store.pushes = {"people/an": WAITS}, cut
    monkeypatch.setattr(moves_leave, "say", decides(store, LEFT))
    monkeypatch.setattr(time, "sleep", pauses.append)
    moves_leave.leave(HERE, ["people/an"], [], TARGET, 60)
    assert [*["cut"] * 4, "ready"] == store.said
    assert [1, 2, 4, 4] == pauses
    store.pushed, store.said = [], []
    store.directory = {"people/ha": WAITS}
    store.put("people/ha")
    monkeypatch.setattr(moves_leave, "say", decides(store, STAYS))
    assert ["failed: refused"] == store.leave("people/ha")


def test_what_is_in_the_way_stops_a_move(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old copy is never overwritten; mailboxes that were set aside before it are put back."""
    for each in ("people/an", "people/ha"):
        store.put(each, each)
    old = store.put("leaving/people/ha", "old")
    store.directory = {"people/an": WAITS, "people/ha": WAITS}
    monkeypatch.setattr(moves_leave, "say", decides(store, STAYS))
    said = store.leave("people/an", "people/ha")
    assert f"failed: {old} is in the way" == said[0]
    assert said[1].startswith("failed: people/ha exists twice")
    assert ("people/an", "people/ha") == (store.text("people/an"), store.text("people/ha"))
    assert "old" == store.text("leaving/people/ha")


# --- arriving


def test_copies_are_put_in_place(store: Store) -> None:
    """With a note until their access is granted; a filter is a link."""
    copy = store.put("arriving/people/an")
    (copy / ".dovecot.sieve").symlink_to("sieve/loc.sieve")
    store.directory = {"people/an": COMES}
    moves_arrive.arrive(HERE, ["people/an"])
    assert "letter" == store.text("people/an")
    assert ["people/an"] == moves.inside(store.root / "state" / "arrived")


def test_only_expected_mailboxes_arrive(store: Store) -> None:
    """The directory of this host has frozen them, on another."""
    store.put("arriving/people/an")
    for place in (LEFT, WAITS):
        store.directory = {"people/an": place}
        with pytest.raises(Failed, match=r"^its directory does not expect these mailboxes$"):
            moves_arrive.arrive(HERE, ["people/an"])
    assert [] == [*(store.mail / "people").iterdir()]


@pytest.mark.parametrize("link", ["arriving", "arriving/people", "arriving/people/an"])
def test_no_copy_arrives_by_a_link(store: Store, link: str) -> None:
    """Another store may have put it there; what it leads to stays where it is."""
    store.directory = {"people/an": COMES}
    store.put("victim/people/an")
    shutil.rmtree(store.mail / "arriving")
    (store.mail / link).parent.mkdir(parents=True, exist_ok=True)
    target = "victim" / Path(link).relative_to("arriving")
    (store.mail / link).symlink_to(store.mail / target)
    with pytest.raises(Failed, match=r"is no folder$"):
        moves_arrive.arrive(HERE, ["people/an"])
    assert "letter" == store.text("victim/people/an")
    assert [] == [*(store.mail / "people").iterdir()]


def test_incomplete_copy_is_refused(store: Store) -> None:
    """Dovecot does not find the message that is there, or there is no copy."""
    store.put("arriving/people/an")
    store.directory, store.messages = {"people/an": COMES}, {"an": 0}
    with pytest.raises(Failed, match=r"^Dovecot does not find the same number"):
        moves_arrive.arrive(HERE, ["people/an"])
    with pytest.raises(Failed, match=r"people/an is no folder$"):
        moves_arrive.arrive(HERE, ["people/an"])


def test_messages_are_counted_by_dovecot(monkeypatch: pytest.MonkeyPatch) -> None:
    """In all folders, whatever their names; whoever it does not find has no number."""
    asked: list[str] = []

    def doveadm(*argv: str) -> str:
        asked.append(Path(argv[argv.index("-F") + 1]).read_text())
        heading = "username\tmailbox\tmessages\n"
        return f"{heading}an\tINBOX\t3\nan\tQuý\u2028\u2029\x85\x0c1\t2\nstc\tINBOX\t0\n"

    monkeypatch.setattr(moves_arrive, "output", doveadm)
    found = moves_arrive._messages(["people/an", "units/stc", "people/ha"])
    assert {"an": 5, "stc": 0} == found
    assert ["an\nstc\nha\n"] == asked


@pytest.mark.parametrize("odd", ["Maildir/link", ".dovecot.sieve", "fifo", "owner"])
def test_copy_with_anything_else_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch, odd: str
) -> None:
    """A link that leads out of the mailbox, a device, a file of somebody else."""
    copy = store.put("arriving/people/an")
    store.directory = {"people/an": COMES}
    if odd == "fifo":
        os.mkfifo(copy / odd)
    elif odd == "owner":
        monkeypatch.setattr(moves_arrive, "OWNER", "nobody")
    else:
        (copy / odd).symlink_to("../ha/sieve/x")
    with pytest.raises(Failed, match=r"does not belong in a mailbox|points outside the mailbox"):
        moves_arrive.arrive(HERE, ["people/an"])
    assert [] == [*(store.mail / "people").iterdir()]


def test_a_placeholder_and_a_copy_that_never_became_valid_make_room(store: Store) -> None:
    """They are all that a move may find where it leads."""
    store.put("people/ha", "earlier copy")
    store.arrived("people/ha")
    store.placeholder("people/lan")
    every = ["people/ha", "people/lan"]
    store.directory = dict.fromkeys(every, COMES)
    for each in every:
        store.put(f"arriving/{each}")
    moves_arrive.arrive(HERE, every)
    assert ["letter"] * 2 == [store.text(each) for each in every]


def test_a_mailbox_that_is_here_already_is_in_nobodys_way(store: Store) -> None:
    """The directory may be older than it; nothing of its batch moves until somebody has looked."""
    store.put("people/an", "another mailbox")
    store.put("people/ha", "earlier copy")
    store.arrived("people/ha")
    every = ["people/ha", "people/an"]
    store.directory = dict.fromkeys(every, COMES)
    for each in every:
        store.put(f"arriving/{each}")
    with pytest.raises(Failed, match=r"people/an is here already.*store2"):
        moves_arrive.arrive(HERE, every)
    assert ["earlier copy", "another mailbox"] == [store.text(each) for each in every]


# --- settling


def settle() -> moves_settle.Settled:
    """Settle a store that is the provider."""
    return moves_settle.settle(HERE, "", "")


def test_each_mailbox_is_where_the_directory_says(store: Store) -> None:
    """Set aside: one has left, one stays, one is still frozen."""
    store.directory = {"people/an": LEFT, "people/ha": STAYS, "people/lan": WAITS}
    for each in store.directory:
        store.put(f"leaving/{each}", each)
        store.placeholder(each)
    assert {"left": {"people/an": THERE}, "here": []} == settle()
    assert "people/ha" == store.text("people/ha")
    assert ["people/an", "people/lan"] == moves.inside(store.mail / "leaving")


def test_killed_before_the_exchange(store: Store) -> None:
    """The folder that was to be exchanged is removed."""
    store.put("people/an")
    store.placeholder("leaving/people/an")
    store.directory = {"people/an": STAYS}
    settle()
    assert "letter" == store.text("people/an")
    assert [] == moves.inside(store.mail / "leaving")


def test_mailbox_that_exists_twice_is_never_removed(store: Store) -> None:
    """Somebody decides; others are put back."""
    store.put("people/an")
    store.put("leaving/people/an")
    store.placeholder("people/ha")
    store.put("leaving/people/ha")
    store.directory = {"people/an": STAYS, "people/ha": STAYS}
    with pytest.raises(Failed, match=r"^people/an exists twice"):
        settle()
    assert "letter" == store.text("people/an") == store.text("leaving/people/an")
    assert "letter" == store.text("people/ha")


@pytest.mark.parametrize("copied_again", [True, False])
def test_mailbox_that_never_became_valid_is_a_copy(store: Store, copied_again: bool) -> None:
    """Put in place here, but the directory has unfrozen it elsewhere."""
    store.put("people/an", "in place")
    note = store.arrived("people/an")
    if copied_again:
        store.put("arriving/people/an", "copy")
    store.directory = {"people/an": COMES._replace(frozen=False)}
    assert {"left": {}, "here": []} == settle()
    assert ("copy" if copied_again else "in place") == store.text("arriving/people/an")
    assert not (store.mail / "people/an").exists()
    assert not note.exists()


def test_mailbox_that_has_arrived_is_reported(store: Store) -> None:
    """Until its access is granted; one that is frozen may still become valid."""
    store.put("people/an")
    store.put("people/ha")
    store.arrived("people/an")
    (store.root / "state/arrived/people/ha").touch()
    store.directory = {"people/an": STAYS._replace(target=""), "people/ha": COMES}
    assert {"left": {}, "here": ["people/an"]} == settle()
    assert ["an", "ha"] == sorted(p.name for p in (store.mail / "people").iterdir())


def test_copies_that_nobody_wants_are_removed(store: Store) -> None:
    """What is to come is kept, and what the directory does not know."""
    for each in ("people/an", "people/ha", "people/unknown"):
        store.put(f"arriving/{each}")
    store.directory = {"people/an": COMES._replace(frozen=False), "people/ha": FOREIGN}
    settle()
    assert ["people/an", "people/unknown"] == moves.inside(store.mail / "arriving")


@pytest.mark.parametrize("link", ["arriving", "arriving/people", "leaving", "leaving/people"])
def test_nothing_is_settled_through_a_link(store: Store, link: str) -> None:
    """Mailboxes in use that a link makes look like copies stay."""
    store.put("people/an")
    if link.startswith("arriving"):
        shutil.rmtree(store.mail / "arriving")
    (store.mail / link).parent.mkdir(exist_ok=True)
    (store.mail / link).symlink_to(store.mail / link.partition("/")[2])
    store.directory = {"people/an": STAYS._replace(target="")}
    assert {"left": {}, "here": []} == settle()
    assert "letter" == store.text("people/an")


@pytest.mark.parametrize("planted", ["file", "link"])
def test_what_is_no_copy_is_removed_like_one(store: Store, planted: str) -> None:
    """It ends neither this `settle` nor later ones; nobody is asked about names that are no ids."""
    store.put("people/ha")
    place = store.mail / "arriving/people/an"
    if planted == "file":
        place.touch()
    else:
        place.symlink_to("../../people/ha")
    (place.parent / "*)(uid=*").mkdir()
    store.directory = {"people/an": FOREIGN}
    settle()
    assert ["*)(uid=*"] == [each.name for each in place.parent.iterdir()]
    assert "letter" == store.text("people/ha")


def test_mailbox_is_a_copy_again_whatever_took_its_place(store: Store) -> None:
    """Only a folder is a newer copy."""
    store.put("people/an")
    store.arrived("people/an")
    (store.mail / "arriving/people/an").symlink_to("nowhere")
    store.directory = {"people/an": COMES._replace(frozen=False)}
    settle()
    assert "letter" == store.text("arriving/people/an")


def test_placeholders_go_after_some_minutes(store: Store) -> None:
    """Then nobody looks for them until the next mailbox leaves."""
    marker = store.root / "state" / "no-placeholders"
    store.put("people/ha")
    old, fresh = store.placeholder("people/an"), store.placeholder("units/stc")
    os.utime(old, (0, time.time() - 700))
    settle()
    assert (False, True, False) == (old.exists(), fresh.exists(), marker.exists())
    os.utime(fresh, (0, 0))
    settle()
    assert (False, True) == (fresh.exists(), marker.exists())
    assert "letter" == store.text("people/ha")
    again = store.placeholder("people/an")
    os.utime(again, (0, 0))
    settle()
    assert again.exists()
    moves_settle.expect_placeholders()
    settle()
    assert not again.exists()


def test_a_directory_that_lags_decides_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says may be older than the switch."""
    store.put("leaving/people/an")
    store.placeholder("people/an")
    store.directory = {"people/an": STAYS}
    positions = {"": "1", "10.0.0.3": "2"}
    monkeypatch.setattr(ldap, "suffix", lambda: "dc=vn")
    monkeypatch.setattr(ldap, "position", lambda _, provider="": positions[provider])
    with pytest.raises(Failed, match=r"^its directory lags behind the provider's$"):
        moves_settle.settle(HERE, "", "10.0.0.3")
    assert is_placeholder(store.mail / "people/an")
    positions[""] = "2"
    moves_settle.settle(HERE, "", "10.0.0.3")
    assert "letter" == store.text("people/an")
