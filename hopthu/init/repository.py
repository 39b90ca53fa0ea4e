"""The files of a new repository: the folder `skeleton`, and files shared with hopthu's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hopthu.diagnostics.regulation import Regulation
from hopthu.schema.json_schema import files
from hopthu.tool.resources import resource
from hopthu.tool.version import VERSION

SKELETON = Path(__file__).with_name("skeleton")
DOMAIN = "thanhhoa.gov.vn"
"""The domain that the shared files contain."""

LEVELS = ("tỉnh", "thành phố")
"""What the names of provinces begin with."""

SHARED = (
    *(f".ci/{name}" for name in ("check", "daily", "forge.py", "plan", "production")),
    *(f".ci/{name}" for name in ("rehearse", "stage", "with-lab", "with-secrets")),
    *(f".github/workflows/{name}.yml" for name in ("daily", "deploy", "review")),
    ".gitlab-ci.yml",
    *("inventory/lab.py", "inventory/production.py.example"),
)
"""Files that hopthu's own repository uses as well: they are tested there."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """The content of a file of the new repository, and whether it is a program."""

    content: str
    executable: bool = False


def repository(province: str, domain: str, *, examples: bool = True) -> Mapping[str, NewFile]:
    """Return the files of a new repository by path, all except CODEOWNERS.

    The name of the province begins with one of `LEVELS`.
    `examples` are invented people, and what goes with them.
    """
    write = _environment().get_template
    values = {
        "province": province,
        "unit": f"Ủy ban nhân dân {province}",
        "level": next(level for level in LEVELS if province.startswith(level)),
        "domain": domain,
        "version": VERSION,
        "examples": examples,
    }
    made = _read(SKELETON, _names(SKELETON), lambda name, _: write(name).render(values))
    shared = _read(resource(""), SHARED, lambda _, text: text.replace(DOMAIN, domain))
    schemas = {name: NewFile(text) for name, text in files(Regulation()).items()}
    return dict(sorted((made | shared | schemas).items()))


def _read(
    folder: Path, names: Iterator[str] | tuple[str, ...], filled: Callable[[str, str], str]
) -> dict[str, NewFile]:
    found = {}
    for name in names:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        found[name] = NewFile(filled(name, text), bool(path.stat().st_mode & 0o100))
    return found


def _names(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.relative_to(folder).as_posix()


def _environment() -> Environment:
    environment = Environment(  # noqa: S701  (YAML and Markdown, not web pages)
        loader=FileSystemLoader(SKELETON),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    # Every JSON string is a YAML string, whatever it contains.
    environment.filters["yaml"] = lambda text: json.dumps(text, ensure_ascii=False)
    return environment
