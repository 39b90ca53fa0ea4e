"""A mailbox is put in place in one step, and nothing that came since is lost."""

import contextlib
import hashlib
import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from hopthu.remote.host import moves, recover_in_place
from hopthu.remote.host.recover_in_place import _compared, _exchanged, _looked, _settle, settle
from hopthu.remote.host.state import Failed
from hopthu.remote.host.unpacked import AsItWas

ONE = "people/an"
OLD, X = (hashlib.sha256(text).hexdigest() for text in (b"old", b"x"))
"""The digest of the message in the copy, and of others."""


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store whose disk is empty, and the copy of a mailbox with a message, unpacked."""
    work = tmp_path / "backup" / "restored"
    monkeypatch.setattr(moves, "MAIL", tmp_path)
    for name, path in (("MAIL", tmp_path), ("WORK", work), ("_ASIDE", tmp_path / "aside")):
        monkeypatch.setattr(recover_in_place, name, path)
    monkeypatch.setattr(AsItWas, "compared", lambda *_: {})
    (tmp_path / "people").mkdir()
    unpack(tmp_path)
    return tmp_path


def unpack(mail: Path) -> None:
    """Unpack the copy, as each run does."""
    work = mail / "backup" / "restored"
    message = ["INBOX", "1", "old", "", "", "1", OLD, ""]
    (work / "manifests" / "people").mkdir(parents=True, exist_ok=True)
    (work / "manifests" / ONE).write_text(
        json.dumps({"messages": [message], "files": {}, "seen": {}})
    )
    put(work / ONE, {"cur/old:2,S": "old"})


def put(home: Path, messages: Mapping[str, str]) -> None:
    """Put messages into a mailbox."""
    for path, text in messages.items():
        message = home / "Maildir" / path
        message.parent.mkdir(parents=True, exist_ok=True)
        message.write_text(text)


def there(home: Path) -> set[str]:
    """Return the messages of a mailbox."""
    top = home / "Maildir"
    return {str(path.relative_to(top)) for path in top.rglob("*") if path.is_file()}


def run(mail: Path) -> tuple[list[str], list[str]]:
    """Return which mailboxes are in place after a run, and why others are not."""
    found = _looked([ONE])
    if found.lacking:
        done = _exchanged(_compared(found.lacking))
        settle(done.there)
        return done.there, done.left
    return found.there, found.left


def test_there_is_time_for_all_that_is_read(mail: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of manifests, and of each kind: restic sends what is in place already, too."""
    asked: list[tuple[str, int, list[str]]] = []

    def unpacked(_: str, source: str, _to: Path, there: int, without: Collection[str] = ()) -> None:
        asked.append((Path(source).name, there, [*without]))

    used = SimpleNamespace(frozen=False, state="active")
    for name, answer in {
        "alone": contextlib.nullcontext, "place": contextlib.nullcontext,
        "mailboxes": lambda _: {"people/an": 10, "people/binh": 20, "units/so": 30},
        "placed": lambda _: {"people/an": used, "people/binh": used, "units/so": used},
        "left_out": lambda _: {}, "as_owner": lambda function: function(),
        "_looked": lambda _: recover_in_place._Found(["people/binh", "units/so"], [ONE], []),
        "sizes": lambda _: ({"people/an": 100, "people/binh": 200, "units/so": 400}, []),
        "_put": lambda there, _: recover_in_place._Found([*there], [], []),
        "_settled": lambda there, left, _: (there, left),
        "unpack_folder": unpacked,
    }.items():  # fmt: skip
        monkeypatch.setattr(recover_in_place, name, answer)
    done = recover_in_place.store(("b1/mail", "abc"), "mail1", {})
    assert (["people/binh", "units/so", ONE], []) == done
    assert [("manifests", 60, []), ("people", 300, ["binh"])] == asked
    assert mail.is_dir()


def test_a_mailbox_is_put_in_place_once(mail: Path) -> None:
    """What came to the new host is in it; a second run leaves it alone."""
    put(mail / ONE, {"new/since": "x", "Đơn từ/new/since": "x"})
    assert ([ONE], []) == run(mail)
    wanted = {"cur/old:2,S", f"new/since.{X}", f"Đơn từ/new/since.{X}"}
    assert wanted == there(mail / ONE)
    put(mail / ONE, {"new/later": "x"})
    unpack(mail)
    assert ([ONE], []) == run(mail)
    assert wanted | {"new/later"} == there(mail / ONE)


@pytest.mark.parametrize("killed", ["before", "between", "after"])
def test_a_run_that_is_killed_loses_nothing(
    mail: Path, monkeypatch: pytest.MonkeyPatch, killed: str
) -> None:
    """Before, between and after the two steps; mail comes meanwhile, too."""
    put(mail / ONE, {"new/since": "x"})

    def dying(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if killed == "before":
            patch.setattr(Path, "rename", dying)
        if killed == "between":
            patch.setattr(recover_in_place, "exchange", dying)
        _looked([ONE])
        with contextlib.suppress(KeyboardInterrupt):
            _exchanged(_compared([ONE]))
    put(mail / ONE, {"new/meanwhile": "x"})
    unpack(mail)
    assert ([ONE], []) == run(mail)
    found = {name.removesuffix(f".{X}") for name in there(mail / ONE)}
    assert {"cur/old:2,S", "new/since", "new/meanwhile"} == found


def test_a_letter_that_comes_meanwhile_keeps_nothing_out(
    mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mailbox is there at every moment: nobody makes another that would be in the way."""
    put(mail / ONE, {"new/since": "x"})
    rename = Path.rename

    def delivering(path: Path, target: Path) -> Path:
        renamed = rename(path, target)
        put(mail / ONE, {"new/meanwhile": "x"})
        return renamed

    monkeypatch.setattr(Path, "rename", delivering)
    assert ([ONE], []) == run(mail)
    found = {name.removesuffix(f".{X}") for name in there(mail / ONE)}
    assert {"cur/old:2,S", "new/since", "new/meanwhile"} == found


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ({"new/old": "x"}, "is not lost"),
        ({"../.restored": "earlier"}, "from another copy"),
    ],
)
def test_what_is_not_lost_is_left_alone(mail: Path, messages: dict[str, str], why: str) -> None:
    """Its owner has gone on with it."""
    (mail / ONE / "Maildir").mkdir(parents=True)
    put(mail / ONE, messages)
    before = there(mail / ONE)
    _, (said,) = run(mail)
    assert why in said
    assert before == there(mail / ONE)


@pytest.mark.parametrize("text", ["[]", "{}", "x", "[" * 10**5, '{"messages": [[1]]}'])
def test_a_manifest_that_is_none_keeps_no_other_mailbox_out(mail: Path, text: str) -> None:
    """A store that was taken over can have sent any."""
    (mail / "backup" / "restored" / "manifests" / "people" / "binh").write_text(text)
    found = _looked(["people/binh", ONE])
    assert ([ONE], ["people/binh: the copy has no manifest that can be read"]) == found[1:]


def test_without_room_nothing_is_unpacked(mail: Path) -> None:
    """What was lost takes as much as it did."""
    message = ["INBOX", "1", "old", "", "", str(10**18), "", ""]
    text = json.dumps({"messages": [message], "files": {}, "seen": {}})
    (mail / "backup" / "restored" / "manifests" / ONE).write_text(text)
    with pytest.raises(Failed, match="no room"):
        run(mail)


def again(mail: Path) -> set[str]:
    """Put the mailbox in place, whatever is there, as it is done for one alone."""
    _settle(ONE)
    assert [ONE] == _exchanged(_compared([ONE])).there
    _settle(ONE)
    return there(mail / ONE)


def test_only_what_the_copy_has_not_is_added(mail: Path) -> None:
    """Whatever its name and place: a flag, a folder, a content that was changed since."""
    put(mail / ONE, {"cur/old:2,F": "old", "Mới/cur/1.moved:2,": "old", "cur/9.other:2,S": "x"})
    assert {"cur/old:2,S", f"cur/9.{X}:2,S"} == again(mail)
    unpack(mail)
    assert {"cur/old:2,S", f"cur/9.{X}:2,S"} == again(mail)
    (mail / ONE / "Maildir" / "cur" / "old:2,S").write_text("pay")
    unpack(mail)
    pay = hashlib.sha256(b"pay").hexdigest()
    assert {"cur/old:2,S", f"cur/old.{pay}:2,S", f"cur/9.{X}:2,S"} == again(mail)
    assert "old" == (mail / ONE / "Maildir" / "cur" / "old:2,S").read_text()
    assert {".restored", "Maildir"} == {path.name for path in (mail / ONE).iterdir()}


def test_labels_mean_the_same(mail: Path) -> None:
    """In names of messages they are letters, each with a meaning of its own in each folder."""
    put(mail / "backup" / "restored" / ONE, {"dovecot-keywords": "0 gap\n2 mat\n"})
    labels = "".join(f"{n} l{n}\n" for n in range(23))
    put(mail / ONE, {"cur/1.a:2,FSab": "x", "dovecot-keywords": "0 mat\n1 moi\n9999999999 so\n"})
    put(mail / ONE, {"Đầy/cur/2.a:2,aw": "x", "Đầy/dovecot-keywords": labels})
    found = again(mail)
    assert {f"cur/1.{X}:2,FScb", f"Đầy/cur/2.{X}:2,aw"} <= found
    assert labels == (mail / ONE / "Maildir" / "Đầy" / "dovecot-keywords").read_text()
    text = (mail / ONE / "Maildir" / "dovecot-keywords").read_text()
    assert "0 gap\n1 moi\n2 mat\n" == text


def test_rights_are_those_of_today(mail: Path) -> None:
    """Who was head then must not read the mail of who is head now; what readers saw stays."""
    was = mail / "backup" / "restored" / ONE
    put(was, {"dovecot-acl": "former", "Sent/dovecot-acl": "former", "Sent/cur/old": "old"})
    put(mail / ONE, {"dovecot-acl": "head", "cur/old": "old"})
    put(mail / ONE, {"../units/so-noi-vu/dovecot.index.pvt.log": "seen"})
    assert {"dovecot-acl", "Sent/cur/old", "cur/old:2,S"} == again(mail)
    assert "head" == (mail / ONE / "Maildir" / "dovecot-acl").read_text()
    assert (mail / ONE / "units" / "so-noi-vu" / "dovecot.index.pvt.log").is_file()


def test_what_was_seen_of_other_uids_is_forgotten(mail: Path) -> None:
    """Dovecot keeps it by UID, and does not look at UIDVALIDITY; of other units it stays."""
    for unit in ("so-noi-vu", "so-tai-chinh"):
        put(mail / ONE, {f"../units/{unit}/dovecot.index.pvt.log": "seen"})
    put(mail / "units" / "so-noi-vu", {"../.restored-manifest": "{}", "cur/1": "x"})
    _settle("units/so-noi-vu")
    assert ["so-tai-chinh"] == [each.name for each in (mail / ONE / "units").iterdir()]


def test_what_is_no_message_is_not_opened(mail: Path) -> None:
    """A pipe would keep who opens it waiting for ever, and all restores and moves with it."""
    put(mail / ONE, {"cur/1.a:2,": "x", "cur/folder/1": "x"})
    os.mkfifo(mail / ONE / "Maildir" / "cur" / "pipe")
    (mail / ONE / "Maildir" / "cur" / "link").symlink_to("/etc/passwd")
    assert {"cur/old:2,S", f"cur/1.{X}"} == again(mail)


def test_a_restore_that_was_cut_off_is_named(
    mail: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Not while one is at work: it has something aside, too."""
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path))
    assert [] == recover_in_place.cut_off()
    put(mail / "aside" / ONE, {"cur/a": "a"})
    assert [ONE] == recover_in_place.cut_off()
    with recover_in_place.alone():
        assert [] == recover_in_place.cut_off()
