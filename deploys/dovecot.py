"""Dovecot: stores keep the mail, access hosts authenticate people and proxy them to their store."""

from __future__ import annotations

from pyinfra import host

from deploys.daemon import Steps
from hopthu.daemons.dovecot import MAIL, OWNER, OWNER_ID
from hopthu.daemons.site import Site
from hopthu.desired.host_mailboxes import active, homes, shared
from hopthu.directory.entries import suffix
from hopthu.operations import accounts, folders, mailboxes, sessions
from hopthu.operations.names import step_name
from hopthu.operations.site import site_of_run


def deploy(steps: Steps) -> None:
    """Install → configure → activate Dovecot, then update access to unit mailboxes."""
    store, access = "store" in host.groups, "access" in host.groups
    here = site_of_run().centre.host(host.name)
    steps.install()
    if store:
        _owner_of_mail()
    steps.configure(activate=True)
    steps.keep_running()
    if store:
        _mailboxes(site_of_run(), serves=here.serves, access=access)


def _mailboxes(site: Site, *, serves: bool, access: bool) -> None:
    """Create new mailboxes, and end access of people who may no longer read mail.

    A host that stands by has no mail: who reads unit mailboxes is all that is noted there.
    """
    belong, units = homes(site.desired, site.centre), shared(site.desired)
    fqdn, base = site.centre.host(host.name).fqdn, suffix(site.desired.domain)
    if serves:
        folders.mailboxes(
            name=step_name("Create new mailboxes"), homes=belong, fqdn=fqdn, base=base
        )
    mailboxes.unit_access(
        name=step_name("Grant unit mailboxes to their heads and delegates")
        if serves
        else step_name("Note who reads unit mailboxes"),
        readers={unit: each.readers for unit, each in units.items()},
        folders={unit: each.folder for unit, each in units.items()},
        quotas={unit: each.quota for unit, each in units.items()},
        read_only=[unit for unit, each in units.items() if each.read_only],
        share=site.desired.quotas.readers,
        homes=belong,
        fqdn=fqdn,
        base=base,
        serves=serves,
    )
    if serves:
        sessions.end_sessions(
            name=step_name("End sessions of people who may not sign in"),
            allowed=active(site.desired),
            # An access host proxies people to all stores, so everybody may have a session there.
            homes=None if access else belong,
            fqdn=fqdn,
            base=base,
        )


def _owner_of_mail() -> None:
    accounts.group(
        name=step_name("Create the group {owner}", owner=OWNER), group=OWNER, number=OWNER_ID
    )
    accounts.user(
        name=step_name("Create the user {owner}", owner=OWNER),
        user=OWNER,
        number=OWNER_ID,
        home=MAIL,
    )
