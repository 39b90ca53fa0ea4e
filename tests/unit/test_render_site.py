from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyinfra.context import ctx_host

from hopthu.daemons.site import declared
from hopthu.errors import UsageError
from hopthu.inventory.topology import Centre, Host
from hopthu.model import policy as policies
from hopthu.model.policy import Policy
from hopthu.operations import site

CENTRE = Centre("lab", (Host("edge1", "edge1.thanhhoa.gov.vn", "10.88.0.11", frozenset({"edge"})),))


@pytest.mark.parametrize(
    "where",
    [
        policies.Site(ranges=("10.99.0.0/24", "10.88.0.0/24")),
        policies.Site(ranges=("10.88.0.0/24",), hosts={"edge1": "10.88.0.11"}),
    ],
)
def test_declared_hosts_are_accepted(policy: Policy, where: policies.Site) -> None:
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


def test_hosts_need_a_declared_centre(policy: Policy) -> None:
    """Art. 4: the sentence says what to add."""
    with pytest.raises(UsageError, match="declares no data integration centre") as raised:
        declared(CENTRE, replace(policy, centre=policies.Site()))
    assert "centre: {ranges: [10.38.1.0/24]}" in raised.value.fix


def test_a_run_has_one_folder_and_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the process stands, and though midnight passes while it runs."""
    days = iter([date(2026, 11, 26), date(2026, 11, 27)])
    read: list[tuple[Path, date]] = []
    policy = SimpleNamespace(stores=SimpleNamespace(serving={}))
    loaded = SimpleNamespace(organisation=None, policy=policy)
    centre = Centre("one", ())
    monkeypatch.setattr(site, "day_of", lambda _: next(days))
    monkeypatch.setattr(site, "read", lambda *given: read.append(given) or loaded)
    monkeypatch.setattr(site, "declared", lambda *_: None)
    monkeypatch.setattr(site, "desired", lambda *given: given[-1])
    monkeypatch.setattr(site.Site, "made", lambda _root, *given: given[-1])
    monkeypatch.setattr(site.loader, "of_pyinfra", lambda _: centre)
    state = SimpleNamespace(cwd="/checkout", inventory=None)
    host = SimpleNamespace(data={"secrets": "s", "age_identity": "i"}, state=state)
    with ctx_host.use(host):
        assert [date(2026, 11, 26)] * 2 == [site.site_of_run() for _ in range(2)]
    assert [(Path("/checkout"), date(2026, 11, 26))] == read


def test_a_site_that_the_run_was_given_is_not_read_again() -> None:
    """What was checked is what is applied."""
    given = object()
    with ctx_host.use(SimpleNamespace(data={"site": given})):
        assert given is site.site_of_run()
