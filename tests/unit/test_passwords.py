import json
import stat
from pathlib import Path

import pytest
from passlib.hash import argon2

from hopthu.directory.passwords import (
    directory_hash,
    make_first_passwords,
    random_password,
    read_passwords,
)
from hopthu.errors import HopthuError


def test_random_passwords_have_all_classes() -> None:
    """Policy asks for four classes; none of the look-alikes 0 O 1 l I is used."""
    for _ in range(200):
        password = random_password()
        assert 14 == len(password)
        assert any(c.isupper() for c in password)
        assert any(c.islower() for c in password)
        assert any(c.isdigit() for c in password)
        assert any(not c.isalnum() for c in password)
        assert not set("0O1lI") & set(password)
        assert (password[0] + password[-1]).isalnum(), "an option, or the end of a sentence"


def test_hashes_are_argon2id_and_salted() -> None:
    """RFC 9106: Argon2id; the same password twice gives two hashes that both verify."""
    first, second = directory_hash("Mật-khẩu9"), directory_hash("Mật-khẩu9")
    assert first != second
    assert first.startswith("{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$")
    assert argon2.verify("Mật-khẩu9", first.removeprefix("{ARGON2}"))


def test_first_passwords_are_made_once(tmp_path: Path) -> None:
    """Who has one keeps it; the files are private and the clear one holds no hash."""
    made = make_first_passwords(tmp_path, ["an", "binh"])
    assert {"an", "binh"} == set(made)
    again = make_first_passwords(tmp_path, ["an", "binh", "chi"])
    assert {"chi"} == set(again)
    stored = read_passwords(tmp_path / "passwords.json")
    assert stored == {**made, **again}
    hashes = json.loads((tmp_path / "first_passwords.json").read_text())
    assert set(stored) == set(hashes)
    for name in ("passwords.json", "first_passwords.json"):
        assert 0o600 == stat.S_IMODE((tmp_path / name).stat().st_mode)


def test_a_broken_file_is_reported(tmp_path: Path) -> None:
    """A file with other content is an error."""
    (tmp_path / "p.json").write_text("[1]")
    with pytest.raises(HopthuError, match="not a JSON object"):
        read_passwords(tmp_path / "p.json")
