"""What is deployed is the base: an address stays with its holder, whatever a clone shows."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from labs import BACK, Lab, copied, git
from test_apply_refused import commit, head, people, recruit

HOLDER, ADDRESS, OTHER = "le-thi-kim-quy", "quyltk", "le-thi-kieu-quy"
TOP = "dc=thanhhoa,dc=gov,dc=vn"
ENTRY = f"hopthuAddress={ADDRESS}@thanhhoa.gov.vn,ou=addresses,{TOP}"
STATE, DATABASE = "/var/lib/hopthu", "/var/lib/ldap/hopthu"
APPLY = ("apply", "lab", "--yes", "--lang", "en")
PLAN = ("plan", "--live", "lab", "--lang", "en")


@pytest.fixture(scope="module")
def deployed(centre: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with somebody new, which is deployed."""
    root = copied(tmp_path_factory.mktemp("deployed") / "checkout")
    recruit(root)
    commit(root, "Somebody new")
    centre.hopthu("apply", "lab", "--yes", root=root)
    return root


@pytest.fixture
def clone(deployed: Path, tmp_path: Path) -> Path:
    """Another clone of it."""
    git(tmp_path, "clone", "--quiet", str(deployed), str(tmp_path / "clone"))
    return tmp_path / "clone"


def states(lab: Lab) -> dict[str, str]:
    """Return for each host its records, the entries of its directory, its tables and locks."""
    command = (
        f"cat {STATE}/deployed/record.json; ls {STATE}/records /run/hopthu; "
        "cat /etc/postfix/*/* /etc/postfix/* 2>/dev/null | sha256sum; "
        "[ ! -e /etc/ldap/slapd.conf ] || slapcat -f /etc/ldap/slapd.conf 2>/dev/null | sha256sum"
    )
    return {host: lab.ssh(host, f"{command}; true") for host in lab.hosts}


def holder(lab: Lab, host: str) -> str:
    """Return who holds the address by the directory of a host."""
    found = lab.ssh(
        host, f"ldapsearch -Q -LLL -Y EXTERNAL -H ldapi:/// -b '{ENTRY}' -s base hopthuHolder"
    )
    return re.findall(r"^hopthuHolder: (.+)$", found, re.MULTILINE)[0]  # type: ignore[no-any-return]


def remove(root: Path) -> None:
    """Take the holder's record out of the data."""
    text = people(root).read_text(encoding="utf-8")
    people(root).write_text(text[: text.index(f"- id: {HOLDER}")], encoding="utf-8")


def give_away(root: Path) -> None:
    """Give the address to somebody else, in data that is valid by itself."""
    remove(root)
    recruit(root, OTHER, "Lê Thị Kiều Quý")


def rewritten(root: Path) -> None:
    """Begin the history of a clone again, without a word of the holder."""
    shutil.rmtree(root / ".git")
    git(root, "init", "--quiet")
    give_away(root)
    git(root, "add", "--all")
    commit(root, "As if never there")


@contextmanager
def without_records(lab: Lab) -> Iterator[None]:
    """Have hosts lose their records and the journal for the time of a `with` block."""
    for host in lab.hosts:
        lab.ssh(host, f"mv {STATE} {STATE}.kept && mkdir {STATE} && "
                f"cp -a {STATE}.kept/openldap-indexes {STATE}/ 2>/dev/null; true")  # fmt: skip
    try:
        yield
    finally:
        for host in lab.hosts:
            lab.ssh(host, f"rm -rf {STATE} && mv {STATE}.kept {STATE}")


def refused(lab: Lab, root: Path, *said: str) -> None:
    """See that a plan and an apply are refused, that both say why, and that nothing changes."""
    before = states(lab)
    for command in (PLAN, APPLY):
        done = lab.hopthu(*command, expect=3, root=root)
        for each in said:
            assert each in done.stdout + done.stderr
    assert before == states(lab)


def test_stale_clone(centre: Lab, deployed: Path, clone: Path) -> None:
    """It has not pulled the holder, and gives the address to somebody else."""
    git(clone, "reset", "--quiet", "--hard", "HEAD^")
    recruit(clone, OTHER, "Lê Thị Kiều Quý")
    commit(clone, "Somebody else")
    refused(centre, clone, f"commit {head(deployed)[:12]} is deployed")
    back = centre.hopthu(*APPLY, *BACK, expect=3, root=clone).stdout
    assert "[address-changed-hands" in back
    assert HOLDER == holder(centre, "dir1")


def test_deleted_record(centre: Lab, clone: Path) -> None:
    """Committed and pushed: there is no revision to compare with but the deployed one."""
    remove(clone)
    commit(clone, "Somebody less")
    git(clone, "update-ref", "refs/remotes/origin/HEAD", "HEAD")
    found = centre.hopthu("check", "--lang", "en", root=clone).stdout
    assert {"uncited-document"} == {*re.findall(r"\[([a-z-]+), Art", found)}, found
    told = centre.hopthu("check", "--live", "lab", "--lang", "en", expect=2, root=clone).stdout
    assert f"{HOLDER}: the record was removed [id-removed" in told
    refused(centre, clone, f"{HOLDER}: the record was removed [id-removed")
    recruit(clone, OTHER, "Lê Thị Kiều Quý")
    commit(clone, "Somebody else")
    refused(centre, clone, "[address-changed-hands")
    assert HOLDER == holder(centre, "dir1")


def test_history_lost_or_rewritten(centre: Lab, deployed: Path, clone: Path) -> None:
    """In the clone, which a shallow one is as well; on the hosts; in both."""
    rewritten(clone)
    refused(centre, clone, f"commit {head(deployed)[:12]} is deployed")
    with without_records(centre):
        wrong = (f"{HOLDER}: the record was removed, but the directory has its address",
                 f'"{ADDRESS}@thanhhoa.gov.vn" is that of {HOLDER} in the directory')  # fmt: skip
        refused(centre, clone, *wrong)
        shallow = clone.with_name("shallow")
        git(clone, "clone", "--quiet", "--depth", "1", f"file://{clone}", str(shallow))
        refused(centre, shallow, *wrong)
    assert HOLDER == holder(centre, "dir1")


def test_rebuilt_provider(centre: Lab, clone: Path) -> None:
    """While it is bare its replicas are asked; from a replica's copy it has the addresses."""
    rewritten(clone)
    wrong = f'"{ADDRESS}@thanhhoa.gov.vn" is that of {HOLDER} in the directory'
    fill = f"slapadd -q -w -f /etc/ldap/slapd.conf && chown openldap: {DATABASE}/*"
    with without_records(centre):
        copy = centre.ssh("access1", "slapcat -f /etc/ldap/slapd.conf | gzip | base64 -w 0")
        centre.ssh("dir1", f"systemctl stop slapd && mv {DATABASE} {DATABASE}.kept && "
                   f"install -d -o openldap -g openldap -m 700 {DATABASE}")  # fmt: skip
        try:
            refused(centre, clone, wrong)
            centre.ssh("dir1", f"echo {copy} | base64 -d | gunzip | {{ {fill}; }} && "
                       "systemctl start slapd")  # fmt: skip
            refused(centre, clone, wrong)
            assert HOLDER == holder(centre, "dir1")
        finally:
            centre.ssh("dir1", f"systemctl stop slapd; rm -rf {DATABASE} && "
                       f"mv {DATABASE}.kept {DATABASE} && systemctl start slapd")  # fmt: skip
    assert HOLDER == holder(centre, "dir1") == holder(centre, "store2")


def test_directory_refuses_a_second_holder(centre: Lab, deployed: Path) -> None:
    """As an entry beside the first, or elsewhere; and people do not see who had which address."""
    lines = "objectClass: hopthuServedAddress\nhopthuHolder: somebody"
    elsewhere = ENTRY.replace("ou=addresses", "ou=units")
    for dn, why in ((ENTRY, "Already exists"), (elsewhere, "Constraint violation")):
        entry = f"dn: {dn}\nhopthuAddress: {ADDRESS}@thanhhoa.gov.vn\n{lines}\n"
        add = "ldapadd -Q -Y EXTERNAL -H ldapi:/// 2>&1; true"
        assert why in centre.ssh("dir1", f"printf '{entry}' | {add}")
    password = centre.passwords["le-van-bay"]
    search = (
        f"ldapsearch -x -LLL -H ldapi:/// -D uid=le-van-bay,ou=people,{TOP} -w '{password}' "
        f"-b {TOP} '(|(hopthuAddress=*)(uid={HOLDER}))' dn hopthuHolder"
    )
    assert f"dn: uid={HOLDER},ou=people,{TOP}\n\n" == centre.ssh("access1", search)
