"""The environment that GitHub and GitLab give a job, as far as our scripts look at it."""

import os
import re
from pathlib import Path

from forge_api import COMMENT_TOKEN, JOB_TOKEN, TOKEN, Forge

_OURS = re.compile(r"(CI|GITHUB|GITLAB|HOPTHU|RUNNER|GIT)(_|\Z)|PYTHONPATH|VIRTUAL_ENV")


def on_github(forge: Forge, folder: Path) -> dict[str, str]:
    """Return the environment of a job on GitHub."""
    (folder / "temp").mkdir(exist_ok=True)
    return _machine(folder) | {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTOR": "quan-tri",
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "province/mail",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "RUNNER_TEMP": str(folder / "temp"),
    }


def on_gitlab(forge: Forge, folder: Path, base: str) -> dict[str, str]:
    """Return the environment of a job on GitLab; `base` is where a merge request began."""
    return _machine(folder) | {
        "CI": "true",
        "GITLAB_CI": "true",
        "GITLAB_USER_LOGIN": "quan-tri",
        "CI_API_V4_URL": f"{forge.url}/api",
        "CI_JOB_TOKEN": JOB_TOKEN,
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
        "CI_MERGE_REQUEST_IID": "12",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_PROJECT_ID": "3",
        "HOPTHU_COMMENT_TOKEN": COMMENT_TOKEN,
    }


def expressions(base: str) -> dict[str, str]:
    """Return what GitHub puts for the expressions in the environments of our steps."""
    secrets = ("AGE_IDENTITY", "SSH_KEY")
    return {
        "github.event.pull_request.base.sha": base,
        "github.event.pull_request.number": "12",
        "github.token": TOKEN,
    } | {f"secrets.HOPTHU_SECRET_{name}": f"secret {name}" for name in secrets}


def _machine(folder: Path) -> dict[str, str]:
    """Return the environment of this machine without what would tell our scripts of a platform."""
    rest = {name: value for name, value in os.environ.items() if not _OURS.match(name)}
    return rest | {"GIT_CONFIG_GLOBAL": str(folder / "gitconfig")}
