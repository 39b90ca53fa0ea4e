"""A new certificate reaches everything that keeps the old one, on hosts of every role."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from hopthu.daemons.record import FileSet
from hopthu.daemons.registry import daemons, render
from hopthu.desired.state import desired
from hopthu.i18n.catalogue import translate
from hopthu.inventory.roles import roles
from hopthu.inventory.topology import Centre, Host
from hopthu.render.context import Context
from hopthu.render.files import Files
from hopthu.validate import read

ROOT = Path(__file__).parents[2]
DAY = date(2026, 6, 1)
NAMED = b"host.pem"
"""What names the certificate of the host, wherever it is."""


class Keys(dict[str, bytes]):
    """Every key there may be; `host.pem` is the certificate in question."""

    def __missing__(self, name: str) -> bytes:
        """Make one up."""
        known = {"backup.key": b"user word key\n", "monitor.pub": b"00ff\n"}
        return known.get(name, f"({name})\n".encode())


HOSTS = tuple(
    Host(
        f"{role}{n}", f"{role}{n}.thanhhoa.gov.vn", f"10.88.0.{10 * place + n}",
        frozenset({role}), (f"store{n}",) if role == "store" else (),
    )
    for place, role in enumerate(sorted(roles()))
    for n in (1, 2) if role == "store" or n == 1
)  # fmt: skip
CENTRE = Centre("centre", HOSTS)


SETS: Mapping[str, FileSet] = {each.name: each for d in daemons() for each in d.file_sets}


@dataclass(frozen=True)
class Renewal:
    """The files of each host and set with the old certificate, and with the new one."""

    before: Mapping[tuple[str, str], Files]
    after: Mapping[tuple[str, str], Files]

    @property
    def changed(self) -> set[str]:
        """The sets that change on any host."""
        return {name for host, name in self.before if self.differs(host, name)}

    def differs(self, host: str, name: str) -> bool:
        """Return whether a set changes on a host."""
        return self.before[host, name] != self.after[host, name]


@pytest.fixture(scope="module")
def renewal() -> Renewal:
    """A renewal on hosts of every role."""
    loaded = read(ROOT / "tests" / "golden", DAY)
    state = desired(loaded.organisation, loaded.policy, DAY)

    def rendered(certificate: bytes) -> Mapping[tuple[str, str], Files]:
        keys = Keys({NAMED.decode(): certificate})
        return {
            (host.name, name): files
            for host in HOSTS
            for name, files in render(Context(host, CENTRE, state, loaded.policy, keys)).items()
        }

    return Renewal(rendered(b"old\n"), rendered(b"new\n"))


def test_what_names_the_certificate_has_its_digest_or_reads_it_each_time(renewal: Renewal) -> None:
    """A daemon that keeps it would present it until it is restarted, long after it has ended."""
    kept = {
        f"{host}: {path}"
        for (host, name), files in renewal.before.items()
        for path, file in files.items()
        if NAMED in file.content
        and not path.startswith(SETS[name].reads_certificate)
        and not renewal.differs(host, name)
    }
    assert set() == kept


def test_what_is_said_to_read_it_does(renewal: Renewal) -> None:
    """A path that no host has, or that does not name it, is a left-over."""
    said = {(each.name, begin) for each in SETS.values() for begin in each.reads_certificate}
    naming = {
        (name, begin)
        for (_, name), files in renewal.before.items()
        for path, file in files.items()
        for begin in SETS[name].reads_certificate
        if path.startswith(begin) and NAMED in file.content
    }
    assert said == naming


def test_what_changes_with_it_is_activated(renewal: Renewal) -> None:
    """But the certificate itself, which nobody loads for its own sake."""
    assert {"tls"} == {name for name in renewal.changed if SETS[name].activation == "nothing"}
    assert {"dovecot", "postfix", "openldap", "quota", "backup-server"} == renewal.changed - {"tls"}


def test_the_page_on_an_ending_certificate_says_what_happens(renewal: Renewal) -> None:
    """In the words of plans."""
    page = (ROOT / "docs/canh-bao.md").read_text(encoding="utf-8")
    section = " ".join(page.partition("## CertificateEnds")[2].partition("\n## ")[0].split())
    for name in renewal.changed - {"tls"}:
        assert translate(SETS[name].phrase, "vi") in section, name
