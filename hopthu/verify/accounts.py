"""New passwords for the accounts for probing, which sign in while a run lasts and not after it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hopthu.daemons.openldap import LDAPI
from hopthu.desired.probes import MINUTE, account
from hopthu.directory.entries import PASSWORD_UNTIL, STOPPED, person_dn, probes_dn, suffix
from hopthu.directory.ldif import Modify, write_changes
from hopthu.directory.password_rules import dated_back, generalized, max_age
from hopthu.directory.passwords import directory_hash, random_password
from hopthu.errors import HostFailed, Refused
from hopthu.fan_out import on_all_hosts
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Host
from hopthu.migration.session import RemoteSession
from hopthu.model.lifecycle import LIVE
from hopthu.remote.host import replica
from hopthu.verify.context import ProbeContext

LASTING = timedelta(minutes=30)
"""How long a password signs in if the run that set it is killed."""

_LOCK = "/run/lock/hopthu-verify"
_LOCKED = 75
"""The exit code if another run has the lock."""
_ANSWER = 60.0
"""Seconds within which a host says whether it has."""
_NO_ANSWER = Message("no answer")

# Without an assertion (RFC 4528): slapd would compare it with the root entry too, in which it keeps
# its position, and after a restart begin again behind its replicas. Relaxed, because slapd itself
# writes the age of a password otherwise.
_CHANGE = f"""
set -euo pipefail
ldapmodify -Q -Y EXTERNAL -H {LDAPI} -e '!relax' >/dev/null
ldapsearch -Q -LLL -o ldif-wrap=no -Y EXTERNAL -H {LDAPI} -b "$1" -s base contextCSN |
    sed -n 's/^contextCSN: //p'
"""


@contextmanager
def with_passwords(context: ProbeContext) -> Iterator[ProbeContext]:
    """Yield the context with passwords of the accounts; at the end they have none.

    Raises `HostFailed` if the directory does not take them, and `Refused` if another run has set
    some that it still needs.
    """
    accounts = [m for m in context.site.desired.probes if m.kind == "personal" and m.state in LIVE]
    if not accounts:
        yield context
        return
    minute = {account(MINUTE, each.store) for each in accounts}  # the monitor's own has one
    passwords = {each.id: random_password() for each in accounts if each.id not in minute}
    # argon2 releases the interpreter lock while it works.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        hashes = dict(zip(passwords, pool.map(directory_hash, passwords.values()), strict=True))
    none = dict.fromkeys((each.id for each in accounts), "")
    with _alone(context):
        try:
            position = _change(context, none | hashes)
            centre = context.site.centre
            on_all_hosts(
                [host for host in context.hosts if centre.keeps_directory(host)],
                lambda host: _caught_up(context, host, position),
            )
            yield replace(context, passwords=passwords)
        finally:
            _change(context, none)


@contextmanager
def _alone(context: ProbeContext) -> Iterator[None]:
    """Lock the accounts on the provider, as long as this program is connected; raise `Refused`."""
    provider = context.site.centre.provider
    held = f"timeout {int(LASTING.total_seconds())} sh -c 'echo locked; exec cat'"
    script = f"""flock --nonblock --conflict-exit-code={_LOCKED} {_LOCK} {held}
        [ $? -ne {_LOCKED} ] || echo busy"""
    lasting = LASTING.total_seconds()
    with RemoteSession(provider.name, context.command(provider, script), lasting) as session:
        said = session.answer(_ANSWER)
        if said == ["locked"]:
            yield
            return
        reason = session.reason
    if said == ["busy"]:
        raise Refused(
            Message("another run of `hopthu verify` uses the accounts for probing"),
            fix=Message("wait until it has ended"),
        )
    raise HostFailed(
        Message("cannot reach {host}: {reason}", host=provider.name, reason=reason or _NO_ANSWER)
    )


def _change(context: ProbeContext, hashes: Mapping[str, str]) -> str:
    """Set passwords, or take them away where they are empty; return the directory's position.

    Hashes pass through a pipe: none is in a file or in the arguments of a program. Dovecot goes by
    the deadline, slapd itself by the age of the password, in a change of its own as for people's.
    """
    top = suffix(context.domain)
    until = datetime.now(UTC) + LASTING
    aged = dated_back(until, max_age(context.site.policy))
    passwords = [
        Modify(
            person_dn(person, probes_dn(top)),
            {
                "userPassword": (hash_,) if hash_ else (),
                PASSWORD_UNTIL: (generalized(until),) if hash_ else (),
                STOPPED: (),
            },
        )
        for person, hash_ in hashes.items()
    ]
    ages = [Modify(each.dn, aged) for each in passwords if each.attributes["userPassword"]]
    ldif = write_changes([*passwords, *ages])
    command = shlex.join(["bash", "-c", _CHANGE, "change", top])
    said = context.on(context.site.centre.provider, command, stdin=ldif.encode())
    return " ".join(said.split())


def release(context: ProbeContext, person: str) -> None:
    """Have an account that was stopped send again."""
    dn = person_dn(person, probes_dn(suffix(context.domain)))
    ldif = write_changes([Modify(dn, {STOPPED: ()})])
    command = f"ldapmodify -Q -Y EXTERNAL -H {LDAPI}"
    context.on(context.site.centre.provider, command, stdin=ldif.encode())


def _caught_up(context: ProbeContext, host: Host, position: str) -> None:
    """Wait until the directory of a host has the change."""
    context.calls(host)(replica.reach, suffix(context.domain), position, 20)
