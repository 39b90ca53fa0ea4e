"""The sealed sheet: the key that rebuilds a centre, for its owner's eyes alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from hopthu.cli import main
from hopthu.inventory.secrets import Secrets
from hopthu.inventory.topology import Centre, Host

INVENTORY = """\
def _host(name, address, **more):
    return name, {{
        "address": address, "fqdn": f"{{name}}.thanhhoa.gov.vn", "stores": ["store1", "store2"],
        "secrets": {secrets!r}, "age_identity": {identity!r}, **more,
    }}

edge = access = store = directory = [_host("mail1", "192.0.2.11")]
operator = {operator}
backup = {backup}
"""
OPERATOR = '[_host("mail1", "192.0.2.11")]'
KEEPER = '[_host("backup1", "192.0.2.61")]'


@pytest.fixture
def province(tmp_path: Path) -> Path:
    """The repository of a province whose copies are kept, with its keys."""
    root = tmp_path / "mail"
    assert 0 == main(["init", str(root), "--domain", "thanhhoa.gov.vn", "--province", "tỉnh Thử"])
    centre = Centre("own", (Host("mail1", "mail1.vn", "192.0.2.11", frozenset({"store"})),))
    Secrets(tmp_path / "keys", tmp_path / "age.key").make(centre, "vn", datetime.now(UTC))
    inventory(root, KEEPER)
    return root


def inventory(root: Path, backup: str, operator: str = OPERATOR) -> None:
    """Write an inventory with the hosts that keep copies, and where hopthu runs."""
    where = {"secrets": str(root.parent / "keys"), "identity": str(root.parent / "age.key")}
    text = INVENTORY.format(**where, backup=backup, operator=operator)
    (root / "inventory/own.py").write_text(text)


def sheet(root: Path, path: Path) -> int:
    """Print the sheet."""
    return main(["secrets", "sheet", "own", "-o", str(path), "--root", str(root), "--lang", "en"])


def test_it_has_the_key_and_says_where_the_copies_are(
    province: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On one page, in a file that only its owner reads; nothing of it is shown."""
    path = tmp_path / "sheet.pdf"
    assert 0 == sheet(province, path)
    (page,) = PdfReader(path).pages
    text = page.extract_text()
    key = (tmp_path / "age.key").read_text().strip()
    assert key in "".join(text.split())
    assert key[:20] not in "".join(capsys.readouterr())
    assert "backup1 (192.0.2.61)" in text
    assert "/srv/hopthu-backup" in text
    assert "mail1 (192.0.2.11)" in text
    assert 0o600 == path.stat().st_mode & 0o777


def test_it_says_that_copies_lack_the_data(
    province: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where hopthu runs on no host of the centre: the sheet alone brings back nothing then."""
    assert 0 == sheet(province, tmp_path / "sheet.pdf")
    assert "copies have neither data nor keys" not in capsys.readouterr().out
    inventory(province, KEEPER, operator="[]")
    assert 0 == sheet(province, tmp_path / "other.pdf")
    assert "copies have neither data nor keys" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "backup", "reason"),
    [
        ("mail/sheet.pdf", KEEPER, "is inside the repository"),
        ("age.key", KEEPER, "exists"),
        ("nowhere/sheet.pdf", KEEPER, "cannot be written"),
        ("sheet.pdf", "[]", "no host of inventory own keeps copies"),
    ],
)
def test_it_is_refused(
    province: Path, name: str, backup: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where it could be committed, where a file is, and where there is nothing to open with it."""
    inventory(province, backup)
    path = province.parent / name
    before = path.read_bytes() if path.exists() else None
    assert 0 != sheet(province, path)
    assert reason in capsys.readouterr().err
    assert before == (path.read_bytes() if path.exists() else None)
