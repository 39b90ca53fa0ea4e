from pathlib import Path

import pytest

from hopthu.errors import LabError
from hopthu.lab import preflight


def test_room_is_made_once(tmp_path: Path) -> None:
    """Too low a limit is raised and said; one that is high enough is left alone."""
    limit, said = tmp_path / "max_user_instances", []
    limit.write_text("128\n")
    preflight.make_room(said.append, limit)
    assert "1024" == limit.read_text()
    limit.write_text("8192\n")
    preflight.make_room(said.append, limit)
    assert "8192\n" == limit.read_text()
    assert 1 == len(said)


def test_no_right_to_raise_it_is_a_sentence(tmp_path: Path) -> None:
    """A machine that does not let us says what to run instead."""
    with pytest.raises(LabError, match="sysctl"):
        preflight.make_room(print, tmp_path / "nowhere")
