"""Decide, before anything is changed, whether an apply may start.

It must pass the judgement of the servers and the guards, and match the reviewed plan, if there is
one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hopthu.diagnostics.problem import Problem
from hopthu.errors import RefusedData
from hopthu.git.repository import UNKNOWN, Repository
from hopthu.history import lineage
from hopthu.history.lineage import Return
from hopthu.i18n.message import Message
from hopthu.plan.host_changes import Servers
from hopthu.plan.plan import Plan
from hopthu.plan.review import Reviewed, refuse, stop
from hopthu.servers.judgement import Judgement, judge
from hopthu.servers.staleness import another_apply, changed_since_base, changed_since_reading
from hopthu.servers.state import ServerState
from hopthu.servers.survey import Deployment, Reading


@dataclass(frozen=True, slots=True)
class Order:
    """What an apply was asked to keep to: a reviewed plan, or the way back to an older commit."""

    reviewed: Reviewed | None = None
    back: Return | None = None


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
    deployment: Deployment, reading: Reading, order: Order | None = None, *, files: bool = False
) -> Permit:
    """Return what an apply of the deployment would do; change nothing.

    That is the plan that was reviewed, else the plan from the state of the servers to the data.
    With `files` the hosts are asked which files and services would change, too.

    Raises `Refused` if a guard stops the plan, if the directory to write to lacks changes or has
    a successor, if the servers have changed since the review, or if they were given a commit that
    this checkout does not contain and no document orders the return; `RefusedData` if the data
    breaks a rule between revisions, or lacks records or addresses that the servers have; and
    `HostFailed` if a server cannot be read.
    """
    order, loaded, on = order or Order(), deployment.loaded, deployment.on
    reviewed, back, repository = order.reviewed, order.back, deployment.repository
    base = reviewed.before if reviewed else None
    judged = judge(
        deployment,
        reading,
        known=[base] if base else [],
        back=back is not None,
        files=files or bool(reviewed and base is None),
    )
    if reviewed:
        _refuse_stale(deployment, reviewed, judged)
    for error in judged.behind:
        raise error
    returns = lineage.go_on(repository, judged.newer, back)
    if back:
        lineage.ordered(repository, back, judged.newer, loaded.source, on)
    if any(problem.severity == "error" for problem in judged.problems):
        raise RefusedData(judged.problems, loaded.policy.regulation)
    for error in judged.unfit if returns else (*judged.lost, *judged.unfit):
        raise error
    stop(judged.plan.guards, loaded.organisation, on)
    plan = reviewed.plan if reviewed and reviewed.plan else judged.plan
    by = back.document if back and returns else ""
    return Permit(plan, judged.live, returns, by, judged.plan.servers, judged.problems)


def _refuse_stale(deployment: Deployment, reviewed: Reviewed, judged: Judgement) -> None:
    """Raise `Refused` if the servers have changed since the plan was reviewed."""
    live, plan, after = judged.live, judged.plan, deployment.loaded
    if reviewed.before:
        refuse(_foreign(deployment.repository, live, reviewed.saved.base))
        centre = deployment.inventory.centre
        refuse(changed_since_base(reviewed, live, plan, after, centre))
    else:
        refuse(changed_since_reading(reviewed.saved, live, plan, after))


def _foreign(repository: Repository, live: ServerState, base: str) -> list[Message]:
    """Return the hosts whose commit is neither the base nor contained in the one checked out.

    Even if the data of that commit is the same, its templates or code may differ.
    """
    return [
        another_apply(host, record)
        for host, record in sorted(live.records.items())
        if record.commit != UNKNOWN
        and not record.commit.startswith(base)
        and not repository.is_part(record.commit)
    ]
