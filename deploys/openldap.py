"""OpenLDAP: the provider first, then its entries, then the replicas that copy them."""

from __future__ import annotations

from pyinfra import host
from pyinfra.api import deploy
from pyinfra.api.operation import OperationMeta
from pyinfra.operations import files, systemd

from deploys.common import install, rendered
from hopthu.daemons.openldap import DAEMON, DATABASE, LDAPI
from hopthu.daemons.site import Site
from hopthu.directory.entries import MANAGED, UNIQUE, entries, suffix
from hopthu.operations import accounts, config, directory, replica
from hopthu.operations.host_state import STATE

# slapd builds no index by itself: after a change of `index` lines it would find nothing by the new
# ones, without a word (slapindex(8)). What Debian's package set up on 389 goes once ours serves.
_ACTIVATE = f"""set -e
systemd-tmpfiles --create /etc/tmpfiles.d/hopthu-slapd.conf
systemctl daemon-reload
indexes=$(grep '^index' /etc/ldap/slapd.conf | sha256sum)
if [ -e {DATABASE}/data.mdb ] && [ "$indexes" != "$(cat {STATE}/openldap-indexes)" ]; then
    trap 'systemctl start slapd' EXIT  # whatever comes of it, people can sign in
    systemctl stop slapd
    runuser -u openldap -- slapindex -q -f /etc/ldap/slapd.conf
fi
echo "$indexes" >{STATE}/openldap-indexes
systemctl restart slapd
ldapwhoami -Q -Y EXTERNAL -H {LDAPI} >/dev/null
rm -rf /etc/ldap/slapd.d /var/lib/ldap/data.mdb /var/lib/ldap/lock.mdb
"""


@deploy("Directory")
def openldap() -> None:
    """Install → configure → activate the provider or a replica of the directory."""
    site = Site.of_run()
    base, provider = suffix(site.desired.domain), site.centre.provider

    install(DAEMON)

    accounts.member(name="Let slapd read the host's key", user="openldap", group="ssl-cert")
    files.directory(
        name="Make the folder of the directory's database",
        path=DATABASE,
        user="openldap",
        group="openldap",
        mode="700",
    )
    configured = config.files(
        name="Configure OpenLDAP",
        daemon="openldap",
        files=rendered("openldap"),
        # slaptest tries whether it could write the pid file; before the first start of slapd its
        # folder is not there.
        test="install -d -o openldap -g openldap -m 750 /run/slapd\n"
        "slaptest -u -f {stage}/etc/ldap/slapd.conf",
    )

    # pyinfra sorts operations of different hosts by how many came before on each, then by line: so
    # the provider serves before replicas ask it, and they wait for what it has been given. Both
    # branches need the same number of operations for that.
    if host.name == provider.name:
        _activate(configured)
        directory.entries(
            name="Bring the directory's entries up to date",
            base=base,
            wanted=entries(site.desired, site.centre, site.policy),
            managed=MANAGED,
            unique=UNIQUE,
            first_passwords=host.data.get("first_passwords") or "",
        )
    else:
        _activate(configured)
        replica.caught_up(
            name="Wait for the replica to catch up",
            base=base,
            provider=provider.name,
            address=provider.address,
        )


def _activate(configured: OperationMeta) -> None:
    config.activate(
        name="Take up the configuration of OpenLDAP",
        daemon="openldap",
        command=_ACTIVATE,
        after=[configured],
    )
    systemd.service(name="Keep OpenLDAP running", service="slapd", running=True, enabled=True)
