"""Cache facts of hosts as long as nothing is changed there.

pyinfra queries a host again for every operation: the installed packages for each package, the files
for each set; and everything a second time when the operation is run. The answers stay the same
until an operation has changed more than content (entries, tables, mailboxes, access). Facts about
content are read again by every operation that is run, except `_OWN`. A directory search is repeated
if the directory has changed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from pyinfra.api import Host, State
from pyinfra.api.state import StateStage
from pyinfra.facts.systemd import SystemdStatus

from hopthu.daemons import registry
from hopthu.directory.ldif import Entries
from hopthu.events.step import CONTENT
from hopthu.operations.accounts import Accounts
from hopthu.operations.answers import Answers
from hopthu.operations.directory import Position, Search
from hopthu.operations.effects import effect_of
from hopthu.operations.folders import Mailboxes
from hopthu.operations.host_state import Managed

_WHO = ("_sudo", "_sudo_user", "_su_user", "_doas", "_doas_user", "_chdir", "_env")
"""pyinfra's arguments that determine as which user, and in which folder, a fact is read."""
_OWN = (Mailboxes,)
"""Facts that only change by the operation that reads them, and may be slightly out of date: a
mailbox that exists is not created again. Access to unit mailboxes is different, because a reader
whose access is to be revoked may create folders in the meantime.
"""


def cache_facts(state: State, host: Host, answers: Answers) -> None:
    """Make `host` answer repeated facts from memory until it is changed.

    Facts that change by themselves, or with another host, are read again by every operation that is
    run. `answers` has those that were read before the run.
    """
    read = host.get_fact
    known = {_question(fact): answer for fact, answer in answers.facts(host.name).items()}

    def search(base: str, filter_: str, attributes: Sequence[str]) -> Entries:
        def read_entries() -> Entries:
            return read(Search, base=base, filter_=filter_, attributes=attributes)

        position = str(get_fact(Position, base=base))
        return answers.search(host.name, base, filter_, attributes, position, read_entries)

    def get_fact(fact: type, *args: object, **kwargs: Any) -> object:
        if fact is Search:
            return search(**kwargs)
        services = kwargs.get("services")
        if issubclass(fact, SystemdStatus) and isinstance(services, list):
            known_units = registry.units()
            kwargs["services"] = [*known_units] if {*services} <= {*known_units} else services
        running = state.current_stage >= StateStage.Execute
        if running and fact not in _OWN and (not _stays(fact) or _changed(state, host)):
            return read(fact, *args, **kwargs)
        whole: dict[str, Any] = {}
        whole.update(host.current_op_global_arguments or {}, **kwargs)
        question = _question(fact, args, kwargs, whole)
        if question not in known:
            known[question] = read(fact, *args, **kwargs)
        return copy.copy(known[question])  # callers may modify their copy

    vars(host)["get_fact"] = get_fact


def _stays(fact: type) -> bool:
    """Return whether only operations change the fact: packages, files, accounts, services."""
    return fact in (Managed, Accounts) or fact.__module__.startswith("pyinfra.")


def _changed(state: State, host: Host) -> bool:
    """Return whether an operation of this run has changed more than content on `host`."""
    return any(
        data.operation_meta.is_complete()
        and data.operation_meta.did_change()
        and effect_of(state, op_hash) not in CONTENT
        for op_hash, data in state.ops[host].items()
    )


def _question(
    fact: type,
    args: tuple[object, ...] = (),
    kwargs: Mapping[str, object] | None = None,
    whole: Mapping[str, object] | None = None,
) -> str:
    """Return a key for a fact with its arguments and the user that reads it."""
    how = [(key, whole[key]) for key in _WHO if whole and whole.get(key)]
    return repr((fact, args, sorted(kwargs.items()) if kwargs else [], how))
