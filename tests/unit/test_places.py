"""Folders and empty files that daemons need, made on this machine."""

import os
import re
from pathlib import Path

import pytest

from hopthu.remote.host import places
from hopthu.remote.host.files import owner

USER, GROUP = "daemon", "mail"


@pytest.mark.parametrize("folder", [True, False])
@pytest.mark.parametrize("mode", [0o700, 0o640])
def test_what_is_made_is_found(tmp_path: Path, mode: int, folder: bool) -> None:
    """And what is in it stays."""
    path = str(tmp_path / "there")
    assert {path: ""} == places.found([path])
    places.make(path, USER, GROUP, mode, folder)
    expected = {path: places.seen_as(USER, GROUP, mode, folder=folder)}
    assert expected == places.found([path])
    kept = Path(path, "kept") if folder else Path(path)
    kept.write_text("kept")
    os.chown(path, 0, 0)
    assert expected != places.found([path])
    places.make(path, USER, GROUP, mode, folder)
    assert (expected, "kept") == (places.found([path]), kept.read_text())


@pytest.mark.parametrize("folder", [True, False])
def test_nobody_is_given_what_a_link_leads_to(tmp_path: Path, folder: bool) -> None:
    """The owner of a folder of mail could put a link there."""
    target, path = tmp_path / "target", tmp_path / "there"
    if folder:
        target.mkdir()
    else:
        target.touch()
    path.symlink_to(target)
    before = owner(str(target))
    assert {str(path): f"other {owner(str(path))}"} == places.found([str(path)])
    with pytest.raises(OSError, match=re.escape(str(path))):
        places.make(str(path), USER, GROUP, 0o777, folder)
    assert before == owner(str(target))


def test_a_file_in_place_of_a_folder_is_left(tmp_path: Path) -> None:
    """The other way round as well."""
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for name, folder in (("file", True), ("folder", False)):
        before = owner(str(tmp_path / name))
        with pytest.raises(OSError, match=f"{name}'"):
            places.make(str(tmp_path / name), USER, GROUP, 0o777, folder)
        assert before == owner(str(tmp_path / name))
