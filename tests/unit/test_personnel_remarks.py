"""Whether a remark says that somebody has left."""

from datetime import date

import pytest

from hopthu.personnel.remarks import leaving

ON = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("remark", "service"),
    [
        ("Nghỉ hưu", "gone"), ("nghỉ hưu từ 01/6/2026", "gone"), ("Đã nghỉ hưu", "gone"),
        ("Nghỉ hưu năm 2025", "gone"), ("nghỉ hưu tháng 10/2026", "gone"), ("Từ trần", "gone"),
        ("Chuyển công tác", "gone"), ("Chuyển công tác sang Sở Y tế", "gone"), ("chết", "gone"),
        ("Chuyển công tác từ 01/03/2026", "gone"), ("Chuyển công tác từ tháng 3 năm 2026", "gone"),
        ("Thôi việc theo nguyện vọng", "gone"), ("NGHI HUU", "gone"), ("Đã mất năm 2024", "gone"),
        ("Nghỉ hưu từ 01/03/2027", "stays"), ("Dự kiến nghỉ hưu năm 2028", "stays"),
        ("Không chuyển công tác", "stays"), ("Chuyển công tác từ Sở Nội vụ về", "stays"),
        ("Chuyển công tác từ Sở Nội vụ", "stays"), ("Sẽ nghỉ hưu", "stays"),
        ("chưa nghỉ hưu", "stays"), ("Nghỉ hưu từ ngày 01 tháng 3 năm 2027", "stays"),
        ("Chuyển công tác đến từ 01/02/2025", "stays"), ("nghỉ hưu 2027-03-01", "stays"),
        ("Nghỉ hưu từ 01/03/2027 (QĐ số 12/QĐ-SNV ngày 01/02/2026)", "stays"),
        ("QĐ ngày 01/02/2026, nghỉ hưu từ tháng 3/2027", "stays"),
        ("Nghỉ hưu theo QĐ số 12/2027/QĐ-UBND", "gone"), ("Nghỉ hưu (QĐ số 12/2027)", "gone"),
        ("QĐ ngày 01/02/2026 nghỉ hưu 01/03/2027", "unclear"),
        ("Từ 01/03/2026 nghỉ hưu theo QĐ ngày 01/12/2026", "gone"),
        ("Chuyển công tác về Sở Y tế", "unclear"), ("Nghỉ hưu năm 2026", "unclear"),
        ("Chuyển công tác từ Sở Nội vụ sang Sở Y tế", "unclear"),
        ("Dự kiến nghỉ hưu năm 2020", "unclear"), ("Đã mất thẻ", "unclear"),
        ("Nghỉ thai sản", None), ("Nghỉ việc riêng", None), ("", None), ("Đảng viên", None),
    ],
)  # fmt: skip
def test_what_a_remark_says_of_leaving(remark: str, service: str | None) -> None:
    """On a day; what is to come, what is denied, and where they came from is no leaving."""
    found = leaving(remark)
    assert (remark, service) == (remark, found.on(ON) if found else None)
