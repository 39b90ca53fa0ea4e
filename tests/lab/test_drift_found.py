"""Whatever on a server is not what was applied is told, and nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from labs import Lab, bring_up

TOP = "dc=thanhhoa,dc=gov,dc=vn"
AN = f"uid=nguyen-van-an,ou=people,{TOP}"
MODIFY = "ldapmodify -Q -Y EXTERNAL -H ldapi:///"


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One host, applied once, with files that its administrator put there before."""
    for lab in bring_up(tmp_path_factory.mktemp("drift"), "--layout", "single"):
        lab.ssh("mail1", "touch '/etc/cron.d/sao luu'; useradd --system giam-sat")
        lab.hopthu("apply", "lab", "--yes")
        yield lab


def told(lab: Lab, *arguments: str, expect: int = 5) -> dict[str, str]:
    """Return the names of what is told, each with its sentence."""
    done = lab.hopthu("drift", "lab", "--format", "json", *arguments, expect=expect)
    found = json.loads(done.stdout)
    assert [] == found["failed"]
    return {f"{d['kind']} {d['item']}": d["summary"] for d in found["drift"]}


def test_nothing_is_told_of_a_clean_host(single: Lab) -> None:
    """Right after an apply; what was there before the first one is no news."""
    assert {} == told(single, expect=0)


SAVE = "cp -a /var/lib/dpkg/status /root/status"
FAULTS = {
    "file /etc/postfix/main.cf": "echo '# tạm' >>/etc/postfix/main.cf",
    "file /etc/ldap/slapd.conf": "chmod 666 /etc/ldap/slapd.conf",
    "file /etc/dovecot/dovecot.conf": "mv /etc/dovecot/dovecot.conf /root/dovecot.conf",
    "index /etc/postfix/hopthu/aliases.lmdb":
        "echo 'x@thanhhoa.gov.vn y@thanhhoa.gov.vn' | postmap -i lmdb:/etc/postfix/hopthu/aliases",
    "service valkey-server.service": "systemctl stop valkey-server",
    "service clamav-freshclam.service": "systemctl -q mask clamav-freshclam",
    "service dpkg-db-backup.timer": "systemctl -q disable dpkg-db-backup.timer",
    "package acl": f"{SAVE}; apt-mark hold acl; sed -i '/^Package: acl$/,/^$/"
        "s/^Version: .*/Version: 0.1/' /var/lib/dpkg/status",
    "package rsync": "sed -i '/^Package: rsync$/,/^$/s/^Version: .*/Version: 99/' "
        "/var/lib/dpkg/status",
    "account ke-la": "useradd -m -s /bin/bash ke-la",
    "account giam-sat": "echo 'giam-sat:MatKhau-1' | chpasswd",
    "group sudo": "gpasswd -q -a ke-la sudo || usermod -aG sudo ke-la",
    "key ke-la SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU":
        "install -d /home/ke-la/.ssh; echo 'from=\"10.0.0.0/8\" ssh-ed25519 "
        "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl x' "
        ">/home/ke-la/.ssh/authorized_keys",
    "listener tcp 0.0.0.0 4444":
        "systemd-run -q --unit=la python3 -m http.server 4444 --bind 0.0.0.0; "
        "until ss -Hltn | grep -q :4444; do sleep 0.1; done",
    "ruleset inet hopthu": "nft add rule inet hopthu input tcp dport 4444 accept",
    "cron /etc/cron.d/đêm khuya": "touch '/etc/cron.d/đêm khuya'",
    "sudo /etc/sudoers.d/ke-la": "echo 'ke-la ALL=NOPASSWD: ALL' >/etc/sudoers.d/ke-la",
    "unit /etc/systemd/system/la.timer": "echo '[Timer]' >/etc/systemd/system/la.timer",
    "config /etc/profile.d/la.sh": "touch /etc/profile.d/la.sh",
    "access so-tai-chinh user=le-van-bay lr":
        "doveadm acl set -u so-tai-chinh INBOX user=le-van-bay lookup read",
    f"attribute {AN} title": f"printf 'dn: {AN}\\nchangetype: modify\\nreplace: title\\n"
        f"title: Boss\\n' | {MODIFY}",
    f"attribute {AN} mailLocalAddress": f"printf 'dn: {AN}\\nchangetype: modify\\n"
        f"add: mailLocalAddress\\nmailLocalAddress: boss@thanhhoa.gov.vn\\n' | {MODIFY}",
    f"entry uid=ke-la,ou=people,{TOP}":
        f"printf 'dn: uid=ke-la,ou=people,{TOP}\\nchangetype: add\\n"
        f"objectClass: inetOrgPerson\\ncn: x\\nsn: x\\n' | {MODIFY}",
    f"entry uid=le-van-bay,ou=people,{TOP}":
        f"ldapdelete -Q -Y EXTERNAL -H ldapi:/// uid=le-van-bay,ou=people,{TOP}",
}  # fmt: skip
"""What is done to the host, by what must be told of it."""
BESIDE = {"account ke-la", "group ke-la", "unit /etc/systemd/system/la.timer"}
"""What is true of the faults beside what they are for."""
MENDED = f"""
mv /root/status /var/lib/dpkg/status
userdel -rf ke-la 2>/dev/null; usermod -p '!' giam-sat
systemctl stop la; rm /etc/systemd/system/la.timer; systemctl daemon-reload
rm /etc/cron.d/đêm* /etc/sudoers.d/ke-la /etc/profile.d/la.sh
systemctl -q unmask clamav-freshclam; systemctl -q enable dpkg-db-backup.timer
nft -f /etc/nftables.conf; postmap -c /etc/postfix/hopthu lmdb:/etc/postfix/hopthu/aliases
ldapdelete -Q -Y EXTERNAL -H ldapi:/// uid=ke-la,ou=people,{TOP}
"""
"""What an apply does not put right by itself."""


def test_each_kind_is_found_and_mended(single: Lab) -> None:
    """All at once; then mended, by hand and by an apply, and nothing is left to tell."""
    single.ssh("mail1", "set -e\n" + "\n".join(FAULTS.values()))
    found = told(single)
    assert FAULTS.keys() | BESIDE == found.keys()
    assert "service clamav-freshclam.service is masked" == found["service clamav-freshclam.service"]
    assert "service valkey-server.service is not running" == found["service valkey-server.service"]
    assert "package acl is held at version 0.1" in found["package acl"]
    assert "package rsync was updated to 99" in found["package rsync"]
    assert "the password of account giam-sat was changed" == found["account giam-sat"]
    assert f"directory entry {AN}: title is Boss, not Chuyên viên" == found[f"attribute {AN} title"]

    single.ssh("mail1", MENDED)
    single.hopthu("apply", "lab", "--yes")
    assert {} == told(single, expect=0)


def test_passwords_are_their_owners(single: Lab) -> None:
    """A password that was changed, and one that was wrong, are no drift."""
    dn = f"uid=le-van-binh,ou=people,{TOP}"
    single.ssh("mail1", f"ldappasswd -Q -Y EXTERNAL -H ldapi:/// -s Khac-123-abc {dn}")
    sign_in = f"LDAPTLS_REQCERT=never ldapwhoami -x -H ldaps://10.88.0.11 -D {dn} -w"
    single.ssh("client", f"{sign_in} Khac-123-abc; ! {sign_in} sai 2>/dev/null")
    assert {} == told(single, expect=0)


def test_an_apply_accepts_nobody(single: Lab, workspace: Path, tmp_path: Path) -> None:
    """An account made before an apply is told after it, until the inventory expects it.

    What the apply did itself is not told. With --state it is told once.
    """
    single.ssh("mail1", "useradd -M ke-la")
    template = workspace / "templates" / "base" / "journald.conf.j2"
    template.write_text(template.read_text() + "# a change\n")
    done = single.hopthu("apply", "lab", "--yes", root=workspace)
    assert "Write the packet filter and journal limits: mail1" in done.stderr
    assert {"account ke-la", "group ke-la"} == told(single).keys()

    state = str(tmp_path / "state.json")
    assert {"account ke-la", "group ke-la"} == told(single, "--state", state).keys()
    assert {} == told(single, "--state", state, expect=0)

    (workspace / "inventory" / "expecting.py").write_text(EXPECTING)
    done = single.hopthu("drift", "expecting", root=workspace)
    assert "No drift: 1 host matches what was last applied.\n" == done.stdout


EXPECTING = """\
from pathlib import Path
from runpy import run_path

_lab = run_path(str(Path(__file__).with_name("lab.py")))
_expected = {"expected": ["account ke-la", "group ke-*"]}
edge, access, store, directory = (
    [(name, data | _expected) for name, data in _lab[role]]
    for role in ("edge", "access", "store", "directory")
)
"""
