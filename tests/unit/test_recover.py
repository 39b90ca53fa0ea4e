"""What is restored is put in place in one step, the last of all, or not at all."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from hopthu.remote.host import moves_copy, recover
from hopthu.remote.host.state import Failed


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A mailbox as it is now."""
    home = tmp_path / "people" / "an"
    (home / "Maildir" / "cur").mkdir(parents=True)
    return home


@dataclass(frozen=True)
class Place:
    """What was unpacked: a new folder with INBOX and another, and a filter."""

    home: Path
    new: Path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """What was unpacked."""
    made = Place(tmp_path / "work" / "home", tmp_path / "work" / "beside" / "Khôi phục")
    for folder in ("INBOX", "Đơn từ"):
        (made.new / folder / "cur").mkdir(parents=True)
    (made.home / "Maildir").mkdir(parents=True)
    (made.home / "sieve").mkdir()
    (made.home / "sieve" / "loc.sieve").write_text("keep;")
    return made


def there(home: Path) -> set[str]:
    """Return every file and folder of a mailbox."""
    return {str(path.relative_to(home)) for path in home.rglob("*")}


def test_a_filter_that_cannot_be_put_in_place_leaves_the_mailbox_as_it_was(
    home: Path, place: Place
) -> None:
    """Such as one whose name is too long with that of the folder before it."""
    before = there(home)
    (place.home / "sieve" / f"{'z' * 240}.sieve").write_text("keep;")
    with pytest.raises(OSError, match="too long"):
        recover._put(place.home, place.new, home)
    assert before == there(home) - {"sieve"}


def test_a_folder_that_cannot_be_put_in_place_leaves_no_filter(home: Path, place: Place) -> None:
    """The folder is the last: when it is there, everything is."""
    (home / "Maildir" / "Khôi phục" / "cur").mkdir(parents=True)
    before = there(home)
    with pytest.raises(OSError, match="not empty"):
        recover._put(place.home, place.new, home)
    assert before == there(home) - {"sieve"}


def test_what_is_put_in_place(home: Path, place: Place) -> None:
    """The folder with all below it, and the filter under another name."""
    recover._put(place.home, place.new, home)
    assert {"Maildir/Khôi phục/Đơn từ/cur", "sieve/Khôi phục loc.sieve"} <= there(home)


def test_a_folder_may_be_called_subscriptions(place: Place) -> None:
    """It is no list: everything is subscribed, as if none had come back."""
    (place.home / "Maildir" / "subscriptions").mkdir()
    assert ["Khôi phục/INBOX", "Khôi phục/Đơn từ"] == recover._subscribed(place.home, place.new)


def test_a_list_of_subscriptions_may_have_any_bytes(place: Place) -> None:
    """A line that is no text stands for the folder whose name has the same bytes."""
    folder = os.fsdecode(b"\xff")
    (place.new / folder / "cur").mkdir(parents=True)
    (place.home / "Maildir" / "subscriptions").write_bytes(b"V\t2\n\n\xff\n")
    assert ["Khôi phục/INBOX", f"Khôi phục/{folder}"] == recover._subscribed(place.home, place.new)


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
    assert ["NOTFOUND"] == [*recover.not_done(steps)]
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
        recover.refuse_too_large("people/an", [])


def test_nothing_is_restored_while_a_mailbox_of_the_host_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does one move meanwhile: the folder would come into a mailbox that nobody reads."""
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path))
    all_of_it = recover.Wanted(folder="", message="")
    with moves_copy.alone(), pytest.raises(Failed, match="are being moved or restored"):
        recover.beside(("mail", "1"), "people/an", "store1", "Khôi phục", all_of_it, {})


def test_the_new_folder_has_everything_below_it(tmp_path: Path) -> None:
    """INBOX too, whose messages are above all other folders; each with its new UIDs."""
    there = tmp_path / "work" / "home"
    for folder in (".", "Đơn từ", "Đơn từ/2026"):
        for part in ("cur", "new"):
            (there / "Maildir" / folder / part).mkdir(parents=True)
        (there / "Maildir" / folder / "cur" / "1.a:2,S").write_text("x")
        (there / "Maildir" / folder / "dovecot-uidlist").write_text("x")
    (tmp_path / "people" / "an" / "Maildir" / "Khôi phục").mkdir(parents=True)
    new = recover._beside(there, tmp_path / "people" / "an", "Khôi phục")
    assert "Khôi phục (2)" == new.name
    for folder in ("INBOX", "Đơn từ", "Đơn từ/2026"):
        assert {"cur", "new", "tmp", "dovecot-uidlist"} <= {*os.listdir(new / folder)}  # noqa: PTH208
        assert (new / folder / "cur" / "1.a:2,S").is_file()
