"""Keys and certificates of a centre: made once, stored encrypted with age, read only for upload.

A secrets folder holds public files in clear (`ca.pem`, `hosts/NAME.pem`, `dkim.pub`) and secret
ones as age files (`ca.key.age`, `hosts/NAME.key.age`, `dkim.key.age`, `backup/NAME.key.age`,
`archive.key.age`), and of the password of the monitor (`monitor.key.age`) its digest
(`monitor.pub`). An organisation with its own certification authority puts its files there under the
same names.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyrage
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hopthu.errors import HopthuError
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host

_CA_LIFE = timedelta(days=3650)
_HOST_LIFE = timedelta(days=825)
_PEM = serialization.Encoding.PEM
_ARCHIVE = "archive.key.age"


@dataclass(frozen=True, slots=True)
class Secrets:
    """A secrets folder and the age identity file that decrypts it."""

    folder: Path
    identity: Path

    def public(self, name: str) -> bytes:
        """Return the public file `name`; raise `HopthuError` if it does not exist."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError as error:
            raise _missing(self.folder / name) from error

    def secret(self, name: str) -> bytes:
        """Decrypt and return the secret `name`; raise `HopthuError` if it cannot be read."""
        path = self.folder / f"{name}.age"
        try:
            return bytes(pyrage.decrypt(path.read_bytes(), [self._identity()]))
        except FileNotFoundError as error:
            raise _missing(path) from error
        except pyrage.DecryptError as error:
            raise HopthuError(
                Message(
                    "{path} cannot be decrypted with the age identity {identity}",
                    path=path,
                    identity=self.identity,
                ),
                fix=Message("use the identity it was encrypted for"),
            ) from error

    def key(self) -> str:
        """Return the age identity: who has it reads every secret; raise `HopthuError`."""
        return str(self._identity())

    def for_host(self, host: Host, centre: Centre) -> Mapping[str, bytes]:
        """Return the files `host` needs: its certificate and key, and what its roles need.

        That is the DKIM key if it signs, the passwords for its copies if it is copied, and on the
        host with the copies the hashes by which it knows the others, and their passwords as they
        are here: encrypted. A monitor has the password with which it sends and reads messages, and
        hosts where it signs in the digest.
        """
        keys = {
            "ca.pem": self.public("ca.pem"),
            "host.pem": self.public(f"hosts/{host.name}.pem"),
            "host.key": self.secret(f"hosts/{host.name}.key"),
        }
        if host.has("access"):
            keys["dkim.key"] = self.secret("dkim.key")
        if centre.copied(host):
            keys["backup.key"] = self._backup(host)
        if host in centre.keepers:
            copied = [each for each in centre.at_work if centre.copied(each)]
            keys["htpasswd"] = "".join(self._known(each, host) for each in copied).encode()
            keys |= {wrapped(each): self.public(wrapped(each)) for each in copied}
        if host.has("monitor"):
            keys["monitor.key"] = self.secret("monitor.key")
        if centre.with_role("monitor") and host.has("access", "store"):
            keys["monitor.pub"] = self.public("monitor.pub")
        return keys

    def archive_key(self) -> pyrage.x25519.Identity:
        """Return the age identity that opens what is in the archive; no host ever has it."""
        return pyrage.x25519.Identity.from_str(self.secret("archive.key").decode().strip())

    def authority(self) -> x509.Certificate:
        """Return the certificate of the authority; raise `HopthuError` if there is none.

        Whatever else its file may hold, such as a key, is no part of it.
        """
        try:
            return x509.load_pem_x509_certificate(self.public("ca.pem"))
        except ValueError as error:
            path = self.folder / "ca.pem"
            raise HopthuError(
                Message("{path} is not a certificate in PEM: {reason}", path=path, reason=error),
                fix=Message("put the certificate of the authority there, as PEM"),
            ) from error

    def dkim_record(self) -> str:
        """Return the DNS TXT value that publishes the DKIM key (RFC 6376 §3.6.1)."""
        return self.public("dkim.pub").decode().strip()

    def make(self, centre: Centre, domain: str, now: datetime) -> list[str]:
        """Create the files that `centre` lacks, valid from `now` on; return their names.

        Existing files are not touched: a new host gets its certificate, the others keep theirs. But
        what opens copies gets the name of its host, if it was made without.
        An identity is made for an empty folder only; raises `HopthuError` unless there is one that
        opens all that is in the folder.
        """
        made = []
        if not self._sealed() and not self.identity.exists():
            self._write(self.identity, f"{pyrage.x25519.Identity.generate()}\n".encode())
            made.append(str(self.identity))
        self.require_identity()
        if not (self.folder / "ca.pem").exists():
            made += self._make_ca(centre.name, now)
        made += [
            name
            for host in centre.hosts
            if not (self.folder / f"hosts/{host.name}.pem").exists()
            for name in self._make_host(host, domain, now)
        ]
        if not (self.folder / "dkim.pub").exists():
            made += self._make_dkim()
        made += [
            name
            for host in centre.at_work
            if centre.copied(host)
            for name in self._make_backup(host)
        ]
        if centre.keepers and not (self.folder / _ARCHIVE).exists():
            made += self._make_archive()
        if centre.with_role("monitor") and not (self.folder / "monitor.pub").exists():
            made += self._make_monitor()
        return made

    def require_identity(self) -> None:
        """Raise `HopthuError` unless the age identity opens every secret of the folder."""
        self._identity()
        for name in self._sealed():
            self.secret(name)

    def _sealed(self) -> list[str]:
        """Return the names of the secrets that are in the folder."""
        found = sorted(self.folder.rglob("*.age"))
        return [str(path.relative_to(self.folder).with_suffix("")) for path in found]

    def _identity(self) -> pyrage.x25519.Identity:
        try:
            lines = self.identity.read_text(encoding="utf-8").splitlines()
            keys = [line.strip() for line in lines if line.strip() and line[0] != "#"]
            return pyrage.x25519.Identity.from_str(keys[0] if keys else "")
        except FileNotFoundError as error:
            raise HopthuError(
                Message("the age identity {path} does not exist", path=self.identity),
                fix=Message(
                    "name it as `age_identity` in the inventory, or write the one of the sealed"
                    " sheet there; only for a new centre does `hopthu secrets` make one"
                ),
            ) from error
        except (pyrage.IdentityError, UnicodeDecodeError) as error:
            raise HopthuError(
                Message("{path} is not an age identity", path=self.identity),
                fix=Message("an identity file has a line that begins with AGE-SECRET-KEY-1"),
            ) from error

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = path.with_name(f"{path.name}.new")
        new.touch(mode=0o600)
        new.write_bytes(content)
        new.replace(path)

    def _put(self, name: str, public: bytes, secret: bytes, suffix: str = ".pem") -> list[str]:
        sealed = self._seal(f"{name}.key.age", secret)
        # Last: `make` takes it as the sign that both files exist.
        self._write(self.folder / f"{name}{suffix}", public)
        return [f"{name}{suffix}", *sealed]

    def _seal(self, name: str, secret: bytes) -> list[str]:
        """Write a secret encrypted, as a file that is complete by itself; return its name."""
        sealed = pyrage.encrypt(secret, [self._identity().to_public()])
        self._write(self.folder / name, sealed)
        return [name]

    def _make_ca(self, centre: str, now: datetime) -> list[str]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"hopthu {centre} CA")
        usage = x509.KeyUsage(*(c == "s" for c in "-----ss--"))
        builder = _certificate(name, name, key, now, _CA_LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        builder = builder.add_extension(usage, critical=True)
        return self._put("ca", builder.sign(key, hashes.SHA256()).public_bytes(_PEM), _pem(key))

    def _make_host(self, host: Host, domain: str, now: datetime) -> list[str]:
        authority = self.authority()
        signer = serialization.load_pem_private_key(self.secret("ca.key"), password=None)
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName(n) for n in service_names(host, domain)]
        names.append(x509.IPAddress(ipaddress.ip_address(host.address)))
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = _certificate(_name(host.fqdn), authority.subject, key, now, _HOST_LIFE)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage(both), critical=False)
        if not isinstance(signer, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise HopthuError(Message("the CA key is neither an RSA nor an elliptic curve key"))
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = builder.add_extension(issuer, critical=False)
        signed = builder.sign(signer, hashes.SHA256()).public_bytes(_PEM)
        return self._put(f"hosts/{host.name}", signed, _pem(key))

    def _make_dkim(self) -> list[str]:
        # RSA: few receivers verify Ed25519 (RFC 8463) yet.
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        der = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        record = f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}\n"
        return self._put("dkim", record.encode(), _pem(key), suffix=".pub")

    def _make_backup(self, host: Host) -> list[str]:
        """Make what a host signs in with where copies are kept, and what it encrypts them with.

        Who keeps them learns the first alone, and so cannot read them. The name of the host is in
        it: whoever knows the words of another host could put that file in its place, and a lost
        centre would be rebuilt from copies that they have made.
        """
        words = [random.token_urlsafe(32) for _ in range(2)]
        if (self.folder / wrapped(host)).exists():
            *names, word, key = self.secret(f"backup/{host.copied_as}.key").decode().split()
            if names:
                return []
            words = [word, key]
        content = "".join(f"{line}\n" for line in (host.copied_as, *words))
        return self._seal(wrapped(host), content.encode())

    def _backup(self, host: Host) -> bytes:
        """Return the passwords for the copies of a host; raise `HopthuError` if they are not."""
        content = self.secret(f"backup/{host.copied_as}.key")
        if content.split()[:-2] != [host.copied_as.encode()]:
            raise HopthuError(
                Message(
                    "{path} does not say that it is the key of {host}",
                    path=self.folder / wrapped(host), host=host.copied_as,
                ),
                fix=Message("run: hopthu secrets INVENTORY"),
            )  # fmt: skip
        return content

    def _known(self, host: Host, keeper: Host) -> str:
        """Return the line by which a host that keeps copies knows another.

        A hash may be fast, for nobody guesses 256 random bits.
        """
        word, _ = passwords(self._backup(host), keeper)
        digest = hashlib.sha1(word.encode(), usedforsecurity=False).digest()
        return f"{host.copied_as}:{{SHA}}{base64.b64encode(digest).decode()}\n"

    def _make_archive(self) -> list[str]:
        """Make the identity of the archive: one of its own, as it outlives the administrators'.

        It has no public file: whoever encrypts for it also reads what comes, and has the key.
        """
        key = f"{pyrage.x25519.Identity.generate()}\n".encode()
        return self._seal(_ARCHIVE, key)

    def _make_monitor(self) -> list[str]:
        """Make the password of the monitor; its digest may be known, for nobody guesses it."""
        word = random.token_urlsafe(32).encode()
        digest = hashlib.sha256(word).hexdigest()
        return self._put("monitor", f"{digest}\n".encode(), word, suffix=".pub")


def wrapped(host: Host) -> str:
    """Return the name of the encrypted file with the passwords for the copies of a host."""
    return f"backup/{host.copied_as}.key.age"


def passwords(content: bytes, keeper: Host) -> tuple[str, str]:
    """Return what a host signs in with at one that keeps its copies, and the key of the copies.

    Each that keeps them hears a password that no other accepts. `content` is the host's file.
    """
    _, word, key = content.decode().split()
    own = hmac.digest(word.encode(), keeper.name.encode(), "sha256")
    return base64.urlsafe_b64encode(own).decode(), key


def service_names(host: Host, domain: str) -> tuple[str, ...]:
    """Return the DNS names a host's certificate must have: its own and its services'."""
    services = {"access": f"mail.{domain}", "edge": f"mx.{domain}"}
    return (host.fqdn, *(name for role, name in services.items() if host.has(role)))


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 fingerprint of a certificate, written as devices and openssl write it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _missing(path: Path) -> HopthuError:
    return HopthuError(
        Message("{path} does not exist", path=path),
        fix=Message("run: hopthu secrets INVENTORY"),
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "hopthu"),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks of hosts differ a little; a certificate made this minute must be valid already.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
