"""Both pipelines, every command as written, from one fresh clone.

The centre of the other tests stands for production; what the pipelines start for themselves are
labs of one host, to save time. The platform's API is on loopback.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from labs import Lab

from forge_api import Forge, served
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

NOBODY = 65534
REQUEST, NEXT = "cv-1030-snv-2026", "- {id: cv-103-phuong-dong-tien-2025,"
LETTER = (
    f"- {{id: {REQUEST}, kind: request, number: 1030/SNV-VP, issuer: so-noi-vu,"
    " date: 2026-10-30}\n"
)
SHM = Path("/dev/shm")  # noqa: S108 - where .ci/with-secrets puts files on GitLab


GROUPS, THROWAWAY = "_groups = inventory.groups(_lab)", "_throwaway = True\n"
KEYS = '''
_KEYS = {"age_identity": os.environ["HOPTHU_AGE_IDENTITY"], "ssh_key": os.environ["HOPTHU_SSH_KEY"]}


def _ours(groups):
    """Keys come from outside, and nobody's password is known."""
    for hosts in groups.values():
        for _, data in hosts:
            data.update(_KEYS)
            del data["passwords"]
    return groups

'''


@dataclass(frozen=True)
class Checkout:
    """The clone in which both pipelines run, one after the other, and what was last deployed."""

    folder: Path
    forge: Forge


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A fresh clone with an inventory of production: the lab with keys from outside.

    As in production no probe stops services; those of the labs that pipelines start do.
    """
    folder = clone(tmp_path_factory.mktemp("pipelines") / "clone")
    text = (folder / "inventory" / "lab.py").read_text(encoding="utf-8")
    assert [1, 1] == [text.count(GROUPS), text.count(THROWAWAY)]
    text = text.replace(GROUPS, f"_groups = _ours({GROUPS[10:]})").replace(THROWAWAY, "")
    head, imported, rest = text.partition("from hopthu.lab import inventory\n")
    (folder / "inventory" / "production.py").write_text(
        f"{head}import os\n\n{imported}{KEYS}{rest}", encoding="utf-8"
    )
    with served(Forge()) as forge:
        forge.deployments.append((commit(folder, "Production"), "success"))
        yield Checkout(folder, forge)


@pytest.fixture
def secrets(centre: Lab) -> Mapping[str, str]:
    """Return what the platform keeps for production: the lab's own keys."""
    return {
        "HOPTHU_SECRET_AGE_IDENTITY": (centre.folder / "age.key").read_text(),
        "HOPTHU_SECRET_SSH_KEY": (centre.folder / "ssh" / "id_ed25519").read_text(),
    }


@pytest.mark.parametrize("platform", ["github", "gitlab"])
def test_every_command_runs_as_written(
    platform: str, centre: Lab, checkout: Checkout, secrets: Mapping[str, str], tmp_path: Path
) -> None:
    """Reviewed, rehearsed, merged, staged, approved, applied, proven, and no drift."""
    here, forge = checkout.folder, checkout.forge
    base, alias = forge.deployments[-1][0], f"baylv.{platform}"
    merged = new_alias(here, alias)
    # The runner is the operator's host.
    host = tmp_path / "host"
    applied(host, merged)
    labs = {"HOPTHU_LAB": str(centre.folder), "HOPTHU_LAB_LAYOUT": "single"}
    if platform == "github":
        given = expressions(base) | {f"secrets.{name}": value for name, value in secrets.items()}
        jobs = {
            k: v for name in (REVIEW, DEPLOY, DAILY) for k, v in github(here / name, given).items()
        }
        runner = Runner(
            here, on_github(forge, tmp_path) | labs, tmp_path / "kept", ("bash", "-ec"), host
        )
    else:
        jobs = gitlab(here / GITLAB)
        machine = on_gitlab(forge, tmp_path, base) | labs | of_type_file(secrets, tmp_path)
        runner = Runner(here, machine, tmp_path / "kept", ("sh", "-ec"), host)
    os.chown(here, NOBODY, NOBODY)  # in a container the checkout is another user's
    ran = {name: run(runner, job, secrets) for name, job in jobs.items()}
    forge.deployments.append((merged, "success"))
    assert ["check", "plan", "comment", "rehearse", "stage", "production", "daily"] == list(ran)
    assert alias in forge.comments[-1]["body"]
    assert "Không có gì đến hạn" in ran["daily"].said
    assert "steps would change something" in ran["rehearse"].said
    kept = next(tmp_path.glob("kept/*/out/plan.json"))
    assert base == json.loads(kept.read_text())["base"]
    assert centre.ssh("edge1", f"grep -rl {alias} /etc/postfix/hopthu")
    assert "quan-tri" in centre.hopthu("history", "lab").stdout


def new_alias(here: Path, alias: str) -> str:
    """Commit one more alias of a person, at the request of their unit; return the commit."""
    path = here / "data" / "people.yaml"
    text = path.read_text(encoding="utf-8")
    found = re.search(
        r"address: baylv(?:, aliases: \[([a-z., ]+)\])?\}\n((?:  changes:\n(?:    - .*\n)+)?)", text
    )
    assert found
    aliases = [*(found[1].split(", ") if found[1] else ()), alias]
    rows = found[2] or "  changes:\n"
    row = f"    - {{on: 2026-11-{len(aliases):02}, facts: [aliases], request: {REQUEST}}}\n"
    new = f"address: baylv, aliases: [{', '.join(aliases)}]}}\n{rows}{row}"
    path.write_text(text.replace(found[0], new, 1), encoding="utf-8")
    documents = path.with_name("documents.yaml")
    known = documents.read_text(encoding="utf-8")
    if REQUEST not in known:
        written = known.replace(NEXT, f"{LETTER}{NEXT}", 1)
        documents.write_text(written, encoding="utf-8")
    return commit(here, "One more alias")


def of_type_file(secrets: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Write each secret to a file, as GitLab does with variables of type File."""
    for name, value in secrets.items():
        (folder / name).write_text(value)
    return {name: str(folder / name) for name in secrets}


def run(runner: Runner, job: Job, secrets: Mapping[str, str]) -> Ran:
    """Run a job that must succeed, and see that it tells and leaves no secret."""
    done = runner.run(job)
    assert 0 == done.code, f"{job.name}: {done.said}"
    assert "Traceback" not in done.said
    keys = [secrets[f"HOPTHU_SECRET_{name}"].splitlines() for name in ("AGE_IDENTITY", "SSH_KEY")]
    for secret in (line for key in keys for line in key if "-----" not in line):
        assert secret not in done.said, job.name
    temporary = Path(runner.environment.get("RUNNER_TEMP", SHM))
    assert [] == list(temporary.glob("hopthu-secrets-*"))
    return done
