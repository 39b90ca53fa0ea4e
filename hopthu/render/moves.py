"""What a store needs to take mailboxes from other stores (docs/decisions/moves.md)."""

from __future__ import annotations

from hopthu.render.base import MOVES, SUITES, TLS
from hopthu.render.context import Context, template
from hopthu.render.dovecot import MAIL, OWNER
from hopthu.render.files import File, Files

FOLDER = "/etc/hopthu/moves"
UNIT = "hopthu-moves.service"


def files(context: Context) -> Files:
    """Return the settings of stunnel, rsync and their unit; nothing where there is one store."""
    stores = context.centre.other_stores(context.host)
    if not stores:
        return {}
    places = {f"{FOLDER}/stunnel.conf", f"{FOLDER}/rsyncd.conf", f"/etc/systemd/system/{UNIT}"}
    return {
        path: File.text(
            template(
                f"moves/{path.rpartition('/')[2]}.j2",
                context,
                stores=stores,
                port=MOVES,
                tls=TLS,
                suites=SUITES,
                folder=FOLDER,
                mail=MAIL,
                owner=OWNER,
            )
        )
        for path in sorted(places)
    }
