"""One run copies all mailboxes, whatever one of them is."""

import json
import os
from pathlib import Path

import pytest

from hopthu.remote.host import backup
from hopthu.remote.host.mail_copy import NeverQuiet


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three mailboxes without messages; copies are made beside them."""
    for name in ("an", "binh", "chi"):
        (tmp_path / "people" / name / "Maildir" / "cur").mkdir(parents=True)
    (tmp_path / "units").mkdir()
    monkeypatch.setattr(backup, "MAIL", tmp_path)
    monkeypatch.setattr(backup, "PLACE", tmp_path / "backup")
    monkeypatch.setattr(backup, "COPY", tmp_path / "backup" / "copy")
    return tmp_path


def manifests(mail: Path) -> list[str]:
    """Return the mailboxes that have been copied with a manifest."""
    return sorted(os.listdir(mail / "backup" / "copy" / "manifests" / "people"))  # noqa: PTH208


def test_one_that_was_not_quiet_is_tried_again_at_the_end(
    mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others do not wait for it."""
    tried, copy = [], backup.copy

    def busy_once(home: Path, target: Path) -> None:
        tried.append(home.name)
        if tried == ["an"]:
            raise NeverQuiet
        copy(home, target)

    monkeypatch.setattr(backup, "copy", busy_once)
    assert ({}, []) == backup.copy_all()
    assert ["an", "binh", "chi", "an"] == tried
    assert ["an", "binh", "chi"] == manifests(mail)


def test_those_that_are_never_quiet_share_one_deadline(
    mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand of them keep nobody from being copied tonight."""
    copy = backup.copy

    def busy(home: Path, target: Path) -> None:
        if home.name == "binh":
            copy(home, target)
        else:
            raise NeverQuiet

    monkeypatch.setattr(backup, "copy", busy)
    monkeypatch.setattr(backup, "_RETRIES", 0.05)
    failed, _ = backup.copy_all()
    assert ["people/an", "people/chi"] == sorted(failed)
    assert all("never quiet" in each for each in failed.values())
    assert failed == json.loads((mail / "backup" / "copy" / "left-out").read_text())
    assert ["binh"] == manifests(mail)


@pytest.mark.parametrize("error", [ValueError, KeyError, UnicodeError, OSError])
def test_what_is_wrong_with_one_is_said_of_it_alone(
    mail: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """Dovecot's answer about it may be anything."""
    manifest = backup.manifest

    def wrong(home: Path, *others: object) -> object:
        if home.name == "binh":
            raise error("binh")
        return manifest(home, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(backup, "manifest", wrong)
    failed, _ = backup.copy_all()
    assert ["people/binh"] == [*failed]
    assert failed == json.loads((mail / "backup" / "copy" / "left-out").read_text())
    assert ["an", "chi"] == manifests(mail)


def test_a_name_that_is_no_text_is_in_the_manifest(mail: Path) -> None:
    """Files may have any bytes as their name."""
    Path(os.fsdecode(os.fsencode(mail / "people" / "an" / "x") + b"\xff")).write_text("x")
    assert ({}, []) == backup.copy_all()
    assert ["an", "binh", "chi"] == manifests(mail)


def test_a_folder_with_26_labels_is_named(mail: Path) -> None:
    """Names of messages have a letter for each; of more nothing would be in the copy."""
    (mail / "people" / "chi" / "Maildir" / "dovecot-keywords" / "cur").mkdir(parents=True)
    for name, labels in (("an", 26), ("binh", 25)):
        lines = (f"{n} label{n}\n" for n in range(labels))
        (mail / "people" / name / "Maildir" / "dovecot-keywords").write_text("".join(lines))
    assert ({}, ["people/an/Maildir"]) == backup.copy_all()
