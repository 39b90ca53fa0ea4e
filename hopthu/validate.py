"""Records → every problem there is; and, where there is no error, the organisation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hopthu.build import build
from hopthu.errors import DataError
from hopthu.load import load
from hopthu.organisation import Organisation
from hopthu.policy import Policy
from hopthu.problems import Problem
from hopthu.source import Source


@dataclass(frozen=True, slots=True)
class Loaded:
    """Valid data: the policy, the organisation, where they came from, and what to warn about."""

    policy: Policy
    organisation: Organisation
    source: Source
    warnings: tuple[Problem, ...] = ()


def validate(source: Source, on: date) -> list[Problem]:
    """Return every problem of `source` as of the day `on`, sorted by place."""
    return sorted(source.problems)


def read(root: Path, on: date) -> Loaded:
    """Read and check the data below `root`; raise `DataError` when any of it is an error."""
    source = load(root)
    problems = validate(source, on)
    if any(p.severity == "error" for p in problems):
        raise DataError(problems)
    return Loaded(Policy(), build(source), source, tuple(problems))
