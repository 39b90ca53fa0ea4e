"""Whether a remark says that somebody has left."""

from datetime import date

import pytest

from hopthu.personnel.remarks import is_harmless, leaving

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
        ("Đã chuyển sang Sở Tài chính từ 15/10/2026", "gone"),
        ("Đã chuyển Sở Tài chính", "gone"), ("Chuyển sang UBND xã Thọ Xuân", "gone"),
        ("Đã chuyển sang Sở Tài chính từ 15/12/2026", "stays"),
        ("Điều động sang Sở Nội vụ", "gone"), ("Dự kiến điều động sang Sở Nội vụ", "stays"),
        ("Điều động về Sở Nội vụ từ 01/10/2026", "unclear"), ("Điều động", "unclear"),
        ("Luân chuyển từ 2024", "unclear"), ("Chuyển về Phòng Ngân sách", "unclear"),
        ("Điều động từ Sở Nội vụ về", "stays"), ("Điều động đến từ 01/02/2025", "stays"),
        ("Luân chuyển từ Sở Nội vụ sang Sở Y tế", "unclear"), ("Chuyển từ Sở Y tế về", "stays"),
        ("Chưa chuyển sang Sở Tài chính", "stays"),
        ("Chuyển sang Sở Tài chính năm 2026", "unclear"),
        ("Nghỉ chế độ từ 01/11/2026", "gone"), ("Nghỉ chế độ từ 01/12/2026", "stays"),
        ("Nghỉ theo NĐ 178", "gone"), ("Đã nghỉ NĐ178", "gone"), ("Nghỉ NĐ 67/2025", "gone"),
        ("Nghỉ theo Nghị định số 178/2024/NĐ-CP từ 01/12/2026", "stays"),
        ("Nghỉ hưởng chế độ theo NĐ 178/2024/NĐ-CP", "gone"), ("Nghỉ tinh giản biên chế", "gone"),
        ("Đã nghỉ", "gone"), ("Đã nghỉ từ tháng 10/2026", "gone"), ("Nghỉ trước tuổi", "gone"),
        ("Biệt phái sang Sở Tài chính", "stays"), ("Biệt phái đến 31/12/2026", "stays"),
        ("Tạm đình chỉ công tác", "stays"), ("Đình chỉ công tác từ 01/10/2026", "stays"),
        ("Chuyển sang ngạch chuyên viên", None), ("Đã chuyển sinh hoạt Đảng", None),
        ("Chuyển sang làm văn thư", None), ("Nghỉ chế độ thai sản", None),
        ("Đã nghỉ thai sản", None), ("Đã nghỉ phép", None), ("Chuyển đổi số", None),
        ("Nghỉ hưởng chế độ ốm đau", None), ("Tăng lương theo NĐ 178", None),
        ("Cho thôi việc", "gone"), ("Đã có quyết định cho nghỉ hưu", "gone"),
        ("Cho thôi việc từ 01/9/2026", "gone"), ("Đảng viên, đã nghỉ hưu", "gone"),
        ("Đảng viên nghỉ hưu", "gone"), ("Bí thư Đảng ủy, nghỉ hưu", "gone"),
        ("Trưởng phòng Kế hoạch, đã nghỉ hưu", "gone"), ("Đảng viên,nghỉ hưu", "gone"),
        ("Trưởng phòng Kế hoạch - nghỉ hưu", "gone"), ("Hoàn thành nghỉ hưu", "gone"),
        ("Chờ nghỉ hưu", "stays"), ("Đang chờ quyết định nghỉ hưu", "stays"),
        ("Đang làm thủ tục nghỉ hưu", "stays"), ("Dự kiến sẽ nghỉ hưu", "stays"),
        ("Dự kiến từ tháng 3/2027 nghỉ hưu", "stays"), ("Đề nghị cho thôi việc", "stays"),
        ("Xin thôi việc", "stays"), ("Kế hoạch: nghỉ hưu", "stays"), ("Đến tuổi nghỉ hưu", "stays"),
        ("DỰ KIẾN NGHỈ HƯU", "stays"), ("Hoãn nghỉ hưu", "stays"), ("se nghi huu", "stays"),
        ("du kien nghi huu", "stays"), ("chua nghi huu", "stays"), ("cho thoi viec", "unclear"),
        ("dang vien, da nghi huu", "gone"), ("Đang chuyển công tác", "unclear"),
        ("Qua đời 12/8/2026", "gone"), ("hy sinh", "gone"), ("Đã hi sinh", "gone"),
        ("tạ thế năm 2025", "gone"), ("qua doi", "gone"), ("Qua đợi", None),
        ("vợ đã mất", "unclear"), ("thay đ/c An nghỉ hưu", "unclear"), ("Bố qua đời", "unclear"),
        ("Thay ông Nam đã chuyển công tác", "unclear"), ("Mẹ già, đã nghỉ hưu", "gone"),
        ("Trưởng phòng Kế hoạch -nghỉ hưu", "gone"), ("Đảng viên/nghỉ hưu", "gone"),
        ("Phòng Kế hoạch.Nghỉ hưu", "gone"), ("Đảng viên – đã nghỉ hưu", "gone"),
        ("Đang biệt phái tại Sở Y tế", "stays"), ("Thay ông An biệt phái", "stays"),
        ("Nghỉ thai sản", None), ("Nghỉ việc riêng", None), ("", None), ("Đảng viên", None),
    ],
)  # fmt: skip
def test_what_a_remark_says_of_leaving(remark: str, service: str | None) -> None:
    """On a day; what is to come, what is denied, and where they came from is no leaving."""
    found = leaving(remark)
    assert (remark, service) == (remark, found.on(ON) if found else None)


@pytest.mark.parametrize(
    ("remark", "harmless"),
    [
        ("Đảng viên", True), ("ĐẢNG VIÊN DỰ BỊ", True), ("Nghỉ thai sản đến 3/2027", True),
        ("0912 345 678", True), ("ĐT: 0912.345.678", True), ("Nghỉ ốm", True), ("x", True),
        ("Phó Bí thư Đảng ủy xã", True), ("Bí thư chi bộ, nghỉ hưu", False),
        ("Tỉnh ủy viên", True), ("Tập sự", True), ("Công chức", True), ("Nữ", True), ("-", True),
        ("Nghỉ không lương", False), ("Miễn nhiệm", False), ("Kiêm Chủ tịch HĐND", False),
        ("Khởi tố", False), ("Bí thư bị kỷ luật", False), ("Đảng viên bị khai trừ", False),
    ],
)  # fmt: skip
def test_remarks_that_nobody_need_read(remark: str, harmless: bool) -> None:
    """They say nothing of service, or that it goes on."""
    assert (remark, harmless) == (remark, is_harmless(remark))
