"""An engine for deploys of one's own, which need no data, on this machine alone."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from hopthu.daemons.site import Site
from hopthu.desired.state import Desired
from hopthu.engine.client import Engine, started
from hopthu.engine.wire import Request
from hopthu.events.event import Emit
from hopthu.events.step import Step
from hopthu.inventory.secrets import Secrets
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Policy
from hopthu.operations.answers import Answers

LOCAL = "@local"


@contextmanager
def engine(root: Path, emit: Emit, hosts: Sequence[str] = (LOCAL,)) -> Iterator[Engine]:
    """Start an engine for the deploys of `root` on hosts of its inventory.py."""
    with started(root, emit) as found:
        found.connect(_request(root, hosts))
        yield found


def prepare(run: Engine) -> Mapping[str, Sequence[Step]]:
    """Have an engine check its hosts, of which nothing is known."""
    return run.prepare("sh", Answers())


def _request(root: Path, hosts: Sequence[str]) -> Request:
    centre = Centre("test", (Host("edge1", "edge1.vn", "192.0.2.1", frozenset({"directory"})),))
    on = date(2026, 11, 25)
    wanted = Desired(on, "vn", (), (), ())
    site = Site.made(root, centre, Secrets(root, root / "age.key"), Policy(), wanted)
    return Request(root, root / "inventory.py", site, hosts)


def repository(root: Path, deploy: str, inventory: str = 'edge = ["@local"]\n') -> Path:
    """Write a repository with a deploy and an inventory."""
    (root / "deploys").mkdir(parents=True)
    (root / "deploys" / "site.py").write_text(deploy, encoding="utf-8")
    (root / "inventory.py").write_text(inventory, encoding="utf-8")
    return root
