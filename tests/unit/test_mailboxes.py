"""Access to unit mailboxes: what a store grants, and the commands that correct it."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hopthu.daemons import dovecot
from hopthu.desired.host_mailboxes import Shared
from hopthu.operations import unit_access, unit_readers
from hopthu.operations.unit_access import LETTERS, Granted
from hopthu.remote.host import mailboxes as boxes
from hopthu.remote.host import unit_access as on_host
from hopthu.remote.host.packing import packed, unpacked
from hopthu.remote.host.sessions import signed_in
from hopthu.remote.host.unit_access import Changes
from host_calls import answer

FULL = LETTERS
GIB = 2**30
SHARE = 90
STC = {"stc": Shared("Sở Tài chính", 10 * GIB, frozenset({"an", "binh"}))}
ONE = {"stc": replace(STC["stc"], readers=frozenset({"binh"}))}
GRANTED = {"user=an": FULL, "user=binh": FULL}
SENT = dict.fromkeys(GRANTED, FULL - {"i", "x"})
RIGHTS = {("stc", "INBOX"): GRANTED, ("stc", "Sent"): SENT}
HERS = {("stc", "INBOX"): {"user=binh": FULL}, ("stc", "Sent"): {"user=binh": SENT["user=binh"]}}
BOTH = [
    ("stc/Maildir", "user=an kxeilprwts\nuser=binh kxeilprwts\n"),
    ("stc/Maildir/Sent", "user=an kelprwts\nuser=binh kelprwts\n"),
]
"""The files of INBOX and Sent, in which nobody can file anything."""
FOLDERS, PARTS = ("", *dovecot.FOLDERS), ("cur", "new", "tmp")
LISTED = unit_readers.text(STC, SHARE)
ONE_LISTED = unit_readers.text(ONE, SHARE)
NOTHING: Changes = {
    "revoked": [], "subscribed": [], "listed": packed(LISTED), "ended": [], "granted": [],
}  # fmt: skip


def changes(wanted: Mapping[str, Shared], granted: Granted, *away: str) -> Changes:
    """The changes on a store where all readers live but those who are `away`."""
    people = frozenset().union(*(each.readers for each in wanted.values())) - {*away}
    found = unit_access.changes(wanted, SHARE, granted, people)
    assert found
    return found


def test_nothing_changes_if_access_is_correct() -> None:
    """The second apply changes nothing."""
    granted = Granted({**RIGHTS, ("stc", "Hồ sơ"): GRANTED}, LISTED)
    assert unit_access.changes(STC, SHARE, granted, {"an", "binh"}) is None


def test_new_readers_get_inbox_and_subscriptions() -> None:
    """Rights in INBOX apply to every folder; sessions that are open know nothing of it."""
    assert NOTHING | {
        "granted": BOTH,
        "subscribed": [("an", "stc"), ("binh", "stc")],
        "ended": ["an", "binh"],
    } == changes(STC, Granted())


def test_reader_on_another_store_is_not_subscribed_yet() -> None:
    """A folder of theirs here would block their mailbox; access is granted already."""
    found = changes(STC, Granted(), "an")
    assert BOTH == found["granted"]
    assert [("binh", "stc")] == found["subscribed"]


def test_who_or_whose_unit_has_arrived_is_subscribed() -> None:
    """Though the access was granted before; not who lives elsewhere."""
    granted = Granted(RIGHTS, LISTED)
    for moved, subscribed in (({"an"}, ["an"]), ({"stc"}, ["an", "binh"])):
        found = unit_access.changes(STC, SHARE, granted, {"an", "binh"}, moved)
        assert NOTHING | {"subscribed": [(person, "stc") for person in subscribed]} == found
    found = unit_access.changes(STC, SHARE, Granted(), {"binh"}, {"an", "stc"})
    assert found
    assert [("binh", "stc")] == found["subscribed"]


@pytest.mark.parametrize("other", [{"folder": "Sở Tài chính mới"}, {"quota": 5 * GIB}])
def test_another_name_or_quota_ends_the_sessions_that_have_the_old_one(
    other: dict[str, Any],
) -> None:
    """Subscriptions are kept without the name; nothing is granted or subscribed again."""
    granted = Granted(RIGHTS, LISTED)
    wanted = {"stc": replace(STC["stc"], **other)}
    listed = packed(unit_readers.text(wanted, SHARE))
    assert NOTHING | {"listed": listed, "ended": ["an", "binh"]} == changes(wanted, granted)


def test_reader_cannot_administer() -> None:
    """RFC 4314's `a` would let a head grant access."""
    assert "a" not in FULL


def test_former_reader_loses_all_folders_and_sessions() -> None:
    """Dovecot has copied the rights to each folder created since."""
    granted = Granted({**RIGHTS, ("stc", "Hồ sơ"): GRANTED}, LISTED)
    left = "user=binh kxeilprwts\n"
    sent = "user=binh kelprwts\n"
    assert NOTHING | {
        "revoked": [("stc/Maildir/Hồ sơ", left), ("stc/Maildir", left), ("stc/Maildir/Sent", sent)],
        "ended": ["an"],
        "listed": packed(ONE_LISTED),
    } == changes(ONE, granted)


def test_sessions_that_an_interrupted_run_has_left_end() -> None:
    """Whether the run ended before the file was written, or before the sessions did."""
    for listed in (LISTED, f"#an\n{ONE_LISTED}"):
        granted = Granted(HERS, listed)
        assert NOTHING | {"listed": packed(ONE_LISTED), "ended": ["an"]} == changes(ONE, granted)
    ended = changes(ONE, Granted(HERS, f"#binh\n{ONE_LISTED}"))
    assert ["binh"] == ended["ended"]


@pytest.mark.parametrize("identifier", ["anyone", "authenticated", "group=x", "-user=an", "owner"])
def test_access_granted_by_hand_is_revoked(identifier: str) -> None:
    """Whoever it is for; no session is ended, as nobody is known to have used it."""
    granted = Granted(RIGHTS | {("stc", "INBOX"): {**GRANTED, identifier: frozenset("lr")}}, LISTED)
    left = "user=an kxeilprwts\nuser=binh kxeilprwts\n"
    assert NOTHING | {"revoked": [("stc/Maildir", left)]} == changes(STC, granted)


def test_wrong_rights_of_a_reader_are_corrected() -> None:
    """In INBOX and Sent by setting them; in a folder by removing them: those of INBOX apply."""
    odd = {"user=an": frozenset("lra"), "user=binh": FULL}
    granted = Granted(dict.fromkeys((("stc", each) for each in ("INBOX", "Sent", "Hồ sơ")), odd))
    found = changes(STC, granted)
    assert [("stc/Maildir/Hồ sơ", "user=binh kxeilprwts\n")] == found["revoked"]
    assert BOTH == found["granted"]


def test_nobody_files_letters_in_sent_or_removes_it() -> None:
    """Delivery files what is sent there, so that each letter is there once."""
    granted = Granted({("stc", "INBOX"): GRANTED, ("stc", "Sent"): GRANTED}, LISTED)
    assert NOTHING | {"granted": BOTH[1:]} == changes(STC, granted)


def test_what_an_ended_unit_has_left_is_read_only() -> None:
    """Whoever had all rights has them in no folder any more, made since or not; a run goes on."""
    left = {"stc": replace(ONE["stc"], read_only=True)}
    had = Granted({**RIGHTS, ("stc", "Hồ sơ"): GRANTED}, LISTED)
    read = "user=binh lrs\n"
    assert NOTHING | {
        "revoked": [
            ("stc/Maildir/Hồ sơ", ""),
            ("stc/Maildir", "user=binh kxeilprwts\n"),
            ("stc/Maildir/Sent", ""),
        ],
        "granted": [("stc/Maildir", read)],
        "ended": ["an"],
        "listed": packed(ONE_LISTED),
    } == changes(left, had)
    done = Granted({("stc", "INBOX"): {"user=binh": frozenset("lrs")}}, ONE_LISTED)
    assert unit_access.changes(left, SHARE, done, {"binh"}) is None


def test_closed_unit_has_no_readers() -> None:
    """Its ACL files are removed, and it is listed to nobody."""
    granted = Granted({("skh", "INBOX"): {"user=an": FULL}, ("skh", "Hồ sơ"): GRANTED}, LISTED)
    removed = [("skh/Maildir/Hồ sơ", ""), ("skh/Maildir", "")]
    expected = NOTHING | {"revoked": removed, "ended": ["an", "binh"], "listed": packed("")}
    assert expected == changes({}, granted)


@pytest.mark.parametrize("other", ["chi::::::: userdb_unit0=stc\n", "\n", "#\n", "x"])
def test_a_wrong_file_of_readers_is_rewritten(other: str) -> None:
    """Who was in it can no longer find what they should not; access is not touched."""
    found = changes(STC, Granted(RIGHTS, LISTED + other))
    assert (packed(LISTED), []) == (found["listed"], found["granted"])
    assert ("chi" in found["ended"]) == ("chi" in other)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with the unit stc: rights in INBOX and in a folder, odd ones too, and readers."""
    inbox, folder = tmp_path / "units/stc/Maildir", tmp_path / "units/stc/Maildir/Hồ sơ/2026"
    for path in (inbox / "cur", folder / "cur", tmp_path / "people/an/Maildir/Trash"):
        path.mkdir(parents=True)
    (inbox / "new").mkdir()
    (inbox / "dovecot-acl").write_text("user=an kxeilprwts\nuser=binh lr\nanyone l\n")
    (folder / "dovecot-acl").write_text('user=an kxeilprwts\n"group=a b" lr\n')
    (folder / "cur/dovecot-acl").write_text("user=chi lr\n")
    (tmp_path / "readers").write_text(LISTED)
    return tmp_path


def granted(store: Path) -> Granted:
    found = answer(on_host.granted, f"{store}/units", f"{store}/readers", env={})
    return Granted.of(found.result)


def existing(store: Path) -> list[str]:
    return unpacked(answer(boxes.existing, str(store), env={}).result).splitlines()


def test_acls_are_read_from_every_folder(store: Path) -> None:
    """But not among messages: a file there is a message, whatever its name."""
    expected = Granted(
        {
            ("stc", "INBOX"): {
                "user=an": FULL,
                "user=binh": frozenset("lr"),
                "anyone": frozenset("l"),
            },
            ("stc", "Hồ sơ/2026"): {"user=an": FULL, "group=a b": frozenset("lr")},
        },
        LISTED,
    )
    assert expected == granted(store)


def test_mailbox_exists_once_its_inbox_does(store: Path) -> None:
    """Other folders alone are left by an interrupted run."""
    assert ["units/stc"] == existing(store)


def test_missing_folders_are_created(store: Path) -> None:
    """For their owner alone; what an interrupted run has left is completed, the rest untouched."""
    kept = store / "people/an/Maildir/Trash/cur/1.an"
    kept.parent.mkdir(0o700)
    kept.write_text("mail")
    made = ["people/an", "people/moi", "units/moi-2"]
    for _ in range(2):
        assert 0 == answer(boxes.make, str(store), made, dovecot.FOLDERS, env={}).code
    assert {*made, "units/stc"} == {*existing(store)}
    tops = [store / mailbox / "Maildir" for mailbox in made]
    parts = [top / folder / part for top in tops for folder in FOLDERS for part in PARTS]
    assert [0o40700] * len(parts) == [part.stat().st_mode for part in parts]
    assert "mail" == kept.read_text()


@pytest.mark.parametrize("killed_after", range(21))
def test_mailbox_exists_only_when_it_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_after: int
) -> None:
    """Whatever a run that was killed has left of it; the next one completes it."""
    tmp_path.joinpath("people").mkdir()
    left = iter([os.mkdir] * killed_after)

    def mkdir(path: str, mode: int) -> None:
        if not (make := next(left, None)):
            raise KeyboardInterrupt
        make(path, mode)

    monkeypatch.setattr(boxes.os, "mkdir", mkdir)
    with pytest.raises(KeyboardInterrupt):
        boxes.make(str(tmp_path), ["people/moi"], dovecot.FOLDERS)
    assert "" == unpacked(boxes.existing(str(tmp_path)))
    monkeypatch.undo()
    boxes.make(str(tmp_path), ["people/moi"], dovecot.FOLDERS)
    assert "people/moi" == unpacked(boxes.existing(str(tmp_path)))


def test_mailbox_in_whose_place_is_something_else_fails(store: Path) -> None:
    """Such as the placeholder of one that has left, which is a folder of root, or a file."""
    (store / "people/moi").touch()
    done = answer(boxes.make, str(store), ["people/moi"], dovecot.FOLDERS, env={})
    assert (1, True) == (done.code, "Not a directory" in done.errors)


def test_bare_host_has_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dry run on a new host must not fail."""
    assert Granted() == granted(tmp_path / "nowhere")
    assert [] == existing(tmp_path / "nowhere")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [] == signed_in()


def test_sessions_are_imap_and_sieve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery is not a session."""
    table = [
        "username\t#\tservice\t(pids)\t(ips)",
        "an\t2\timap\t(11 12)\t(10.1.2.3)",
        "binh\t1\tsieve\t(13)\t(10.1.2.3)",
        "chi\t1\tlmtp\t(14)\t(10.88.0.11)",
    ]
    (tmp_path / "table").write_text("".join(f"{line}\n" for line in table))
    doveadm = tmp_path / "doveadm"
    doveadm.write_text(f"#!/bin/sh\ncat {tmp_path}/table\n")
    doveadm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert ["an", "binh"] == signed_in()
    (tmp_path / "table").write_text("")
    assert [] == signed_in()
