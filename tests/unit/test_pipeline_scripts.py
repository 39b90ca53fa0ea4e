"""The scripts of the pipelines by themselves: the platform's API, and secrets."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from forge_api import TOKEN, Forge, served
from pipelines import ROOT
from platforms import on_github, on_gitlab

pytestmark = pytest.mark.slow

SECRETS = ("AGE_IDENTITY", "SSH_KEY")


def forge_says(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `.ci/forge.py` by itself."""
    return subprocess.run(
        [str(ROOT / ".ci" / "forge.py"), *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(params=["github", "gitlab"])
def platform(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Forge, dict[str, str]]]:
    """Each platform's API, and the environment that leads to it."""
    with served(Forge()) as forge:
        if request.param == "github":
            token = {"GITHUB_TOKEN": TOKEN, "PULL_REQUEST": "12"}
            yield forge, on_github(forge, tmp_path) | token
        else:
            yield forge, on_gitlab(forge, tmp_path, "")


def test_the_platform_knows_what_was_last_deployed(
    platform: tuple[Forge, dict[str, str]],
) -> None:
    """The newest that succeeded; what failed, or still runs, counts for nothing."""
    forge, environment = platform
    assert "\n" == forge_says(environment, "deployed", "production").stdout
    forge.deployments += [(f"{n}", "failure") for n in range(120)]
    forge.deployments[5:8] = [("aaa", "success"), ("bbb", "success"), ("ccc", "in_progress")]
    assert "bbb\n" == forge_says(environment, "deployed", "production").stdout


def test_a_platform_that_refuses_is_told_without_the_token(
    platform: tuple[Forge, dict[str, str]], tmp_path: Path
) -> None:
    """Exit 1, with the address, the code and the platform's own words."""
    _, environment = platform
    (tmp_path / "plan.md").write_text("plan")
    wrong = {"GITHUB_TOKEN": "s3cret", "HOPTHU_COMMENT_TOKEN": "s3cret", "CI_JOB_TOKEN": "s3cret"}
    for arguments in (("comment", str(tmp_path / "plan.md")), ("deployed", "production")):
        done = forge_says(environment | wrong, *arguments)
        assert 1 == done.returncode
        assert ": 401 Unauthorized" in done.stderr
        assert "s3cret" not in done.stderr
        none = dict.fromkeys(wrong, "")
        assert "TOKEN is not set" in forge_says(environment | none, *arguments).stderr


@pytest.mark.parametrize("link", ["plan.md", "."])
def test_a_plan_that_is_a_link_is_not_told(
    platform: tuple[Forge, dict[str, str]], tmp_path: Path, link: str
) -> None:
    """As of an artifact that leads to the environment of the job that comments, token and all."""
    forge, environment = platform
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "plan.md").write_text("s3cret")
    here = tmp_path / "out"
    if link == ".":
        here.symlink_to(secret)
    else:
        here.mkdir()
        (here / link).symlink_to(secret / link)
    done = forge_says(environment, "comment", str(here / "plan.md"))
    assert (1, []) == (done.returncode, forge.comments)
    assert "plan.md is not a plain file" in done.stderr


SENTINELS = {f"HOPTHU_SECRET_{name}": f"s3cret\n{name}" for name in SECRETS}


def with_secrets(
    command: str, folder: Path, secrets: dict[str, str] = SENTINELS
) -> subprocess.CompletedProcess[str]:
    """Run a shell command with the secrets laid down in `folder`."""
    environment = {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(folder), **secrets}
    return subprocess.run(
        [str(ROOT / ".ci" / "with-secrets"), "sh", "-c", command],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip


LOOK = 'stat -c "%a %n" "$HOPTHU_AGE_IDENTITY" "$HOPTHU_SSH_KEY"; env'


def test_secrets_are_files_of_nobody_else_and_go_with_the_command(tmp_path: Path) -> None:
    """None is in the environment of what runs; whatever its end, nothing stays."""
    done = with_secrets(f'{LOOK}; cat "$HOPTHU_SSH_KEY" >{tmp_path}/seen; exit 4', tmp_path)
    assert 4 == done.returncode
    assert 2 == len(re.findall(r"(?m)^600 /", done.stdout))
    assert "s3cret" not in done.stdout
    assert "s3cret\nSSH_KEY\n" == (tmp_path / "seen").read_text()
    assert [tmp_path / "seen"] == list(tmp_path.iterdir())


def test_secrets_may_be_files_of_the_platform(tmp_path: Path) -> None:
    """GitLab's type File gives a path in place of the value."""
    (tmp_path / "key").write_text("s3cret\n")
    given = SENTINELS | {"HOPTHU_SECRET_SSH_KEY": str(tmp_path / "key")}
    done = with_secrets('cmp "$HOPTHU_SSH_KEY" ' + str(tmp_path / "key"), tmp_path, given)
    assert (0, "") == (done.returncode, done.stdout)


@pytest.mark.parametrize("missing", SENTINELS)
def test_a_missing_secret_is_named(missing: str, tmp_path: Path) -> None:
    """Before the command begins, and without a trace of the others."""
    done = with_secrets("echo begun", tmp_path, SENTINELS | {missing: ""})
    assert 0 != done.returncode
    assert f"{missing}: is not set" in done.stdout
    assert "begun" not in done.stdout
    assert [] == list(tmp_path.iterdir())


def test_secrets_go_when_the_job_is_cancelled(tmp_path: Path) -> None:
    """As soon as what runs has ended; a signal to the script alone does not cut it off."""
    environment = {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(tmp_path), **SENTINELS}
    command = [str(ROOT / ".ci" / "with-secrets"), "sh", "-c", "echo begun; read line; echo done"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as job:
        assert job.stdout is not None
        assert "begun\n" == job.stdout.readline()
        job.send_signal(signal.SIGTERM)
        assert [] != list(tmp_path.iterdir())
        said, _ = job.communicate("go on\n", timeout=30)
        assert "done\n" == said
    assert 143 == job.returncode
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("command", "code"), [("true", 0), ("exit 4", 4), ("kill -TERM $PPID", 143)]
)
def test_a_throwaway_centre_ends_whatever_happens(command: str, code: int, tmp_path: Path) -> None:
    """It holds what the older revision says before the command begins; nothing of it stays."""
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("hopthu", "python"):
        (programs / name).write_text(
            f'#!/bin/sh\necho "{name} $* in $(cat data)" >>{tmp_path}/log\n'
        )
        (programs / name).chmod(0o755)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / ".gitignore").write_text("*\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for text in ("old", "new"):
        (tmp_path / "data").write_text(text)
        for arguments in (["add", "-f", "data"], ["commit", "-q", "-m", text]):
            who = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
            subprocess.run(["git", "-C", str(tmp_path), *who, *arguments], check=True)
    (tmp_path / "temp").mkdir()
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path / "temp")}
    script = [".ci/with-lab", "HEAD^", "sh", "-c", f"hopthu apply lab; {command}"]
    done = subprocess.run(script, cwd=tmp_path, env=environment, check=False)
    assert code == done.returncode
    assert [
        "hopthu lab up --layout centre in new",
        "python -m hopthu apply lab --yes in old",
        "hopthu apply lab in new",
        "hopthu lab down in new",
    ] == (tmp_path / "log").read_text().splitlines()
    assert [] == list((tmp_path / "temp").iterdir())
    listed = ["git", "-C", str(tmp_path), "worktree", "list"]
    trees = subprocess.run(listed, capture_output=True, text=True, check=True).stdout
    assert 1 == len(trees.splitlines())
