import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from hopthu.errors import HopthuError
from hopthu.inventory.secrets import Secrets
from hopthu.inventory.topology import Centre, Host

EDGE = Host("edge1", "edge1.thanhhoa.gov.vn", "10.88.0.11", frozenset({"edge"}))
ACCESS = Host("access1", "access1.thanhhoa.gov.vn", "10.88.0.12", frozenset({"access"}))
CENTRE = Centre("lab", (ACCESS, EDGE))


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    made = Secrets(tmp_path / "secrets", tmp_path / "age.key")
    made.make(CENTRE, "thanhhoa.gov.vn")
    return made


def test_secrets_are_encrypted(secrets: Secrets) -> None:
    """Art. 6.4: the folder may go into git; only age files hold keys."""
    for path in secrets.folder.rglob("*"):
        if path.is_file():
            assert b"PRIVATE KEY" not in path.read_bytes(), path
    assert stat.S_IMODE(secrets.identity.stat().st_mode) == 0o600


def test_making_again_changes_nothing(secrets: Secrets) -> None:
    """Keys are made once; an added host gets its own and the others keep theirs."""
    before = {p: p.read_bytes() for p in secrets.folder.rglob("*") if p.is_file()}
    assert [] == secrets.make(CENTRE, "thanhhoa.gov.vn")
    store = Host("store1", "store1.thanhhoa.gov.vn", "10.88.0.13", frozenset({"store"}))
    made = secrets.make(Centre("lab", (ACCESS, EDGE, store)), "thanhhoa.gov.vn")
    assert ["hosts/store1.pem", "hosts/store1.key.age"] == made
    assert before == {p: p.read_bytes() for p in before}


def test_certificates_name_their_services(secrets: Secrets, tmp_path: Path) -> None:
    """A client that asks for mail.DOMAIN, and a host that asks by name, both find it."""
    keys = secrets.for_host(ACCESS)
    certificate = x509.load_pem_x509_certificate(keys["host.pem"])
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    expected = ["access1.thanhhoa.gov.vn", "mail.thanhhoa.gov.vn"]
    assert expected == names.get_values_for_type(x509.DNSName)
    chain, key = tmp_path / "chain.pem", tmp_path / "host.key"
    chain.write_bytes(keys["host.pem"] + keys["ca.pem"])
    key.write_bytes(keys["host.key"])
    ssl.create_default_context(cadata=keys["ca.pem"].decode()).load_cert_chain(chain, key)


def test_only_hosts_that_sign_get_the_dkim_key(secrets: Secrets) -> None:
    """Least privilege: mail is signed where people submit it."""
    assert "dkim.key" in secrets.for_host(ACCESS)
    assert "dkim.key" not in secrets.for_host(EDGE)


def test_a_wrong_identity_is_reported(secrets: Secrets, tmp_path: Path) -> None:
    """Another identity does not open the folder, and says so."""
    other = Secrets(tmp_path / "other", tmp_path / "other.key")
    other.make(CENTRE, "thanhhoa.gov.vn")
    with pytest.raises(HopthuError, match="cannot be decrypted"):
        Secrets(secrets.folder, other.identity).secret("ca.key")
    text = other.identity.read_text()
    other.identity.write_text(f"# created: 2026-11-25\n# public key: age1…\n{text}")
    assert b"PRIVATE KEY" in other.secret("ca.key")
    other.identity.write_text("nothing of the kind\n")
    with pytest.raises(HopthuError, match="not an age identity"):
        other.secret("ca.key")
    with pytest.raises(HopthuError, match="does not exist"):
        Secrets(tmp_path / "nowhere", other.identity).for_host(EDGE)
