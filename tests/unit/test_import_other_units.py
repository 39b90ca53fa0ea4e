"""Texts below one authority that name a part of another put nobody into the first."""

import shutil
from pathlib import Path

import pytest

from hopthu.cli import main
from hopthu.load import load

ROOT = Path(__file__).parents[2]
BASIS = "qd-99-vpubnd-2026"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the shipped data, with an adoption, and two parts that other offices have too."""
    folder = tmp_path / "repository"
    shutil.copytree(ROOT / "data", folder / "data")
    with (folder / "data/documents.yaml").open("a", encoding="utf-8") as file:
        file.write(
            f"- {{id: {BASIS}, kind: adoption, number: 99/QĐ-VPUBND, "
            "issuer: van-phong-ubnd-tinh, date: 2026-10-01}\n"
        )
    with (folder / "data/units.yaml").open("a", encoding="utf-8") as file:
        for unit, name in (("van-phong-y", "Văn phòng"), ("phong-ngan-sach-y", "Phòng Ngân sách")):
            file.write(f"- id: {unit}\n  name: {name}\n  kind: division\n  parent: so-y-te\n")
    return folder


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
    options = ["--basis", BASIS, "--root", str(root), "--on", "2026-11-25", "--lang", "en"]
    assert 5 == main(["import", str(path), *options])
    ids = {record.id for record in load(root).people}
    assert {"ha-van-le"} == ids & {"ha-van-le", "ha-van-luu"}
