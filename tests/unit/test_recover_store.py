"""A mailbox of a lost store is put in place once, and nothing that came since is lost."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from hopthu.remote.host import moves, recover_store
from hopthu.remote.host.recover_store import _looked, _put_all, _settle_all
from hopthu.remote.host.state import Failed
from hopthu.remote.host.unpacked import AsItWas

ONE, COPY = "people/an", "abc"


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store whose disk is empty, and the copy of a mailbox with a message, unpacked."""
    work = tmp_path / "backup" / "restored"
    monkeypatch.setattr(moves, "MAIL", tmp_path)
    for name, path in (("MAIL", tmp_path), ("WORK", work), ("_ASIDE", tmp_path / "aside")):
        monkeypatch.setattr(recover_store, name, path)
    monkeypatch.setattr(AsItWas, "compared", lambda *_: {})
    (tmp_path / "people").mkdir()
    unpack(tmp_path)
    return tmp_path


def unpack(mail: Path) -> None:
    """Unpack the copy, as each run does."""
    work = mail / "backup" / "restored"
    message = ["INBOX", "1", "old", "", "", "1", "", ""]
    (work / "manifests" / "people").mkdir(parents=True, exist_ok=True)
    (work / "manifests" / ONE).write_text(
        json.dumps({"messages": [message], "files": {}, "seen": {}})
    )
    put(work / ONE, {"cur/old:2,S": "x"})


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
    found = _looked([ONE], COPY)
    if found.lacking:
        done = _put_all(found.lacking, COPY)
        _settle_all(done.there)
        return done.there, done.left
    return found.there, found.left


def test_a_mailbox_is_put_in_place_once(mail: Path) -> None:
    """What came to the new host is in it; a second run leaves it alone."""
    put(mail / ONE, {"new/since": "x", "Đơn từ/new/since": "x"})
    assert ([ONE], []) == run(mail)
    wanted = {"cur/old:2,S", "new/since", "Đơn từ/new/since"}
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
            patch.setattr(recover_store, "exchange", dying)
        _looked([ONE], COPY)
        with contextlib.suppress(KeyboardInterrupt):
            _put_all([ONE], COPY)
    put(mail / ONE, {"new/meanwhile": "x"})
    unpack(mail)
    assert ([ONE], []) == run(mail)
    assert {"cur/old:2,S", "new/since", "new/meanwhile"} == there(mail / ONE)


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
    assert {"cur/old:2,S", "new/since", "new/meanwhile"} == there(mail / ONE)


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ({"new/old": "x"}, "is not lost"),
        ({"new/since": "x", "dovecot-keywords": "0 gap"}, "has labels already"),
        ({"../.restored": "earlier"}, "from another copy"),
    ],
)
def test_what_is_not_lost_is_left_alone(mail: Path, messages: dict[str, str], why: str) -> None:
    """Its mail would be there twice, or mean something else."""
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
    found = _looked(["people/binh", ONE], COPY)
    assert ([ONE], ["people/binh: the copy has no manifest that can be read"]) == found[1:]


def test_without_room_nothing_is_unpacked(mail: Path) -> None:
    """What was lost takes as much as it did."""
    message = ["INBOX", "1", "old", "", "", str(10**18), "", ""]
    text = json.dumps({"messages": [message], "files": {}, "seen": {}})
    (mail / "backup" / "restored" / "manifests" / ONE).write_text(text)
    with pytest.raises(Failed, match="no room"):
        run(mail)
