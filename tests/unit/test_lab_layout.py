from dataclasses import replace
from pathlib import Path

import pytest

from hopthu.errors import LabError, UsageError
from hopthu.lab import layout

GOOD = """
domain: thanhhoa.gov.vn
hosts:
  edge1: {address: 10.88.0.11, roles: [edge]}
  mail1: {address: 10.88.0.12, roles: [access, store, directory], stores: [store1]}
outside:
  internet: {address: 10.88.0.101, fqdn: mx.example.org}
"""


def test_layout_names_hosts_with_roles_and_stores() -> None:
    """A host's full name is its name in the mail domain, unless the layout says another."""
    found = layout.parse("small", GOOD)
    mail1 = next(host for host in found.hosts if host.name == "mail1")
    assert ("access", "store", "directory") == mail1.roles
    assert ("store1",) == mail1.stores
    assert mail1.fqdn == "mail1.thanhhoa.gov.vn"
    assert mail1.ours
    assert found.resolver.fqdn == "mx.example.org"
    assert not found.resolver.ours


def test_a_layout_serves_the_domain_of_the_data(tmp_path: Path) -> None:
    """A province's own repository has a domain of its own, and may have layouts."""
    hosts = {host.name: host.fqdn for host in layout.load("single", tmp_path, "example.vn").hosts}
    expected = {"mail1": "mail1.example.vn", "client": "client.example.vn"}
    assert expected | {"internet": "mx.example.org"} == hosts
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "small.yaml").write_text(GOOD)
    assert "small" == layout.load("small", tmp_path).name
    with pytest.raises(UsageError) as caught:
        layout.load("none", tmp_path)
    assert "backup, centre, resilient, single, small" in caught.value.fix


@pytest.mark.parametrize("name", ["backup", "centre", "resilient", "single"])
def test_shipped_layouts_have_every_role_and_both_stores(name: str) -> None:
    """Whatever the layout, the same data can be applied to it."""
    hosts = layout.load(name).hosts
    roles = {role for host in hosts for role in host.roles}
    assert {"edge", "access", "store", "directory"} == roles - {
        "operator",
        "backup",
        "monitor",
    }  # they serve no mail
    assert ["store1", "store2"] == [label for host in hosts for label in host.stores]
    assert {"internet", "client"} == {host.name for host in hosts if not host.ours}


def test_an_unknown_layout_is_reported_with_the_known_ones() -> None:
    """Who mistypes a layout sees the right ones."""
    with pytest.raises(UsageError, match="there is no lab layout 'center'") as caught:
        layout.load("center")
    assert "backup, centre, resilient, single" in caught.value.fix


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("[edge]", "[egde]"), "edge1 has unknown role egde"),
        (("[edge]", "[]"), "edge1 has no role"),
        (("10.88.0.12", "10.88.0.11"), "mail1 has the address of edge1"),
        (("10.88.0.11", "10.88.0.1"), "edge1 has the address of this machine"),
        (("10.88.0.12", "192.0.2.1"), "192.0.2.1 of mail1 is outside 10.88.0.0/24"),
        (("10.88.0.12", "ten"), "ten of mail1 is outside"),
        (("internet:", "world:"), "no host internet to serve DNS"),
        (("edge1:", "Edge_1:"), "'Edge_1' is not a host name"),
        (("edge1:", "edgeofthecentre:"), "'edgeofthecentre' is not a host name"),
        (("address: 10.88.0.12, ", ""), "cannot be read"),
        (("outside:", "outsider:"), "cannot be read"),
        ((GOOD, "[]"), "cannot be read"),
        ((GOOD, "a: ["), "cannot be read"),
    ],
)
def test_an_invalid_layout_is_refused(change: tuple[str, str], complaint: str) -> None:
    """Every mistake in a layout is a sentence, before anything boots."""
    with pytest.raises(LabError, match="layout small") as caught:
        layout.parse("small", GOOD.replace(*change))
    assert complaint in caught.value.what


def test_layouts_are_read_as_hosts_that_are_off(tmp_path: Path) -> None:
    """A layout's host becomes the lab's host by getting a pid."""
    host = layout.parse("small", GOOD).hosts[0]
    assert host.leader == 0
    assert replace(host, leader=7).leader == 7
