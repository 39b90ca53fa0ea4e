"""What ended units went on in."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.model.timeline import Steps, texts
from hopthu.source.records import Record

INTO = (("ended", "into", "*"), ("ended", "parts", "*", "into"))
"""Where a unit names its successors: merged into units, or split into parts."""


def business_to(record: Record) -> list[tuple[Steps, str]]:
    """Return the unit that took over the business of a dissolved one, with the steps to it."""
    return list(texts(record, ("ended", "business_to")))


def successors(record: Record) -> Iterator[tuple[Steps, str]]:
    """Yield the units that a unit went on in, with the steps that lead to each name."""
    for path in INTO:
        yield from texts(record, path)
