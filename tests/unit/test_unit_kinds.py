"""Kinds of units that a province adds: each follows the built-in kind it is like (Art. 4)."""

from dataclasses import replace

import pytest
from samples import unit

from hopthu.desired.placement import Stores
from hopthu.model.organisation import Organisation
from hopthu.model.policy import Naming, Policy, UnitKind
from hopthu.model.policy import Stores as StoreSettings
from hopthu.model.review_settings import Review
from hopthu.model.reviewers import reviewers
from hopthu.rules.records.units import BUILT_IN
from hopthu.schema.formats import ID
from hopthu.schema.registry import schema

ISLAND = Policy(unit_kinds={"dao-tien-tieu": UnitKind("Đảo", "commune")})
UNITS = {
    "ubnd-tinh": unit("ubnd-tinh", "UBND tỉnh", "ubnd", kind="province"),
    "dao-me": unit("dao-me", "Đảo Mê", "me", kind="dao-tien-tieu", parent="ubnd-tinh"),
}


def test_an_island_has_what_a_commune_has() -> None:
    """Its store, its reviewers, its pattern, and the duty to take part."""
    assert "store2" == Stores(UNITS, ISLAND).of("dao-me")
    organisation = Organisation(UNITS, {}, {})
    policy = replace(ISLAND, review=Review(kinds=("commune",)))
    assert ("@province/dao-me",) == reviewers(UNITS["dao-me"], organisation, policy)
    assert "commune" == ISLAND.named_kind("dao-tien-tieu", ISLAND.participating)
    assert "commune" == ISLAND.named_kind("dao-tien-tieu", ISLAND.naming.unit)


def test_settings_of_its_own_come_first() -> None:
    """They are what its name in the policy is for."""
    stores = StoreSettings(by_kind={"commune": "store2", "dao-tien-tieu": "store3"})
    assert "store3" == Stores(UNITS, replace(ISLAND, stores=stores)).of("dao-me")
    named = replace(ISLAND, naming=Naming(unit={"commune": "xa.{place}", "dao-tien-tieu": "dao"}))
    assert "dao-tien-tieu" == named.named_kind("dao-tien-tieu", named.naming.unit)


@pytest.mark.parametrize("kind", ["commune", "dao-tien-tieu", "not-there"])
def test_any_other_kind_is_like_itself(kind: str) -> None:
    """One that nobody named, which is reported, as well."""
    assert kind == Policy().like(kind)
    assert "" == Policy().named_kind(kind, ())


def test_no_kind_is_both() -> None:
    """A kind of the policy has a hyphen, which those that are built in do not have."""
    assert [] == [kind for kind in BUILT_IN if ID.match(kind)]
    like = schema("policy").fields["unit_kinds"]["valuesrules"]["schema"]["like"]["allowed"]
    assert [kind for kind in BUILT_IN if kind != "province"] == like
