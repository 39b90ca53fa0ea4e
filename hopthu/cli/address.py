"""`hopthu address`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from hopthu.cli.options import common
from hopthu.cli.output import say
from hopthu.diagnostics.problem import shown
from hopthu.errors import DataError, UsageError
from hopthu.git import read_at
from hopthu.history import checkout
from hopthu.history.base import base
from hopthu.history.record import UNKNOWN
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, same
from hopthu.load import load
from hopthu.model.address_naming import personal, stem
from hopthu.rules.context import RuleContext
from hopthu.rules.naming import of_unit
from hopthu.rules.record_local import LONGEST_ADDRESS, PERSON
from hopthu.rules.rows import text
from hopthu.source.records import Record, Source
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
    taken = {fold(local) for local in facts.policy.reserved}
    taken |= {claim.folded for claim in facts.claims}
    taken |= _taken_before(root, source, on, but=name)
    if unit is not None and unit not in facts.units:
        what = Message("there is no unit {unit}", unit=shown(unit))
        raise UsageError(what, fix=Message("give its id, as in data/units.yaml"))
    if name in facts.units:
        click.echo(_short_enough(_of_unit(facts.units[name], facts, taken)))
        return
    if not (PERSON.match(same(name)) and stem(name)):
        what = Message("no address can be made of the name {name}", name=shown(name))
        fix = Message("write the name in Vietnamese letters, with one space between words")
        raise UsageError(what, fix=fix)
    free = _short_enough(personal(name, taken))
    click.echo(free)
    suffix = _primary(facts.units[unit]) if unit else ""
    if suffix:
        say(Message("alias: {address}", address=_short_enough(f"{free}.{suffix}")), language)


def _taken_before(root: Path, source: Source, on: date, *, but: str) -> set[str]:
    """Return the addresses in files of the base that have changed since, `but` for one record's.

    Whoever was taken out of the data still has an address: on the servers, and in the base.
    """
    if checkout.head(root) == UNKNOWN:
        return set()
    differing, _, _ = read_at(root, base(root).revision, source)
    before = RuleContext(differing, policy_of(differing), on)
    return {claim.folded for claim in before.claims if claim.record.id != but}


def _short_enough(local: str) -> str:
    """Return a local part; raise `UsageError` if it is too long for an address."""
    if len(local) <= LONGEST_ADDRESS:
        return local
    raise UsageError(
        Message("address {address} is longer than {limit} characters",
             address=shown(local), limit=LONGEST_ADDRESS),
        fix=Message("agree on a shorter one, and name the document that grants it as `exception`"),
    )  # fmt: skip


def _of_unit(record: Record, facts: RuleContext, taken: set[str]) -> str:
    """Return the address the profile gives a unit: its own if it has it, else a free one."""
    made, number = of_unit(facts, record), 2
    if _primary(record) == made or fold(made) not in taken:
        return made
    while fold(f"{made}{number}") in taken:
        number += 1
    return f"{made}{number}"


def _primary(record: Record) -> str:
    mailbox = record.data.get("mailbox")
    return text(mailbox, "address") if isinstance(mailbox, dict) else ""
