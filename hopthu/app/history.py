"""Show what is deployed where, the runs behind it, and what is due."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hopthu.app.workspace import Workspace
from hopthu.daily.dated import Dated
from hopthu.daily.deployed import not_done
from hopthu.errors import DataError, HostFailed, Refused, UsageError
from hopthu.git.repository import Repository
from hopthu.history.overview import Overview, overview
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.show.report import find
from hopthu.validate import read


def history(
    workspace: Workspace, inventory: str | None, asked: str
) -> tuple[Overview, Dated | None, Message | None]:
    """Return the history of an inventory, else of the default one, about what is `asked`.

    With it goes what is due and not done on the hosts shown, else why that is not known.
    """
    root, on = workspace.root, workspace.on
    if inventory is None and asked in _known(root):
        inventory, asked = asked, ""
    found = inventories.load(root, inventory or default_inventory(root))
    view = overview(workspace.repository, found, asked, _names(root, on, asked))
    return view, *_due(workspace.repository, view, on)


def _names(root: Path, on: date, asked: str) -> frozenset[str]:
    """Return the id and the addresses of the person or unit asked for, as far as the data know.

    What was done can be asked for whatever is wrong with the data, and by ids of runs.
    """
    if not asked:
        return frozenset()
    try:
        loaded = read(root, on)
        record, _ = find(loaded, on, asked)
    except (DataError, UsageError):
        return frozenset()
    box = record.mailbox
    locals_ = (box.address, *box.aliases, *box.former) if box else ()
    full = (each if "@" in each else f"{each}@{loaded.policy.domain}" for each in locals_)
    return frozenset({record.id, *full})


def _due(repository: Repository, view: Overview, on: date) -> tuple[Dated | None, Message | None]:
    """Return what is due and not done on the hosts shown, else why it is not known."""
    try:
        return not_done(repository, view.hosts, on), None
    except (DataError, HostFailed, Refused) as error:
        return None, error.what


def _known(root: Path) -> list[str]:
    """Return the names of the repository's inventories."""
    return sorted(path.stem for path in (root / "inventory").glob("*.py"))


def default_inventory(root: Path) -> str:
    """Return the default inventory; raise `UsageError` if there is none, or no telling which."""
    known = _known(root)
    if len(known) == 1:
        return known[0]
    for name in ("production", "lab"):
        if name in known:
            return name
    if not known:
        raise UsageError(
            Message("no inventory found in inventory/"),
            fix=Message("pass the path of one with --inventory"),
        )
    raise UsageError(
        Message("there are several inventories and none is the default"),
        fix=Message("pass one of these with --inventory: {names}", names=", ".join(known)),
    )
