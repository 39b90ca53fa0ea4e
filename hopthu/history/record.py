"""A record: what was applied to one host, when, by whom, on which documents (Art. 5.1, 5.2).

Each host keeps its own in `/var/lib/hopthu/records/ID/record.json`; that of a run in progress is
`/var/lib/hopthu/applying`. docs/operations.md describes the folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

from hopthu.answers import parsed
from hopthu.errors import HostFailed
from hopthu.history.sentences import packed, restored
from hopthu.i18n.message import Message
from hopthu.plan.diff import Change

RESULTS = ("applied", "returned", "failed", "rolled back")
_ID = re.compile(r"\d{8}T\d{6}Z-(?:[0-9a-f]{7}|unknown)(?:-dirty)?")
_COMMIT = re.compile(r"[0-9a-f]{40,64}|unknown")
_LISTS = ("documents", "changes", "steps", "effects")
_SINCE: Mapping[str, Any] = {"effects": [], "tool": ""}
"""Keys that records of earlier versions lack, and their defaults."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one run applied to a host; the fields are the keys of record.json.

    `commit` is the full hash of the commit, or `unknown`; `data` the digest of records and policy;
    `on` the day they were read for; `checksum` that of the plan, empty without one; `changes` the
    sentences of the plan; `steps` the operations that changed this host, `effects` what these
    declare to change (hopthu/operations/effects.py). `started` and `finished` are UTC; `finished`
    and `result` are empty while the run is in progress. `tool` is the version and commit of hopthu.
    Records of earlier versions have neither `effects` nor `tool`. Beside `changes` the JSON has
    `made_of`, by which they can be said in Vietnamese (`hopthu.history.sentences`).
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
        """Return whether uncommitted changes were applied."""
        return self.id.endswith("-dirty")

    def as_json(self) -> str:
        """Return the text of record.json: one line, so that it can be a line of a journal."""
        return json.dumps(self.as_dict(), ensure_ascii=False) + "\n"

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of record.json."""
        made_of = packed(self.changes)
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return values | ({"made_of": made_of} if any(made_of) else {})

    @classmethod
    def from_json(cls, text: str, where: str = "a record") -> Record:
        """Parse record.json; raise `HostFailed` that names `where` it was if it is invalid.

        Unknown keys are ignored: a later version may have written them.
        """
        try:
            return cls.from_dict(parsed(text))
        except (ValueError, TypeError, KeyError) as error:
            what = Message(
                "{where}: not a valid record of hopthu: {reason}", where=where, reason=str(error)
            )
            fix = Message("inspect it there; if you move it away the next apply writes a new one")
            raise HostFailed(what, fix=fix) from error

    @classmethod
    def from_dict(cls, keys: Any) -> Record:
        """Make a record of its keys; raise `TypeError`, `KeyError` or `ValueError` if invalid."""
        if not isinstance(keys, Mapping):
            raise TypeError("not a JSON object")
        values = {f.name: _value(keys, f.name) for f in fields(cls)}
        values["changes"] = restored(values["changes"], keys.get("made_of"))
        record = cls(**values)
        if not _ID.fullmatch(record.id):
            raise ValueError(f"{record.id!r} is not a valid id")
        if not _COMMIT.fullmatch(record.commit):
            raise ValueError(f"{record.commit!r} is not a valid commit")
        date.fromisoformat(record.on)
        if record.result and record.result not in RESULTS:
            raise ValueError(f"{record.result!r} is not a valid result")
        return record


def _value(keys: Mapping[str, Any], name: str) -> Any:
    value = keys.get(name, _SINCE[name]) if name in _SINCE else keys[name]
    if name in _LISTS:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise TypeError(f"{name} is not a list of strings")
        return tuple(value)
    if not isinstance(value, str):
        raise TypeError(f"{name} is not a string")
    return value


def new_id(now: datetime, commit: str, dirty: bool) -> str:
    """Return the id of a run that starts `now`: ids sort by time and contain the commit."""
    started = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{started}-{commit[:7]}{'-dirty' if dirty else ''}"


def moment(now: datetime) -> str:
    """Return a time in the format of records: UTC, to the second (RFC 3339)."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def summaries(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return the changes of a plan as stored in records: the sentence and the id it concerns."""
    return tuple(
        Message("{text} [{kind} {id}]", text=each.summary, kind=each.kind, id=each.id)
        for each in changes
    )


def names(sentence: str, keys: Set[str]) -> bool:
    """Return whether a stored sentence concerns one of some ids and addresses.

    Access concerns both: `[access so-tai-chinh/nguyen-van-an]`.
    """
    _, _, named = sentence.rpartition(" [")
    return not keys.isdisjoint(named.removesuffix("]").partition(" ")[2].split("/"))


def is_of_run(sentence: str) -> bool:
    """Return whether a stored sentence is about the run as a whole, such as a return."""
    return " [" not in sentence
