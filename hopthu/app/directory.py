"""Export the address book."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from hopthu.app.workspace import Workspace
from hopthu.desired.state import Mailbox, desired
from hopthu.directory.contacts import Contact, contacts
from hopthu.directory.format_csv import as_csv
from hopthu.directory.format_json import as_json
from hopthu.directory.format_ldif import as_ldif
from hopthu.directory.format_vcard import as_vcard
from hopthu.editing.lookup import with_id
from hopthu.rules.context import RuleContext
from hopthu.validate import Loaded, read

FORMATS: Mapping[str, Callable[[Sequence[Contact], Workspace, str], bytes]] = {
    "csv": lambda found, workspace, _: as_csv(found, workspace.language),
    "vcard": lambda found, *_: as_vcard(found),
    "ldif": lambda found, *_: as_ldif(found),
    "json": lambda found, workspace, domain: as_json(found, workspace.on, domain),
}


def export(workspace: Workspace, form: str, units: Sequence[str]) -> bytes:
    """Return the contacts of some units, or of all, in a format; raise `UsageError` for no unit."""
    loaded, on = read(workspace.root, workspace.on), workspace.on
    state = desired(loaded.organisation, loaded.policy, on)
    found = contacts(state, _of_units(loaded, on, units))
    return FORMATS[form](found, workspace, loaded.policy.domain)


def _of_units(loaded: Loaded, on: date, units: Sequence[str]) -> Callable[[Mailbox], bool]:
    """Tell whether a mailbox is of some `units` or one below; raise `UsageError` for no unit."""
    if not units:
        return lambda _: True
    facts = RuleContext(loaded.source, loaded.policy, on)
    wanted = {with_id(facts, unit).id for unit in units}
    return lambda mailbox: not wanted.isdisjoint(facts.above(mailbox.unit))
