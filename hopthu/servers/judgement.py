"""Judge data that is to be deployed against the servers: for `check`, `plan` and `apply` alike.

It must continue from what the servers were last given, by the rules between revisions, and take no
address away. Everything is derived from the current state of the servers, so no file has to be
trusted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hopthu.diagnostics.problem import Problem
from hopthu.errors import Refused
from hopthu.history import lineage
from hopthu.history.lineage import Newer
from hopthu.history.removals import since
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre
from hopthu.plan.plan import Plan
from hopthu.servers.held_addresses import HANDS, REMOVED, taken_from_holders
from hopthu.servers.standings import FOLLOW, taken_over
from hopthu.servers.state import ServerState
from hopthu.servers.survey import Deployment, Reading, plan_against_servers
from hopthu.servers.take_overs import take_overs
from hopthu.validate import Loaded

_MAX_IDS_SHOWN = 5
_RESTORE = Message(
    "restore their records; delete entries that never belonged to anybody from the directory"
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The state of the servers, the plan from there to the data, and what speaks against it.

    `before` is the data that was applied last, None if it is not known. `newer` are deployed
    commits that the one checked out does not contain. Unless it goes back on purpose no `problems`
    are looked for then: such a clone has nothing to restore, but to pull. `lost` says which
    mailboxes would close that no known data mentions, `behind` that another directory has taken
    over from the one that is to be written to, or has changes which that one lacks, `unfit` which
    store a host must not take over. `objections` are all for which an apply forward is refused,
    apart from guards and problems.
    """

    live: ServerState
    plan: Plan
    before: Loaded | None
    newer: tuple[Newer, ...]
    problems: tuple[Problem, ...]
    behind: tuple[Refused, ...]
    lost: tuple[Refused, ...]
    unfit: tuple[Refused, ...]
    objections: tuple[Refused, ...]


def judge(
    deployment: Deployment,
    reading: Reading,
    *,
    known: Sequence[Loaded] = (),
    back: bool = False,
    files: bool = False,
) -> Judgement:
    """Return what a deployment would do, and what speaks against it; change nothing.

    `back` is true if it may go back to an earlier commit; `known` and `files` are those of
    `plan_against_servers`. Raises `HostFailed` if a server cannot be read.
    """
    live, plan, before = plan_against_servers(deployment, reading, known=known, files=files)
    newer = lineage.newer(deployment.repository, live.records)
    problems: Sequence[Problem] = ()
    if back or not newer:
        problems = _problems(deployment, live, before, back=bool(newer))
    lost = () if before else tuple(_lost(plan))
    found = tuple(take_overs(live.pairs, deployment.inventory.centre, live.covered))
    if plan.servers:
        told = tuple(each.said for each in found if not each.fix)
        plan = replace(plan, servers=replace(plan.servers, take_overs=told))
    behind = tuple(_behind(live, deployment.inventory.centre))
    unfit = tuple(Refused(each.said, fix=each.fix) for each in found if each.fix)
    against = (lineage.outdated(deployment.repository, newer),) if newer else (*lost, *unfit)
    return Judgement(
        live, plan, before, newer, tuple(problems), behind, lost, unfit, (*behind, *against)
    )


def _behind(live: ServerState, centre: Centre) -> Iterator[Refused]:
    """Yield an objection if the directory to write to lacks changes, or another took over."""
    if live.successors:
        yield taken_over(centre, live.successors)
    if live.lacking.ahead:
        what = Message(
            "the directory on {provider} is to be written to, and lacks changes that {hosts} have",
            provider=centre.provider.name,
            hosts=", ".join(live.lacking.ahead),
        )
        yield Refused(what, fix=FOLLOW)


def _problems(
    deployment: Deployment, live: ServerState, before: Loaded | None, *, back: bool
) -> list[Problem]:
    """Return the problems of the data against what the servers have, sorted.

    The records of hosts show which commit that is, the directory who holds which address. Who goes
    `back` to an earlier commit undoes by its own document what came later: only what is not
    committed is judged, and no address goes to anybody else.
    """
    repository, source, on = deployment.repository, deployment.loaded.source, deployment.on
    there = _held_by_others(deployment, live, before)
    if back:
        edits = since(repository, "HEAD", source, on).problems
        return sorted({*edits, *(problem for problem in there if problem.rule == HANDS.id)})
    known = lineage.against_records(repository, live.records, source, on)
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


def _held_by_others(
    deployment: Deployment, live: ServerState, before: Loaded | None
) -> list[Problem]:
    """Return the problems of data that takes addresses from the holders the directory names."""
    policy = deployment.loaded.policy
    return taken_from_holders(
        live.entries or live.copies,
        live.domain or policy.domain,
        deployment.entries,
        deployment.loaded.source,
        before.organisation if before else None,
    )


def _lost(plan: Plan) -> Iterator[Refused]:
    """Yield an objection if mailboxes would close that no known data mentions.

    Only if it is not known what was applied last, as after an apply of uncommitted data. Otherwise
    the data shows who was removed, and any other entry of the directory is a stranger.
    """
    lost = [c.id for c in plan.changes if c.kind == "mailbox" and c.after is None]
    if lost:
        what = Message(
            "the directory has live mailboxes that are not in the data, and no commit here shows "
            "what was applied last: {ids}",
            ids=some(lost, _MAX_IDS_SHOWN),
        )
        yield Refused(what, fix=_RESTORE)
