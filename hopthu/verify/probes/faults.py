"""What happens when something is down or frozen. Only in a lab: these probes stop services.

Whatever is stopped is started again however the probe ends, Ctrl-C included.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

from hopthu.fan_out import on_all_hosts
from hopthu.inventory.topology import Host
from hopthu.verify.context import ProbeContext
from hopthu.verify.mail import letter, reading, receive, send_from_outside, submit
from hopthu.verify.probe import DIRECTORY, MAIL, ProbeFailed, probe
from hopthu.verify.probes import directory
from hopthu.verify.smtp import Reply, expect

CLAMD, RSPAMD = "clamav-daemon", "rspamd"
_PARTS = ("colleague", "on_store1")

Door = Callable[[ProbeContext, str], Reply]
Fault = Callable[[ProbeContext, Host, str], AbstractContextManager[None]]


@probe(
    "a scanner that is stopped defers mail, and nothing is lost",
    "Art. 5.1, 6.5",
    parts=_PARTS,
    needs=("internet",),
    disturbs=(MAIL,),
)
def scanner_down(world: ProbeContext) -> str:
    """ClamAV, then Rspamd, on every host that takes mail: 4xx; back again, the letter arrives."""

    def one(host: Host) -> list[str]:
        return [_deferred(world, host, service, _stopped) for service in (CLAMD, RSPAMD)]

    return _everywhere(world, one)


@probe(
    "a scanner that is frozen defers mail, and nothing is lost",
    "Art. 5.1, 6.5",
    parts=_PARTS,
    needs=("internet",),
    disturbs=(MAIL,),
)
def scanner_frozen(world: ProbeContext) -> str:
    """Alive and silent. Each host waits for its own time limit, so one scanner is frozen on each.

    ClamAV where mail comes in, Rspamd where it is handed in: both are set up alike on both.
    """
    edge, access = world.host("edge"), world.host("access")

    def one(host: Host) -> list[str]:
        frozen = [CLAMD] * (host == edge) + [RSPAMD] * (host == access)
        return [_deferred(world, host, service, _frozen) for service in frozen]

    return _everywhere(world, one)


@probe(
    "with the main directory down people sign in, read and write",
    "Art. 5.1",
    parts=("colleague", "on_store1", "on_store2"),
    needs=("internet",),
    disturbs=(DIRECTORY, MAIL),
)
def directory_down(world: ProbeContext) -> str:
    """Every host asks the replica beside it.

    Where the only directory stands on the mail host itself nobody can sign in without it; there
    the probe restarts it, and sees that sign-in works again.
    """
    provider = world.site.centre.provider
    if provider.has("access", "store"):
        world.on(provider, "systemctl restart slapd")
        _signs_in_again(world)
        return f"the only directory is on {provider.name} itself; restarted, sign-in works again"
    sender, reader = world.person("colleague"), world.person("on_store2")
    with _stopped(world, provider, "slapd"):
        token = world.token()
        message = letter(token, sender.address, reader.address)
        expect(submit(world, sender, reader.address, message), "250")
        receive(world, reader, token)
        token, inside = world.token(), world.person("on_store1")
        message = letter(token, world.citizen, inside.address)
        expect(send_from_outside(world, world.citizen, inside.address, message), "250")
        receive(world, inside, token)
    directory.directory_replica.check(world)
    return f"slapd stopped on {provider.name}: sign-in, reading, writing went on"


def _signs_in_again(world: ProbeContext) -> None:
    person = world.person("colleague")

    def works() -> bool:
        try:
            with reading(world, person):
                return True
        except ProbeFailed:
            return False

    world.until(works, f"{person.address} to sign in again")


def _everywhere(world: ProbeContext, one: Callable[[Host], list[str]]) -> str:
    """Do the same on every host that takes mail, side by side."""
    hosts = [h for h in world.site.centre.hosts if h.has("edge", "access")]
    return "; ".join(line for lines in on_all_hosts(hosts, one).values() for line in lines)


def _deferred(world: ProbeContext, host: Host, service: str, fault: Fault) -> str:
    """See mail deferred at each door of `host` while `service` is out, and arrive afterwards."""
    doors = [door for role, door in _DOORS.items() if host.has(role)]
    tokens = [world.token() for _ in doors]
    with ThreadPoolExecutor(max_workers=len(doors)) as pool:
        with fault(world, host, service):
            replies = list(pool.map(lambda door, token: _tried(world, door, token), doors, tokens))
        for reply in replies:
            expect(reply, "4..")
        list(pool.map(lambda door, token: _arrives(world, door, token), doors, tokens))
    return f"{service} on {host.name}: {replies[0]}"


def _arrives(world: ProbeContext, door: Door, token: str) -> None:
    """Offer the letter again and again, as a mail server does, and find it in the mailbox."""
    world.until(
        lambda: _tried(world, door, token).code == 250, "the letter taken once the scanner is back"
    )
    receive(world, world.person("on_store1"), token)


def _tried(world: ProbeContext, door: Door, token: str) -> Reply:
    """Offer a letter; a server may also say at its greeting, STARTTLS or AUTH to come again."""
    try:
        return door(world, token)
    except smtplib.SMTPResponseException as error:
        return Reply("the door", error.smtp_code, str(error.smtp_error))


def _by_the_front(world: ProbeContext, token: str) -> Reply:
    reader = world.person("on_store1").address
    return send_from_outside(world, world.citizen, reader, letter(token, world.citizen, reader))


def _from_inside(world: ProbeContext, token: str) -> Reply:
    sender, reader = world.person("colleague"), world.person("on_store1").address
    return submit(world, sender, reader, letter(token, sender.address, reader))


_DOORS: Mapping[str, Door] = {"edge": _by_the_front, "access": _from_inside}
"""How mail comes in, by the role of the host that takes it."""


@contextmanager
def _stopped(world: ProbeContext, host: Host, service: str) -> Iterator[None]:
    """Stop a service at once for the time of the block; Rspamd would take a minute to say goodbye.

    ClamAV's socket goes too: systemd would start the daemon for whoever connects.
    """
    units = f"{service}.socket {service}" if service == CLAMD else service
    try:
        world.on(host, f"systemctl stop --no-block {units}")
        world.attempt(host, f"systemctl kill --signal=KILL {service}")
        world.on(host, f"systemctl stop {units}")
        yield
    finally:
        world.on(host, f"systemctl reset-failed {units}; systemctl start {units}")


@contextmanager
def _frozen(world: ProbeContext, host: Host, service: str) -> Iterator[None]:
    """Freeze every process of a service for the time of the block."""
    try:
        world.on(host, f"systemctl kill --signal=STOP {service}")
        yield
    finally:
        world.on(host, f"systemctl kill --signal=CONT {service}")
