"""Behaviour while a service is down or frozen. These probes run only in a lab.

A service that was stopped is started again however the probe ends, including Ctrl-C.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

from hopthu.fan_out import on_all_hosts
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Host
from hopthu.verify.context import ProbeContext
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.mail import reading, receive, write, write_from_outside
from hopthu.verify.probe import (
    ACCESS,
    DIRECTORY,
    EDGE,
    MAIL,
    probe,
)
from hopthu.verify.probes import directory
from hopthu.verify.smtp import Reply, expect

CLAMD, RSPAMD = "clamav-daemon", "rspamd"

Sender = Callable[[ProbeContext, str], Reply]
Fault = Callable[[ProbeContext, Host, str], AbstractContextManager[None]]


@probe(
    Message("while a scanner is stopped mail is deferred, and nothing is lost"),
    "Art. 5.1, 6.5",
    through=(EDGE, ACCESS),
    disturbs=(MAIL,),
)
def scanner_down(context: ProbeContext) -> str:
    """Stop ClamAV, then Rspamd, on each host: 4xx; afterwards the letter arrives."""

    def one(host: Host) -> list[Message]:
        return [_deferred(context, host, service, _stopped) for service in (CLAMD, RSPAMD)]

    return _everywhere(context, one)


@probe(
    Message("while a scanner is frozen mail is deferred, and nothing is lost"),
    "Art. 5.1, 6.5",
    through=(EDGE, ACCESS),
    disturbs=(MAIL,),
)
def scanner_frozen(context: ProbeContext) -> str:
    """Freeze one scanner per host, because each test waits for the time limit.

    ClamAV is frozen on an edge host, Rspamd on an access host: the configuration is the same.
    """
    edge, access = context.host(EDGE), context.host(ACCESS)

    def one(host: Host) -> list[Message]:
        frozen = [CLAMD] * (host == edge) + [RSPAMD] * (host == access)
        return [_deferred(context, host, service, _frozen) for service in frozen]

    return _everywhere(context, one)


@probe(
    Message("while the main directory is down people can sign in, read and write"),
    "Art. 5.1",
    through=(EDGE, ACCESS),
    disturbs=(DIRECTORY, MAIL),
)
def directory_down(context: ProbeContext) -> str:
    """Every host uses its local replica.

    If the only directory is on the mail host itself, nobody can sign in without it: the probe then
    restarts it and tests that sign-in works again.
    """
    provider = context.site.centre.provider
    if provider.has("access", "store"):
        context.on(provider, "systemctl restart slapd")
        _signs_in_again(context)
        return Message(
            "the only directory is on {host} itself; after a restart sign-in works again",
            host=provider.name,
        )
    sender, reader = context.person("colleague"), context.elsewhere("reader")
    with _stopped(context, provider, "slapd"):
        token = context.token()
        expect(write(context, sender, reader.address, token), "250")
        receive(context, reader, token)
        token, inside = context.token(), context.person("reader")
        expect(write_from_outside(context, inside.address, token), "250")
        receive(context, inside, token)
    directory.directory_replica.check(context)
    return Message(
        "with slapd stopped on {host} people could sign in, read and write", host=provider.name
    )


def _signs_in_again(context: ProbeContext) -> None:
    person = context.person("colleague")

    def works() -> bool:
        try:
            with reading(context, person):
                return True
        except ProbeFailed:
            return False

    context.until(works, Message("{address} to sign in again", address=person.address))


def _everywhere(context: ProbeContext, one: Callable[[Host], list[Message]]) -> str:
    """Run `one` on the hosts that the probe goes through, in parallel."""
    hosts = list(dict.fromkeys(context.through.values()))
    return joined([line for lines in on_all_hosts(hosts, one).values() for line in lines])


def _deferred(context: ProbeContext, host: Host, service: str, fault: Fault) -> Message:
    """Test that `host` defers mail while `service` has a fault, and that it arrives afterwards."""
    senders = [send for role, send in _SENDERS.items() if context.host(role) == host]
    tokens = [context.token() for _ in senders]
    with ThreadPoolExecutor(max_workers=len(senders)) as pool:
        with fault(context, host, service):
            replies = list(pool.map(lambda send, token: _tried(context, send, token),
                                    senders, tokens))  # fmt: skip
        for reply in replies:
            expect(reply, "4..")
        list(pool.map(lambda send, token: _arrives(context, send, token), senders, tokens))
    return Message(
        "{service} on {host}: {reply}",
        service=service,
        host=host.name,
        reply=replies[0].message(),
    )


def _arrives(context: ProbeContext, send: Sender, token: str) -> None:
    """Offer the letter repeatedly, as a mail server does, until it is in the mailbox."""
    context.until(
        lambda: _tried(context, send, token).code == 250,
        Message("the letter to be accepted once the scanner is back"),
    )
    receive(context, context.person("reader"), token)


def _tried(context: ProbeContext, send: Sender, token: str) -> Reply:
    """Offer a letter; a server may also defer at its greeting, STARTTLS or AUTH."""
    try:
        return send(context, token)
    except smtplib.SMTPResponseException as error:
        return Reply("CONNECT", error.smtp_code, str(error.smtp_error))


def _from_outside(context: ProbeContext, token: str) -> Reply:
    return write_from_outside(context, context.person("reader").address, token)


def _from_inside(context: ProbeContext, token: str) -> Reply:
    return write(context, context.person("colleague"), context.person("reader").address, token)


_SENDERS: Mapping[str, Sender] = {EDGE: _from_outside, ACCESS: _from_inside}
"""How mail is sent to a host, by its role."""


@contextmanager
def _stopped(context: ProbeContext, host: Host, service: str) -> Iterator[None]:
    """Kill a service for the time of the block; Rspamd would take a minute to stop.

    ClamAV's socket is stopped too: systemd would start the daemon for the next connection.
    """
    units = f"{service}.socket {service}" if service == CLAMD else service
    try:
        context.on(host, f"systemctl stop --no-block {units}")
        context.attempt(host, f"systemctl kill --signal=KILL {service}")
        context.on(host, f"systemctl stop {units}")
        yield
    finally:
        context.on(host, f"systemctl reset-failed {units}; systemctl start {units}")


@contextmanager
def _frozen(context: ProbeContext, host: Host, service: str) -> Iterator[None]:
    """Freeze every process of a service for the time of the block."""
    try:
        context.on(host, f"systemctl kill --signal=STOP {service}")
        yield
    finally:
        context.on(host, f"systemctl kill --signal=CONT {service}")
