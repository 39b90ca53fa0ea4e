"""Apply the data to servers: prepared, authorised, then carried out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hopthu.app.deployment import begun, deployment, refuse_other_day, who
from hopthu.app.workspace import Workspace
from hopthu.apply import run
from hopthu.apply.authorise import Order, Permit, authorise
from hopthu.apply.run import Confirm, Report
from hopthu.apply.run_context import ApplyContext
from hopthu.copies.status import without_copies
from hopthu.engine.client import Engine, started
from hopthu.engine.wire import Request
from hopthu.events.event import Emit, Finished, PhaseStarted, Warned
from hopthu.history.lineage import Return
from hopthu.history.record import Record, summaries
from hopthu.i18n.message import Message
from hopthu.operations.answers import Answers
from hopthu.plan.plan import Plan
from hopthu.plan.review import review
from hopthu.plan.summary import summary
from hopthu.servers.password_count import without_password
from hopthu.servers.survey import Deployment, Reading, answering
from hopthu.source.positions import no_garbage_collection
from hopthu.ssh import Ssh
from hopthu.validate import read

_MOST = 1000
"""A record counts more changes than this by kind: a first load has two for each person."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be deployed, and the order to keep to; the data is valid, no server was asked."""

    deployment: Deployment
    order: Order


@dataclass(frozen=True, slots=True)
class Authorised:
    """An apply that may start, and the uncommitted files that hosts would get."""

    permit: Permit
    job: ApplyContext
    uncommitted: tuple[str, ...]


def prepare(
    workspace: Workspace,
    inventory: str,
    reviewed: Path | None = None,
    back: Return | None = None,
    limit: Collection[str] = (),
) -> Prepared:
    """Read and check the data, the plan that was `reviewed`, and the inventory.

    Raises `DataError` if the data is not valid, `Refused` if the plan is stale, or the day is not
    today, and `UsageError` for an inventory, a plan or a host that is none.
    """
    loaded, on = read(workspace.root, workspace.on), workspace.on
    kept = review(reviewed, workspace.repository, loaded, on) if reviewed else None
    wanted = deployment(workspace, loaded, inventory, limit)
    refuse_other_day(
        workspace, wanted.inventory,
        Message("changes of {day} are not applied on another day", day=on),
        Message("use --on with plans and labs only"),
    )  # fmt: skip
    return Prepared(wanted, Order(kept, back))


def reach(prepared: Prepared, ssh: Ssh, emit: Emit) -> Prepared:
    """Return what is to be deployed to hosts that answer; warn of those that need not and do not.

    These are hosts that stand by: nobody has to wait for one before another takes over from it.
    """
    wanted, silent = answering(prepared.deployment, ssh)
    for error in silent:
        emit(Warned(Message("{reason}; it stands by, and is left as it is", reason=error.what)))
    return replace(prepared, deployment=wanted)


def read_servers(prepared: Prepared, ssh: Ssh, emit: Emit) -> Reading:
    """Begin to read the servers, which goes on beside what is done next."""
    emit(PhaseStarted(Message("reading the servers")))
    return Reading(prepared.deployment, ssh)


@contextmanager
def engine(prepared: Prepared, emit: Emit) -> Iterator[Engine]:
    """Start the process that runs pyinfra, which connects to the hosts while leave is asked."""
    wanted = prepared.deployment
    root, inventory = wanted.repository.root, wanted.inventory
    hosts = inventory.chosen(wanted.limit)
    with started(root, emit) as found:
        with no_garbage_collection():
            found.connect(Request(root, inventory.path, wanted.site, hosts))
        yield found


def ask_leave(
    workspace: Workspace, prepared: Prepared, reading: Reading, *, files: bool = False
) -> Authorised:
    """Return what is to be done to servers that are read; raise as `authorise` does."""
    wanted, inventory = prepared.deployment, prepared.deployment.inventory
    with no_garbage_collection():
        permit = authorise(wanted, reading, prepared.order, files=files)
        live, record = permit.live, _record(workspace, wanted, permit)
        job = ApplyContext(
            workspace.root, inventory, inventory.chosen(wanted.limit),
            wanted.loaded.policy, wanted.desired, record, workspace.clock,
            live.runs(), Answers.of(live.granted, live.position, live.entries, wanted.entries),
        )  # fmt: skip
    return Authorised(permit, job, workspace.repository.uncommitted())


def lacking(prepared: Prepared) -> Sequence[Message]:
    """Return what is lost, or nobody is told of, one day if the centre stays as it is.

    A lab has nothing to lose.
    """
    found = prepared.deployment.inventory
    centre, said = found.centre, list[Message]()
    if found.throwaway:
        return said
    if not centre.keepers:
        said.append(without_copies(centre))
    if not any(monitor.alarms for monitor in centre.with_role("monitor")):
        unwatched = Message(
            "no monitor of inventory {inventory} has `alarms`: if it is gone, or no mail reaches"
            " the operator, nobody is told of anything",
            inventory=centre.name,
        )
        said.append(unwatched)
    return said


def astray(authorised: Authorised) -> Sequence[Message]:
    """Return what hosts set aside of their directories because nobody can give it the provider."""
    hosts = authorised.permit.live.lacking.astray
    if not hosts:
        return ()
    return (
        Message(
            "{hosts}: the directory has changes that nobody can give {provider} any more; they are"
            " kept aside, and what {provider} has takes their place",
            hosts=", ".join(hosts),
            provider=authorised.job.provider,
        ),
    )


def look(authorised: Authorised, engine: Engine, ssh: Ssh, emit: Emit) -> Report:
    """Return what hosts would do; change nothing. Raises as `run.look` does."""
    return run.look(authorised.job, engine, ssh, emit)


def carry_out(
    authorised: Authorised, engine: Engine, ssh: Ssh, emit: Emit, confirm: Confirm | None = None
) -> Report:
    """Apply; return what was changed. Raises as `run.roll_out` does, and as `confirm` does."""
    done = run.roll_out(authorised.job, engine, ssh, emit, confirm)
    emit(Finished(done.changed, done.operations))
    return done


def follow_up(authorised: Authorised, ssh: Ssh) -> int:
    """Do what an inventory has done after an apply; return how many people lack a password."""
    job = authorised.job
    if job.inventory.after_apply:
        job.inventory.after_apply(job.root, job.inventory)
    return without_password(ssh, job.target(job.provider))


def _record(workspace: Workspace, wanted: Deployment, permit: Permit) -> Record:
    """Return the record of this run, as far as it is known before anything is done."""
    plan = permit.plan
    rests = [*(line.basis for line in plan.lines()), *(edit.basis for edit in plan.edits)]
    cited = {document for basis in rests for document in basis}
    documents = sorted({*cited, *filter(None, [permit.by])})
    told = permit.servers.take_overs if permit.servers else ()
    changes = (*filter(None, [permit.back]), *told, *_sentences(plan))
    by = who(workspace, wanted.inventory)
    return begun(workspace, wanted, by, documents, changes, plan.checksum)


def _sentences(plan: Plan) -> tuple[str, ...]:
    """Return the lines as the record lists them; if very many, the numbers of the day's changes."""
    lines = plan.lines()
    if len(lines) + len(plan.edits) <= _MOST:
        return (*summaries(lines), *plan.written())
    numbers = summary(plan.changes)
    return tuple(Message("{what}: {number}", what=what, number=n) for what, n in numbers)
