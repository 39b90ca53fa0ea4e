"""The traffic of the lab tests counts its letters right, whatever is killed beneath it."""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hopthu.verify.failure import ProbeFailed

TOKEN = "one"


class Session:
    """A reader whose connection ends after the server has expunged, before it says so."""

    def __init__(self, folders: dict[str, list[str]]) -> None:
        """Have these letters."""
        self.folders = folders
        self.open = ""

    def find(self, folder: str, token: str) -> list[str]:
        """Open a folder and return the numbers of letters."""
        self.open = folder
        return [str(n) for n, found in enumerate(self.folders[folder]) if found == token]

    def remove(self, uids: Sequence[str]) -> None:
        """Take letters away, and be cut off."""
        if uids:
            self.folders[self.open] = []
            raise OSError("the server was killed")


@pytest.fixture
def traffic(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, from beside the lab tests, which are not run here."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "lab")
    return importlib.import_module("traffic")


@pytest.mark.parametrize(("letters", "twice"), [([TOKEN], []), ([TOKEN, TOKEN], [TOKEN])])
def test_a_letter_that_was_seen_is_not_missing(
    traffic: ModuleType, monkeypatch: pytest.MonkeyPatch, letters: list[str], twice: list[str]
) -> None:
    """Not even where the connection ends while it is taken away."""
    folders = {"INBOX": letters, "Junk": []}

    @contextmanager
    def reading(*_: Any) -> Iterator[Session]:
        yield Session(folders)

    monkeypatch.setattr(traffic.mail, "reading", reading)
    way = traffic.Way(None, None, "", missing=[TOKEN])
    with pytest.raises(OSError, match="killed"):
        traffic.take(None, way, within=0)
    traffic.take(None, way, within=0)
    assert ([], twice) == (way.missing, way.twice)


def test_a_letter_that_never_came_is_missing(
    traffic: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often one looks."""

    @contextmanager
    def reading(*_: Any) -> Iterator[Session]:
        yield Session({"INBOX": [], "Junk": []})

    monkeypatch.setattr(traffic.mail, "reading", reading)
    way = traffic.Way(None, None, "", missing=[TOKEN])
    with pytest.raises(ProbeFailed):
        traffic.take(None, way, within=0)
    assert [TOKEN] == way.missing
