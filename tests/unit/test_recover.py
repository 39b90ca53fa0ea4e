"""What is restored is put in place in one step, the last of all, or not at all."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from hopthu.remote.host import recover
from hopthu.remote.host.state import Failed
from hopthu.remote.host.unpacked import Unpacked


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A mailbox as it is now."""
    home = tmp_path / "people" / "an"
    (home / "Maildir" / "cur").mkdir(parents=True)
    return home


@pytest.fixture
def place(tmp_path: Path) -> Unpacked:
    """What was unpacked: a new folder with INBOX and another, and a filter."""
    place = Unpacked("past", tmp_path / "work", "Khôi phục")
    for folder in ("INBOX", "Đơn từ"):
        (place.new / folder / "cur").mkdir(parents=True)
    (place.home / "Maildir").mkdir(parents=True)
    (place.home / "sieve").mkdir()
    (place.home / "sieve" / "loc.sieve").write_text("keep;")
    return place


def there(home: Path) -> set[str]:
    """Return every file and folder of a mailbox."""
    return {str(path.relative_to(home)) for path in home.rglob("*")}


def test_a_filter_that_cannot_be_put_in_place_leaves_the_mailbox_as_it_was(
    home: Path, place: Unpacked
) -> None:
    """Such as one whose name is too long with that of the folder before it."""
    before = there(home)
    (place.home / "sieve" / f"{'z' * 240}.sieve").write_text("keep;")
    with pytest.raises(OSError, match="too long"):
        recover._put(place, home)
    assert before == there(home) - {"sieve"}


def test_a_folder_that_cannot_be_put_in_place_leaves_no_filter(home: Path, place: Unpacked) -> None:
    """The folder is the last: when it is there, everything is."""
    (home / "Maildir" / "Khôi phục" / "cur").mkdir(parents=True)
    before = there(home)
    with pytest.raises(OSError, match="not empty"):
        recover._put(place, home)
    assert before == there(home) - {"sieve"}


def test_what_is_put_in_place(home: Path, place: Unpacked) -> None:
    """The folder with all below it, and the filter under another name."""
    recover._put(place, home)
    assert {"Maildir/Khôi phục/Đơn từ/cur", "sieve/Khôi phục loc.sieve"} <= there(home)


def test_a_folder_may_be_called_subscriptions(place: Unpacked) -> None:
    """It is no list: everything is subscribed, as if none had come back."""
    (place.home / "Maildir" / "subscriptions").mkdir()
    assert ["Khôi phục/INBOX", "Khôi phục/Đơn từ"] == recover._subscribed(place)


def test_a_list_of_subscriptions_may_have_any_bytes(place: Unpacked) -> None:
    """A line that is no text stands for the folder whose name has the same bytes."""
    folder = os.fsdecode(b"\xff")
    (place.new / folder / "cur").mkdir(parents=True)
    (place.home / "Maildir" / "subscriptions").write_bytes(b"V\t2\n\n\xff\n")
    assert ["Khôi phục/INBOX", f"Khôi phục/{folder}"] == recover._subscribed(place)


def test_what_dovecot_does_not_do_afterwards_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail is in place then: the other steps are taken, and nothing is called failed."""
    asked = []

    class Doveadm:
        def __enter__(self) -> "Doveadm":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def run(self, user: str, *_: str) -> None:
            asked.append(user)
            if user == "binh":
                raise Failed("NOTFOUND")

    monkeypatch.setattr(recover, "Doveadm", Doveadm)
    steps = [(user, "mailbox subscribe", "x") for user in ("binh", "chi")]
    assert ["NOTFOUND"] == [*recover._not_done(steps)]
    assert ["binh", "chi"] == asked


def test_a_quota_that_is_not_known_is_not_taken_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is restored while doveadm does not answer."""
    program = tmp_path / "doveadm"
    program.write_text("#!/bin/sh\nexit 75\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(Failed, match="75"):
        recover._refuse_too_large("an", [])


def test_a_mailbox_that_moves_while_it_is_unpacked_is_left_alone(
    home: Path, place: Unpacked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That may take hours; the folder would come into a mailbox that nobody reads any more."""
    before, hosts = there(home), iter(("store1", "store2"))
    monkeypatch.setattr(Unpacked, "unpack", lambda *_: None)
    monkeypatch.setattr(Unpacked, "compare", lambda *_: {})
    replaced = {
        "Unpacked": lambda *_: place,
        "_LOCK": tmp_path / "lock",
        "_refuse_too_large": lambda *_: None,
        "as_owner": lambda function: function(),
        "at": lambda _: home,
        "known": lambda *_: {"messages": [], "files": {}, "seen": {}},
        "places": lambda _: {
            "people/an": SimpleNamespace(host=next(hosts), frozen=False, state="active")
        },
        "remove": lambda _: None,
    }
    for name, one in replaced.items():
        monkeypatch.setattr(recover, name, one)
    all_of_it = recover.Wanted(folder="", message="")
    with pytest.raises(Failed, match="not in use on this host"):
        recover.beside(("mail", "1"), "people/an", "store1", "Khôi phục", all_of_it, {})
    assert before == there(home)
