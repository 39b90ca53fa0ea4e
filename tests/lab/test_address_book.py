"""Address books: recorded queries of Thunderbird and Roundcube, answered by the access host."""

import re
from dataclasses import dataclass

import pytest
from labs import Lab

from address_books import GONE, QUERIES, found_by
from hopthu.daemons.openldap import RESULTS
from hopthu.directory.entries import SEARCH_FORMS, person_dn
from hopthu.directory.ldif import parse

TOP = "dc=thanhhoa,dc=gov,dc=vn"
PERSON, LOCKED = "dang-thi-my-duyen", "nguyen-tien-dung"
BIND_DN = person_dn(PERSON, TOP)
INVALID_CREDENTIALS, TOO_MANY = 49, 4
CLIENT_LIMIT = 100
"""Entries that Thunderbird asks for at most."""


@dataclass(frozen=True)
class Workstation:
    """A workstation of the province, where a person has signed in to the address book."""

    lab: Lab
    password: str

    def search(self, filter_: str, options: str = "", *, dn: str = BIND_DN, word: str = "") -> str:
        """Return what ldapsearch prints, and its exit code in the last line."""
        access = self.lab.state.host("access1").address
        bind = f"-D {dn} -y $d/word" if dn else ""
        line = (
            "umask 077; d=$(mktemp -d); cat >$d/word; "
            f"ldapsearch -x -LLL -o ldif-wrap=no -H ldaps://{access} {bind} "
            f"-b {TOP} {options} '{filter_}' 2>&1; echo code: $?; rm -r $d"
        )
        secret = (word or self.password).encode()
        return self.lab.ssh("client", line, stdin=secret)

    def ids(self, filter_: str, options: str = "") -> set[str]:
        """Return whom a query finds."""
        return {*re.findall(r"^dn: (?:uid|ou)=([^,]+),", self.search(filter_, options), re.M)}


@pytest.fixture
def workstation(centre: Lab) -> Workstation:
    """Be at a workstation."""
    return Workstation(centre, centre.passwords[PERSON])


def test_each_program_finds_whom_it_is_asked_for(workstation: Workstation) -> None:
    """With marks and without, by name, unit and post, and nobody who has left."""
    wrong = {}
    for query in QUERIES:
        found = workstation.ids(query.filter, f"-z {CLIENT_LIMIT}")
        if not found_by(query) <= found or GONE in found:
            wrong[str(query)] = (found_by(query), found)
    assert {} == wrong


def test_a_name_is_shown_with_its_marks(workstation: Workstation) -> None:
    """What it is found by besides is under an option, which programs do not show."""
    said = workstation.search("(cn=nguyen van an)").rpartition("code: ")[0]
    entry = parse(said)[person_dn("nguyen-van-an", TOP)]
    assert ("Nguyễn Văn An",) == entry["cn"]
    assert ("Nguyen Van An",) == entry[f"cn;{SEARCH_FORMS}"]


def test_who_receives_mail_is_found_and_who_does_not_is_not(workstation: Workstation) -> None:
    """A locked mailbox still receives."""
    assert {LOCKED} == workstation.ids(f"(uid={LOCKED})")
    assert set() == workstation.ids(f"(uid={GONE})")


def test_nobody_copies_the_book_with_one_query(workstation: Workstation) -> None:
    """Not page by page either."""
    for options in ("", "-E pr=100/noprompt"):
        said = workstation.search("(mail=*)", options)
        assert 0 < len(re.findall("^dn: ", said, re.M)) <= RESULTS
        assert said.endswith(f"code: {TOO_MANY}\n"), said[-300:]


def test_nobody_reads_without_signing_in(workstation: Workstation) -> None:
    """Neither anonymously nor with a wrong password."""
    for said in (
        workstation.search("(cn=*nguyen van an*)", dn=""),
        workstation.search("(cn=*nguyen van an*)", word="wrong-Word-1"),
    ):
        assert "dn:" not in said
        assert "code: 0" not in said
    assert f"code: {INVALID_CREDENTIALS}" in said


def test_the_internet_does_not_reach_the_book(centre: Lab) -> None:
    """Policy lets only the province's own network look people up."""
    access = centre.state.host("access1").address
    line = f"timeout 3 bash -c '</dev/tcp/{access}/636' 2>/dev/null && echo open || echo closed"
    answers = {host: centre.ssh(host, line) for host in ("client", "internet")}
    assert {"client": "open\n", "internet": "closed\n"} == answers
