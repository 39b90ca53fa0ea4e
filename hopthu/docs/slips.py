"""Pictures of slips for docs/credentials.md, of people of the shipped data, who are fictional.

`python -m hopthu.docs.slips` writes them anew; it needs `pdftoppm` (Debian: poppler-utils).
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from hopthu.credentials.issued import Issued, deadline
from hopthu.credentials.selection import named
from hopthu.credentials.slips import Occasion, issued_by, pdf
from hopthu.model.phrases import describe_document
from hopthu.validate import read

ROOT = Path(__file__).resolve().parents[2]
_DAY = date(2026, 11, 25)
_BASIS = "cv-1029-snv-2020"
_RESOLUTION = 110
"""Dots per inch."""


def samples(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name of each picture, and the PDF of one page that it shows."""
    loaded = read(root, _DAY)
    (owner,) = named(loaded, _DAY, ["le-van-bay"])
    policy, organisation = loaded.policy, loaded.organisation
    occasion = Occasion(
        policy.domain,
        deadline(policy, datetime.combine(_DAY, datetime.min.time(), UTC)),
        describe_document(organisation.documents[_BASIS]),
        reset=False,
        day=_DAY,
        by=issued_by(organisation, policy.operator),
        regulation=policy.regulation,
    )
    yield "slip", pdf([Issued(owner, "kuba27-meto49-sahe83-novu56", "")], occasion)
    client = Issued(owner, "h7rk4m-x2vq9t-n8bw5c-j3zd6f", "", "Điện thoại")
    yield "slip-client", pdf([client], occasion)


def main() -> None:
    """Write the pictures."""
    for name, content in samples(ROOT):
        picture = ROOT / "docs" / name
        command = ("pdftoppm", "-singlefile", "-gray", "-png", "-r", str(_RESOLUTION), "-")
        subprocess.run([*command, picture], input=content, check=True)


if __name__ == "__main__":
    main()
