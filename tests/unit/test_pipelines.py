"""Both pipelines: their commands as written, in a fresh clone, as far as they need no server.

What needs one is in tests/lab/test_pipelines_run.py.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from forge_api import Forge, served
from hopthu.daemons.operator import RECORD
from pipelines import (
    DAILY,
    DEPLOY,
    GITLAB,
    REVIEW,
    Job,
    Ran,
    Runner,
    applied,
    clone,
    commit,
    github,
    gitlab,
)
from platforms import expressions, on_github, on_gitlab

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Pipeline:
    """One platform's jobs for a branch, in a clone with this environment's programs."""

    runner: Runner
    jobs: Callable[[], dict[str, Job]]
    forge: Forge
    base: str

    def run(self, name: str) -> Ran:
        """Run a job but for `.ci/prepare`, which makes .venv anew: the lab tests do that."""
        job = self.jobs()[name]
        steps = [step for step in job.steps if not step.run.startswith(".ci/prepare")]
        return self.runner.run(replace(job, steps=steps))

    def change(self, name: str, old: str, new: str) -> None:
        """Commit an edit of one file on the branch."""
        path = self.runner.clone / name
        assert old in path.read_text(encoding="utf-8")
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
        commit(self.runner.clone, "A change")


@pytest.fixture(params=["github", "gitlab"])
def pipeline(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pipeline]:
    """Both platforms in turn; with `indirect` one of them."""
    here = clone(tmp_path / "clone")
    (here / ".venv").symlink_to(sys.prefix)
    base, code = head(here), {"PYTHONPATH": str(here)}
    # What a runner's clone knows of the branch merged into, whatever this checkout's is called.
    subprocess.run(
        ["git", "-C", str(here), "update-ref", "refs/remotes/origin/main", base], check=True
    )
    with served(Forge()) as forge:
        if request.param == "github":
            machine = on_github(forge, tmp_path) | code
            runner = Runner(here, machine, tmp_path / "kept", ("bash", "-e", "-c"))
            yield Pipeline(runner, lambda: workflows(here, base), forge, base)
        else:
            machine = on_gitlab(forge, tmp_path, base) | code
            runner = Runner(here, machine, tmp_path / "kept", ("sh", "-e", "-c"))
            yield Pipeline(runner, lambda: gitlab(here / GITLAB), forge, base)


on_one_platform = pytest.mark.parametrize("pipeline", ["github"], indirect=True)


def workflows(here: Path, base: str) -> dict[str, Job]:
    given = expressions(base)
    return {k: v for name in (REVIEW, DEPLOY, DAILY) for k, v in github(here / name, given).items()}


def head(here: Path) -> str:
    command = ["git", "-C", str(here), "rev-parse", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


ALIAS = (
    "data/units.yaml",
    "aliases: [sotaichinh]}\n",
    (
        "aliases: [sotaichinh, taichinh]}\n"
        "  changes:\n    - {on: 2026-11-02, facts: [aliases], request: cv-311-stc-2026}\n"
    ),
)
"""An alias more, at the request of the unit."""
REQUEST = (
    "data/documents.yaml",
    "- {id: cv-313-stnmt-2020,",
    (
        "- {id: cv-311-stc-2026, kind: request, number: 311/STC-VP, issuer: so-tai-chinh,"
        " date: 2026-10-30}\n- {id: cv-313-stnmt-2020,"
    ),
)


def test_a_valid_change_is_checked_planned_and_told_in_one_place(pipeline: Pipeline) -> None:
    """In Vietnamese; the next push changes the comment, and nobody else's is touched."""
    mark = "<!-- hopthu plan -->"
    for number in range(150):  # more than a page of talk, one of it with our mark
        pipeline.forge.add(f"{mark} {number}" if number == 70 else "Đồng ý", bot=False)
    pipeline.change(*REQUEST)
    pipeline.change(*ALIAS)
    for name in ("check", "plan", "comment"):
        done = pipeline.run(name)
        assert 0 == done.code, done.said
    assert 151 == len(pipeline.forge.comments)
    told = pipeline.forge.comments[-1]["body"]
    assert told.startswith(f"{mark}\n### ")
    assert "taichinh" in told
    assert "Thay đổi" in told
    pipeline.change(ALIAS[0], "sotaichinh, taichinh]", "sotaichinh, motcua.stc]")
    assert [0, 0] == [pipeline.run(name).code for name in ("plan", "comment")]
    assert 151 == len(pipeline.forge.comments)
    assert "motcua.stc" in pipeline.forge.comments[-1]["body"]
    assert f"{mark} 70" == pipeline.forge.comments[70]["body"]


def test_data_that_is_not_valid_shows_at_its_line(pipeline: Pipeline) -> None:
    """And the comment says that there is no plan, instead of an old one."""
    pipeline.change(ALIAS[0], "aliases: [sotaichinh]", "aliases: [sotaichinh, stc]")
    line = 1 + (pipeline.runner.clone / ALIAS[0]).read_text().split("sotaichinh, stc")[0].count(
        "\n"
    )
    done = pipeline.run("check")
    assert 2 == done.code
    if "GITLAB_CI" in pipeline.runner.environment:
        report = pipeline.runner.artifacts / "check" / "out" / "code-quality.json"
        (found,) = json.loads(report.read_text())
        assert {"path": ALIAS[0], "lines": {"begin": line}} == found["location"]
    else:
        assert f"::error file={ALIAS[0]},line={line}," in done.said
    assert 2 == pipeline.run("plan").code
    assert 0 == pipeline.run("comment").code
    assert "Chưa lập được kế hoạch" in pipeline.forge.comments[-1]["body"]


@pytest.mark.parametrize("pipeline", ["gitlab"], indirect=True)
def test_who_comments_runs_nothing_the_merge_request_brings(pipeline: Pipeline) -> None:
    """It holds a token: the script is that of the branch merged into."""
    leaked = pipeline.runner.clone.parent / "leaked"
    pipeline.change(".ci/forge.py", "import json\n", f"import json\nopen({str(leaked)!r}, 'w')\n")
    pipeline.change(*REQUEST)
    pipeline.change(*ALIAS)
    done = pipeline.run("plan")
    assert 0 == done.code, done.said
    done = pipeline.run("comment")
    assert 0 == done.code, done.said
    assert not leaked.exists()
    assert "taichinh" in pipeline.forge.comments[-1]["body"]


@on_one_platform
def test_a_plan_that_guards_refuse_fails_and_is_told(pipeline: Pipeline) -> None:
    """More than the province lets one plan change: exit 3, and the comment says why."""
    row = "{on: 2026-11-02, facts: [guards.change], decision: qd-314-ubnd-2026}"
    narrow = "guards: {change: {few: 0, percent: [0, 0, 0], most: 0}}\nprobe:\n"
    pipeline.change("data/policy.yaml", "probe:\n", f"changes: [{row}]\n{narrow}")
    pipeline.change(
        "data/documents.yaml",
        "- {id: cv-313-stnmt-2020,",
        "- {id: qd-314-ubnd-2026, kind: decision, number: 314/QĐ-UBND, issuer: "
        "ubnd-tinh, date: 2026-10-30}\n- {id: cv-313-stnmt-2020,",
    )
    pipeline.change(*REQUEST)
    pipeline.change(*ALIAS)
    done = pipeline.run("plan")
    assert 3 == done.code, done.said
    assert 0 == pipeline.run("comment").code
    told = pipeline.forge.comments[-1]["body"]
    assert 'ngưỡng "thay đổi hộp thư" (change)' in told
    assert "từ chối" in told
    assert "từ chối" in Path(pipeline.runner.environment["GITHUB_STEP_SUMMARY"]).read_text()


@on_one_platform
def test_a_stale_codeowners_file_fails_the_check(pipeline: Pipeline) -> None:
    """So that new reviewers are reviewed themselves."""
    other = 'review: {operator: ["@province/other"]}\nprobe:\n'
    pipeline.change("data/policy.yaml", "probe:\n", other)
    done = pipeline.run("check")
    assert 2 == done.code
    assert "CODEOWNERS does not match the data" in done.said


@on_one_platform
def test_production_refuses_a_plan_that_starts_elsewhere(pipeline: Pipeline) -> None:
    """Another commit was deployed since it was approved: exit 3, before any host is asked."""
    kept = pipeline.runner.artifacts / "plan" / "out"
    kept.mkdir(parents=True)
    (kept / "plan.json").write_text(json.dumps({"base": "a" * 40}))
    pipeline.forge.deployments.append(("b" * 40, "success"))
    done = pipeline.run("production")
    assert 3 == done.code
    assert f"the plan starts from {'a' * 40}, but production has {'b' * 40}" in done.said
    assert not list(Path(pipeline.runner.environment["RUNNER_TEMP"]).iterdir())


def test_what_was_merged_and_not_approved_never_runs_with_the_keys(pipeline: Pipeline) -> None:
    """Of the day's job each command is that of the commit that was applied."""
    here = pipeline.runner.clone
    left = here.parent / "left"
    scripts = [here / ".ci" / name for name in ("with-secrets", "daily")]

    def leave(mark: str) -> str:
        for script in scripts:
            script.write_text(f'#!/bin/sh\necho {mark} >>{left}\n"$@"\n', encoding="utf-8")
        return commit(here, mark)

    host = here.parent / "host"
    applied(host, leave("approved"))
    merged = leave("merged")
    secrets = {f"HOPTHU_SECRET_{name}": "secret" for name in ("AGE_IDENTITY", "SSH_KEY")}
    runner = replace(
        pipeline.runner, host=host, environment={**pipeline.runner.environment, **secrets}
    )
    done = replace(pipeline, runner=runner).run("daily")
    assert 0 == done.code, done.said
    assert ["approved", "approved"] == left.read_text().split()
    assert merged == head(here)

    # Nor does anything run where nobody knows what was applied.
    left.unlink()
    for record in ("{}", '{"commit": "unknown"}', '{"commit": "--orphan=x"}', "[]", ""):
        (host / RECORD.lstrip("/")).write_text(record)
        assert 1 == replace(pipeline, runner=runner).run("daily").code
    assert not left.exists()
