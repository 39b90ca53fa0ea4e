"""Valkey: what Rspamd remembers between messages (Art. 6.5). Nothing in it is worth a backup."""

from __future__ import annotations

from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

SOCKET = "/run/valkey/valkey.sock"

_MEMORY_MB = 256


def files(context: Context) -> Files:
    """Return the configuration of Valkey."""
    text = template("valkey/valkey.conf.j2", context, memory=_MEMORY_MB, socket=SOCKET)
    return {"/etc/valkey/valkey.conf": File(text.encode(), 0o640, "valkey", "valkey")}
