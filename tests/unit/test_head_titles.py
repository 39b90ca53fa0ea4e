"""Which titles are those of the head of a unit."""

import pytest

from hopthu.personnel.head_titles import headship

DEPARTMENT = ("department", "Sở Y tế", "Ủy ban nhân dân tỉnh Thanh Hóa")
COMMUNE = ("commune", "Xã Thọ Xuân", "Ủy ban nhân dân tỉnh Thanh Hóa")
DIVISION = ("division", "Phòng Nghiệp vụ Y", "Sở Y tế")
OFFICE = ("division", "Văn phòng HĐND và UBND", "Xã Thọ Xuân")
INSPECTORS = ("division", "Thanh tra Sở", "Sở Y tế")


@pytest.mark.parametrize(
    ("unit", "titles"),
    [
        (
            DEPARTMENT,
            (
                "Giám đốc|Giám đốc Sở|Giám đốc Sở Y tế tỉnh Thanh Hóa|GIÁM ĐỐC|Giam doc So Y te|"
                "Bí thư Đảng ủy, Giám đốc|Giám đốc kiêm Bí thư|Giám đốc sở"
            ),
        ),
        (
            COMMUNE,
            (
                "Chủ tịch|Chủ tịch UBND|Chủ tịch UBND xã|Chủ tịch Ủy ban nhân dân xã Thọ Xuân|"
                "Phó Bí thư Đảng ủy, Chủ tịch UBND xã|Chủ tịch Uỷ ban nhân dân xã"
            ),
        ),
        (DIVISION, "Trưởng phòng|Trưởng Phòng Nghiệp vụ Y|Trưởng phòng Nghiệp vụ Y Sở Y tế"),
        (OFFICE, "Chánh Văn phòng|Chánh Văn phòng HĐND và UBND|Chánh văn phòng UBND"),
        (INSPECTORS, "Chánh Thanh tra|Chánh Thanh tra Sở"),
        (("board", "Ban Dân tộc", ""), "Trưởng ban|Trưởng Ban Dân tộc"),
        (("branch", "Chi cục Kiểm lâm", ""), "Chi cục trưởng|Trưởng Chi cục Kiểm lâm"),
        (("school", "Trường THPT Lam Sơn", ""), "Hiệu trưởng|Hiệu trưởng nhà trường"),
        (("health_station", "Trạm Y tế xã A", ""), "Trạm trưởng|Trưởng trạm"),
        (("office", "Văn phòng Ủy ban nhân dân tỉnh", ""), "Chánh Văn phòng UBND tỉnh"),
    ],
)
def test_titles_of_heads(unit: tuple[str, str, str], titles: str) -> None:
    """With the name of the unit behind it, or with others beside it."""
    for title in titles.split("|"):
        assert (title, "head") == (title, headship(title, *unit))


@pytest.mark.parametrize(
    ("unit", "titles"),
    [
        (
            DEPARTMENT,
            (
                "Phó Giám đốc phụ trách|Phó Giám đốc phụ trách Sở|Phó Giám đốc Sở phụ trách|"
                "Quyền Giám đốc|Q. Giám đốc|Q.Giám đốc|Phụ trách Sở|Phụ trách Sở Y tế|"
                "Giám đốc (phụ trách)|"
                "Phó Giám đốc (phụ trách)|Phó Giám đốc - Phụ trách Sở|Phó Giám đốc, phụ trách Sở|"
                "Pho Giam doc phu trach|Phó Giám đốc phụ trách chung|Quyền Giám đốc Sở Y tế|"
                "Phụ trách cơ quan"
            ),
        ),
        (
            COMMUNE,
            (
                "Quyền Chủ tịch UBND xã|Q. Chủ tịch|Phó Chủ tịch UBND phụ trách|"
                "Phó Chủ tịch phụ trách UBND xã|Phụ trách UBND xã|Phó Chủ tịch UBND xã phụ trách"
            ),
        ),
        (
            DIVISION,
            (
                "Phó Trưởng phòng phụ trách|Phó phòng phụ trách|Phụ trách phòng|"
                "Quyền Trưởng phòng|Phó Trưởng phòng, phụ trách phòng"
            ),
        ),
        (OFFICE, "Phó Chánh Văn phòng phụ trách|Quyền Chánh Văn phòng"),
    ],
)
def test_titles_of_acting_heads(unit: tuple[str, str, str], titles: str) -> None:
    """They are in charge of the unit until there is a head."""
    for title in titles.split("|"):
        assert (title, "acting") == (title, headship(title, *unit))


@pytest.mark.parametrize(
    ("unit", "titles"),
    [
        (
            DEPARTMENT,
            (
                "Giám đốc Trung tâm Y tế|Phó Giám đốc|Phó Giám đốc phụ trách tài chính|"
                "Chánh Văn phòng|Trưởng phòng|Phụ trách kế toán|Kế toán trưởng|Chuyên viên|"
                "Phụ trách|"
                "Phó Giám đốc, Giám đốc Bệnh viện|Chuyên viên giúp việc Giám đốc|Quyền Phó Giám đốc"
            ),
        ),
        (
            COMMUNE,
            (
                "Chủ tịch UBND phường|Chủ tịch HĐND xã|Chủ tịch Hội Nông dân|Chủ tịch Ủy ban MTTQ|"
                "Phó Chủ tịch UBND|Phó Chủ tịch UBND phụ trách văn xã|Chủ tịch HĐND"
            ),
        ),
        (DIVISION, "Trưởng phòng Tổ chức|Phó Trưởng phòng|Phụ trách nghiệp vụ|Phụ trách kế toán"),
        (OFFICE, "Phó Chánh Văn phòng|Chánh Thanh tra"),
        (("party", "Đảng ủy xã", ""), "Giám đốc|Bí thư"),
    ],
)
def test_titles_of_others(unit: tuple[str, str, str], titles: str) -> None:
    """Of deputies, of who heads another unit, and of who is in charge of some work."""
    for title in titles.split("|"):
        assert (title, None) == (title, headship(title, *unit))
