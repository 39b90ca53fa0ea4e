"""The services with which a store receives mailboxes from others (docs/decisions/moves.md)."""

from __future__ import annotations

from hopthu.daemons.base import MOVES, SUITES, TLS
from hopthu.daemons.dovecot import MAIL, OWNER
from hopthu.daemons.record import Daemon, FileSet, Folder, Passage
from hopthu.daemons.staged import verified
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

FOLDER = "/etc/hopthu/moves"
UNIT = "hopthu-moves.service"


def files(context: Context) -> Files:
    """Return the settings of stunnel, rsync and their unit; none if there is only one store."""
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


DAEMON = Daemon(
    name="moves",
    title=Message("Moves"),
    roles=("store",),
    after=("dovecot",),
    packages={"": ("rsync", "stunnel4")},
    file_sets=(
        FileSet(
            name="moves",
            render=files,
            configure=Message("Configure the receiver of moved mailboxes"),
            activate=Message("Load the receiver of moved mailboxes"),
            activation="nothing",
            phrase=Message("moves of mailboxes: nothing is restarted or reloaded"),
            test=verified("hopthu-moves.service"),
            # stunnel runs only during a move.
            reads_certificate=(f"{FOLDER}/stunnel.conf",),
            folders=tuple(
                Folder(f"{MAIL}/arriving{kind}", OWNER) for kind in ("", "/people", "/units")
            ),
        ),
    ),
    passages=(
        Passage(
            role="store",
            ports=(MOVES,),
            sources=Centre.other_stores,
            why="Mailboxes that move here, from other stores.",
        ),
    ),
    exempt={
        "versions": "its configuration does not depend on the version",
        "services": "it runs only during a move",
        "health": "it runs only during a move",
        "probes": "a move needs a change of the data; lab tests and a drill test it",
    },
)
