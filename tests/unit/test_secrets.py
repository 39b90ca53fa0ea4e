import base64
import hashlib
import re
import ssl
import stat
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509

from hopthu.cli import main
from hopthu.cli.secrets import secrets as command
from hopthu.errors import HopthuError
from hopthu.inventory.secrets import Secrets, passwords, wrapped
from hopthu.inventory.topology import Centre, Host

DOCS = Path(__file__).parents[2] / "docs"
EDGE = Host("edge1", "edge1.thanhhoa.gov.vn", "10.88.0.11", frozenset({"edge"}))
ACCESS = Host("access1", "access1.thanhhoa.gov.vn", "10.88.0.12", frozenset({"access"}))
CENTRE = Centre("lab", (ACCESS, EDGE))
INVENTORY = """
access = [("access1", {"address": "10.88.0.12", "fqdn": "access1.thanhhoa.gov.vn", "stores": [],
                       "secrets": "secrets", "age_identity": "age.key"})]
"""


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    made = Secrets(tmp_path / "secrets", tmp_path / "age.key")
    made.make(CENTRE, "thanhhoa.gov.vn", datetime.now(UTC))
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
    assert [] == secrets.make(CENTRE, "thanhhoa.gov.vn", datetime.now(UTC))
    store = Host("store1", "store1.thanhhoa.gov.vn", "10.88.0.13", frozenset({"store"}))
    made = secrets.make(Centre("lab", (ACCESS, EDGE, store)), "thanhhoa.gov.vn", datetime.now(UTC))
    assert ["hosts/store1.pem", "hosts/store1.key.age"] == made
    assert before == {p: p.read_bytes() for p in before}


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "replaced"])
def test_only_a_new_centre_gets_an_identity(secrets: Secrets, lost: bool) -> None:
    """Another opens nothing of what is there, which nobody would notice until all else is lost."""
    was, kept = secrets.key(), {p: p.read_bytes() for p in secrets.folder.rglob("*.age")}
    secrets.identity.unlink()
    if not lost:
        Secrets(secrets.folder.with_name("other"), secrets.identity).make(
            CENTRE, "thanhhoa.gov.vn", datetime.now(UTC)
        )
    store = Host("store1", "store1.thanhhoa.gov.vn", "10.88.0.13", frozenset({"store"}))
    with pytest.raises(HopthuError, match="does not exist" if lost else "cannot be decrypted"):
        secrets.make(Centre("lab", (ACCESS, EDGE, store)), "thanhhoa.gov.vn", datetime.now(UTC))
    assert secrets.identity.exists() is not lost
    assert kept == {p: p.read_bytes() for p in secrets.folder.rglob("*.age")}
    secrets.identity.write_text(was)
    assert [] == secrets.make(CENTRE, "thanhhoa.gov.vn", datetime.now(UTC))


def test_certificates_name_their_services(secrets: Secrets, tmp_path: Path) -> None:
    """A client that asks for mail.DOMAIN, and a host that asks by name, both find it."""
    keys = secrets.for_host(ACCESS, CENTRE)
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
    assert "dkim.key" in secrets.for_host(ACCESS, CENTRE)
    assert "dkim.key" not in secrets.for_host(EDGE, CENTRE)


def test_a_wrong_identity_is_reported(secrets: Secrets, tmp_path: Path) -> None:
    """Another identity does not open the folder, and says so."""
    other = Secrets(tmp_path / "other", tmp_path / "other.key")
    other.make(CENTRE, "thanhhoa.gov.vn", datetime.now(UTC))
    with pytest.raises(HopthuError, match="cannot be decrypted"):
        Secrets(secrets.folder, other.identity).secret("ca.key")
    text = other.identity.read_text()
    other.identity.write_text(f"# created: 2026-11-25\n# public key: age1…\n{text}")
    assert b"PRIVATE KEY" in other.secret("ca.key")
    other.identity.write_text("nothing of the kind\n")
    with pytest.raises(HopthuError, match="not an age identity"):
        other.secret("ca.key")
    with pytest.raises(HopthuError, match="does not exist"):
        Secrets(tmp_path / "nowhere", other.identity).for_host(EDGE, CENTRE)


@pytest.fixture
def repository(secrets: Secrets, tmp_path: Path) -> Path:
    """Have an inventory beside the secrets, and no identity: whoever exports needs none."""
    secrets.identity.unlink()
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "production.py").write_text(INVENTORY)
    return tmp_path


@pytest.mark.parametrize("form", ["pem", "der"])
def test_the_certificate_of_the_authority_is_exported(
    repository: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In both forms the same, with the fingerprint that openssl and devices show."""
    out = repository / f"ca.{form}"
    arguments = ["secrets", "ca", "production", "--root", str(repository), "--lang", "en"]
    assert 0 == main([*arguments, "--format", form, "--out", str(out)])
    told = capsys.readouterr()
    ask = ("openssl", "x509", "-inform", form, "-in", out, "-noout", "-fingerprint", "-sha256")
    said = subprocess.run(ask, check=True, capture_output=True, text=True).stdout
    assert said.partition("=")[2].strip() in told.err
    assert "CN=hopthu lab CA, valid through 20" in told.err
    assert "" == told.out


def test_no_key_is_exported(repository: Path) -> None:
    """Even if somebody has put one into the file of the certificate."""
    path = repository / "secrets" / "ca.pem"
    certificate = path.read_bytes()
    key = b"-----BEGIN PRIVATE KEY-----\nbXkga2V5\n-----END PRIVATE KEY-----\n"
    path.write_bytes(key + certificate + key)
    arguments = ["ca", "production", "--root", str(repository)]
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert certificate == done.stdout_bytes
    assert b"bXkga2V5" not in done.output_bytes


@pytest.mark.parametrize(
    ("content", "reason"), [(b"nothing of the kind\n", "is not a certificate"), (None, "not exist")]
)
def test_what_is_no_certificate_is_not_exported(
    repository: Path, content: bytes | None, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor is a file written."""
    path = repository / "secrets" / "ca.pem"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    out = repository / "ca.crt"
    arguments = ["secrets", "ca", "production", "--root", str(repository), "--lang", "en"]
    assert 0 != main([*arguments, "--out", str(out)])
    assert reason in capsys.readouterr().err
    assert not out.exists()


def test_only_what_is_copied_has_passwords_for_it(tmp_path: Path) -> None:
    """The host with the copies gets hashes: it can neither sign in for others nor read copies."""
    store = Host("store1", "store1.example.vn", "10.88.0.31", frozenset({"store"}))
    directory = Host("dir1", "dir1.example.vn", "10.88.0.41", frozenset({"directory"}))
    keeper = Host("backup1", "backup1.example.vn", "10.88.0.61", frozenset({"backup"}))
    centre = Centre("lab", (keeper, directory, store, ACCESS))
    made = Secrets(tmp_path / "secrets", tmp_path / "age.key")
    made.make(centre, "example.vn", datetime.now(UTC))
    other = replace(keeper, name="backup2")
    sign_in, key = passwords(made.for_host(store, centre)["backup.key"], keeper)
    elsewhere, same = passwords(made.for_host(store, centre)["backup.key"], other)
    assert sign_in != elsewhere
    assert key == same
    assert "backup.key" in made.for_host(directory, centre)
    assert "backup.key" not in made.for_host(ACCESS, centre)
    known = made.for_host(keeper, centre)
    hashed = base64.b64encode(hashlib.sha1(sign_in.encode(), usedforsecurity=False).digest())
    assert f"store1:{{SHA}}{hashed.decode()}" in known["htpasswd"].decode().splitlines()
    assert ["dir1", "store1"] == [
        line.partition(":")[0] for line in known["htpasswd"].decode().splitlines()
    ]
    everything = b"".join(known.values())
    assert sign_in.encode() not in everything
    assert key.encode() not in everything
    assert [] == made.make(centre, "example.vn", datetime.now(UTC))


def test_what_opens_copies_says_whose(secrets: Secrets) -> None:
    """That of one host in the place of another's is refused; one of earlier versions gets the name.

    Root of a host that is copied, and of one that keeps copies, could have a lost centre rebuilt
    from copies that they have made.
    """
    keeper = Host("backup1", "backup1.thanhhoa.gov.vn", "10.88.0.61", frozenset({"backup"}))
    stores = [
        Host(name, f"{name}.thanhhoa.gov.vn", f"10.88.0.7{n}", frozenset(roles))
        for n, (name, *roles) in enumerate((("store1", "store", "directory"), ("store2", "store")))
    ]
    centre = Centre("lab", (ACCESS, EDGE, keeper, *stores))
    secrets.make(centre, "thanhhoa.gov.vn", datetime.now(UTC))
    one, other = (secrets.folder / wrapped(store) for store in stores)
    whole, words = one.read_bytes(), secrets.secret("backup/store1.key").split()
    one.write_bytes(other.read_bytes())
    for host in (stores[0], keeper):
        with pytest.raises(HopthuError, match="does not say that it is the key of store1"):
            secrets.for_host(host, centre)
    one.write_bytes(whole)
    secrets._seal(wrapped(stores[0]), b"\n".join(words[1:]))
    with pytest.raises(HopthuError, match="does not say that it is the key of store1"):
        secrets.for_host(stores[0], centre)
    assert [wrapped(stores[0])] == secrets.make(centre, "thanhhoa.gov.vn", datetime.now(UTC))
    assert words == secrets.for_host(stores[0], centre)["backup.key"].split()


def test_the_monitor_alone_has_its_password(secrets: Secrets) -> None:
    """Where it signs in the digest is known; without a monitor there is neither."""
    assert not [*secrets.folder.glob("monitor*")]
    monitor = Host("monitor1", "monitor1.thanhhoa.gov.vn", "10.88.0.71", frozenset({"monitor"}))
    centre = Centre("lab", (ACCESS, EDGE, monitor))
    made = secrets.make(centre, "thanhhoa.gov.vn", datetime.now(UTC))
    assert ["monitor.pub", "monitor.key.age"] == made[-2:]
    word = secrets.for_host(monitor, centre)["monitor.key"]
    assert hashlib.sha256(word).hexdigest() == (
        secrets.for_host(ACCESS, centre)["monitor.pub"].decode().strip()
    )
    for host in (ACCESS, EDGE):
        assert word not in b"".join(secrets.for_host(host, centre).values())
    assert [] == secrets.make(centre, "thanhhoa.gov.vn", datetime.now(UTC))


def test_a_centre_without_a_backup_host_has_no_passwords_for_it(secrets: Secrets) -> None:
    """Nothing is made that nobody uses."""
    assert not (secrets.folder / "backup").exists()


def test_the_archive_has_a_key_that_no_host_gets(secrets: Secrets) -> None:
    """Made once, with a host that keeps copies; whoever has the age identity can read it."""
    backup = Host("backup1", "backup1.thanhhoa.gov.vn", "10.88.0.61", frozenset({"backup"}))
    store = Host(
        "store1", "store1.thanhhoa.gov.vn", "10.88.0.13", frozenset({"store", "directory"})
    )
    centre = Centre("lab", (ACCESS, EDGE, backup, store))
    made = secrets.make(centre, "thanhhoa.gov.vn", datetime.now(UTC))
    assert "archive.key.age" == made[-1]
    key = secrets.archive_key()
    for host in centre.hosts:
        assert str(key).encode() not in b"".join(secrets.for_host(host, centre).values())
    committed = secrets.folder / "archive.key.age"
    for path in secrets.folder.glob("archive*"):  # as in a fresh clone: only that is committed
        if path != committed:
            path.unlink()
    assert [] == secrets.make(centre, "thanhhoa.gov.vn", datetime.now(UTC))
    assert str(key) == str(secrets.archive_key())


def test_pages_name_keys_where_they_are() -> None:
    """As inventory/production.py.example has the folder."""
    text = "".join(page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md")))
    named = set(re.findall(r"(\S*secrets/)\S*[.]key[.]age", text))
    assert {"inventory/secrets/"} == {each.lstrip("`") for each in named}
