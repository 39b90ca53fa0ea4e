"""Decide, before anything is changed, whether an apply may start.

It must continue from what the servers were last given, by the rules between revisions, take no
address away, pass the guards and match the reviewed plan, if there is one. Everything is derived
from the current state of the servers, so no file has to be trusted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from hopthu.desired.state import desired
from hopthu.diagnostics.problem import Problem
from hopthu.directory.entries import entries
from hopthu.errors import Refused, RefusedData
from hopthu.history import checkout, lineage
from hopthu.history.lineage import Return
from hopthu.history.record import UNKNOWN
from hopthu.history.removals import since
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.plan.host_changes import Servers
from hopthu.plan.plan import Plan, Snapshot
from hopthu.plan.review import Reviewed, refuse, stop
from hopthu.rules.edits.revisions import HANDS, REMOVED
from hopthu.servers.held_addresses import taken_from_holders
from hopthu.servers.staleness import another_apply, changed_since_base, changed_since_reading
from hopthu.servers.state import ServerState
from hopthu.servers.survey import ServerPlan, plan_against_servers
from hopthu.ssh import Ssh
from hopthu.validate import Loaded

_MAX_IDS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Permit:
    """The plan that an apply carries out, and the state of the servers it starts from.

    `back` is the sentence for the record of an apply that goes back to an earlier commit, else
    None, and `by` the document that orders it. `servers` is what the plan from the servers has of
    hosts. `warnings` are those of the rules between revisions.
    """

    plan: Plan
    live: ServerState
    back: Message | None = None
    by: str = ""
    servers: Servers | None = None
    warnings: tuple[Problem, ...] = ()

    @property
    def shown(self) -> Plan:
        """The plan with what hosts would do, also if it was made against a revision."""
        return replace(self.plan, servers=self.servers)


def authorise(
    root: Path,
    inventory: Inventory,
    ssh: Ssh,
    loaded: Loaded,
    on: date,
    reviewed: Reviewed | None = None,
    limit: Collection[str] = (),
    back: Return | None = None,
    *,
    files: bool = False,
) -> Permit:
    """Return what an apply of `loaded` would do; change nothing.

    That is the `reviewed` plan if there is one, else the plan from the state of the servers to the
    data. `back` is the order to go back to the commit that is checked out. With
    `files` the hosts are asked which files and services would change, too.

    Raises `Refused` if a guard stops the plan, if the servers have changed since the review, or if
    they were given a commit that this checkout does not contain and no document orders the return;
    `RefusedData` if the data breaks a rule between revisions, or lacks records or addresses that
    the servers have; and `HostFailed` if a server cannot be read.
    """
    after = Snapshot(loaded.organisation, loaded.policy, loaded.source)
    base = reviewed.before if reviewed else None
    found = plan_against_servers(
        root,
        inventory,
        ssh,
        loaded,
        on,
        known=[base] if base else [],
        limit=limit,
        files=files or bool(reviewed and base is None),
    )
    if reviewed and base:
        refuse(_foreign(root, found.live, reviewed.saved.base))
        refuse(changed_since_base(reviewed, found.live, found.plan, after, inventory.centre))
    elif reviewed:
        refuse(changed_since_reading(reviewed.saved, found.live, found.plan, after))
    newer = lineage.newer(root, found.live.records)
    returns = lineage.go_on(root, newer, back)
    if back:
        lineage.ordered(root, back, newer, loaded.source, on)
    problems = against_deployed(root, found, loaded, on, back=bool(returns))
    if any(problem.severity == "error" for problem in problems):
        raise RefusedData(problems, loaded.policy.regulation)
    for text in () if returns else _lost(found):
        raise Refused(text, fix=_FIX)
    stop(found.plan.guards, loaded.organisation, on)
    plan = reviewed.plan if reviewed and reviewed.plan else found.plan
    by = back.document if back and returns else ""
    return Permit(plan, found.live, returns, by, found.plan.servers, tuple(problems))


def against_deployed(
    root: Path, found: ServerPlan, loaded: Loaded, on: date, *, back: bool = False
) -> list[Problem]:
    """Return the problems of the data against what the servers have, sorted.

    The records of hosts show which commit that is, the directory who holds which address. Who goes
    `back` to an earlier commit undoes by its own document what came later: only what is not
    committed is judged, and no address goes to anybody else.
    """
    there = held_by_others(found, loaded, on)
    if back:
        edits = since(root, "HEAD", loaded.source, on).problems
        return sorted({*edits, *(problem for problem in there if problem.rule == HANDS.id)})
    known = lineage.against_records(root, found.live.records, loaded.source, on)
    named = {(problem.rule, problem.subject) for problem in known}
    # Of very many removed records git's problem stands for those that the directory shows as well.
    together = {_kind(p) for p in known if p.rule == REMOVED.id and not p.subject}
    return sorted(
        [
            *known,
            *(
                problem
                for problem in there
                if (problem.rule, problem.subject) not in named
                and not (problem.rule == REMOVED.id and _kind(problem) in together)
            ),
        ]
    )


def _kind(problem: Problem) -> str:
    """Return the kind of record of a file: people of data/people.yaml and data/people/x.yaml."""
    return problem.file.removeprefix("data/").partition("/")[0].removesuffix(".yaml")


def held_by_others(found: ServerPlan, loaded: Loaded, on: date) -> list[Problem]:
    """Return the problems of data that takes addresses from the holders the directory names."""
    live, policy = found.live, loaded.policy
    state = desired(loaded.organisation, policy, on)
    return taken_from_holders(
        live.entries or live.copies,
        live.domain or policy.domain,
        entries(state, found.centre, policy),
        loaded.source,
        found.before.organisation if found.before else None,
    )


def objections(root: Path, found: ServerPlan) -> tuple[Message, ...]:
    """Return why an apply would be refused, apart from guards: for a plan against servers."""
    ahead = lineage.newer(root, found.live.records)
    return tuple(map(lineage.sentence, ahead)) or tuple(_lost(found))


def _lost(found: ServerPlan) -> Iterator[Message]:
    """Yield an objection if mailboxes would close that no known data mentions.

    Only if it is not known what was applied last, as after an apply of uncommitted data. Otherwise
    the data shows who was removed, and any other entry of the directory is a stranger.
    """
    lost = [c.id for c in found.plan.changes if c.kind == "mailbox" and c.after is None]
    if lost and found.before is None:
        yield Message(
            "the directory has live mailboxes that are not in the data, and no commit here shows "
            "what was applied last: {ids}",
            ids=some(lost, _MAX_IDS_SHOWN),
        )


_FIX = Message(
    "restore their records; delete entries that never belonged to anybody from the directory"
)


def _foreign(root: Path, live: ServerState, base: str) -> list[Message]:
    """Return the hosts whose commit is neither the base nor contained in the one checked out.

    Even if the data of that commit is the same, its templates or code may differ.
    """
    return [
        another_apply(host, record)
        for host, record in sorted(live.records.items())
        if record.commit != UNKNOWN
        and not record.commit.startswith(base)
        and not checkout.is_part(root, record.commit)
    ]
