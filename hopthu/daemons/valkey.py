"""Valkey: Rspamd's memory between messages (Art. 6.5). It needs no backup."""

from __future__ import annotations

from hopthu.daemons.record import Daemon, FileSet, Service
from hopthu.i18n.message import Message
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

SOCKET = "/run/valkey/valkey.sock"

_MEMORY_MB = 256


def files(context: Context) -> Files:
    """Return the configuration of Valkey."""
    text = template("valkey/valkey.conf.j2", context, memory=_MEMORY_MB, socket=SOCKET)
    return {"/etc/valkey/valkey.conf": File(text.encode(), 0o640, "valkey", "valkey")}


DAEMON = Daemon(
    name="valkey",
    title="Valkey",
    roles=("edge", "access"),
    after=("base", "openldap"),
    deploy="deploys.valkey:valkey",
    packages={"": ("valkey-server", "valkey-tools")},
    services=(Service("valkey-server", restart="always"),),
    file_sets=(
        FileSet(
            name="valkey",
            render=files,
            activation="restart",
            phrase=Message("Valkey restarts"),
        ),
    ),
    exempt={
        "versions": "its configuration does not depend on the version",
        "probes": "what people send waits for it; a lab test stops it",
    },
)
