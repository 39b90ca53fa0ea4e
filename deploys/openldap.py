"""OpenLDAP: the provider first, then its entries, then the replicas that copy them."""

from __future__ import annotations

from functools import partial

from pyinfra import host
from pyinfra.api import deploy
from pyinfra.api.operation import OperationMeta
from pyinfra.operations import files

from deploys.common import install, rendered
from hopthu.daemons.openldap import DAEMON, DATABASE, LDAPI
from hopthu.directory.entries import MANAGED, UNIQUE, entries, suffix
from hopthu.directory.password_rules import max_age
from hopthu.operations import accounts, config, directory, replica, services
from hopthu.operations.host_state import STATE
from hopthu.operations.names import step_name
from hopthu.operations.run import answers
from hopthu.operations.site import site_of_run

# slapd does not build indexes itself: after a change of `index` lines searches by the new ones find
# nothing, without an error (slapindex(8)). Debian's default database is removed once slapd serves
# the new one.
_ACTIVATE = f"""set -e
systemd-tmpfiles --create /etc/tmpfiles.d/hopthu-slapd.conf
systemctl daemon-reload
indexes=$(grep '^index' /etc/ldap/slapd.conf | sha256sum)
if [ -e {DATABASE}/data.mdb ] && [ "$indexes" != "$(cat {STATE}/openldap-indexes)" ]; then
    trap 'systemctl start slapd' EXIT  # even after an error people can sign in
    systemctl stop slapd
    runuser -u openldap -- slapindex -q -f /etc/ldap/slapd.conf
fi
echo "$indexes" >{STATE}/openldap-indexes
systemctl restart slapd
ldapwhoami -Q -Y EXTERNAL -H {LDAPI} >/dev/null
rm -rf /etc/ldap/slapd.d /var/lib/ldap/data.mdb /var/lib/ldap/lock.mdb
"""


@deploy(step_name("Directory"))
def openldap() -> None:
    """Install → configure → activate the provider or a replica of the directory."""
    site = site_of_run()
    base, provider = suffix(site.desired.domain), site.centre.provider

    install(DAEMON)

    accounts.member(
        name=step_name("Allow slapd to read the key of the host"), user="openldap", group="ssl-cert"
    )
    files.directory(
        name=step_name("Create the folder of the directory's database"),
        path=DATABASE,
        user="openldap",
        group="openldap",
        mode="700",
    )
    # slapd ends without it when somebody changes a password, and reads it anew each time.
    config.files(
        name=step_name("Write the words that are no passwords"),
        daemon="openldap-words",
        files=rendered("openldap-words"),
        activates=False,
        content=True,
    )
    configured = config.files(
        name=step_name("Configure OpenLDAP"),
        daemon="openldap",
        files=rendered("openldap"),
        # slaptest tests that it can write the pid file, whose folder does not exist before the
        # first start of slapd.
        test="install -d -o openldap -g openldap -m 750 /run/slapd\n"
        "slaptest -u -f {stage}/etc/ldap/slapd.conf",
    )

    # pyinfra orders the operations of different hosts by their number on each host, then by line:
    # so the provider is activated and filled before replicas wait for its content. Both branches
    # need the same number of operations for that.
    if host.name == provider.name:
        _activate(configured)
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
        _activate(configured)
        replica.caught_up(
            name=step_name("Wait for the replica to catch up"),
            base=base,
            provider=provider.name,
            address=provider.address,
        )


def _activate(configured: OperationMeta) -> None:
    config.activate(
        name=step_name("Load the configuration of OpenLDAP"),
        daemon="openldap",
        command=_ACTIVATE,
        after=[configured],
    )
    services.service(
        name=step_name("Keep OpenLDAP running"), service="slapd.service", running=True, enabled=True
    )
