"""Which commit: the one checked out, the base, those deployed; and whether files differ from it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.model.calendar import day_of
from hopthu.tool import resources
from hopthu.tool.version import tool

UNKNOWN = "unknown"
"""Stands for the commit of data that is in none."""
_CODE = ("deploys", "templates", "inventory")
_OF_TOOL = ("hopthu", "schemas")
_USUAL = ("HEAD", "main", "master")
_SHORT = 12
_NAME_ONE = Message("name a commit, branch or tag")
_NO_HOOKS = ("-c", "core.hooksPath=/dev/null")
"""Hooks of the clone are nobody's reviewed code, and nothing here needs them."""
_DAMAGED = Message("see with git status what is wrong with the clone, or clone it again")
_EMPTY = Message("nothing is committed here yet: there is no revision to compare with")
_NO_GIT = Message("git is not installed on this machine")


class NoGit(UsageError):
    """There is no git on this machine."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: `id` is its full hash, or `unknown`.

    `data` and `code` are true if files of that kind differ from it.
    """

    id: str
    data: bool = False
    code: bool = False

    @property
    def dirty(self) -> bool:
        """Return whether servers would get something that is not in the commit."""
        return self.data or self.code


@dataclass(frozen=True, slots=True)
class Base:
    """A revision to compare with; `branch` is the remote branch that has it, empty for HEAD."""

    revision: str
    branch: str = ""

    def sentence(self) -> Message:
        """Say what the data was compared with, if that is not HEAD."""
        return Message(
            "compared with {commit}, the last commit in common with {branch}",
            commit=self.revision[:_SHORT],
            branch=self.branch,
        )


HEAD = Base("HEAD")


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository of a province; `root` is the folder in its working copy that has data/.

    A folder that merely lies inside another repository has no commit: its data must be in one.
    """

    root: Path

    def checked_out(self) -> Commit:
        """Return the commit that is checked out; `unknown` if there is no git or no history.

        Raises `UsageError` if git refuses to answer, as for a folder of another user.
        """
        name = self.head()
        if name == UNKNOWN:
            return Commit(name)
        of_tool = resources.checkout() != self.root.resolve() and tool().dirty
        code = bool(self._changed(*self._own_code())) or of_tool
        return Commit(name, data=bool(self._changed("data")), code=code)

    def head(self) -> str:
        """Return only the hash of it; raise as `checked_out` does, also if git is damaged."""
        try:
            known = self.run("rev-parse", "HEAD:./data", "HEAD")
            if not known.returncode:
                return known.stdout.split()[-1].decode()
            # HEAD of a repository without commits names none; a damaged one lacks what it names.
            commit = self.output("rev-parse", "--verify", "--quiet", "HEAD")
            whole = self.run("cat-file", "-e", "HEAD^{tree}") if commit else None
            reason = self.run("rev-parse", "--is-inside-work-tree").stderr
            reason = reason or (whole.stderr if whole else b"")
        except NoGit:
            if self._is_meant():
                raise
            return UNKNOWN
        if reason and self._is_meant():
            what = Message("git cannot determine which commit is checked out: {reason}",
                           reason=_text(reason))  # fmt: skip
            raise UsageError(what, fix=_DAMAGED)
        return UNKNOWN

    def base(self) -> Base:
        """Return the newest commit in common with the default branch of the remote.

        It is HEAD if there is no such branch, no common commit, as in a shallow clone, or no data
        in it. A commit that was not pushed is thus judged like an edit that was not committed.
        """
        branch = self._default_branch()
        shared = self.shared(f"refs/remotes/{branch}") if branch else ""
        has_data = shared and self.output("rev-parse", "--verify", "-q", f"{shared}:./data")
        return Base(shared, branch) if has_data else HEAD

    def is_ahead(self, base: Base) -> bool:
        """Return whether HEAD has commits that the base has not."""
        return bool(base.branch) and base.revision != self.named("HEAD")

    def _default_branch(self) -> str:
        """Return the default branch of the remote, as in `origin/main`, empty if there is none."""
        here = self.output("symbolic-ref", "--quiet", "--short", "HEAD")
        remote = self.output("config", f"branch.{here}.remote") if here else ""
        if remote in {"", "."}:  # none, or another branch of this clone
            remote = "origin"
        for name in _USUAL:
            named = f"refs/remotes/{remote}/{name}"
            if self.named(named):
                # What HEAD of the remote stands for, by its name.
                target = self.output("symbolic-ref", "--quiet", named) or named
                return target.removeprefix("refs/remotes/")
        return ""

    def commit(self, revision: str) -> str:
        """Return the commit that a revision names; raise `UsageError` if there is none."""
        if not revision:  # from a variable that is not set
            raise UsageError(Message("--base names no revision"), fix=_NAME_ONE)
        try:
            found = self.read("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        except UsageError as error:
            if error.fix:  # there is no git, or no repository
                raise
            what, fix = error.what, _NAME_ONE
            if self.output("rev-parse", "--is-shallow-repository") == "true":
                what = Message("this clone is shallow: it may lack {revision}", revision=revision)
                fix = Message("git fetch --unshallow")
            elif not self.output("rev-list", "--max-count=1", "--all"):
                what, fix = _EMPTY, Message("commit first")
            raise UsageError(what, fix=fix) from error
        return found.decode().strip()

    def named(self, revision: str) -> str:
        """Return the commit that `revision` names, empty if there is none."""
        return self.output("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")

    def has(self, commit: str) -> bool:
        """Return whether the clone has `commit`, on any branch."""
        return self.named(commit) == commit

    def is_part(self, commit: str) -> bool:
        """Return whether `commit` is the one checked out or an ancestor of it."""
        try:
            return self.run("merge-base", "--is-ancestor", commit, "HEAD").returncode == 0
        except NoGit:
            return False

    def shared(self, commit: str) -> str:
        """Return the newest common ancestor of `commit` and HEAD, empty if there is none."""
        return self.output("merge-base", commit, "HEAD")

    def newest(self, commits: Collection[str]) -> set[str]:
        """Return those of `commits` in the history checked out that no other one contains."""
        part = [commit for commit in sorted(commits) if self.is_part(commit)]
        return set(self.output("merge-base", "--independent", *part).split()) if part else set()

    def since(self, base: str) -> Sequence[tuple[str, date]]:
        """Return `base` and the commits since that changed the data, in order, each with its day.

        Of a merge, that is what it brought to the branch that is checked out. Empty if `base` is
        not on that branch.
        """
        every = f"{base}..HEAD"
        later = self.output("rev-list", "--first-parent", "--reverse", every).split()
        if later and self.named(f"{later[0]}^") != base:
            return ()
        chosen = ("--first-parent", "--reverse", "--timestamp", every, "--", "data")
        lines = (
            *self.output("rev-list", "--no-walk", "--timestamp", base).splitlines(),
            *self.output("rev-list", *chosen).splitlines(),
        )
        return [
            (name, day_of(datetime.fromtimestamp(int(moment), UTC)))
            for moment, name in map(str.split, lines)
        ]

    def log(self, commits: str, *files: str) -> Sequence[tuple[str, str]]:
        """Return the commits of a range that changed `files`, newest first, with their subjects."""
        lines = _text(self.read("log", "--format=%H %s", commits, "--", *files)).splitlines()
        return [(name, subject) for name, _, subject in (line.partition(" ") for line in lines)]

    def uncommitted(self) -> tuple[str, ...]:
        """Return the files of data and code that differ from HEAD, sorted."""
        return tuple(sorted(self._changed("data", *self._own_code())))

    def top(self) -> Path:
        """Return the top of the working copy that `root` is in."""
        return Path(os.fsdecode(self.read("rev-parse", "--show-toplevel").removesuffix(b"\n")))

    def files(self, commit: str, *below: str) -> dict[str, tuple[str, str]]:
        """Return the mode and the object of each file of a commit, by name.

        Links are files with what they lead to as their content; a submodule is its commit.
        """
        listed = self.read("ls-tree", "-r", "-z", commit, "--", *below)
        rows = (line.partition("\t") for line in _lines(listed))
        return {name: (about.split(" ")[0], about.split(" ")[2]) for about, _, name in rows}

    def tracked(self) -> dict[str, tuple[str, str]]:
        """Return the mode and the object of each file that git knows here, by name."""
        rows = (line.partition("\t") for line in _lines(self.read("ls-files", "--stage", "-z")))
        return {name: (about.split(" ")[0], about.split(" ")[1]) for about, _, name in rows}

    def content(self, blob: str) -> bytes:
        """Return what is in a blob; raise `UsageError` if git does not have it."""
        return self.read("cat-file", "blob", blob)

    def _own_code(self) -> tuple[str, ...]:
        """Return the folders of code, with the tool's own if it is run from here."""
        return (*_CODE, *_OF_TOOL) if resources.checkout() == self.root.resolve() else _CODE

    def _changed(self, *folders: str) -> list[str]:
        """Return the files, and folders that are new as a whole, as `git status` lists them."""
        done = self.read(
            "status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal",
            "--", *folders,
        )  # fmt: skip
        return [line[3:] for line in _lines(done)]

    def _is_meant(self) -> bool:
        """Return whether the folder is meant to be part of a git repository, whole or not."""
        root = self.root.resolve()
        return any((folder / ".git").exists() for folder in (root, *root.parents))

    def output(self, *arguments: str) -> str:
        """Return the output of a git command, empty if it fails or there is no git."""
        try:
            done = self.run(*arguments)
        except NoGit:
            return ""
        return "" if done.returncode else done.stdout.decode("utf-8", "surrogateescape").strip()

    def read(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Return the output of a git command; raise `UsageError` if it fails."""
        done = self.run(*arguments, stdin=stdin)
        if done.returncode:
            elsewhere = Message("run it in a clone of the repository, or name one with --root")
            fix = None if self._is_meant() else elsewhere
            reason = _text(done.stderr) or Message("no such revision")
            what = Message("git {command}: {reason}", command=arguments[0], reason=reason)
            raise UsageError(what, fix=fix)
        return done.stdout

    def run(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run git and wait for it; raise `NoGit` if it is not there."""
        argv = ["git", "--literal-pathspecs", *_NO_HOOKS, "-C", str(self.root), *arguments]
        try:
            return subprocess.run(argv, input=stdin, capture_output=True, check=False)
        except FileNotFoundError as error:
            raise NoGit(_NO_GIT, fix=Message("install git")) from error


def _text(output: bytes) -> str:
    return output.decode(errors="replace").strip()


def _lines(output: bytes) -> Iterator[str]:
    return filter(None, output.decode("utf-8", "surrogateescape").split("\0"))
