"""The naming profile."""

import pytest

from hopthu.model.address_naming import personal, place, stem, unit
from hopthu.model.policy import Naming
from hopthu.model.policy_builder import build_policy


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Nguyễn Văn An", "annv"),
        ("Lê Thị Thu Hà", "haltt"),
        ("Giàng A Páo", "paoga"),
        ("Đỗ Đức", "ducd"),
        ("An", "an"),
        ("Nguyễn  Văn (An)", "annv"),
        ("Lê Văn An 2", "anlv"),
        ("", ""),
    ],
)
def test_stem(name: str, expected: str) -> None:
    """The given name, then the initials of what stands before it."""
    assert expected == stem(name)


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ((), "annv"),
        (("binhlv", "annvx"), "annv"),
        (("annv",), "annv2"),
        (("annv", "annv2", "annv3"), "annv4"),
        (("annv7",), "annv8"),
        (("annv", "annv3"), "annv4"),
        (("annv02",), "annv"),
    ],
)
def test_numbers_only_grow(taken: tuple[str, ...], expected: str) -> None:
    """A gap is never filled: an address means one person for ever."""
    assert expected == personal("Nguyễn Văn An", taken)


def test_units_follow_their_pattern() -> None:
    """Communes and wards of one name differ by their kind."""
    assert "xa.dongtien" == unit("xa.{place}", name="Xã Đồng Tiến", short="", parent="")
    assert "phuong.dongtien" == unit("phuong.{place}", name="Phường Đông Tiến", short="", parent="")
    for kind, name, expected in (
        ("special_zone", "Đặc khu Hòn Mê", "dackhu.honme"),
        ("township", "Thị trấn Tân Phong", "thitran.tanphong"),
    ):
        assert expected == unit(Naming().unit[kind], name=name, short="", parent="")
    assert "ngansach.stc" == unit(
        "{place}.{parent}", name="Phòng Ngân sách", short="", parent="stc"
    )
    assert "sgddt" == unit("{short}", name="Sở Giáo dục và Đào tạo", short="SGDĐT", parent="")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("UBND phường Quảng Phú", "Quảng Phú"),
        ("Ubnd Phường Quảng Phú", "Quảng Phú"),
        ("Ủy ban nhân dân phường Hạc Thành", "Hạc Thành"),
        ("Uỷ ban Nhân dân xã Đồng Tiến", "Đồng Tiến"),
        ("ỦY BAN NHÂN DÂN ĐẶC KHU HÒN MÊ", "HÒN MÊ"),
        ("UBND thị trấn Tân Phong", "Tân Phong"),
        ("UBND Hạc Thành", "Hạc Thành"),
        ("Ủy ban nhân dân tỉnh", "tỉnh"),
        ("Ủy ban nhân dân xã", "xã"),
        ("UBND", "UBND"),
        ("Phường Sở Dầu", "Sở Dầu"),
        ("Văn phòng Ủy ban nhân dân tỉnh", "Ủy ban nhân dân tỉnh"),
    ],
)
def test_a_committee_is_of_its_place(name: str, expected: str) -> None:
    """A ward is called by its committee as well; its address is the same, for it is for life."""
    assert expected == place(name)


def test_a_pattern_in_the_policy_leaves_those_of_other_kinds() -> None:
    """Without them all communes would be addressed by their short names."""
    named = build_policy({"naming": {"unit": {"ward": "p.{place}"}}}).naming
    assert {**Naming().unit, "ward": "p.{place}"} == named.unit


def test_words_of_a_further_kind_come_first() -> None:
    """Alone or behind the committee; a blank one names nothing."""
    begins = ("Xã đảo", "   ")
    assert "Mê" == place("Xã đảo Mê", begins)
    assert "Mê" == place("UBND xã đảo Mê", begins)
    assert "Mê" == place("UBND xã Mê", begins)


def test_place_leaves_a_name_that_is_only_its_kind() -> None:
    """A division called Văn phòng keeps its name."""
    assert "Văn phòng" == place("Văn phòng")
    assert "Sông Mã" == place("Sông Mã")
