"""Facts of hosts, asked for once as long as nothing is changed there.

pyinfra asks a host anew whenever an operation wants to know: which packages there are for each of
them, which files for each set; and everything a second time when the operation is run. The answer
is the same until the first of them has changed more of the host than its content (entries, tables,
mailboxes, rights); of those, every operation that is run asks anew, but for `_OWN`. A search of the
directory is asked again once the directory has moved.
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
from hopthu.operations.accounts import Accounts
from hopthu.operations.answers import Answers
from hopthu.operations.directory import Position, Search
from hopthu.operations.effects import CONTENT, effect_of
from hopthu.operations.folders import Mailboxes
from hopthu.operations.host_state import Managed

_WHO = ("_sudo", "_sudo_user", "_su_user", "_doas", "_doas_user", "_chdir", "_env")
"""pyinfra's arguments that decide who asks, and where."""
_OWN = (Mailboxes,)
"""Answers that only the operation which asks makes another. They may be a little old: what is there
is not made again. Not so who reads a unit's mailbox: who is to lose it may make folders meanwhile.
"""


def cache_facts(state: State, host: Host, answers: Answers) -> None:
    """Have `host` answer a question it was asked before from memory, until it is changed.

    What changes by itself, or with another host, is asked anew by every operation that is run. What
    it has answered before the run is found in `answers`.
    """
    ask = host.get_fact
    known = {_question(fact): answer for fact, answer in answers.facts(host.name).items()}

    def search(base: str, filter_: str, attributes: Sequence[str]) -> Entries:
        def asked() -> Entries:
            return ask(Search, base=base, filter_=filter_, attributes=attributes)

        position = str(get_fact(Position, base=base))
        return answers.search(host.name, base, filter_, attributes, position, asked)

    def get_fact(fact: type, *args: object, **kwargs: Any) -> object:
        if fact is Search:
            return search(**kwargs)
        services = kwargs.get("services")
        if issubclass(fact, SystemdStatus) and isinstance(services, list):
            known_units = registry.units()
            kwargs["services"] = [*known_units] if {*services} <= {*known_units} else services
        running = state.current_stage >= StateStage.Execute
        if running and fact not in _OWN and (not _stays(fact) or _changed(state, host)):
            return ask(fact, *args, **kwargs)
        whole: dict[str, Any] = {}
        whole.update(host.current_op_global_arguments or {}, **kwargs)
        question = _question(fact, args, kwargs, whole)
        if question not in known:
            known[question] = ask(fact, *args, **kwargs)
        return copy.copy(known[question])  # whoever asked may add to it what they like

    vars(host)["get_fact"] = get_fact


def _stays(fact: type) -> bool:
    """Tell whether only operations change the answer: packages, files, accounts, services."""
    return fact in (Managed, Accounts) or fact.__module__.startswith("pyinfra.")


def _changed(state: State, host: Host) -> bool:
    """Tell whether any operation has changed more of `host` in this run than what daemons serve."""
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
    """Return what tells a question from others: what is asked, and as which user."""
    how = [(key, whole[key]) for key in _WHO if whole and whole.get(key)]
    return repr((fact, args, sorted(kwargs.items()) if kwargs else [], how))
