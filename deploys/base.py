"""What every host needs before any daemon: certificate, packet filter, journal, how to restart."""

from __future__ import annotations

from pyinfra.api import deploy
from pyinfra.operations import systemd

from deploys.common import install, rendered
from hopthu.daemons.base import DAEMON, TLS
from hopthu.operations import config

# Daemons take a certificate that fits nothing without a word, and then nobody reaches them.
_TLS = f"""\
cd {{stage}}{TLS}
openssl verify -CAfile ca.pem -untrusted host.pem host.pem >/dev/null
openssl x509 -in host.pem -noout -checkend 86400 >/dev/null
[ "$(openssl x509 -in host.pem -noout -pubkey)" = "$(openssl pkey -in host.key -pubout)" ] ||
    {{{{ echo "the host's key is not the one of its certificate" >&2; exit 1; }}}}
"""


@deploy("Host")
def base() -> None:
    """Install → configure → activate the common ground of every host."""
    install(DAEMON)

    certificate = config.files(
        name="Put the host's certificate", daemon="tls", files=rendered("tls"), test=_TLS
    )
    # slapd reads it only when it starts, and restarts by itself: its configuration names it.
    config.activate(
        name="Let running daemons take the certificate",
        daemon="tls",
        command="for unit in dovecot postfix; do"
        " ! systemctl --quiet is-active $unit || systemctl reload $unit || exit 1; done",
        after=[certificate],
    )
    system = config.files(
        name="Put packet filter and journal limits",
        daemon="system",
        files=rendered("system"),
        test="nft --check --file {stage}/etc/nftables.conf",
    )

    # Before the packages: what is put beside a unit waits for it.
    units = config.files(name="Say how daemons come back", daemon="units", files=rendered("units"))
    config.activate(
        name="Take up how daemons come back",
        daemon="units",
        command="systemctl daemon-reload",
        after=[units],
    )

    systemd.service(name="Start the packet filter", service="nftables", running=True, enabled=True)
    config.activate(
        name="Load the packet filter and journal limits",
        daemon="system",
        command="nft -f /etc/nftables.conf && systemctl restart systemd-journald",
        after=[system],
    )
