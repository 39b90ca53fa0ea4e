from dataclasses import replace
from pathlib import Path

import pytest

from hopthu.errors import UsageError
from hopthu.inventory import loader
from hopthu.inventory.topology import Centre, Host

GOOD = '{"fqdn": "dir1.example.org", "address": "10.0.0.1", "secrets": "s", "age_identity": "k"}'


def written(folder: Path, text: str) -> Path:
    (folder / "inventory").mkdir(parents=True)
    (folder / "inventory" / "demo.py").write_text(text, encoding="utf-8")
    return folder


def test_groups_are_roles(tmp_path: Path) -> None:
    """A host stands once, with every group it is in."""
    text = f'edge = [("dir1", {GOOD})]\ndirectory = [("dir1", {GOOD})]\nother = [1]\n'
    (host,) = loader.load(written(tmp_path, text), "demo").centre.hosts
    assert frozenset({"edge", "directory"}) == host.roles
    assert "10.0.0.1" == host.address


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("edge = [", "demo.py:1"),
        ('edge = ["dir1"]', "is not a host"),
        ('edge = [("dir1", {"fqdn": "a", "address": "b", "secrets": "c"})]', "age_identity"),
        ("edge = []", "no host in any of the groups"),
    ],
)
def test_a_bad_inventory_is_reported(tmp_path: Path, text: str, message: str) -> None:
    """A mistake in the inventory is an error message, not a traceback."""
    with pytest.raises(UsageError, match=message):
        loader.load(written(tmp_path, text), "demo")


def directory(name: str, provider: bool = False) -> Host:
    return Host(name, f"{name}.x", "10.0.0.1", frozenset({"directory"}), provider=provider)


def test_the_provider_is_never_guessed() -> None:
    """A new and empty host must not become the one all others copy."""
    assert "dir1" == Centre("c", (directory("dir1"),)).provider.name
    assert (
        "dir1" == Centre("c", (directory("dir0"), directory("dir1", provider=True))).provider.name
    )
    for hosts in ((directory("dir0"), directory("dir1")), ()):
        with pytest.raises(UsageError, match="written to"):
            _ = Centre("c", hosts).provider


def test_another_takes_over_from_one_that_is_gone_only_if_a_line_says_so() -> None:
    """Whoever says that a host is out of service has not said that."""
    dir1, dir2 = directory("dir1", provider=True), directory("dir2")
    lost = replace(dir1, gone=True)
    with pytest.raises(UsageError, match=r"on dir1 written to, and says .* out of service"):
        _ = Centre("c", (dir2,), (lost,)).provider
    assert "dir2" == Centre("c", (directory("dir2", provider=True),), (
        replace(lost, provider=False),
    )).provider.name  # fmt: skip
    with pytest.raises(UsageError, match="does not define"):
        _ = Centre("c", (dir2,), (replace(lost, provider=False),)).provider


def test_a_host_that_is_gone_is_none_of_the_centre(tmp_path: Path) -> None:
    """Nobody asks it and nobody is told of it, but mail for its store waits for it."""
    gone = GOOD.replace("}", ', "gone": True, "stores": ["s1"]}')
    other = GOOD.replace("dir1", "m2").replace("10.0.0.1", "10.0.0.2")
    text = f'edge = store = [("m1", {gone}), ("m2", {other})]\n'
    found = loader.load(written(tmp_path, text), "demo")
    centre = found.centre
    assert ["m2"] == [host.name for host in centre.hosts] == found.chosen([])
    assert "m1" == centre.store_host("s1").name
    with pytest.raises(UsageError, match="not in this inventory"):
        found.chosen(["m1"])
    with pytest.raises(UsageError, match="no host in any of the groups"):
        loader.load(written(tmp_path / "all", text.replace(other, gone)), "demo")
