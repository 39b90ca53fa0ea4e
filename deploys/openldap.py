"""OpenLDAP: the provider first, then its entries, then the replicas that copy them."""

from __future__ import annotations

from functools import partial

from pyinfra import host

from deploys.daemon import Steps
from hopthu.daemons.openldap import DAEMON
from hopthu.directory.entries import MANAGED, UNIQUE, entries, suffix
from hopthu.directory.password_rules import max_age
from hopthu.operations import accounts, directory, replica
from hopthu.operations.names import step_name
from hopthu.operations.run import answers
from hopthu.operations.site import site_of_run


def deploy(steps: Steps) -> None:
    """Install → configure → activate the provider or a replica of the directory."""
    site = site_of_run()
    base, provider = suffix(site.desired.domain), site.centre.provider

    steps.install()
    accounts.member(
        name=step_name("Allow slapd to read the key of the host"), user="openldap", group="ssl-cert"
    )
    # While it runs as it was: slapd that follows a provider does not say what that one lacks.
    replica.kept_aside(
        name=step_name("Keep aside what the provider lacks"),
        base=base,
        provider=provider.name,
        address=provider.address,
    )
    steps.configure(activate=False)

    # pyinfra orders the operations of different hosts by their number on each host, then by line:
    # so the provider is activated and filled before replicas wait for its content. Both branches
    # need the same number of operations for that.
    if host.name == provider.name:
        _activate(steps)
        directory.entries(
            name=step_name("Update the entries of the directory"),
            base=base,
            wanted=partial(entries, site.desired, site.centre, site.policy),
            managed=MANAGED,
            unique=UNIQUE,
            known=answers().compared,
            first_passwords=host.data.get("first_passwords") or "",
            max_age=int(max_age(site.policy).total_seconds()),
        )
    else:
        _activate(steps)
        replica.caught_up(
            name=step_name("Wait for the replica to catch up"),
            base=base,
            provider=provider.name,
            address=provider.address,
        )


def _activate(steps: Steps) -> None:
    for each in host.loop(DAEMON.file_sets):
        steps.activate(each)
    steps.keep_running()
