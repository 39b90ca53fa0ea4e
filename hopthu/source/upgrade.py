"""Records as earlier versions of hopthu wrote them, read from git for a comparison.

Only earlier revisions are upgraded: in the data itself `check` asks for today's fields.
"""

from __future__ import annotations

from dataclasses import replace

from hopthu.source.records import Record, Source


def upgraded(source: Source) -> Source:
    """Return `source` with its units as today's schema has them.

    A unit used to have one `delegate`; now it has `delegates`, a history.
    """
    units = tuple(map(_unit, source.units))
    return replace(source, records={**source.records, "units": units})


def _unit(record: Record) -> Record:
    if "delegate" not in record.data or "delegates" in record.data:
        return record
    data = {key: value for key, value in record.data.items() if key != "delegate"}
    data["delegates"] = [record.data["delegate"]]
    return record._replace(data=data, fits=False, plain=False)
