"""Both pipelines as their files say, and a runner that runs their commands as the platforms do.

What a platform does itself is done here plainly: a checkout is the clone the runner stands in,
artifacts are folders, needs are the order of the file. Every command is run as it is written.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from hopthu.daemons.operator import PROGRAM, RECORD

ROOT = Path(__file__).resolve().parents[1]
REVIEW, DEPLOY, DAILY = (f".github/workflows/{name}.yml" for name in ("review", "deploy", "daily"))
GITLAB = ".gitlab-ci.yml"


@dataclass(frozen=True)
class Step:
    """A command with its environment, or artifacts that come or go."""

    run: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    fetch: str = ""
    keep: str = ""
    paths: Sequence[str] = ()
    always: bool = False


@dataclass(frozen=True)
class Job:
    """One job: its name, the stages before it, what it does."""

    name: str
    steps: Sequence[Step]


def read(path: Path) -> dict[str, Any]:
    """Return a pipeline's file with every scalar as text: `on` is no boolean."""
    text = path.read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - text, lists and mappings only


def github(path: Path, values: Mapping[str, str]) -> dict[str, Job]:
    """Return the jobs of a workflow, with `values` for the expressions in their environments."""

    def step(each: Mapping[str, Any]) -> Step:
        if "run" in each:
            environment = {k: _filled(v, values) for k, v in each.get("env", {}).items()}
            return Step(run=each["run"], env=environment)
        given = each.get("with", {})
        action = each["uses"].partition("@")[0]
        if action == "actions/upload-artifact":
            paths = given["path"].split()
            return Step(keep=given["name"], paths=paths, always="if" in each)
        if action == "actions/download-artifact":
            return Step(fetch=given["name"], paths=[given["path"]])
        assert "actions/checkout" == action
        return Step()

    jobs = read(path)["jobs"].items()
    return {name: Job(name, [step(each) for each in job["steps"]]) for name, job in jobs}


def _filled(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\$\{\{ *(.+?) *\}\}", lambda found: values[found[1]], text)


def gitlab(path: Path) -> dict[str, Job]:
    """Return the jobs of `.gitlab-ci.yml`, `extends` and `default` worked in."""
    file = read(path)
    jobs: dict[str, Job] = {}
    for name, job in file.items():
        if name.startswith(".") or "script" not in job:
            continue
        whole = {**file["default"], **file.get(job.get("extends", ""), {}), **job}
        kept = whole.get("artifacts", {})
        lines = [*whole["before_script"], *whole["script"]]
        jobs[name] = Job(
            name,
            [
                *(Step(fetch=need, paths=["."]) for need in whole.get("needs", [])),
                *(Step(run=line) for line in lines),
                *(Step(run=line, always=True) for line in whole.get("after_script", [])),
                Step(
                    keep=name,
                    paths=[*kept.get("paths", []), *kept.get("reports", {}).values()],
                    always=kept.get("when") == "always",
                ),
            ],
        )
    return jobs


def clone(folder: Path) -> Path:
    """Return a fresh clone of what this checkout has committed, as the branch `main`."""
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    git = ["git", "-C", str(folder)]
    main = "refs/remotes/origin/main"
    subprocess.run([*git, "update-ref", main, "HEAD"], check=True)
    subprocess.run([*git, "symbolic-ref", "refs/remotes/origin/HEAD", main], check=True)
    subprocess.run([*git, "checkout", "-q", "-B", "main", "--track", "origin/main"], check=True)
    return folder


def applied(host: Path, commit: str) -> None:
    """Put into the folder `host` what an apply of a commit leaves on the operator's host."""
    module = ROOT / "hopthu" / "remote" / "host" / "deployed_commit.py"
    program = host / PROGRAM.lstrip("/")
    program.mkdir(parents=True, exist_ok=True)
    (program / "__main__.py").write_text(f"{module.read_text(encoding='utf-8')}\n\nmain()\n")
    record = host / RECORD.lstrip("/")
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps({"commit": commit}))


def commit(folder: Path, why: str) -> str:
    """Commit all changes in a clone; return the commit."""
    author = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    git = ["git", "-C", str(folder), *author, "-c", "safe.directory=*"]
    for arguments in (["add", "--all"], ["commit", "-q", "-m", why]):
        subprocess.run([*git, *arguments], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return head.stdout.strip()


@dataclass(frozen=True)
class Ran:
    """What came of a job: the exit code of the command that failed, and all it printed."""

    code: int
    said: str


@dataclass(frozen=True)
class Runner:
    """A runner that stands in a clone; artifacts are kept in `artifacts` by their name.

    What commands name below /usr/local/lib and /var/lib is looked for in the folder `host`.
    """

    clone: Path
    environment: Mapping[str, str]
    artifacts: Path
    shell: Sequence[str]
    host: Path = Path("/")

    def run(self, job: Job) -> Ran:
        """Run a job as if in a new clone: nothing of the job before is there but artifacts."""
        shutil.rmtree(self.clone / "out", ignore_errors=True)
        before, code, said = self._head(), 0, ""
        for step in job.steps:
            if code and not step.always:
                continue
            if step.run:
                done = self._command(step)
                code, said = code or done.returncode, f"{said}$ {step.run}\n{done.stdout}"
            else:
                self._artifacts(step, required=not code)
        if self._head() != before:
            self._git("checkout", "--quiet", "--force", before)
        return Ran(code, said)

    def _head(self) -> str:
        return self._git("rev-parse", "HEAD")

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.clone), "-c", "safe.directory=*", *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def _command(self, step: Step) -> subprocess.CompletedProcess[str]:
        line = re.sub(r"(?<= )/(?=usr/local/lib/|var/lib/)", f"{self.host.as_posix()}/", step.run)
        return subprocess.run(
            [*self.shell, line],
            cwd=self.clone,
            env={**self.environment, **step.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def _artifacts(self, step: Step, *, required: bool) -> None:
        if step.keep:
            for path in step.paths:
                there = self.artifacts / step.keep / path
                there.parent.mkdir(parents=True, exist_ok=True)
                if required or (self.clone / path).exists():
                    shutil.copy(self.clone / path, there)
        elif step.fetch:
            shutil.copytree(self._kept(step), self.clone / step.paths[0], dirs_exist_ok=True)

    def _kept(self, step: Step) -> Path:
        """Return the folder that is laid down: GitHub takes away what all its paths share."""
        folder = self.artifacts / step.fetch
        return folder / "out" if step.paths != ["."] else folder
