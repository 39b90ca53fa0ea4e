"""Reading the entries of a host's own directory, or of its database while slapd is not running."""

import base64
import gzip
from pathlib import Path
from types import SimpleNamespace

import pytest

from hopthu.operations.answers import answered
from hopthu.remote.host import entries, ldap
from hopthu.remote.host.state import Failed

LDIF = "dn: dc=vn\ndc: vn\n\ndn: uid=an,dc=vn\ncn:: w4JubmE=\n\n"
SECRET = LDIF.replace("\n\n", "\nuserPassword: {ARGON2}x\n\n")
READ = {"dc=vn": {"dc": ("vn",)}, "uid=an,dc=vn": {"cn": ("Ânna",)}}


def found(
    folder: Path, monkeypatch: pytest.MonkeyPatch, code: int, ldif: str = ""
) -> entries.Found | None:
    """Read a directory whose `ldapsearch` prints `ldif` and ends with `code`."""
    (folder / "slapd.conf").write_text('suffix "dc=vn"\n')

    def no_position(*_: object, **__: object) -> None:
        raise Failed("no server")

    monkeypatch.setattr(ldap, "CONFIGURATION", folder / "slapd.conf")
    monkeypatch.setattr(
        entries, "run", lambda *_, **__: SimpleNamespace(returncode=code, stdout=ldif)
    )
    monkeypatch.setattr(entries, "output", lambda *_: SECRET)
    monkeypatch.setattr(ldap, "run", no_position)
    return entries.entries(str(folder), ["dc", "CN"])


def test_bare_host_has_no_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(tmp_path, monkeypatch, 0) is None


@pytest.mark.parametrize(
    ("code", "ldif", "expected"),
    [(0, LDIF, READ), (32, "", {}), (255, "dn: dc=vn\n", READ)],
    ids=["slapd answers", "slapd is empty", "slapd is not running"],
)
def test_entries_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, ldif: str, expected: object
) -> None:
    """From the database too, of which no other attribute leaves the host."""
    (tmp_path / "data.mdb").touch()
    answer = found(tmp_path, monkeypatch, code, ldif)
    assert answer
    assert ("dc=vn", "") == (answer["suffix"], answer["position"])
    assert b"ARGON2" not in gzip.decompress(base64.b64decode(answer["ldif"]))
    assert expected == answered(answer["ldif"])
