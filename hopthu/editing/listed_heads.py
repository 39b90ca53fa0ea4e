"""The heads that a personnel list leads to, once a person has confirmed them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from hopthu.editing.draft import Draft
from hopthu.load import replaced
from hopthu.personnel.heads import NewHead
from hopthu.rules.context import RuleContext
from hopthu.source.records import Source
from hopthu.validate import policy_of


def with_heads(
    source: Source, files: Mapping[str, bytes], heads: Iterable[NewHead], on: date
) -> Mapping[str, bytes]:
    """Return the files that an import changes, and those of units with the heads in them."""
    after = replaced(source, files)
    draft = Draft(RuleContext(after, policy_of(after), on))
    for head in heads:
        draft.add_row(draft.facts.units[head.unit], ("heads",), head.row)
    return {**files, **{edit.name: edit.content() for edit in draft.edits()}}
