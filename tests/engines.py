"""An engine for deploys of one's own, which need no data, on this machine alone."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from hopthu.daemons.site import Site
from hopthu.desired.state import Desired
from hopthu.engine.wire import Request
from hopthu.inventory.secrets import Secrets
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Policy
from hopthu.operations.answers import Answers

LOCAL = "@local"


def request(root: Path, hosts: Sequence[str] = (LOCAL,)) -> Request:
    """Ask for the deploys of `root` on hosts of its inventory.py."""
    centre = Centre("test", (Host("edge1", "edge1.vn", "192.0.2.1", frozenset({"edge"})),))
    on = date(2026, 11, 25)
    wanted = Desired(on, "vn", (), (), ())
    site = Site.made(root, centre, Secrets(root, root / "age.key"), Policy(), wanted)
    return Request(root, root / "inventory.py", site, hosts, "sh", Answers())


def repository(root: Path, deploy: str, inventory: str = 'edge = ["@local"]\n') -> Path:
    """Write a repository with a deploy and an inventory."""
    (root / "deploys").mkdir(parents=True)
    (root / "deploys" / "site.py").write_text(deploy, encoding="utf-8")
    (root / "inventory.py").write_text(inventory, encoding="utf-8")
    return root
