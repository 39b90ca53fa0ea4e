"""OpenLDAP: one provider, and a read replica on every other host that authenticates people.

Other hosts with the role `directory` are replicas too, ready to be the provider.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from ipaddress import ip_network

from hopthu.daemons import accounts
from hopthu.daemons.base import SUITES, TLS
from hopthu.daemons.record import (
    Alert,
    Daemon,
    FileSet,
    NetworkPassage,
    Passage,
    Place,
    Service,
    Version,
)
from hopthu.desired.state import Desired
from hopthu.directory.cracklib import packed, spellings
from hopthu.directory.entries import (
    SEARCH_FORMS,
    access_dn,
    host_dn,
    probes_dn,
    sign_in_rules,
    suffix,
)
from hopthu.directory.password_rules import WORDS
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, words
from hopthu.inventory.topology import Centre, Host
from hopthu.model.lifecycle import REFUSED
from hopthu.model.sign_in_ranges import probe_ranges
from hopthu.render.context import Context, rendered, template
from hopthu.render.files import File, Files

LDAPI = "ldapi:///"
"""The URL of the local directory; root and the group openldap are authenticated by the kernel."""

DATABASE = "/var/lib/ldap/hopthu"

PPM = "/usr/lib/ldap/ppm.so"
"""The module that judges new passwords; it comes with slapd-contrib."""

ARGON2 = "m=19456 t=2 p=1"
"""The parameters of hashes made by the directory, the same as in `hopthu.directory.passwords`."""

RESULTS = 200
"""Limit of entries that a person's search returns."""

MAX_SIZE = 4 * 1024**3

PUBLIC = (
    "entry", "objectClass", "uid", "cn", "sn", "givenName", "displayName", "mail",
    "mailLocalAddress", "title", "departmentNumber", "ou", "description", "o", "dc",
)  # fmt: skip
"""The attributes that signed-in people may read of each other: neither lock nor store."""

# slapd does not build indexes itself: after a change of `index` lines searches by the new ones find
# nothing, without an error (slapindex(8)). Debian's default database is removed once slapd serves
# the new one.
_RESTART = f"""set -e
systemd-tmpfiles --create /etc/tmpfiles.d/hopthu-slapd.conf
systemctl daemon-reload
indexes=$(grep '^index' /etc/ldap/slapd.conf | sha256sum)
if [ -e {DATABASE}/data.mdb ] && [ "$indexes" != "$(cat /var/lib/hopthu/openldap-indexes)" ]; then
    trap 'systemctl start slapd' EXIT  # even after an error people can sign in
    systemctl stop slapd
    runuser -u openldap -- slapindex -q -f /etc/ldap/slapd.conf
fi
echo "$indexes" >/var/lib/hopthu/openldap-indexes
systemctl restart slapd
ldapwhoami -Q -Y EXTERNAL -H {LDAPI} >/dev/null
rm -rf /etc/ldap/slapd.d /var/lib/ldap/data.mdb /var/lib/ldap/lock.mdb
"""


def files(context: Context) -> Files:
    """Return the configuration of this host's directory; it has no secrets."""
    host, centre = context.host, context.centre
    serves_people = host.has("access")
    provides, ready = host == centre.provider, host.has("directory")
    domain = context.desired.domain
    copies = [h for h in centre.hosts if ready and centre.keeps_directory(h) and h != host]
    configuration = template(
        "openldap/slapd.conf.j2",
        context,
        provides=provides,
        ready=ready,
        number=numbers(centre.with_role("directory")).get(host),
        serves_people=serves_people,
        provider=centre.provider,
        # Who may copy the directory from here, and as whom.
        replicas={h.fqdn: host_dn(h, suffix(domain)) for h in copies},
        # Access hosts take people's own changes of their passwords to the provider.
        forwards=serves_people and not provides,
        dates_sign_ins=serves_people and not (provides and copies),
        ppm=PPM,
        day=24 * 3600,
        suffix=suffix(domain),
        access=access_dn(suffix(domain)),
        search_forms=SEARCH_FORMS,
        sign_in=sign_in_rules(domain),
        certificate=context.certificate,
        tls=TLS,
        suites=SUITES,
        argon2=ARGON2,
        database=DATABASE,
        maxsize=MAX_SIZE,
        results=RESULTS,
        public=PUBLIC,
        probes=probes_dn(suffix(domain)) if context.desired.probes else "",
        probe_ranges=[_peer(each) for each in probe_ranges(context.policy.networks)],
        gone=("redirected", *REFUSED),
    )
    places = {
        "/etc/default/slapd": "default.j2",
        "/etc/tmpfiles.d/hopthu-slapd.conf": "tmpfiles.conf.j2",
        "/etc/systemd/system/slapd.service.d/hopthu.conf": "service.conf.j2",
    }
    listeners = ["ldaps:///", LDAPI] if ready or serves_people else [LDAPI]
    return {
        "/etc/ldap/slapd.conf": File.text(configuration),
        **rendered("openldap", places, context, listeners=listeners),
    }


def numbers(hosts: Sequence[Host]) -> Mapping[Host, int]:
    """Return the number by which changes say on which host they were made (serverID), 1 to 4095.

    It follows from the name of the host alone, so that it means the same host whichever others come
    and go. Raises `UsageError` for two hosts with the same one.
    """
    found: dict[int, Host] = {}
    for host in hosts:
        digest = hashlib.sha256(host.fqdn.encode()).digest()
        other = found.setdefault(1 + int.from_bytes(digest, "big") % 4095, host)
        if other is not host:
            raise UsageError(
                Message(
                    "changes of the directories on {one} and {other} could not be told apart",
                    one=other.name, other=host.name,
                ),
                fix=Message("give one of them another `fqdn`"),
            )  # fmt: skip
    return {host: number for number, host in found.items()}


def _peer(text: str) -> str:
    """Return the clause for clients in a range (slapd.access(5))."""
    found = ip_network(text)
    if found.version == 4:
        return f"peername.ip={found.network_address}%{found.netmask}"
    return f"peername.ipv6={found.network_address}%{found.prefixlen}"


def words_files(context: Context) -> Files:
    """Return the dictionary of words that are no passwords, for whoever may have to judge some.

    The words of all names in the data are among them: a name with a year is what others try first,
    whoever it belongs to. New ones restart nothing, for slapd reads it at each change.
    """
    if not context.host.has("directory"):
        return {}
    usual = template("openldap/weak-words.j2", context).split()
    files = _dictionary(frozenset(usual) | _names(context.desired))
    return {f"{WORDS}{ending}": File(content) for ending, content in files.items()}


def _names(desired: Desired) -> frozenset[str]:
    """Return the words of the names of all people, without marks."""
    people = (mailbox.name for mailbox in desired.mailboxes if mailbox.kind == "personal")
    return frozenset(fold(word) for name in set(people) for word in words(name))


@lru_cache(maxsize=1)
def _dictionary(known: frozenset[str]) -> Mapping[str, bytes]:
    """Return the files of a dictionary of some words, as people spell them.

    A run renders the provider several times: for guards, for its deploy, for its probes.
    """
    return packed(spellings(known))


def _replicas(centre: Centre, _provider: Host) -> Iterator[Host]:
    return (host for host in centre.hosts if centre.keeps_directory(host))


def _measures(context: Context) -> Mapping[str, Sequence[str]]:
    provides = context.host == context.centre.provider
    return {"stopped": [suffix(context.desired.domain)]} if provides else {}


DAEMON = Daemon(
    name="openldap",
    title=Message("Directory"),
    roles=("directory", "access", "store"),
    after=("base",),
    packages={"": ("slapd", "ldap-utils", "lmdb-utils"), "directory": ("slapd-contrib",)},
    versions=(
        Version("slapd", "2.6", Message("lastbind and remoteauth need 2.5; Debian 13 has 2.6")),
    ),
    services=(Service("slapd"),),
    file_sets=(
        # slapd ends without it when somebody changes a password, and reads it anew each time.
        FileSet(
            name="openldap-words",
            render=words_files,
            configure=Message("Write the words that are no passwords"),
            activation="nothing",
            phrase=Message("OpenLDAP: nothing is restarted or reloaded"),
            content=True,
        ),
        FileSet(
            name="openldap",
            render=files,
            configure=Message("Configure OpenLDAP"),
            activate=Message("Load the configuration of OpenLDAP"),
            activation="restart",
            phrase=Message("OpenLDAP restarts"),
            command=_RESTART,
            # slaptest tests that it can write the pid file, whose folder does not exist before the
            # first start of slapd.
            test="install -d -o openldap -g openldap -m 750 /run/slapd\n"
            "slaptest -u -f {stage}/etc/ldap/slapd.conf",
            places=(Place(DATABASE, "openldap"),),
        ),
    ),
    passages=(
        Passage(
            role="directory",
            ports=(636,),
            sources=_replicas,
            accounts=(accounts.DIRECTORY,),
            why="Replicas of the directory.",
        ),
    ),
    networks=(
        NetworkPassage(
            role="access",
            ports=(636,),
            may="directory",
            why="The address book, for the networks that may look people up.",
        ),
    ),
    health={"directory": ("directory",), "access": ("directory",), "store": ("directory",)},
    measures=_measures,
    alerts=(
        Alert(
            name="SenderStopped",
            expr="hopthu_sender_stopped",
            summary=Message("Somebody was stopped from sending."),
        ),
    ),
    probes=("directory-sign-in", "directory-search", "directory-no-hash", "directory-replica"),
)
