"""Dovecot: stores keep the mail, access hosts authenticate people and proxy them to their store."""

from __future__ import annotations

from pyinfra import host
from pyinfra.api import deploy
from pyinfra.operations import files, server

from deploys.common import install, rendered
from hopthu.daemons.dovecot import (
    AUTHENTICATION,
    DAEMON,
    MAIL,
    NOTHING,
    OWNER,
    OWNER_ID,
    READERS,
    SASL,
)
from hopthu.daemons.site import Site
from hopthu.desired.host_mailboxes import active, homes, shared
from hopthu.directory.entries import suffix
from hopthu.operations import accounts, config, folders, mailboxes, services, sessions
from hopthu.operations.names import step_name
from hopthu.operations.site import site_of_run

# doveconf does not notice missing files or unknown users; any output on stderr is an error.
_TEST = """
output=$(doveconf -c {stage}/etc/dovecot/dovecot.conf -n 2>&1 >/dev/null) ||
    output="$output (failed)"
[ -z "$output" ] || {{ echo "$output" >&2; exit 1; }}
"""
_TEST_STORE = (
    _TEST
    + """
sievec -c {stage}/etc/dovecot/dovecot.conf {stage}/etc/dovecot/sieve
"""
)


@deploy(step_name("Dovecot"))
def dovecot() -> None:
    """Install → configure → activate Dovecot, then update access to unit mailboxes."""
    store, access = "store" in host.groups, "access" in host.groups
    install(DAEMON)
    if store:
        _ground()
    if access:
        files.directory(
            name=step_name("Create the folder of Postfix's private sockets"),
            path=_parent(SASL),
            user="postfix",
            group="root",
            mode="700",
        )

    configured = config.files(
        name=step_name("Configure Dovecot"),
        daemon="dovecot",
        files=rendered("dovecot"),
        test=_TEST_STORE if store else _TEST,
    )

    services.service(
        name=step_name("Start Dovecot"), service="dovecot.service", running=True, enabled=True
    )
    # Without the option it goes by the configuration that Dovecot has loaded, the earlier one.
    compiled = "sievec -c /etc/dovecot/dovecot.conf /etc/dovecot/sieve && " if store else ""
    # Processes of Postfix keep asking the authentication service that they began with, which for
    # them goes on with the earlier configuration.
    beside = " && systemctl try-reload-or-restart postfix" if access else ""
    config.activate(
        name=step_name("Make Dovecot load its configuration"),
        daemon="dovecot",
        command=f"{compiled}systemctl reload dovecot{beside}",
        after=[configured],
    )
    if store:
        _mailboxes(site_of_run(), access)


def _mailboxes(site: Site, access: bool) -> None:
    """Create new mailboxes, and end access of people who may no longer read mail."""
    belong, units = homes(site.desired, site.centre), shared(site.desired)
    fqdn, base = site.centre.host(host.name).fqdn, suffix(site.desired.domain)
    folders.mailboxes(name=step_name("Create new mailboxes"), homes=belong, fqdn=fqdn, base=base)
    mailboxes.unit_access(
        name=step_name("Grant unit mailboxes to their heads and delegates"),
        readers={unit: each.readers for unit, each in units.items()},
        folders={unit: each.folder for unit, each in units.items()},
        quotas={unit: each.quota for unit, each in units.items()},
        read_only=[unit for unit, each in units.items() if each.read_only],
        share=site.desired.quotas.readers,
        homes=belong,
        fqdn=fqdn,
        base=base,
    )
    sessions.end_sessions(
        name=step_name("End sessions of people who may not sign in"),
        allowed=active(site.desired),
        # An access host proxies people to all stores, so everybody may have a session there.
        homes=None if access else belong,
        fqdn=fqdn,
        base=base,
    )


def _ground() -> None:
    """Create the Unix user that owns all mail, and its private folders."""
    server.group(name=step_name("Create the group {owner}", owner=OWNER), group=OWNER, gid=OWNER_ID)
    accounts.user(
        name=step_name("Create the user {owner}", owner=OWNER),
        user=OWNER,
        number=OWNER_ID,
        home=MAIL,
    )
    for folder in host.loop([MAIL, f"{MAIL}/people", f"{MAIL}/units", NOTHING]):
        files.directory(
            name=step_name("Create {folder} for {owner} alone", folder=folder, owner=OWNER),
            path=folder,
            user=OWNER,
            group=OWNER,
            mode="700",
        )
    files.directory(
        name=step_name("Create the folder of the file of readers"),
        path=_parent(READERS),
        user="root",
        group=AUTHENTICATION,
        mode="750",
    )
    # Dovecot does not start without it.
    files.file(
        name=step_name("Create the file of readers"),
        path=READERS,
        user="root",
        group=AUTHENTICATION,
        mode="640",
    )


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
