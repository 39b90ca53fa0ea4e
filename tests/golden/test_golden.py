"""Every file every host of both layouts would get, byte for byte.

`hosts.yaml` says of each host what file is put where, with its mode and owner; what files hold is
in `files/`, each content once. Where hopthu has a file of just that content, that is named instead.
`pytest --accept tests/golden` writes both anew; then read the diff.
"""

import shutil
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import yaml

from hopthu.daemons.registry import render
from hopthu.desired.state import desired
from hopthu.inventory.topology import Centre, Host
from hopthu.render.context import Context
from hopthu.render.files import File
from hopthu.validate import read

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GOLDEN = HERE / "files"
SOURCES = ("templates/", "hopthu/remote/host/")
MANIFEST = HERE / "hosts.yaml"
HEAD = (
    "# Made by `pytest --accept tests/golden`: host, path, then mode, owner and the golden file.\n"
)
DAY = date(2026, 6, 1)
DOMAIN = "thanhhoa.gov.vn"
KEYS = {name: f"({name})\n".encode() for name in ("ca.pem", "host.pem", "host.key", "dkim.key")}


def host(name: str, last: int, *roles: str, stores: tuple[str, ...] = ()) -> Host:
    return Host(name, f"{name}.{DOMAIN}", f"10.88.0.{last}", frozenset(roles), stores)


CENTRES = {
    "centre": Centre(
        "centre",
        (
            host("access1", 12, "access"),
            host("dir1", 15, "directory"),
            host("edge1", 11, "edge"),
            host("operator1", 16, "operator"),
            host("store1", 13, "store", stores=("store1",)),
            host("store2", 14, "store", stores=("store2",)),
        ),
    ),
    "single": Centre(
        "single",
        (host("mail1", 11, "edge", "access", "store", "directory", stores=("store1", "store2")),),
    ),
}
HOSTS = [(layout, h.name) for layout, centre in CENTRES.items() for h in centre.hosts]


def files_of(layout: str, name: str) -> dict[str, File]:
    """Return what a host would get, by path."""
    loaded = read(HERE, DAY)
    context = Context(
        host=CENTRES[layout].host(name),
        centre=CENTRES[layout],
        desired=desired(loaded.organisation, loaded.policy, DAY),
        policy=loaded.policy,
        keys=KEYS,
    )
    return {path: file for files in render(context).values() for path, file in files.items()}


@cache
def every_host() -> Mapping[str, Mapping[str, File]]:
    """Return what each host would get, by its layout and name, then by path."""
    return {f"{layout}/{name}": files_of(layout, name) for layout, name in HOSTS}


def names() -> dict[bytes, str]:
    """Return the golden file of each content.

    It is called after the first path that has the content; where hosts have different ones at that
    path, also after the first host.
    """
    found = {
        path.read_bytes(): str(path.relative_to(ROOT))
        for folder in SOURCES
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and path.stat().st_size
    }
    at: dict[str, set[bytes]] = {}
    for files in every_host().values():
        for path, file in files.items():
            at.setdefault(path, set()).add(file.content)
    for path in sorted(at):
        for host, files in every_host().items():
            if path in files:
                one = len(at[path]) == 1
                name = path[1:] if one else f"{path[1:]}@{host.replace('/', '-')}"
                found.setdefault(files[path].content, name)
    return found


def held(name: str) -> Path:
    """Return where the content of a golden file is."""
    return (ROOT if name.startswith(SOURCES) else GOLDEN) / name


def line(file: File, name: str) -> str:
    """Return what `hosts.yaml` says of a file."""
    return f"{file.mode:04o} {file.owner}:{file.group} {name}"


def write() -> None:
    """Write `hosts.yaml` and `files/` anew."""
    golden = names()
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for content, name in golden.items():
        if name.startswith(SOURCES):
            continue
        (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
        (GOLDEN / name).write_bytes(content)
    hosts = {
        host: {path: line(file, golden[file.content]) for path, file in sorted(files.items())}
        for host, files in every_host().items()
    }
    MANIFEST.write_text(f"{HEAD}{yaml.safe_dump(hosts, width=1000)}", encoding="utf-8")


@pytest.fixture(scope="module")
def manifest(request: pytest.FixtureRequest) -> Mapping[str, Mapping[str, str]]:
    """Return what `hosts.yaml` says: by host and path, the mode, owner and golden file."""
    if request.config.getoption("accept"):
        write()
    said: dict[str, dict[str, str]] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return said


@pytest.mark.parametrize("host", [f"{layout}/{name}" for layout, name in HOSTS])
def test_host(host: str, manifest: Mapping[str, Mapping[str, str]]) -> None:
    """What is rendered is what was reviewed: paths, modes, owners and every byte."""
    files = every_host()[host]
    assert sorted(manifest[host]) == sorted(files), host
    for path, file in sorted(files.items()):
        golden = manifest[host][path].split()[-1]
        assert manifest[host][path] == line(file, golden), f"{host}:{path}"
        content = held(golden).read_bytes()
        # As text, if it is, so that a difference can be read.
        shown = (each.decode(errors="backslashreplace") for each in (content, file.content))
        assert next(shown) == next(shown), f"{host}:{path} is not {golden}"
        assert content == file.content, f"{host}:{path} is not {golden}"


def test_each_content_is_kept_once(manifest: Mapping[str, Mapping[str, str]]) -> None:
    """Each golden file is some host's, and no two are alike."""
    assert set(manifest) == set(every_host())
    named = {said.split()[-1] for files in manifest.values() for said in files.values()}
    assert {path for path in GOLDEN.rglob("*") if path.is_file()} <= {held(n) for n in named}
    assert len({held(name).read_bytes() for name in named}) == len(named)


@pytest.mark.parametrize(("layout", "name"), HOSTS)
def test_rendering_is_deterministic(layout: str, name: str) -> None:
    """The same data gives the same bytes, so a second apply finds nothing to do."""
    assert every_host()[f"{layout}/{name}"] == files_of(layout, name)


@pytest.mark.parametrize(("layout", "name"), HOSTS)
def test_keys_stand_only_in_secret_files(layout: str, name: str) -> None:
    """Art. 6.4: what is printed or diffed holds no key."""
    for path, file in every_host()[f"{layout}/{name}"].items():
        if b"(host.key)" in file.content or b"(dkim.key)" in file.content:
            assert file.secret, path
            assert file.mode & 0o007 == 0, path
