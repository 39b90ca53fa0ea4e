"""A temporary worktree of the deployed commit, with its own data, templates, deploys and code."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hopthu.errors import HopthuError, Refused
from hopthu.history.checkout import git
from hopthu.i18n.message import Message
from hopthu.tool import resources
from hopthu.tool.version import tool

_NO_HOOKS = ("-c", "core.hooksPath=/dev/null")
"""Hooks of the clone are nobody's reviewed code, and nothing here needs them."""


@contextmanager
def worktree(root: Path, commit: str) -> Iterator[Path]:
    """Check `commit` out into a temporary folder during a `with` block; yield its copy of `root`.

    The checkout `root` keeps its branch, files and index. Raises `HopthuError` if git cannot.
    """
    git(root, "worktree", "prune")  # of runs that were killed
    with tempfile.TemporaryDirectory(prefix="hopthu-daily-") as parent:
        folder = Path(parent) / "worktree"
        done = git(root, *_NO_HOOKS, "worktree", "add", "--detach", str(folder), commit)
        if done.returncode:
            raise HopthuError(
                Message("git {command}: {reason}", command="worktree", reason=done.stderr.strip())
            )
        try:
            yield folder / _inside(root)
        finally:
            git(root, "worktree", "remove", "--force", str(folder))


def _inside(root: Path) -> str:
    """Return where `root` lies in its repository, empty if it is the top."""
    return git(root, "rev-parse", "--show-prefix").stdout.strip()


def environment(root: Path, folder: Path, who: str, applied_by: str) -> Mapping[str, str]:
    """Return the environment in which hopthu applies the worktree `folder`, recorded as `who`.

    If hopthu runs from the checkout `root`, the worktree has its code as it was deployed, and that
    code runs. Otherwise this hopthu must be the version that the hosts were `applied_by`: another
    one could change more than what is due, and nobody has reviewed that. Raises `Refused`.
    """
    more = {"HOPTHU_WHO": who}
    if resources.checkout() == root.resolve() and (folder / "hopthu").is_dir():
        path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))
        return {**os.environ, **more, "PYTHONPATH": path}
    if applied_by and applied_by != str(tool()):
        raise Refused(
            Message(
                "the hosts were applied by hopthu {applied}, this is hopthu {here}",
                applied=applied_by, here=str(tool()),
            ),
            fix=Message("review `hopthu plan --live` and apply once with this version"),
        )  # fmt: skip
    return {**os.environ, **more}
