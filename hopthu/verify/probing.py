"""Run the probes against the servers of an inventory."""

from __future__ import annotations

import imaplib
import time
from collections.abc import Callable, Sequence

from hopthu.daemons.site import Site
from hopthu.errors import HopthuError, UsageError
from hopthu.inventory.loader import Inventory
from hopthu.verify import mail
from hopthu.verify.catalogue import PROBES
from hopthu.verify.context import ProbeContext, opened
from hopthu.verify.probe import Probe, ProbeFailed, Result
from hopthu.verify.schedule import Progress, run_all
from hopthu.verify.smtp import sentence

ALL = "all"
"""In place of an id: every probe."""

_WORKERS = 8
"""Probes side by side: most of their time is waiting for a server."""


def run(
    site: Site,
    inventory: Inventory,
    *,
    only: Sequence[str] | None = None,
    require: Sequence[str] = (),
    progress: Callable[[Progress], None] | None = None,
) -> list[Result]:
    """Probe the servers and return what came of each probe, in the order they are listed.

    `only` are ids; `UsageError` is raised for one that does not exist. What a probe cannot do here
    is left out, with the reason as its detail; a lab has no excuse, there it fails. Those that
    `require` names fail wherever they are left out.
    """
    chosen = choose(only)
    needed = required(require, chosen)
    with opened(site, inventory) as world:
        reasons = {probe.id: left_out(probe, world) for probe in chosen}
        results = run_all(
            [probe for probe in chosen if not reasons[probe.id]],
            lambda probe: run_one(probe, world),
            progress or (lambda _: None),
            workers=_WORKERS,
            stop=world.stop,
        )
        if not all(result.passed for result in results):
            _sweep(world)
    ran = {result.id: result for result in results}
    return [
        ran.get(p.id) or _not_run(p, reasons[p.id], inventory.throwaway, p.id in needed)
        for p in chosen
    ]


def choose(only: Sequence[str] | None) -> list[Probe]:
    """Return the probes with these ids, or all; raise `UsageError` for an unknown id."""
    known = {probe.id: probe for probe in PROBES}
    unknown = [name for name in only or () if name not in known]
    if unknown:
        raise UsageError(
            f"no probe called {', '.join(unknown)}", fix="hopthu verify INVENTORY --list shows all"
        )
    return [probe for probe in PROBES if not only or probe.id in only]


def required(names: Sequence[str], chosen: Sequence[Probe]) -> frozenset[str]:
    """Return the ids of probes that must run, all where `names` has `all`.

    Raises `UsageError` for an id that is unknown, or is not among those `chosen` to run.
    """
    ids = frozenset(probe.id for probe in chosen)
    if ALL in names:
        return ids
    if names:
        choose(names)
    if unchosen := sorted(set(names) - ids):
        raise UsageError(
            f"--require names {', '.join(unchosen)}, which --probe leaves out",
            fix="name it with --probe, too",
        )
    return frozenset(names)


def left_out(probe: Probe, world: ProbeContext) -> str:
    """Return why a probe cannot be run here; an empty string when it can."""
    if probe.disturbs and not world.inventory.throwaway:
        return f"it would stop a service ({', '.join(probe.disturbs)}), so it runs in a lab only"
    for need in probe.needs:
        if need not in world.inventory.vantages:
            return f"the inventory names no vantage `{need}`"
    for part in probe.parts:
        person = getattr(world.site.policy.probe, part)
        if not person:
            return f"policy.probe names nobody for `{part}`"
        if part != "closed" and person not in world.passwords:
            return f"no password is known for {person} (`{part}` of policy.probe)"
    return ""


def run_one(probe: Probe, world: ProbeContext) -> Result:
    """Run one probe; whatever it raises is its failure, in a sentence."""
    started = time.monotonic()
    passed = False
    try:
        detail = probe.check(world)
        passed = True
    except ProbeFailed as failure:
        # Where several hosts failed, notes name the others (hopthu/fan_out.py).
        detail = "; ".join((str(failure), *getattr(failure, "__notes__", ())))
    except HopthuError as failure:
        detail = "; ".join(filter(None, (failure.what, failure.fix)))
    except Exception as error:  # noqa: BLE001  (a probe that breaks has not passed; the rest go on)
        detail = sentence(error)
    seconds = round(time.monotonic() - started, 2)
    return Result(probe.id, probe.title, probe.article, passed, detail, seconds)


def _not_run(probe: Probe, reason: str, throwaway: bool, needed: bool) -> Result:
    return Result(
        probe.id,
        probe.title,
        probe.article,
        False,
        reason,
        left_out=not throwaway,
        required=needed,
    )


def _sweep(world: ProbeContext) -> None:
    """Take away what failed probes left in the mailboxes of people who can sign in."""
    for part in ("on_store1", "on_store2", "colleague", "head", "delegate", "stranger"):
        name = getattr(world.site.policy.probe, part)
        if not world.passwords.get(name):
            continue
        try:
            with mail.reading(world, world.person(part)) as session:
                for folder in session.folders():
                    session.remove(session.find(folder, world.run))
        except (ProbeFailed, OSError, imaplib.IMAP4.error):
            # The probes have already said what does not work; litter is not worth a second word.
            continue
