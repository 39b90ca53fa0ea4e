"""An edit of several records as it is put together, and the changes of files it leads to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby

from hopthu.editing import record_text
from hopthu.editing.file_edit import FileEdit, Splice, replaced, split
from hopthu.editing.yaml_text import Plain
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.rules.context import RuleContext
from hopthu.schema.modeline import modeline
from hopthu.source import files
from hopthu.source.chunks import Chunk
from hopthu.source.formatter import Layout
from hopthu.source.positions import Steps
from hopthu.source.records import Record
from hopthu.source.values import Value

_HEAD = re.compile(r"(?:.*\n)*\n(?=(?:#.*\n)*\Z)")
"""The head of a file: what stands above an empty line, or else all above the first record."""

_Edited = dict[tuple[str, int], tuple[Record, str]]
"""Records that are edited, with their texts, by file and line."""


class Draft:
    """Collects new records, and edits of those that are there; `facts` stay as they are."""

    def __init__(self, facts: RuleContext) -> None:
        """Begin an edit of the data that `facts` look at."""
        self.facts = facts
        self._edited: _Edited = {}
        self._rows: list[tuple[Record, Callable[[str], str]]] = []
        self._new: dict[str, dict[str, str]] = {}

    def add(self, file: str, key: str, text: str) -> None:
        """Add a record with the id `key` to a file, which need not exist."""
        self._new.setdefault(file, {})[key] = text

    def added(self, key: str) -> str:
        """Return the text of the record with this id that is added, an empty one if none is."""
        return next((records[key] for records in self._new.values() if key in records), "")

    def set_field(self, record: Record, steps: Steps, value: Plain) -> None:
        """Give a record one more field."""
        _edit(
            self._edited,
            record,
            lambda text: record_text.with_field(record.kind, text, steps, value),
        )

    def add_row(self, record: Record, steps: Steps, row: Plain) -> None:
        """Add a row to a list of a record, above those that begin later."""
        # Last, for steps of other edits count the rows that are there.
        edit = partial(record_text.with_row, record.kind, steps=steps, row=row)
        self._rows.append((record, edit))

    def set_value(self, record: Record, steps: Steps, value: Plain) -> None:
        """Give a field of a record another value, or add it."""
        if _value(record.data, steps) is None:
            self.set_field(record, steps, value)
        else:
            _edit(self._edited, record, lambda text: record_text.with_value(text, steps, value))

    def edits(self) -> tuple[FileEdit, ...]:
        """Return what changes in each file, sorted by its name."""
        edited = dict(self._edited)
        for record, edit in self._rows:
            _edit(edited, record, edit)
        names = {name for name, _ in edited} | self._new.keys()
        return tuple(self._file(name, edited) for name in sorted(names))

    def _file(self, name: str, edited: _Edited) -> FileEdit:
        raw = self.facts.source.files.get(name)
        new = self._new.get(name, {})
        if raw is None:
            made = (
                f"{modeline(name)}\n",
                *(line for key in sorted(new) for line in split(new[key])),
            )
            return FileEdit(name, None, (), (Splice(0, (), made),))
        text = files.normal(raw).decode()
        if (text and not text.endswith("\n")) or raw.count(b"\r\n") not in (0, raw.count(b"\n")):
            raise _odd(name)
        lines = split(text)
        splices = [*_of_records(name, edited), *self._of_new(name, lines, new)]
        return FileEdit(name, raw, lines, sorted(splices, key=lambda each: (each.line, each.old)))

    def _of_new(self, name: str, lines: Sequence[str], new: Mapping[str, str]) -> Iterator[Splice]:
        if not new:
            return
        kind = files.kind_of(name)
        there = [each for each in self.facts.source.records[kind] if each.file == name]
        if not there:
            yield _into_empty(name, lines, new)
            return
        layout = Layout(name, files.normal(self.facts.source.files[name]), there)
        if not layout.sortable:
            raise _odd(name)
        placed = ((_line_for(there, key), key) for key in sorted(new))
        for line, keys in groupby(placed, key=lambda each: each[0]):
            text = "".join(new[key] for _, key in keys)
            yield Splice(line, (), tuple(split(text)))


def _edit(edited: _Edited, record: Record, edit: Callable[[str], str]) -> None:
    """Edit the text of a record, as it was edited so far."""
    if not isinstance(record.marks, Chunk):
        raise _odd(record.file)
    number = int(record.steps[0])
    key = record.file, record.marks.line_of(number) - 1
    _, text = edited.get(key) or (record, record.marks.record(number).decode())
    edited[key] = record, edit(text)


def _of_records(name: str, edited: _Edited) -> Iterator[Splice]:
    for (file, line), (record, text) in edited.items():
        if file == name and isinstance(record.marks, Chunk):
            yield from replaced(line, record.marks.record(int(record.steps[0])).decode(), text)


def _value(data: Value, steps: Steps) -> Value:
    for step in steps:
        if isinstance(data, list) and isinstance(step, int):
            data = data[step] if step < len(data) else None
        else:
            data = data.get(str(step)) if isinstance(data, dict) else None
    return data


def _line_for(there: Sequence[Record], key: str) -> int:
    """Return the line, from 0, above which a new record goes: above the first of a higher id.

    Comments and an empty line above that one stay with it.
    """
    after = next((n for n, record in enumerate(there) if record.id > key), len(there))
    if after == 0:
        marks = there[0].marks
        assert isinstance(marks, Chunk)  # noqa: S101  (the file is sortable)
        above = marks.text[: marks.starts[0]].decode()
        head = _HEAD.match(above)
        stays = head[0] if head and "---" not in above[head.end() :] else above
        return stays.count("\n")
    last = there[after - 1]
    assert isinstance(last.marks, Chunk)  # noqa: S101
    number = int(last.steps[0])
    text = last.marks.record(number).decode()
    return last.marks.line_of(number) - 1 + record_text.last_line(text)


def _into_empty(name: str, lines: Sequence[str], new: Mapping[str, str]) -> Splice:
    """Return how records come into a file that has none: only comments, and `[]`."""
    rest = [line for line in lines if line.strip() and not line.startswith("#")]
    if rest not in ([], ["[]\n"], ["[]"]):
        raise _odd(name)
    at = lines.index(rest[0]) if rest else len(lines)
    text = "".join(new[key] for key in sorted(new))
    return Splice(at, tuple(rest), tuple(split(text)))


def _odd(name: str) -> UsageError:
    return UsageError(
        Message("{file} is not a plain list: nothing can be added to it", file=name),
        fix=Message("run `hopthu format`"),
    )
