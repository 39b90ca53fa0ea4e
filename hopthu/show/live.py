"""What the servers know of one mailbox now, and why its owner cannot sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hopthu.directory import client_passwords
from hopthu.directory.client_passwords import ClientPassword
from hopthu.directory.entries import PASSWORD_UNTIL, STOPPED, stopped_by, suffix
from hopthu.directory.password_rules import LOCKOUT_SECONDS, max_age, parsed_time
from hopthu.errors import HostFailed
from hopthu.fan_out import answers
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.model.lifecycle import Stage
from hopthu.model.phrases import describe_moment
from hopthu.model.policy import Policy
from hopthu.remote.host.mailbox import Known, known_of
from hopthu.ssh import Ssh, on_host

DAYS = 30
"""How many days of the journals are searched for a sign-in."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """When a program last signed in, on which host, and from which network address."""

    moment: datetime
    host: str
    client: str


@dataclass(frozen=True, slots=True)
class HostView:
    """What one host knows: the state in its directory, "none" without an entry, and the password.

    `issued_until` is the deadline of an issued password that was not replaced, `locked_until` the
    end of a lock after wrong passwords, `quota` what is used and allowed in KiB. `last` is by kind:
    "read", "sent" or "refused"; `unread` has the kinds for which the journal is too long.
    `clients` are the client passwords in use. `chosen` is when the owner
    chose the password, None of an issued one. `stopped` is since when nothing is accepted that the
    owner sends, and `stopped_by` the access host that entered it, empty if the entry was changed
    since.
    """

    host: str
    state: str = "none"
    password: bool = False
    issued_until: datetime | None = None
    locked_until: datetime | None = None
    quota: tuple[int, int] | None = None
    sessions: int = 0
    last: Mapping[str, SignIn] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    clients: Sequence[ClientPassword] = ()
    chosen: datetime | None = None
    stopped: datetime | None = None
    stopped_by: str = ""


@dataclass(frozen=True, slots=True)
class Live:
    """What every host that answers knows, in the order of the inventory; `silent` says why not.

    `max_age` is the age at which a password ends, None if it lasts.
    """

    hosts: Sequence[HostView]
    silent: Mapping[str, HostFailed]
    now: datetime
    max_age: timedelta | None = None

    @property
    def quota(self) -> tuple[int, int] | None:
        """Return what is used and allowed in KiB, None if no store says so."""
        return next((each.quota for each in self.hosts if each.quota), None)

    @property
    def sessions(self) -> int:
        """Return how many sessions are open."""
        return sum(each.sessions for each in self.hosts)

    @property
    def clients(self) -> Sequence[ClientPassword]:
        """Return the client passwords that any host accepts, the oldest first."""
        found = {one for each in self.hosts for one in each.clients}
        return sorted(found, key=lambda one: (one.issued, one.label))

    @property
    def ends(self) -> datetime | None:
        """Return when the password that its owner chose ends for its age, None if it lasts."""
        chosen = [each.chosen for each in self.hosts if each.chosen]
        return max(chosen) + self.max_age if chosen and self.max_age else None

    @property
    def stopped(self) -> datetime | None:
        """Return since when nothing is accepted that the owner sends, None if it is."""
        return min((each.stopped for each in self.hosts if each.stopped), default=None)

    @property
    def stopped_by(self) -> str:
        """Return which access host has stopped them, empty if nobody knows."""
        return next((each.stopped_by for each in self.hosts if each.stopped_by), "")

    def last(self, kind: str) -> SignIn | None:
        """Return the last sign-in of a kind on any host."""
        found = (each.last[kind] for each in self.hosts if kind in each.last)
        return max(found, key=lambda each: each.moment, default=None)


def live(
    ssh: Ssh,
    inventory: Inventory,
    policy: Policy,
    mailbox: str,
    names: Sequence[str],
    now: datetime,
) -> Live:
    """Ask every host with a directory about a mailbox; `names` are what its owner signs in with.

    Raises `HostFailed` if no host answers.
    """
    centre = inventory.centre
    hosts = [host for host in centre.hosts if centre.keeps_directory(host)]

    def ask(host: Host) -> HostView:
        top, roles = suffix(policy.domain), sorted(host.roles)
        asked = on_host(inventory, ssh, host)
        return parsed(host.name, asked(known_of, top, host.fqdn, roles, mailbox, [*names], DAYS))

    views, silent = answers(hosts, ask)
    if not views:
        raise next(iter(silent.values()))
    lasts = not policy.passwords.max_age_days
    return Live([*views.values()], silent, now, None if lasts else max_age(policy))


def parsed(host: str, known: Known) -> HostView:
    """Return what a host says of a mailbox."""
    entry = known["attributes"]
    locked, changed = entry.get("pwdAccountLockedTime"), entry.get("pwdChangedTime")
    stopped = entry.get(STOPPED)
    issued = entry.get("pwdReset") == "TRUE" and entry.get(PASSWORD_UNTIL)
    quota = known["quota"]
    return HostView(
        host=host,
        state=entry.get("hopthuState", "none"),
        password=known["password"],
        issued_until=parsed_time(issued) if issued else None,
        locked_until=parsed_time(locked) + timedelta(seconds=LOCKOUT_SECONDS) if locked else None,
        quota=(quota[0], quota[1]) if quota else None,
        sessions=known["sessions"],
        last={
            kind: SignIn(datetime.fromtimestamp(int(moment), UTC), host, client)
            for kind, (moment, client) in known["last"].items()
        },
        unread=frozenset(known["unread"]),
        clients=client_passwords.parsed(known["clients"]),
        chosen=parsed_time(changed) if changed and not issued else None,
        stopped=parsed_time(stopped) if stopped else None,
        stopped_by=stopped_by(entry.get("modifiersName", "")) if stopped else "",
    )


def why_not(stage: Stage, found: Live) -> Message | None:
    """Return why the owner of a mailbox cannot sign in, with what helps; None if they can.

    `stage` is the state by the data. The host that lets them sign in least decides.
    """
    if stage != "active":
        return Message("the data does not let them: see the state above")
    late = [each.host for each in found.hosts if each.state != "active"]
    if late:
        return Message(
            "{hosts} has not been told yet: `hopthu apply` brings it", hosts=", ".join(late)
        )
    if not all(each.password for each in found.hosts):
        return Message("there is no password: `hopthu credential issue` gives one")
    if why := _overdue(found):
        return why
    locked = {e.host: e.locked_until for e in found.hosts if e.locked_until}
    locked = {host: until for host, until in locked.items() if until > found.now}
    if locked:
        return Message(
            "too many wrong passwords: {hosts} refuses until {moment}",
            hosts=", ".join(locked),
            moment=describe_moment(max(locked.values())),
        )
    return None


def _overdue(found: Live) -> Message | None:
    """Return that the password has ended, issued or chosen; None if it has not."""
    untils = [each.issued_until for each in found.hosts if each.issued_until]
    if untils and max(untils) < found.now:
        return Message(
            "the issued password was not replaced by {moment}: `hopthu credential reset` gives a "
            "new one",
            moment=describe_moment(max(untils)),
        )
    if found.ends and found.ends < found.now:
        return Message(
            "the password was not changed by {moment}, as policy asks: `hopthu credential reset` "
            "gives a new one",
            moment=describe_moment(found.ends),
        )
    return None
