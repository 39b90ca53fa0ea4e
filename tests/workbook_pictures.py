"""Make the pictures of the workbook in docs: python tests/workbook_pictures.py.

Needs LibreOffice Calc and poppler-utils. The list is the one of docs/first-day.md.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from openpyxl import load_workbook

from hopthu.cli import main
from hopthu.personnel import labels
from pages import sections
from review_workbooks import decide

DOCS = Path(__file__).parents[1] / "docs"
SHEETS = {
    labels.QUESTION_SHEET: "import-cau-hoi",
    labels.UNIT_SHEET: "import-don-vi",
    labels.PERSON_SHEET: "import-nguoi",
}


def picture(book: Path, sheet: str, to: Path) -> None:
    """Print one sheet of a workbook as a picture, all columns on a page."""
    made = load_workbook(book)
    for each in made.worksheets:
        each.sheet_state = "visible" if each.title == sheet else "hidden"
    shown = made[sheet]
    made.active = made.worksheets.index(shown)
    shown.page_setup.orientation = "landscape"
    shown.sheet_properties.pageSetUpPr.fitToPage = True
    shown.page_setup.fitToHeight = 0
    alone = book.with_name("alone.xlsx")
    made.save(alone)
    folder = alone.parent
    subprocess.run(
        ["soffice", "--headless", "--convert-to", "pdf", "--outdir", folder, alone], check=True
    )
    pdf = alone.with_suffix(".pdf")
    crop = ["-x", "60", "-y", "60", "-W", "2070", "-H", "210"]
    subprocess.run(
        ["pdftoppm", "-png", "-r", "200", "-singlefile", *crop, pdf, to.with_suffix("")], check=True
    )


def run(folder: Path) -> None:
    """Review the list of the page, before and after its questions are decided."""
    (page,) = (f for s in sections(DOCS / "first-day.md") for f in s.fences if f.language == "csv")
    (folder / "list.csv").write_text(page.text, encoding="utf-8")
    root, book = folder / "mail", folder / "review.xlsx"
    province = ["--domain", "thanhhoa.gov.vn", "--province", "tỉnh Thanh Hóa"]
    assert not main(["init", str(root), "--empty", *province])
    review = ["import", str(folder / "list.csv"), "--review", str(book), "--root", str(root)]
    assert not main(review)
    picture(book, labels.QUESTION_SHEET, DOCS / "import-cau-hoi.png")
    asked = dict(zip(("UBND TỈNH THANH HÓA / DANH SÁCH CÁN BỘ, CÔNG CHỨC, VIÊN CHỨC", labels.BLANK,
                      "HĐLĐ"), (labels.SEVERAL, labels.NO_UNIT, labels.NOT_ENTITLED),
                     strict=True))  # fmt: skip
    decide(book, asked)
    assert not main(review)
    for sheet in (labels.UNIT_SHEET, labels.PERSON_SHEET):
        picture(book, sheet, DOCS / f"{SHEETS[sheet]}.png")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made_in:
        sys.exit(run(Path(made_in)))
