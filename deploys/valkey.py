"""Valkey: Rspamd's memory, on a Unix socket."""

from __future__ import annotations

from pyinfra.api import deploy

from deploys.common import install, rendered
from hopthu.daemons.valkey import DAEMON, SOCKET
from hopthu.operations import config, services
from hopthu.operations.names import step_name

# Valkey has no configuration test: a second instance is started on another socket and pinged.
_TEST = """\
valkey-server {stage}/etc/valkey/valkey.conf --unixsocket {stage}/test.sock --dir {stage} \\
    --save '' --daemonize no >{stage}/test.log 2>&1 &
valkey=$!
for _ in $(seq 100); do
    ! [ "$(valkey-cli -s {stage}/test.sock ping 2>/dev/null)" = PONG ] || break
    kill -0 $valkey 2>/dev/null || {{ cat {stage}/test.log >&2; exit 1; }}
    sleep 0.1
done
valkey-cli -s {stage}/test.sock shutdown nosave
wait $valkey
"""


@deploy(step_name("Valkey"))
def valkey() -> None:
    """Install → configure → activate Valkey. Mail flows while it restarts."""
    install(DAEMON)

    settings = config.files(
        name=step_name("Configure Valkey"),
        daemon="valkey",
        files=rendered("valkey"),
        test=_TEST,
    )

    config.activate(
        name=step_name("Restart Valkey"),
        daemon="valkey",
        command=f"systemctl restart valkey-server && valkey-cli -s {SOCKET} ping >/dev/null",
        after=[settings],
    )
    services.service(
        name=step_name("Keep Valkey running"),
        service="valkey-server.service",
        running=True,
        enabled=True,
    )
