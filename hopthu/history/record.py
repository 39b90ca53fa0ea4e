"""A record: what one host was given, when, by whom, on which documents (Art. 5.1, 5.2).

Each host keeps its own in `/var/lib/hopthu/records/ID/record.json`; the one under way is
`/var/lib/hopthu/applying`. docs/operations.md describes the folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

from hopthu.errors import HostFailed
from hopthu.plan.diff import Change

RESULTS = ("applied", "returned", "failed", "rolled back")
UNKNOWN = "unknown"
"""The commit of a checkout that git knows nothing of."""
_ID = re.compile(r"\d{8}T\d{6}Z-(?:[0-9a-f]{7}|unknown)(?:-dirty)?")
_COMMIT = re.compile(r"[0-9a-f]{40,64}|unknown")
_LISTS = ("documents", "changes", "steps", "effects")
_SINCE: Mapping[str, Any] = {"effects": [], "tool": ""}
"""Keys that records of earlier versions lack, and what is read instead."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a host was given by one run; the fields are the keys of record.json.

    `commit` is the whole name of the commit, or `unknown`; `data` the digest of records and policy;
    `on` the day they were read for; `checksum` that of the plan, empty without one; `changes` the
    sentences of the plan; `steps` the operations that changed this host, `effects` what they
    say they changed (hopthu/operations/effects.py). `started` and `finished` are UTC, `finished`
    and `result` empty while the run is under way. `tool` is the version and commit of the hopthu
    that made it. Records of earlier versions have neither `effects` nor `tool`.
    """

    id: str
    commit: str
    data: str
    on: str
    who: str
    started: str
    finished: str = ""
    host: str = ""
    checksum: str = ""
    documents: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    result: str = ""
    tool: str = ""

    @property
    def dirty(self) -> bool:
        """Tell whether more was given than the commit holds."""
        return self.id.endswith("-dirty")

    def as_json(self) -> str:
        """Return the text of record.json: one line, so that it can be a line of a journal."""
        return json.dumps(asdict(self), ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str, where: str = "a record") -> Record:
        """Read record.json; raise `HostFailed`, naming `where` it was, when it is none.

        Keys it does not know are left out: a later version may have written them.
        """
        try:
            return cls.from_dict(json.loads(text))
        except (ValueError, TypeError, KeyError) as error:
            raise HostFailed(
                f"{where}: this is no record of hopthu: {error}",
                fix="look at it there; moved away, it is written anew by the next apply",
            ) from error

    @classmethod
    def from_dict(cls, held: Any) -> Record:
        """Read the keys of a record; raise `TypeError`, `KeyError` or `ValueError` for others."""
        if not isinstance(held, Mapping):
            raise TypeError("no mapping of keys")
        record = cls(**{f.name: _value(held, f.name) for f in fields(cls)})
        if not _ID.fullmatch(record.id):
            raise ValueError(f"{record.id!r} is no id")
        if not _COMMIT.fullmatch(record.commit):
            raise ValueError(f"{record.commit!r} is no commit")
        date.fromisoformat(record.on)
        if record.result and record.result not in RESULTS:
            raise ValueError(f"{record.result!r} is no result")
        return record


def _value(held: Mapping[str, Any], name: str) -> Any:
    value = held.get(name, _SINCE[name]) if name in _SINCE else held[name]
    if name in _LISTS:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise TypeError(f"{name} is no list of sentences")
        return tuple(value)
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value


def new_id(now: datetime, commit: str, dirty: bool) -> str:
    """Return the id of a run that starts `now`: ids sort by time, and name the commit."""
    started = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{started}-{commit[:7]}{'-dirty' if dirty else ''}"


def moment(now: datetime) -> str:
    """Return `started` and `finished` as records have them: UTC, to the second (RFC 3339)."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def told(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return the changes of a plan as records keep them: the sentence, and the record it is of."""
    return tuple(f"{change.summary} [{change.kind} {change.id}]" for change in changes)


def names(sentence: str, key: str) -> bool:
    """Tell whether a sentence of `told` is of the person or unit `key`.

    A right is of both: `[access so-tai-chinh/nguyen-van-an]`.
    """
    _, _, named = sentence.rpartition(" [")
    return key in named.removesuffix("]").partition(" ")[2].split("/")
