"""`hopthu address`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from hopthu.cli.options import common
from hopthu.cli.output import say
from hopthu.diagnostics.problem import shown
from hopthu.editing.names import address_of_unit, of_person, primary, short_enough
from hopthu.errors import DataError, UsageError
from hopthu.git import read_at
from hopthu.history import checkout
from hopthu.history.base import base
from hopthu.history.record import UNKNOWN
from hopthu.i18n.message import Message
from hopthu.load import load
from hopthu.rules.context import RuleContext
from hopthu.source.records import Source
from hopthu.validate import policy_of


@click.command()
@click.argument("name")
@click.option("--unit", "unit", metavar="ID", help="Print an alias with this unit's name as well.")
@common
def address(name: str, unit: str | None, root: Path, on: date, language: str) -> None:
    """Print the free address the naming profile gives NAME: a person's name or a unit's id.

    Numbers only grow: an address that was ever held, by a closed mailbox too, is not given again.
    Nor is one that was removed since the revision with which `check` compares. The first line is
    the address, without the domain.
    """
    source = load(root)
    if any(problem.severity == "error" for problem in source.problems):
        raise DataError(source.problems)
    facts = RuleContext(source, policy_of(source), on)
    earlier = _taken_before(root, source, on, but=name)
    if unit is not None and unit not in facts.units:
        what = Message("there is no unit {unit}", unit=shown(unit))
        raise UsageError(what, fix=Message("give its id, as in data/units.yaml"))
    if name in facts.units:
        click.echo(address_of_unit(facts, facts.units[name], earlier))
        return
    free = of_person(facts, name, earlier)
    click.echo(free)
    suffix = primary(facts.units[unit]) if unit else ""
    if suffix:
        say(Message("alias: {address}", address=short_enough(f"{free}.{suffix}")), language)


def _taken_before(root: Path, source: Source, on: date, *, but: str) -> set[str]:
    """Return the addresses in files of the base that have changed since, `but` for one record's.

    Whoever was taken out of the data still has an address: on the servers, and in the base.
    """
    if checkout.head(root) == UNKNOWN:
        return set()
    differing, _, _ = read_at(root, base(root).revision, source)
    before = RuleContext(differing, policy_of(differing), on)
    return {claim.folded for claim in before.claims if claim.record.id != but}
