"""A temporary worktree of the deployed commit, with its own data, templates, deploys and code."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hopthu.daily.deployed import Deployed
from hopthu.errors import Refused
from hopthu.git.repository import Repository
from hopthu.i18n.message import Message
from hopthu.tool import resources
from hopthu.tool.version import tool


@contextmanager
def worktree(repository: Repository, commit: str) -> Iterator[Path]:
    """Check `commit` out into a temporary folder during a `with` block; yield its copy of the root.

    The checkout keeps its branch, files and index. Raises `UsageError` if git cannot.
    """
    repository.run("worktree", "prune")  # of runs that were killed
    with tempfile.TemporaryDirectory(prefix="hopthu-daily-") as parent:
        folder = Path(parent) / "worktree"
        repository.read("worktree", "add", "--detach", str(folder), commit)
        try:
            yield folder / repository.output("rev-parse", "--show-prefix")
        finally:
            repository.run("worktree", "remove", "--force", str(folder))


def other_code(
    root: Path, folder: Path, have: Deployed, environ: Mapping[str, str]
) -> Mapping[str, str] | None:
    """Return the environment in which the code of the worktree `folder` runs, None if this does.

    If hopthu runs from the checkout `root`, the worktree has its code as it was deployed; it runs
    as a program of its own, unless it is the same. Otherwise this hopthu must be the version that
    the hosts were applied by: another one could change more than what is due, and nobody has
    reviewed that. Raises `Refused`.
    """
    here = tool()
    if resources.checkout() == root.resolve() and (folder / "hopthu").is_dir():
        if here.commit == have.commit and not here.dirty:
            return None
        path = os.pathsep.join(filter(None, [str(folder), environ.get("PYTHONPATH", "")]))
        return {**environ, "PYTHONPATH": path}
    if have.tool and have.tool != str(here):
        raise Refused(
            Message(
                "the hosts were applied by hopthu {applied}, this is hopthu {here}",
                applied=have.tool, here=str(here),
            ),
            fix=Message("review `hopthu plan --live` and apply once with this version"),
        )  # fmt: skip
    return None
