"""Check and plan against what servers have; what it imports takes as long as a small check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hopthu.app.check import Checked
from hopthu.app.deployment import deployment
from hopthu.app.plan import Planned
from hopthu.app.workspace import Workspace
from hopthu.diagnostics.problem import Problem
from hopthu.history import lineage
from hopthu.i18n.message import Message
from hopthu.model.builder import build
from hopthu.rules.causes import with_causes
from hopthu.servers.judgement import judge
from hopthu.servers.survey import Reading, answering
from hopthu.source.positions import no_garbage_collection
from hopthu.ssh import Ssh
from hopthu.validate import Loaded, load_checked, policy_of, read, validate


def check(workspace: Workspace, name: str) -> Checked:
    """Check the data and, if it is valid, what it changes of that on the servers of an inventory.

    Raises `Refused` if they have a commit that is not part of the one checked out.
    """
    with no_garbage_collection():
        source = load_checked(workspace.root, workspace.on)
        alone = Checked(source, validate(source, workspace.on))
        if not alone.valid:
            remark = Message(
                "not compared with the servers of {inventory}: the data has errors", inventory=name
            )
            return Checked(source, alone.problems, remark)
        loaded = Loaded(build(source), policy_of(source), source)
        problems = with_causes(source, [*alone.problems, *_deployed(workspace, name, loaded)])
    remark = Message("compared with the servers of {inventory}", inventory=name)
    return Checked(source, problems, remark)


def plan(workspace: Workspace, name: str) -> Planned:
    """Plan from what the servers of an inventory have; raise `DataError` for invalid data."""
    with no_garbage_collection():
        loaded = read(workspace.root, workspace.on)
        wanted = deployment(workspace, loaded, name)
        with Ssh() as ssh:
            wanted, silent = answering(wanted, ssh)
            with Reading(wanted, ssh) as reading:
                judged = judge(wanted, reading, files=True)
    found = judged.plan
    if found.servers:
        left = [
            Message("{reason}; it stands by, and is left as it is", reason=e.what) for e in silent
        ]
        told = (*left, *found.servers.take_overs)
        servers = replace(found.servers, take_overs=told, refusals=judged.objections)
        found = replace(found, servers=servers)
    return Planned(found, loaded, judged.problems)


def _deployed(workspace: Workspace, name: str, loaded: Loaded) -> Sequence[Problem]:
    with Ssh() as ssh:
        wanted, _ = answering(deployment(workspace, loaded, name), ssh)
        with Reading(wanted, ssh) as reading:
            judged = judge(wanted, reading)
    lineage.go_on(workspace.repository, judged.newer, None)
    return judged.problems
