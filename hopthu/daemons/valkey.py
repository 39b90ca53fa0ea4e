"""Valkey: Rspamd's memory between messages (Art. 6.5). It needs no backup."""

from __future__ import annotations

from hopthu.daemons.record import Daemon, FileSet, Service
from hopthu.i18n.message import Message
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

SOCKET = "/run/valkey/valkey.sock"

_MEMORY_MB = 256

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


def files(context: Context) -> Files:
    """Return the configuration of Valkey."""
    text = template("valkey/valkey.conf.j2", context, memory=_MEMORY_MB, socket=SOCKET)
    return {"/etc/valkey/valkey.conf": File(text.encode(), 0o640, "valkey", "valkey")}


DAEMON = Daemon(
    name="valkey",
    title=Message("Valkey"),
    roles=("edge", "access"),
    after=("base", "openldap"),
    packages={"": ("valkey-server", "valkey-tools")},
    services=(Service("valkey-server", restart="always"),),
    file_sets=(
        FileSet(
            name="valkey",
            render=files,
            configure=Message("Configure Valkey"),
            activate=Message("Restart Valkey"),
            activation="restart",
            phrase=Message("Valkey restarts"),
            command=f"systemctl restart valkey-server && valkey-cli -s {SOCKET} ping >/dev/null",
            test=_TEST,
        ),
    ),
    exempt={
        "versions": "its configuration does not depend on the version",
        "probes": "what people send waits for it; a lab test stops it",
    },
)
