"""Run the probes against the servers of an inventory."""

from __future__ import annotations

import imaplib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from hopthu.daemons.site import Site
from hopthu.errors import HopthuError, UsageError
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.verify import mail
from hopthu.verify.accounts import with_passwords
from hopthu.verify.catalogue import PROBES
from hopthu.verify.context import ProbeContext, opened
from hopthu.verify.failure import NothingToTry, ProbeFailed
from hopthu.verify.probe import ACCOUNTS, INTERNET, Probe, Result, Trial, trials
from hopthu.verify.schedule import Progress, run_all
from hopthu.verify.smtp import sentence

ALL = "all"
"""Stands for all probes in place of an id."""

_WORKERS = 8
"""Probes that run in parallel: most of the time they wait for a server."""


def run(
    site: Site,
    inventory: Inventory,
    *,
    only: Sequence[str] | None = None,
    require: Sequence[str] = (),
    progress: Callable[[Progress], None] | None = None,
) -> list[Result]:
    """Probe the servers and return the result of each probe, in the order of the catalogue.

    `only` are ids; `UsageError` is raised for an unknown one. A probe that cannot run here is
    skipped, with the reason as its detail; in a lab it fails instead. A probe in `require` fails
    even if it is skipped.
    """
    chosen = choose(only)
    needed = required(require, chosen)
    with opened(site, inventory) as connected, with_passwords(connected) as context:
        reasons = {probe.id: left_out(probe, context) for probe in chosen}
        results = run_all(
            [
                t
                for p in chosen
                if not reasons[p.id]
                for t in trials(p, site.centre, context.stores)
            ],
            lambda trial: run_one(trial, context),
            progress or (lambda _: None),
            workers=_WORKERS,
            stop=context.stop,
        )
        if any(result.failed for result in results):
            _sweep(context)
    return [
        _not_run(p, reasons[p.id], inventory.throwaway, p.id in needed)
        if reasons[p.id]
        else _needed(merged([r for r in results if r.id == p.id]), p.id in needed)
        for p in chosen
    ]


def merged(results: Sequence[Result]) -> Result:
    """Return the result of a probe: it has passed if all its trials have."""
    wrong = [result for result in results if not result.passed]
    details = dict.fromkeys(result.detail for result in wrong or results)
    seconds = round(sum(result.seconds for result in results), 2)
    return replace(results[0], passed=not wrong, detail=joined([*details]), seconds=seconds)


def choose(only: Sequence[str] | None) -> list[Probe]:
    """Return the probes with these ids, or all probes; raise `UsageError` for an unknown id."""
    known = {probe.id: probe for probe in PROBES}
    unknown = [name for name in only or () if name not in known]
    if unknown:
        raise UsageError(
            Message("no probe called {names}", names=", ".join(unknown)),
            fix=Message("hopthu verify INVENTORY --list shows all"),
        )
    return [probe for probe in PROBES if not only or probe.id in only]


def required(names: Sequence[str], chosen: Sequence[Probe]) -> frozenset[str]:
    """Return the ids of probes that must run; `all` in `names` stands for all `chosen` probes.

    Raises `UsageError` for an id that is unknown or not among those `chosen`.
    """
    ids = frozenset(probe.id for probe in chosen)
    if ALL in names:
        return ids
    if names:
        choose(names)
    if unchosen := sorted(set(names) - ids):
        raise UsageError(
            Message(
                "--require names {names}, which --probe does not select", names=", ".join(unchosen)
            ),
            fix=Message("name it with --probe as well"),
        )
    return frozenset(names)


def left_out(probe: Probe, context: ProbeContext) -> str:
    """Return why a probe cannot run here, or an empty string if it can."""
    if probe.disturbs and not context.inventory.throwaway:
        services = ", ".join(probe.disturbs)
        return Message(
            "it would stop a service ({services}), so it runs only in a lab", services=services
        )
    for role in probe.through:
        if not context.site.centre.with_role(role):
            return Message("no host of the inventory has the role {role}", role=role)
    policy = context.site.policy.probe
    if ACCOUNTS in probe.needs and not policy.accounts:
        return Message("the policy has no accounts for probing (`probe.accounts`)")
    if INTERNET in probe.needs and INTERNET not in context.inventory.vantages:
        return Message("the inventory has no vantage `{name}`", name=INTERNET)
    if INTERNET in probe.needs and not policy.outside.server:
        return Message("the policy names no mail server outside (`probe.outside`)")
    return ""


def run_one(trial: Trial, context: ProbeContext) -> Result:
    """Run one probe; any exception becomes its failure, in one sentence with the hosts it used."""
    started, probe = time.monotonic(), trial.probe
    try:
        detail = probe.check(replace(context, through=trial.through, store=trial.store))
        return Result(probe.id, probe.title, probe.article, True, detail, _since(started))
    except NothingToTry as nothing:
        return Result(probe.id, probe.title, probe.article, False, nothing.message, left_out=True)
    except ProbeFailed as failure:
        # If several hosts failed, notes name the others (hopthu/fan_out.py).
        detail = joined([failure.message, *getattr(failure, "__notes__", ())])
    except HopthuError as failure:
        detail = joined([text for text in (failure.what, failure.fix) if text])
    except Exception as error:  # noqa: BLE001  (a probe that raises has failed; the others go on)
        detail = sentence(error)
    if hosts := ", ".join(dict.fromkeys(host.name for host in trial.through.values())):
        detail = Message("through {hosts}: {detail}", hosts=hosts, detail=detail)
    return Result(probe.id, probe.title, probe.article, False, detail, _since(started))


def _needed(result: Result, needed: bool) -> Result:
    """Return a result that makes the run fail if it was skipped and must not be."""
    return replace(result, required=needed and result.left_out)


def _since(started: float) -> float:
    return round(time.monotonic() - started, 2)


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


def _sweep(context: ProbeContext) -> None:
    """Remove what failed probes left in the mailboxes of accounts that can sign in."""
    for store in context.stores:
        at = replace(context, store=store)
        for part in ("reader", "colleague", "head", "delegate", "stranger"):
            try:
                with mail.reading(at, at.person(part)) as session:
                    for folder in session.folders():
                        session.remove(session.find(folder, context.run))
            except (ProbeFailed, OSError, imaplib.IMAP4.error):
                # The probes have already reported what does not work.
                continue
