"""Every file every host of both layouts would get, byte for byte.

`pytest tests/golden --update-golden` writes them anew; then read the diff.
"""

from datetime import date
from pathlib import Path

import pytest

from hopthu.daemons.registry import render
from hopthu.desired.state import desired
from hopthu.inventory.topology import Centre, Host
from hopthu.render.context import Context
from hopthu.render.files import File
from hopthu.validate import read

HERE = Path(__file__).parent
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


def rendered(layout: str, name: str) -> dict[str, bytes]:
    """Return the content of each file; modes and owners stand in an index of their own."""
    files = files_of(layout, name)
    index = "".join(
        f"{file.mode:04o} {file.owner}:{file.group} {path}\n"
        for path, file in sorted(files.items())
    )
    return {"/INDEX": index.encode()} | {path: file.content for path, file in files.items()}


@pytest.mark.parametrize(("layout", "name"), HOSTS)
def test_host(layout: str, name: str, request: pytest.FixtureRequest) -> None:
    """What is rendered is what was reviewed."""
    folder = HERE / "expected" / layout / name
    files = rendered(layout, name)
    if request.config.getoption("--update-golden"):
        update(folder, files)
    held = {
        f"/{path.relative_to(folder)}": path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert sorted(held) == sorted(files)
    for path, content in sorted(files.items()):
        assert held[path].decode() == content.decode(), path


def update(folder: Path, files: dict[str, bytes]) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.unlink()
    for path, content in files.items():
        target = folder / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


@pytest.mark.parametrize(("layout", "name"), HOSTS)
def test_rendering_is_deterministic(layout: str, name: str) -> None:
    """The same data gives the same bytes, so a second apply finds nothing to do."""
    assert rendered(layout, name) == rendered(layout, name)


@pytest.mark.parametrize(("layout", "name"), HOSTS)
def test_keys_stand_only_in_secret_files(layout: str, name: str) -> None:
    """Art. 6.4: what is printed or diffed holds no key."""
    for path, file in files_of(layout, name).items():
        if b"(host.key)" in file.content or b"(dkim.key)" in file.content:
            assert file.secret, path
            assert file.mode & 0o007 == 0, path
