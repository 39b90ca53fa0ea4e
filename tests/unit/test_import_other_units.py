"""Texts below one authority that name a part of another put nobody into the first."""

from pathlib import Path

import pytest
from adopted_lists import imported, repository

from hopthu.load import load

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the shipped data, with an adoption, and two parts that other offices have too."""
    parts = (("van-phong-y", "Văn phòng"), ("phong-ngan-sach-y", "Phòng Ngân sách"))
    return repository(
        tmp_path,
        "".join(
            f"- id: {unit}\n  name: {name}\n  kind: division\n  parent: so-y-te\n"
            for unit, name in parts
        ),
    )


@pytest.mark.parametrize(
    "text",
    ["Văn phòng Sở Tài chính", "Phòng Ngân sách - Sở Tài chính", "Phòng Ngân sách Sở Tài chính",
     "VP Sở Tài chính", "Văn phòng STC", "Sở Tài chính", "Ban Giám đốc Sở Tài chính",
     "Phòng Ngân sách, Sở Tài chính", "Phòng Ngân sách thuộc Sở Tài chính"],
)  # fmt: skip
@pytest.mark.parametrize("heading", [True, False])
def test_a_part_of_another_authority(root: Path, *, text: str, heading: bool) -> None:
    """It is left out, in a cell and as a heading, though this one has a part of that name."""
    path = root.parent / "list.csv"
    above = f"I;{text};;;\n" if heading else ""
    cell = "" if heading else text
    path.write_text(
        f"STT;Họ và tên;Chức vụ;Đơn vị;Loại\nA;SỞ Y TẾ;;;\n{above}"
        f"1;Hà Văn Lựu;Chuyên viên;{cell};CC\nB;SỞ NỘI VỤ;;;\n2;Hà Văn Lê;Chuyên viên;;CC\n",
        encoding="utf-8",
    )
    assert 5 == imported(root, path)
    ids = {record.id for record in load(root).people}
    assert {"ha-van-le"} == ids & {"ha-van-le", "ha-van-luu"}
