"""Mail is copied once and whole, however often the copy is killed, and the owner's changes stay."""

import os
from pathlib import Path
from typing import cast

import pytest
from mail_doubles import Killed, New, Old, message

from hopthu.remote.copy_record import Record
from hopthu.remote.copy_run import Result, Run
from hopthu.remote.mail_messages import Failed
from hopthu.remote.new_mailbox import NewMailbox
from hopthu.remote.old_server import OldServer

SENT = "INBOX.Sent Items"


def an_old_server() -> Old:
    """Return a server with three folders."""
    return Old(
        {
            "INBOX": (5, {n: (message("\\Seen" if n % 2 else ""), b"in%d" % n) for n in (1, 2, 4)}),
            SENT: (6, {9: (message("\\Seen quan-trong"), b"sent")}),
            "INBOX.Hồ sơ.Năm 2024": (8, {1: (message(), b"in1")}),
        }
    )


def copy(old: Old, new: New, record: Path, account: str = "a@old") -> Result:
    """Copy once, as the program does."""
    file = os.open(record, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        run = Run(cast(OldServer, old), cast(NewMailbox, new), Record(file, account))
        run.copy(run.scan())
        return run.result
    finally:
        os.close(file)


WHOLE = {
    "INBOX": [(b"in1", "\\Seen"), (b"in2", ""), (b"in4", "")],
    "Sent": [(b"sent", "\\Seen quan-trong")],
    "Hồ sơ/Năm 2024": [(b"in1", "")],
}


def test_all_is_copied_and_a_second_run_copies_nothing(tmp_path: Path) -> None:
    """With flags, into our folder for what is sent, and subscribed to as there."""
    old, new = an_old_server(), New()
    result = copy(old, new, tmp_path / "record")
    assert WHOLE == new.contents()
    assert {"INBOX", "Sent", "Hồ sơ/Năm 2024"} == new.subscriptions
    assert (3, 5, 5, 0) == (result.folders, result.there, result.copied, result.doubled)
    again = copy(old, new, tmp_path / "record")
    assert WHOLE == new.contents()
    assert (5, 0, 0) == (again.known, again.copied, again.moved)


@pytest.mark.parametrize("read", ["refused", "not told"])
def test_of_a_folder_that_is_not_read_whole_nothing_is_gone(tmp_path: Path, read: str) -> None:
    """Its copies stay where they are, though the same message comes in another folder."""
    old, new = an_old_server(), New()
    copy(old, new, tmp_path / "record")
    before = old.held["INBOX"]
    old.held["INBOX"] = (0, {}) if read == "refused" else (5, {-1: (message(), b"in1")})
    old.held["INBOX.Trash"] = (9, {1: (message("\\Seen"), b"in2")})
    result = copy(old, new, tmp_path / "record")
    assert 1 == len(result.wrong)
    assert WHOLE["INBOX"] == new.contents()["INBOX"]
    old.held["INBOX"] = before
    assert [] == copy(old, new, tmp_path / "record").wrong
    assert WHOLE["INBOX"] == new.contents()["INBOX"]


@pytest.mark.parametrize("kills", [1, 2, 3])
@pytest.mark.parametrize("steps", range(9))
def test_a_killed_copy_goes_on_without_doubling(tmp_path: Path, steps: int, kills: int) -> None:
    """Wherever it was killed: also between a message that was added and its record."""
    old, new = an_old_server(), New()
    for _ in range(kills):
        new.steps = steps
        try:
            copy(old, new, tmp_path / "record")
        except Killed:
            new.deliver("INBOX", message(), b"somebody else wrote")
    new.steps = 10**9
    result = copy(old, new, tmp_path / "record")
    for mailbox in new.contents().values():
        assert [found for found in mailbox if found[0] != b"somebody else wrote"] in WHOLE.values()
    assert (5, 0) == (result.known + result.copied, result.doubled)


def test_a_line_cut_off_in_the_record_is_dropped(tmp_path: Path) -> None:
    """The machine lost power while it was written."""
    old, new = an_old_server(), New()
    copy(old, new, tmp_path / "record")
    whole = (tmp_path / "record").read_bytes()
    for length in range(len(whole) - 60, len(whole)):
        (tmp_path / "record").write_bytes(whole[:length])
        copy(old, new, tmp_path / "record")
        assert WHOLE == new.contents()


def test_what_the_owner_does_here_stays(tmp_path: Path) -> None:
    """Flags, moves and removals are not undone by a second run."""
    old, new = an_old_server(), New()
    copy(old, new, tmp_path / "record")
    new.look("INBOX")
    new.mark(1, ("\\Flagged",))
    new.move(2, "Sent")
    del new.held["INBOX"][3]
    mine = new.contents()
    old.held["INBOX"][1][1] = message("\\Answered"), b"in1"
    result = copy(old, new, tmp_path / "record")
    assert mine == new.contents()
    assert (0, 0) == (result.marked, result.copied)


def test_what_was_changed_there_meanwhile_comes(tmp_path: Path) -> None:
    """New mail, flags, and messages that were moved there, which are moved here as well."""
    old, new = an_old_server(), New()
    copy(old, new, tmp_path / "record")
    _, inbox = old.held["INBOX"]
    inbox[7] = message(), b"late"
    inbox[2] = message("\\Seen"), b"in2"
    old.held[SENT][1][10] = inbox.pop(4)
    result = copy(old, new, tmp_path / "record")
    assert new.contents() == {
        "INBOX": [(b"in1", "\\Seen"), (b"in2", "\\Seen"), (b"late", "")],
        "Sent": [(b"in4", ""), (b"sent", "\\Seen quan-trong")],
        "Hồ sơ/Năm 2024": [(b"in1", "")],
    }
    assert (1, 1, 1) == (result.copied, result.marked, result.moved)
    assert 6 == result.known + result.copied + result.moved


def test_what_was_removed_here_and_moved_there_stays_away(tmp_path: Path) -> None:
    """Also when it is moved there again and again; what is still here goes along each time."""
    old, new = an_old_server(), New()
    copy(old, new, tmp_path / "record")
    new.held["INBOX"] = {1: new.held["INBOX"][1], 2: new.held["INBOX"][2]}
    ways = [("INBOX", SENT), (SENT, "INBOX.Hồ sơ.Năm 2024"), ("INBOX.Hồ sơ.Năm 2024", "INBOX")]
    here = ["Sent", "Hồ sơ/Năm 2024", "INBOX"]
    uids = {2: 2, 4: 4}
    for number, (source, target) in enumerate(ways, 100):
        for one, uid in uids.items():
            old.held[target][1][number * 10 + one] = old.held[source][1].pop(uid)
            uids[one] = number * 10 + one
        result = copy(old, new, tmp_path / "record")
        assert (0, 1, 4) == (result.copied, result.moved, result.known)
        assert (b"in2", "") in new.contents()[here[number - 100]]
        assert 4 == sum(map(len, new.contents().values()))


def test_equal_messages_are_each_copied(tmp_path: Path) -> None:
    """One that was moved there does not stand for another of the same content."""
    old, new = an_old_server(), New()
    copy(old, new, tmp_path / "record")
    moved = old.held["INBOX"][1].pop(4)
    old.held[SENT][1].update({10: moved, 11: moved})
    result = copy(old, new, tmp_path / "record")
    assert (1, 1) == (result.moved, result.copied)
    assert [b"in4", b"in4", b"sent"] == [content for content, _ in new.contents()["Sent"]]


@pytest.mark.parametrize("steps", range(5))
def test_a_kill_while_messages_are_moved_doubles_nothing(tmp_path: Path, steps: int) -> None:
    """It is found where it was moved to."""
    old, new = an_old_server(), New()
    copy(old, new, tmp_path / "record")
    _, inbox = old.held["INBOX"]
    old.held[SENT][1].update({10: inbox.pop(4), 11: inbox.pop(2)})
    new.steps = steps
    with pytest.raises(Killed):
        copy(old, new, tmp_path / "record")
    new.steps = 10**9
    copy(old, new, tmp_path / "record")
    assert 5 == sum(map(len, new.contents().values()))
    assert [b"in2", b"in4", b"sent"] == [content for content, _ in new.contents()["Sent"]]


def test_new_uids_on_the_old_server_double_nothing(tmp_path: Path) -> None:
    """It gives them when a folder was restored there; messages are known by their content."""
    old, new = an_old_server(), New()
    copy(old, new, tmp_path / "record")
    old.held["INBOX"] = 50, {n + 100: found for n, found in old.held["INBOX"][1].items()}
    result = copy(old, new, tmp_path / "record")
    assert WHOLE == new.contents()
    assert (5, 0) == (result.known, result.copied)


def test_two_accounts_fill_one_mailbox(tmp_path: Path) -> None:
    """Somebody who had two mailboxes there has one here; equal UIDs are different messages."""
    other, new = an_old_server(), New()
    other.held["INBOX"][1][1] = message(), b"other"
    copy(an_old_server(), new, tmp_path / "record")
    copy(other, new, tmp_path / "record", "b@old")
    copy(an_old_server(), new, tmp_path / "record")
    assert new.contents() == {**WHOLE, "INBOX": [*WHOLE["INBOX"], (b"other", "")]}


def test_another_name_of_the_server_doubles_nothing(tmp_path: Path) -> None:
    """Or of the user: messages are known by their content."""
    old, new = an_old_server(), New()
    copy(old, new, tmp_path / "record", "a@old.example")
    for _ in range(2):
        result = copy(old, new, tmp_path / "record", "a@10.0.0.1")
        assert WHOLE == new.contents()
        assert (5, 0, 0) == (result.known, result.copied, result.moved)


def test_what_cannot_be_copied_is_named_and_the_rest_comes(tmp_path: Path) -> None:
    """A folder that may not be read, a message that is not given, one that is refused here."""
    old, new = an_old_server(), New()
    old.held["INBOX.Của người khác"] = 0, {}
    old.silent = {2}
    old.held[SENT][1][3] = message(), b"refused"
    result = copy(old, new, tmp_path / "record")
    assert [
        ("INBOX.Của người khác", 0, "[NOPERM] no"),
        ("INBOX", 2, "no content"),
        (SENT, 3, "no"),
    ] == result.wrong
    assert 4 == result.copied
    old.silent = set()
    assert 1 == copy(old, new, tmp_path / "record").copied


def test_views_of_other_folders_are_left_out(tmp_path: Path) -> None:
    """Else each message would come twice."""
    old, new = an_old_server(), New()
    old.held["INBOX.All Mail"] = 4, {1: (message(), b"in1")}
    old.attributes["INBOX.All Mail"] = "\\all \\hasnochildren"
    result = copy(old, new, tmp_path / "record")
    assert WHOLE == new.contents()
    assert ["INBOX.All Mail"] == result.views


def test_a_full_mailbox_ends_the_run_and_the_next_goes_on(tmp_path: Path) -> None:
    """With nothing doubled."""
    old, new = an_old_server(), New(most=3)
    with pytest.raises(Failed, match="full"):
        copy(old, new, tmp_path / "record")
    new.most = 10**9
    copy(old, new, tmp_path / "record")
    assert WHOLE == new.contents()


def test_a_message_that_is_here_twice_is_counted(tmp_path: Path) -> None:
    """The report would say so."""
    old, new = an_old_server(), New()
    copy(old, new, tmp_path / "record")
    new.deliver("INBOX", message(), b"in1")
    assert 1 == copy(old, new, tmp_path / "record").doubled
