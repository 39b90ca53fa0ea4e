"""The rows that an edit writes, in words that can be translated and that no value can imitate.

Whatever is more than words, such as a comma or a quotation mark, is quoted. Records are named with
their ids, since names are shared; keys and words of the schema are translated, each differently.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.i18n.terms import CATEGORIES, DOCUMENTS, ENDINGS, LETTERS, TYPES, UNITS
from hopthu.model.document_numbers import type_of
from hopthu.model.facts import OF_PEOPLE, OF_UNITS
from hopthu.model.phrases import describe_day, describe_number
from hopthu.plan.diff import Row
from hopthu.plan.edits import Edit, inner, path_of, rules_at, steps
from hopthu.rules.powers.uses import ACTS
from hopthu.schema.registry import Fields
from hopthu.source.records import Source
from hopthu.source.values import Map, Value

_NOTHING = "–"
ADDED, REMOVED = Message("added: {items}"), Message("removed: {items}")
_PLAIN = re.compile(r"[\w./][\w./@%+=-]*(?: \w[\w./@%+=-]*)*")
_RECORDS = {
    "units": Message("unit {record}"),
    "people": Message("person {record}"),
    "documents": Message("document {record}"),
    "policy": Message("policy"),
    "expectations": Message("expectations"),
}
FACTS: Mapping[str, Message] = {fact: Message(fact) for fact in (*OF_UNITS, *OF_PEOPLE)}
"""What the facts are called that rows of `changes` name."""
TERMS: Mapping[str, Mapping[str, Message]] = {
    "how": ENDINGS,
    "kind": {**DOCUMENTS, **UNITS},
    "acts": ACTS,
    "category": CATEGORIES,
    "facts": FACTS,
}
"""The words of the schema, by the fields that have them."""
_Names = Mapping[str, str]


def quoted(text: str) -> str:
    """Return a text of the data as it is if it is plain words, else as a JSON string.

    >>> quoted("Sở Tài chính"), quoted("a, b"), quoted("12")
    ('Sở Tài chính', '"a, b"', '"12"')
    """
    if _PLAIN.fullmatch(text) and not _is_json(text):
        return text
    return json.dumps(text, ensure_ascii=False)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Words:
    """Says rows of two revisions; `names` has what each record is called, by kind and id."""

    names: Mapping[str, _Names]
    known: Mapping[str, Map]
    """The documents of the earlier revision."""
    new: Mapping[str, Map]
    """The documents of the later one."""
    uses: Mapping[str, int] = field(default_factory=dict)
    """How often the earlier revision cites documents that the edit cites."""

    @classmethod
    def of(cls, before: Source, after: Source, names: _Names, uses: Mapping[str, int]) -> Words:
        """Return what says the rows of an edit; `names` are those of units and people."""
        known, new = ({r.id: r.data for r in side.documents} for side in (before, after))
        numbers = {key: str(data.get("number")) for key, data in {**known, **new}.items()}
        called = {"units": names, "people": names, "documents": numbers}
        return cls(called, known, new, uses)

    def record(self, edit: Edit) -> Message:
        """Return the record that a row is of."""
        return Message(_RECORDS[edit.kind].template, record=self._reference(edit.kind, edit.id))

    def sentence(self, edit: Edit) -> Message:
        """Return a row with its record."""
        return Message("{record}: {row}", record=self.record(edit), row=self.row(edit))

    def row(self, edit: Edit) -> Message:
        """Return what becomes of a row, with each of its fields that differs."""
        label, fields = self._label(edit), self._fields(edit)
        if not label:
            return Message("{fields}", fields=fields)
        return Message("{row}: {fields}", row=label, fields=fields)

    def document(self, key: str, *, whole: bool) -> Message:
        """Return a document as a heading; of a new one all of it if it is to be said `whole`."""
        data = self.new.get(key, self.known.get(key))
        if data is None:
            return Message("document {id}, which is not on record", id=quoted(key))
        kind, number = str(data.get("kind")), str(data.get("number"))
        named = Message(
            "{kind} {number} ({id})",
            kind=TYPES.get(type_of(number) or "") or LETTERS.get(kind, quoted(kind)),
            number=quoted(number), id=quoted(key),
        )  # fmt: skip
        if key in self.known:
            uses = describe_number(self.uses.get(key, 0))
            return Message("{document}, cited before: {number}", document=named, number=uses)
        if not whole:
            return named
        rest = {name: value for name, value in data.items() if name not in ("id", "number")}
        edit = Edit("documents", key, "", "", 0, "add", {}, rest)
        return Message("{document}, new: {fields}", document=named, fields=self._fields(edit))

    def _label(self, edit: Edit) -> Message | str:
        if edit.list or edit.kind == "expectations":
            row = called_at(edit.list) if edit.list else Message("expectation")
            return row_from(row, edit.day, edit.place)
        if edit.action == "add":
            return Message("new record")
        return Message("removed record") if edit.action == "remove" else ""

    def _fields(self, edit: Edit) -> str:
        said = [self._field(edit, name) for name in {**edit.before, **edit.after}]
        return joined(said, ", ") if said else _NOTHING

    def _field(self, edit: Edit, name: str) -> Message:
        path = edit.list if edit.kind != "expectations" else "expectations"
        rules = rules_at(edit.kind, path, name)
        called = called_at(name) if edit.list or edit.kind != "policy" else name
        old, new = edit.before.get(name), edit.after.get(name)
        if edit.action != "change":
            side = edit.before if edit.action == "remove" else edit.after
            value = self._value(rules, name, side[name])
            return Message("{field}: {value}", field=called, value=value)
        if isinstance(old, list) and isinstance(new, list) and (parts := _grown(old, new)):
            said = (
                Message(word.template, items=self._value(rules, name, items))
                for word, items in zip((REMOVED, ADDED), parts, strict=True) if items
            )  # fmt: skip
            return Message("{field}: {value}", field=called, value=joined(said, ", "))
        was, now = (
            self._value(rules, name, side[name]) if name in side else _NOTHING
            for side in (edit.before, edit.after)
        )  # fmt: skip
        return Message("{field}: {old} → {new}", field=called, old=was, new=now)

    def _value(self, rules: Fields, name: str, value: Value) -> str:
        if isinstance(value, list):
            each = rules.get("schema", {})
            return _in("[", (self._value(each, name, item) for item in value), "]")
        if isinstance(value, dict):
            said = (
                Message("{field}: {value}", value=self._value(inner(rules, key), key, item),
                        field=Message(key) if key in rules.get("schema", ()) else path_of(key))
                for key, item in value.items()
            )  # fmt: skip
            return _in("{", said, "}")
        if isinstance(value, bool):
            return Message("yes") if value else Message("no")
        if not isinstance(value, str):
            return json.dumps(value)
        return self._text(rules, name, value)

    def _text(self, rules: Fields, name: str, text: str) -> str:
        if kind := rules.get("meta", {}).get("refers"):
            return self._reference(kind, text)
        if rules.get("form") == "iso_date":
            return _day(text)
        terms = TERMS.get(name, {}) if "allowed" in rules else None
        if terms is None:
            return quoted(text)
        # What is no word of the schema cannot be taken for the translation of one.
        return terms[text] if text in terms else json.dumps(text, ensure_ascii=False)

    def _reference(self, kind: str, key: str) -> str:
        name = self.names.get(kind, {}).get(key)
        return quoted(key) if name is None else f"{quoted(name)} ({quoted(key)})"


def describe_row(row: Row, about: str = "") -> Message:
    """Return a row, or a field in none, as a line refers to it; its record if it is not `about`."""
    path, day = (row.list, row.key) if row.list else (row.key, "")
    said = row_from(called_at(path) if row.record else path, day)
    if row.record in ("", about):
        return said
    return Message("{row} of {record}", row=said, record=row.record)


def row_from(row: str, day: str, place: int = 0) -> Message:
    """Return what a row is called with its first day, if it has one, and its place if it counts."""
    if day:
        row = Message("{row} from {day}", row=row, day=_day(day))
    if place:
        return Message("{row}, number {place}", row=row, place=place)
    return Message("{row}", row=row)


def called_at(path: str) -> str:
    """Return what a list or field of a record is called: by its key, which is a message."""
    *above, last = steps(path)
    return Message(last) if above in ([], ["mailbox"]) else path


def _grown(old: list[Value], new: list[Value]) -> tuple[list[Value], list[Value]] | None:
    """Return the items taken out of a list and those put at its end, if that is all."""
    removed = [item for item in old if item not in new]
    left = [item for item in old if item not in removed]
    if not left or new[: len(left)] != left:
        return None
    return removed, new[len(left) :]


def _day(text: str) -> str:
    try:
        return describe_day(date.fromisoformat(text))
    except ValueError:
        return quoted(text)


def _in(opening: str, parts: Iterable[str], closing: str) -> str:
    found = [*parts]
    if not found:
        return opening + closing
    return Message("{opening}{items}{closing}", opening=opening, items=joined(found, ", "),
                   closing=closing)  # fmt: skip
