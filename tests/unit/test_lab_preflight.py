from pathlib import Path

import pytest

from hopthu.errors import LabError
from hopthu.events.event import Event, Warned
from hopthu.lab import preflight


def test_the_limit_is_raised_once(tmp_path: Path) -> None:
    """A limit that is too low is raised and reported; a sufficient one is not changed."""
    limit, events = tmp_path / "max_user_instances", list[Event]()
    limit.write_text("128\n")
    preflight.make_room(events.append, limit)
    assert "1024" == limit.read_text()
    limit.write_text("8192\n")
    preflight.make_room(events.append, limit)
    assert "8192\n" == limit.read_text()
    (raised,) = events
    assert isinstance(raised, Warned)


def test_a_failure_to_raise_the_limit_is_reported(tmp_path: Path) -> None:
    """A machine that does not let us says what to run instead."""
    with pytest.raises(LabError, match="sysctl"):
        preflight.make_room(print, tmp_path / "nowhere")
