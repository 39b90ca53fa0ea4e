"""Dovecot: stores keep the mail, access hosts prove passwords and pass people on to their store."""

from __future__ import annotations

from pyinfra import host
from pyinfra.api import deploy
from pyinfra.operations import files, server, systemd

from deploys.common import install, rendered
from hopthu.daemons.dovecot import DAEMON, MAIL, OWNER, OWNER_ID, SASL, SHARING_MAP
from hopthu.daemons.site import Site
from hopthu.desired.host_mailboxes import active, homes, readers
from hopthu.directory.entries import suffix
from hopthu.operations import accounts, config, folders, mailboxes, sessions

# doveconf knows neither missing files nor unknown users, but every word it says is a fault.
_TEST = """
said=$(doveconf -c {stage}/etc/dovecot/dovecot.conf -n 2>&1 >/dev/null) || said="$said (failed)"
[ -z "$said" ] || {{ echo "$said" >&2; exit 1; }}
"""
_TEST_STORE = (
    _TEST
    + """
sievec -c {stage}/etc/dovecot/dovecot.conf {stage}/etc/dovecot/sieve/junk.sieve
"""
)


@deploy("Dovecot")
def dovecot() -> None:
    """Install → configure → activate Dovecot, then put access to unit mailboxes right."""
    store, access = "store" in host.groups, "access" in host.groups
    install(DAEMON)
    if store:
        _ground()
    if access:
        files.directory(
            name="Have Postfix's folder of private sockets",
            path=_parent(SASL),
            user="postfix",
            group="root",
            mode="700",
        )

    configured = config.files(
        name="Configure Dovecot",
        daemon="dovecot",
        files=rendered("dovecot"),
        test=_TEST_STORE if store else _TEST,
    )

    systemd.service(name="Start Dovecot", service="dovecot", running=True, enabled=True)
    compiled = "sievec /etc/dovecot/sieve/junk.sieve && " if store else ""
    config.activate(
        name="Make Dovecot take its configuration",
        daemon="dovecot",
        command=f"{compiled}systemctl reload dovecot",
        after=[configured],
    )
    if store:
        _mailboxes(Site.of_run(), access)


def _mailboxes(site: Site, access: bool) -> None:
    """Make what is new, and see to it that nobody reads what they may not."""
    belong = homes(site.desired, site.centre)
    fqdn, base = site.centre.host(host.name).fqdn, suffix(site.desired.domain)
    folders.mailboxes(name="Make new mailboxes", homes=belong, fqdn=fqdn, base=base)
    mailboxes.unit_access(
        name="Give unit mailboxes to their heads and delegates",
        readers=readers(site.desired),
        homes=belong,
        fqdn=fqdn,
        base=base,
    )
    sessions.end_sessions(
        name="End sessions of people who may not sign in",
        allowed=active(site.desired),
        # On an access host people are passed on to stores: there everybody may have a session.
        homes=None if access else belong,
        fqdn=fqdn,
        base=base,
    )


def _ground() -> None:
    """Make the one Unix user all mail belongs to, and the folders only it may enter."""
    server.group(name=f"Have the group {OWNER}", group=OWNER, gid=OWNER_ID)
    accounts.user(name=f"Have the user {OWNER}", user=OWNER, number=OWNER_ID, home=MAIL)
    for folder in host.loop([MAIL, f"{MAIL}/people", f"{MAIL}/units", _parent(SHARING_MAP)]):
        files.directory(
            name=f"Have {folder} for {OWNER} alone",
            path=folder,
            user=OWNER,
            group=OWNER,
            mode="700",
        )


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
