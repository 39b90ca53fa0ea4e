from dataclasses import replace

import pytest

from hopthu.daemons.site import declared
from hopthu.errors import UsageError
from hopthu.inventory.topology import Centre, Host
from hopthu.model import policy as policies
from hopthu.model.policy import Policy

CENTRE = Centre("lab", (Host("edge1", "edge1.thanhhoa.gov.vn", "10.88.0.11", frozenset({"edge"})),))


@pytest.mark.parametrize(
    "where",
    [
        policies.Site(ranges=("10.99.0.0/24", "10.88.0.0/24")),
        policies.Site(ranges=("10.88.0.0/24",), hosts={"edge1": "10.88.0.11"}),
    ],
)
def test_declared_hosts_are_taken(policy: Policy, where: policies.Site) -> None:
    """Art. 4: a host in a declared range, and where hosts are declared one of them."""
    declared(CENTRE, replace(policy, centre=where))


@pytest.mark.parametrize(
    "where",
    [
        policies.Site(ranges=("10.99.0.0/24",)),
        policies.Site(ranges=("10.88.0.0/24",), hosts={"edge1": "10.88.0.12"}),
        policies.Site(ranges=("10.88.0.0/24",), hosts={"edge2": "10.88.0.11"}),
    ],
)
def test_any_other_host_is_refused(policy: Policy, where: policies.Site) -> None:
    """Art. 1, 4: a server outside the centre, or at another address than declared."""
    with pytest.raises(UsageError, match=r"edge1 \(10.88.0.11\)"):
        declared(CENTRE, replace(policy, centre=where))


def test_without_a_declared_centre_there_is_no_host(policy: Policy) -> None:
    """Art. 4: the sentence says what to add."""
    with pytest.raises(UsageError, match="declares no data integration centre") as raised:
        declared(CENTRE, replace(policy, centre=policies.Site()))
    assert "centre: {ranges: [10.38.1.0/24]}" in raised.value.fix
