"""What a use case works with, read once by whoever calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from hopthu.git.repository import Repository
from hopthu.model.calendar import day_of


@dataclass(frozen=True, slots=True)
class Workspace:
    """The repository, the day its data is read as of, and the language of who reads the result.

    `base` is the revision to compare with, None for the base of the checkout, unless `live` is the
    inventory of the servers to compare with. `clock` returns the present moment.
    """

    repository: Repository
    on: date
    language: str
    clock: Callable[[], datetime]
    environment: Mapping[str, str]
    base: str | None = None
    live: str | None = None

    @property
    def root(self) -> Path:
        """Return the folder with data/ and inventory/."""
        return self.repository.root

    @property
    def today(self) -> date:
        """Return the present day."""
        return day_of(self.clock())
