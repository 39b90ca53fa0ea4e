"""Personnel lists that are imported into the shipped data, on a document that adopts them."""

import re
import shutil
from pathlib import Path

from hopthu.cli import main

ROOT = Path(__file__).parents[2]
BASIS = "qd-99-vpubnd-2026"
ADOPTION = (
    f"- {{id: {BASIS}, kind: adoption, number: 99/QĐ-VPUBND, issuer: van-phong-ubnd-tinh, "
    "date: 2026-10-01}\n"
)
HEADER = "STT;Họ và tên;Chức vụ;Đơn vị;Loại;Ghi chú"


def repository(folder: Path, units: str = "") -> Path:
    """Return the shipped data below a folder, with the adoption, and with more units."""
    root = folder / "repository"
    shutil.copytree(ROOT / "data", root / "data")
    for name, more in (("documents", ADOPTION), ("units", units)):
        with (root / f"data/{name}.yaml").open("a", encoding="utf-8") as file:
            file.write(more)
    return root


def without_heads(root: Path, unit: str) -> None:
    """Take the heads and delegates of a unit out of the data."""
    path = root / "data/units.yaml"
    text = path.read_text(encoding="utf-8")
    rows = rf"(?m)(^- id: {unit}\n(?:  .*\n)*?)  (?:heads|delegates):\n(?:    .*\n)+"
    assert re.search(rows, text)
    while re.search(rows, text):
        text = re.sub(rows, r"\1", text)
    path.write_text(text, encoding="utf-8")


def imported(root: Path, path: Path, *more: str) -> int:
    """Import a list; return the exit code."""
    options = ["--basis", BASIS, "--root", str(root), "--on", "2026-11-25", "--lang", "en"]
    return main(["import", str(path), *options, *more]) or 0


def run(root: Path, *lines: str, more: tuple[str, ...] = (), header: str = HEADER) -> int:
    """Import a list of these lines below a header; return the exit code."""
    path = root.parent / "list.csv"
    path.write_text("\n".join((header, *lines)), encoding="utf-8")
    return imported(root, path, *more)
