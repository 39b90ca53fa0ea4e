"""The base of every host before any daemon: certificate, packet filter, journal, restart rules."""

from __future__ import annotations

from pyinfra.api import deploy

from deploys.common import install, rendered
from hopthu.daemons.base import DAEMON, TLS
from hopthu.operations import config, services
from hopthu.operations.names import step_name

# Daemons load a certificate that does not match its key without an error, and then cannot be
# reached.
_TLS = f"""\
cd {{stage}}{TLS}
openssl verify -CAfile ca.pem -untrusted host.pem host.pem >/dev/null
openssl x509 -in host.pem -noout -checkend 86400 >/dev/null
[ "$(openssl x509 -in host.pem -noout -pubkey)" = "$(openssl pkey -in host.key -pubout)" ] ||
    {{{{ echo "the host's key is not the one of its certificate" >&2; exit 1; }}}}
"""


@deploy(step_name("Host"))
def base() -> None:
    """Install → configure → activate the base of every host."""
    install(DAEMON)

    certificate = config.files(
        name=step_name("Install the certificate of the host"),
        daemon="tls",
        files=rendered("tls"),
        test=_TLS,
    )
    # slapd reads it only at its start. Its configuration has the digest of the certificate, so that
    # it is restarted by its own deploy.
    config.activate(
        name=step_name("Make running daemons load the certificate"),
        daemon="tls",
        command="for unit in dovecot postfix; do"
        " ! systemctl --quiet is-active $unit || systemctl reload $unit || exit 1; done",
        after=[certificate],
    )
    system = config.files(
        name=step_name("Write the packet filter and journal limits"),
        daemon="system",
        files=rendered("system"),
        test="nft --check --file {stage}/etc/nftables.conf",
    )

    # Before the packages: a drop-in file may exist before its unit.
    units = config.files(
        name=step_name("Write the restart rules of daemons"),
        daemon="units",
        files=rendered("units"),
    )
    config.activate(
        name=step_name("Load the restart rules of daemons"),
        daemon="units",
        command="systemctl daemon-reload",
        after=[units],
    )

    services.service(
        name=step_name("Start the packet filter"),
        service="nftables.service",
        running=True,
        enabled=True,
    )
    config.activate(
        name=step_name("Load the packet filter and journal limits"),
        daemon="system",
        command="nft -f /etc/nftables.conf && systemctl restart systemd-journald",
        after=[system],
    )
