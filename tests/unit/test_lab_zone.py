import io
import tarfile
from pathlib import Path

import pytest

from hopthu.lab import layout, machine, outside, zone
from hopthu.lab.machine import Entry
from hopthu.lab.state import LabState
from hopthu.lab.zone import Record
from hopthu.model.dns_records import txt_records
from hopthu.model.policy import Policy


def lab(name: str, folder: Path) -> LabState:
    """The state of a lab of the layout `name`, with nothing running."""
    plan = layout.load(name)
    return LabState(
        name="hopthu-test",
        layout=name,
        domain=plan.domain,
        directory=folder,
        images=folder,
        hosts={host.name: host for host in plan.hosts},
    )


def test_mail_of_the_domain_goes_to_the_edge(tmp_path: Path) -> None:
    """MX, and SPF of exactly the hosts that send."""
    records = zone.records(lab("centre", tmp_path))
    domain = "thanhhoa.gov.vn"
    assert Record(domain, "MX", f"10 mx.{domain}.") in records
    assert Record(f"mx.{domain}", "A", "10.88.0.11") in records
    assert Record(f"mail.{domain}", "A", "10.88.0.21") in records
    assert Record(domain, "TXT", "v=spf1 ip4:10.88.0.11 ip4:10.88.0.21 -all") in records


def test_single_host_is_named_once_in_spf(tmp_path: Path) -> None:
    """A host that is edge and access sends from one address."""
    records = zone.records(lab("single", tmp_path))
    assert Record("thanhhoa.gov.vn", "TXT", "v=spf1 ip4:10.88.0.11 -all") in records


def test_every_host_has_a_name_and_a_reverse(tmp_path: Path) -> None:
    """Forward and reverse agree, as mail servers ask."""
    records = set(zone.records(lab("centre", tmp_path)))
    assert Record("mx.example.org", "A", "10.88.0.101") in records
    assert Record("101.0.88.10.in-addr.arpa", "PTR", "mx.example.org.") in records
    assert 8 == sum(record.kind == "PTR" for record in records)


def test_long_texts_are_split_for_dns() -> None:
    """A DKIM key is longer than one string may be; the parts join to the same text."""
    record = Record("k._domainkey.example.org", "TXT", "p=" + "A" * 400)
    first, second = record.data.split(" ")
    assert 255 == len(first.strip('"'))
    assert record.value == first.strip('"') + second.strip('"')


def test_published_texts_remain_and_are_replaced_by_name(tmp_path: Path) -> None:
    """Adding a second name keeps the first; the same name gets its new text."""
    state = lab("single", tmp_path)
    zone.add(state, {"a.example.org": "one"})
    zone.add(state, {"b.example.org": "two"})
    zone.add(state, {"a.example.org": "three"})
    assert {"a.example.org": "three", "b.example.org": "two"} == zone.published(state)
    assert Record("a.example.org", "TXT", "three") in zone.records(state)
    assert Record("a.example.org", "TXT", "one") not in zone.records(state)


def test_resolver_serves_the_lab_and_nothing_else(tmp_path: Path) -> None:
    """Its whole zone is the root: what is not named does not exist."""
    state = lab("centre", tmp_path)
    zone.add(state, txt_records(Policy(), "v=DKIM1; p=key"))
    path = "etc/unbound/unbound.conf.d/lab.conf"
    text = outside.render(state, state.host("internet"), path)
    assert '    local-zone: "." static\n' in text
    assert '    local-zone: "0.88.10.in-addr.arpa" static\n' in text
    served = [line for line in text.splitlines() if "local-data:" in line]
    assert len(zone.records(state)) == len(served)
    assert "    local-data: 'thanhhoa.gov.vn. 60 IN MX 10 mx.thanhhoa.gov.vn.'" in served
    assert (
        "    local-data: '_dmarc.thanhhoa.gov.vn. 60 IN TXT "
        '"v=DMARC1; p=reject; adkim=s; aspf=s"\'' in served
    )


def test_outside_server_is_configured_and_switched_on(tmp_path: Path) -> None:
    """Every template is laid at its place, and only its services start."""
    state = lab("centre", tmp_path)
    files = outside.files(state, state.host("internet"))
    main = files["etc/postfix/main.cf"].content.decode()
    assert "myhostname = mx.example.org\n" in main
    assert "virtual_mailbox_domains = example.org\n" in main
    links = {path.rpartition("/")[2] for path, entry in files.items() if entry.link}
    services = ("alarms", "opendkim", "postfix", "time-source", "unbound")
    assert {f"{each}.service" for each in services} == links
    assert "usr/lib/systemd/system/alarms.service" in files
    compile(files["usr/local/lib/alarms.py"].content, "alarms.py", "exec")
    assert {} == outside.files(state, state.host("client"))


def test_hosts_differ_in_all_that_identifies_them(tmp_path: Path) -> None:
    """Two copies of one image have other names, keys and machine ids."""
    state = lab("centre", tmp_path)

    def identity(name: str) -> dict[str, Entry]:
        key, _ = machine.host_key()
        return machine.identity(
            state.host(name), resolver="10.88.0.101", domain="gov.vn", key=key, authorized="key"
        )

    first, second = identity("store1"), identity("store2")
    shared = {path for path in first if first[path] == second[path]}
    assert {"etc/resolv.conf", "root/.ssh/", "root/.ssh/authorized_keys"} == shared
    assert first["etc/ssh/ssh_host_ed25519_key"].mode == 0o600
    assert b"10.88.0.31 store1.thanhhoa.gov.vn store1\n" in first["etc/hosts"].content


@pytest.mark.parametrize(
    ("path", "entry", "kind", "mode"),
    [
        ("etc/f", Entry(b"text", 0o600), tarfile.REGTYPE, 0o600),
        ("root/.ssh/", Entry(mode=0o700), tarfile.DIRTYPE, 0o700),
        ("etc/l", Entry(link="/dev/null"), tarfile.SYMTYPE, 0o644),
    ],
)
def test_files_reach_a_disk_with_kind_and_mode(
    path: str, entry: Entry, kind: bytes, mode: int
) -> None:
    """What is laid on a host's disk goes there as one archive, owned by root."""
    packed = machine.archive({path: entry})
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        member = archive.getmembers()[0]
    assert (kind, mode, 0, 0) == (member.type, member.mode, member.uid, member.gid)
    assert len(entry.content) == member.size
