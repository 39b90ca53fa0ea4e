"""Both pipelines' files: the form their platforms ask for, and who may do what in them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from hopthu.daemons.operator import PROGRAM, RECORD
from pipelines import DAILY, DEPLOY, GITLAB, REVIEW, ROOT, Job, github, gitlab, read
from platforms import expressions


@pytest.mark.parametrize(
    ("name", "options"),
    [
        (REVIEW, ("vendor.github-workflows",)),
        (DEPLOY, ("vendor.github-workflows",)),
        (DAILY, ("vendor.github-workflows",)),
        (GITLAB, ("vendor.gitlab-ci", "--data-transform", "gitlab-ci")),
    ],
)
def test_each_file_has_the_form_its_platform_asks_for(name: str, options: tuple[str, ...]) -> None:
    """By the schemas the platforms' own editors use."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *options, name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr


def jobs() -> Iterator[tuple[str, Job]]:
    """Yield every job of both pipelines, with the file it is in."""
    given = expressions("")
    for name in (REVIEW, DEPLOY, DAILY):
        yield from ((name, job) for job in github(ROOT / name, given).values())
    yield from ((GITLAB, job) for job in gitlab(ROOT / GITLAB).values())


DEPLOYED = f"python3 -IS {PROGRAM} {RECORD}"
CHECK_OUT = (
    'git -c safe.directory="$PWD" checkout --quiet --force --detach '
    '"refs/remotes/origin/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"'
)
"""The one command that is no script of ours: it fetches the script that is to be trusted."""


def test_pipelines_only_call_our_scripts() -> None:
    """So that both do the same, and anybody can do it by hand."""
    called: dict[bool, set[str]] = {True: set(), False: set()}
    for name, job in jobs():
        lines = [step.run for step in job.steps if step.run]
        for line in lines:
            scripts = re.findall(r"\.ci/[a-z.-]+", line)
            assert scripts or line in ("rm -rf /dev/shm/hopthu-secrets-*", CHECK_OUT, DEPLOYED), (
                line
            )
            assert "${{" not in line  # what a pull request brings would be run as a command
            called[name == GITLAB] |= {re.sub(r'"\$.*"', "BASE", line)} if scripts else set()
            for script in scripts:
                assert os.access(ROOT / script, os.X_OK), script
    assert called[True] == called[False]


@pytest.mark.parametrize("name", ["check", "daily", "hopthu-of", "plan", "prepare", "production",
                                  "rehearse", "stage", "with-lab", "with-secrets"])  # fmt: skip
def test_scripts_are_plain_shell(name: str) -> None:
    """Strict, and read by any POSIX shell."""
    script = ROOT / ".ci" / name
    assert script.read_text().startswith("#!/bin/sh\n")
    assert "\nset -eu\n" in script.read_text()
    subprocess.run(["sh", "-n", str(script)], check=True)


def test_github_gives_each_job_what_it_needs_and_no_more() -> None:
    """Only the comment may write; only what applies sees secrets, behind its environment."""
    expected = {
        "check": {"contents": "read"},
        "plan": {"contents": "read"},
        "comment": {"contents": "read", "pull-requests": "write"},
        "rehearse": {"contents": "read"},
        "stage": {"contents": "read", "deployments": "read"},
        "production": {"contents": "read", "deployments": "read"},
        "daily": {"contents": "read"},
    }
    files = [read(ROOT / name) for name in (REVIEW, DEPLOY, DAILY)]
    assert [{}, {}, {}] == [file["permissions"] for file in files]
    found = {name: job for file in files for name, job in file["jobs"].items()}
    assert expected == {name: job["permissions"] for name, job in found.items()}
    assert [
        "pull_request",
        {"push": {"branches": ["main"]}},
        {"schedule": [{"cron": "40 17 * * *"}]},
    ] == [file["on"] for file in files]
    assert ["production", "daily"] == [
        n for n, job in found.items() if "secrets." in json.dumps(job)
    ]
    assert {"comment", "stage", "production"} == {
        name for name, job in found.items() if "github.token" in json.dumps(job)
    }


def test_github_asks_before_production_and_applies_one_at_a_time() -> None:
    """After staging, in the environment that asks; a run under way is never cut off."""
    found = read(ROOT / DEPLOY)["jobs"]["production"]
    assert ("stage", "production") == (found["needs"], found["environment"])
    assert {"group": "production", "cancel-in-progress": "false"} == found["concurrency"]
    assert ["self-hosted", "hopthu"] == found["runs-on"]


def test_github_uses_only_its_own_actions_by_their_commit() -> None:
    """A tag can be moved; a checkout leaves no token behind."""
    for name in (REVIEW, DEPLOY, DAILY):
        for job in read(ROOT / name)["jobs"].values():
            for step in (step for step in job["steps"] if "uses" in step):
                assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])
                if step["uses"].startswith("actions/checkout@"):
                    assert "false" == step["with"]["persist-credentials"]


UNSCHEDULED = '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_PIPELINE_SOURCE != "schedule"'


def test_gitlab_asks_before_production_and_applies_one_at_a_time() -> None:
    """By hand, after staging, on the branch that is deployed, and never two."""
    file = read(ROOT / GITLAB)
    found = file["production"]
    (rule,) = found["rules"]
    assert ("manual", "false") == (rule["when"], rule["allow_failure"])
    assert UNSCHEDULED == rule["if"]
    assert (["stage"], {"name": "production"}) == (found["needs"], found["environment"])
    assert "production" == found["resource_group"]
    assert "interruptible" not in found
    reviews = ("check", "plan", "rehearse")
    assert {".review"} == {file[name]["extends"] for name in reviews}
    (rule,) = file[".review"]["rules"]
    assert '$CI_PIPELINE_SOURCE == "merge_request_event"' == rule["if"]


def test_both_run_daily_by_a_schedule_without_the_passwords_of_people() -> None:
    """At 00:40 in Vietnam, after the operator's timer; on GitLab nothing else runs then."""
    file, ours = read(ROOT / GITLAB), read(ROOT / DAILY)
    (rule,) = file["daily"]["rules"]
    assert UNSCHEDULED.replace("!=", "==") == rule["if"]
    assert UNSCHEDULED == file["stage"]["rules"][0]["if"]
    assert {"name": "daily", "action": "access"} == file["daily"]["environment"]
    assert "production" == file["daily"]["resource_group"]
    assert "daily" == ours["jobs"]["daily"]["environment"]
    ((minute, hour, *days),) = [each["cron"].split() for each in ours["on"]["schedule"]]
    assert ["*"] * 3 == days
    assert (0, 40) == ((int(hour) + 7) % 24, int(minute))
    for name in (GITLAB, DAILY):
        text = (ROOT / name).read_text()
        assert f"{minute} {hour} * * *" in text
        assert "00:40 of the next day in Vietnam" in " ".join(text.split())


def test_there_is_one_image_named_by_its_digest() -> None:
    """A tag can be moved. Which registry it comes from is the platform's setting."""
    texts = [(ROOT / name).read_text() for name in (REVIEW, DEPLOY, GITLAB)]
    images = re.findall(r"(?:image|container): ([^\s{]+)", "\n".join(texts))
    assert 5 == len(images)
    (image,) = set(images)
    assert re.fullmatch(r"[a-z-]+:[a-z0-9.-]+@sha256:[0-9a-f]{64}", image)
    assert "://" not in "".join(texts)


def test_gitlab_keeps_runners_apart() -> None:
    """Who runs what a merge request brings, as root, holds nothing; others hold one thing each."""
    file = read(ROOT / GITLAB)
    tags = {name: job["tags"] for name, job in file.items() if "tags" in job}
    assert {
        "rehearse": ["hopthu-rehearse"],
        "comment": ["hopthu-comment"],
        "stage": ["hopthu-stage"],
        "production": ["hopthu-production"],
        "daily": ["hopthu-production"],
    } == tags


def test_gitlab_comments_by_the_script_merged_into() -> None:
    """And only where the pipeline is not the merge request's own to write."""
    comment = read(ROOT / GITLAB)["comment"]
    (rule,) = comment["rules"]
    for condition in (
        '$CI_PIPELINE_SOURCE == "merge_request_event"',
        "$CI_CONFIG_PATH =~ /@/",
        "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME == $CI_DEFAULT_BRANCH",
    ):
        assert condition in rule["if"]
    assert "always" == rule["when"]
    assert {"name": "comment", "action": "access"} == comment["environment"]
    assert {"GIT_STRATEGY": "clone"} == comment["variables"]
    assert [] == comment["before_script"]
    first, second = comment["script"]
    assert first == CHECK_OUT
    assert ".ci/forge.py comment out/plan.md" == second
