from dataclasses import replace

import pytest

from hopthu.errors import UsageError
from hopthu.inventory.topology import Centre, Host
from hopthu.model import policy as policies
from hopthu.model.policy import Policy
from hopthu.render.site import declared

CENTRE = Centre("lab", (Host("edge1", "edge1.thanhhoa.gov.vn", "10.88.0.11", frozenset({"edge"})),))


@pytest.mark.parametrize(
    "where",
    [
        policies.Site(),
        policies.Site(ranges=("10.99.0.0/24", "10.88.0.0/24")),
        policies.Site(hosts={"edge1": "10.88.0.11"}),
    ],
)
def test_declared_hosts_are_taken(policy: Policy, where: policies.Site) -> None:
    """Art. 4: a host in a declared range, or declared itself; or nothing is declared yet."""
    declared(CENTRE, replace(policy, centre=where))


@pytest.mark.parametrize(
    "where",
    [
        policies.Site(ranges=("10.99.0.0/24",)),
        policies.Site(hosts={"edge1": "10.88.0.12"}),
        policies.Site(hosts={"edge2": "10.88.0.11"}),
        policies.Site(ranges=("10.88.0.0/24",), hosts={"edge2": "10.88.0.11"}),
    ],
)
def test_any_other_host_is_refused(policy: Policy, where: policies.Site) -> None:
    """Art. 1, 4: a server outside the centre, or at another address than declared."""
    with pytest.raises(UsageError, match=r"edge1 \(10.88.0.11\)"):
        declared(CENTRE, replace(policy, centre=where))
