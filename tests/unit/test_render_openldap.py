"""The configuration of OpenLDAP: provider, replicas, listeners and access."""

import re
import struct
from dataclasses import replace
from datetime import date

import pytest

from address_books import QUERIES
from hopthu.daemons import openldap
from hopthu.desired.state import Desired, Mailbox
from hopthu.directory.cracklib import packed, spellings
from hopthu.directory.password_rules import WORDS
from hopthu.directory.passwords import directory_hash
from hopthu.errors import UsageError
from hopthu.inventory.roles import ROLES
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Policy
from hopthu.render.context import Context


def host(name: str, last: int, *roles: str) -> Host:
    return Host(name, f"{name}.example.vn", f"10.88.0.{last}", frozenset(roles))


CENTRE = Centre(
    "lab",
    (
        host("access1", 21, "access"),
        replace(host("dir1", 41, "directory"), provider=True),
        host("dir2", 42, "directory"),
        host("edge1", 11, "edge"),
        host("store1", 31, "store"),
    ),
)
SINGLE = Centre("single", (host("mail1", 11, *ROLES),))


def rendered(centre: Centre, name: str, certificate: bytes = b"(host.pem)") -> dict[str, str]:
    context = Context(
        host=centre.host(name),
        centre=centre,
        desired=Desired(date(2026, 6, 1), "example.vn", (), (), ()),
        policy=Policy(),
        keys={"ca.pem": b"(ca.pem)", "host.pem": certificate},
    )
    files = openldap.files(context).items()
    return {path: f.content.decode() for path, f in files}


def slapd_conf(centre: Centre, name: str) -> str:
    return rendered(centre, name)["/etc/ldap/slapd.conf"]


def rules(configuration: str) -> list[str]:
    """Return the access rules, each in one line."""
    joined = re.sub(r"\n +", " ", configuration)
    return [line for line in joined.splitlines() if line.startswith("access to")]


@pytest.mark.parametrize("name", ["access1", "dir2", "store1"])
def test_replicas_copy_the_first_directory(name: str) -> None:
    """They hold nothing of their own: no provider, no rules for writers."""
    configuration = slapd_conf(CENTRE, name)
    assert "provider=ldaps://10.88.0.41\n" in configuration
    assert "tls_reqcert=demand" in configuration
    assert "overlay unique" not in configuration


@pytest.mark.parametrize("name", ["store1", "access1", "dir2"])
def test_nothing_waits_long_for_a_provider_that_is_gone(name: str) -> None:
    """Slapd ends once nothing waits, and only then follows another one: systemd waits 90 s."""
    configuration = slapd_conf(CENTRE, name)
    _, replicates = configuration.split("syncrepl rid=001\n")
    for option in ("tcp-user-timeout=10000", "network-timeout=5", "timeout=10"):
        assert f"    {option}\n" in replicates
    forwards = name == "access1"
    assert forwards == ("chain-tcp-user-timeout 10000\n" in configuration)


def test_another_directory_is_ready_to_be_the_provider() -> None:
    """It passes changes on as it gets them; what it writes is told from what another did."""
    conf = {
        host.name: slapd_conf(CENTRE, host.name) for host in CENTRE.hosts if host.name != "edge1"
    }
    ready = [name for name, text in conf.items() if "overlay syncprov" in text]
    assert ["dir1", "dir2"] == ready == [n for n, text in conf.items() if "serverID" in text]
    assert all('"cn=replica,' in conf[name] for name in ("dir1", "dir2"))
    assert "cn=dir1[.]example[.]vn" in conf["dir2"]
    assert 2 == len({*re.findall(r"^serverID (\d+)$", conf["dir1"] + conf["dir2"], re.MULTILINE)})


def test_the_number_of_a_directory_is_its_own() -> None:
    """Whichever others there are; two with the same one are refused."""
    dir1, dir2 = CENTRE.host("dir1"), CENTRE.host("dir2")
    both, alone = openldap.numbers([dir1, dir2]), openldap.numbers([dir2])
    assert both[dir2] == alone[dir2]
    assert {*both.values()} <= {*range(1, 4096)}
    with pytest.raises(UsageError, match="could not be told apart"):
        openldap.numbers([dir1, replace(dir2, fqdn=dir1.fqdn)])


def test_the_provider_does_not_replicate() -> None:
    """It provides changes to replicas, and refuses an address that is in use (Art. 4)."""
    configuration = slapd_conf(CENTRE, "dir1")
    assert "syncrepl" not in configuration
    assert "overlay syncprov" in configuration
    for attribute in ("mail", "mailLocalAddress", "hopthuAddress"):
        assert f"unique_uri ldap:///dc=example,dc=vn?{attribute}?sub\n" in configuration


def test_only_hosts_that_keep_a_directory_may_copy_it() -> None:
    """The certificate of another host of the centre is a certificate, but no replica's."""
    mapped = re.findall(
        r'"\^\(\.\+,\)\?cn=(\S+?)\(,\.\+\)\?\$" "((?:cn=[\w.]+,)+)', slapd_conf(CENTRE, "dir1")
    )
    assert [
        ("access1[.]example[.]vn", "cn=access1.example.vn,cn=access,cn=replica,"),
        ("dir2[.]example[.]vn", "cn=replica,"),
        ("store1[.]example[.]vn", "cn=replica,"),
    ] == mapped


@pytest.mark.parametrize(
    ("centre", "name", "listeners"),
    [
        (CENTRE, "dir1", "ldaps:/// ldapi:///"),
        (CENTRE, "access1", "ldaps:/// ldapi:///"),
        (CENTRE, "store1", "ldapi:///"),
        (CENTRE, "dir2", "ldaps:/// ldapi:///"),
        (SINGLE, "mail1", "ldaps:/// ldapi:///"),
    ],
)
def test_only_hosts_with_ldap_clients_listen(centre: Centre, name: str, listeners: str) -> None:
    """Replicas ask the provider, people ask access hosts; never without TLS."""
    assert f'SLAPD_SERVICES="{listeners}"\n' in rendered(centre, name)["/etc/default/slapd"]


@pytest.mark.parametrize(
    ("centre", "name", "verify"),
    [
        (CENTRE, "dir1", "demand"),
        (CENTRE, "access1", "never"),
        (CENTRE, "store1", "never"),
        (SINGLE, "mail1", "try"),
    ],
)
def test_replicas_must_present_certificates(centre: Centre, name: str, verify: str) -> None:
    """People have none; where both come to one port it is optional."""
    assert f"TLSVerifyClient {verify}\n" in slapd_conf(centre, name)


@pytest.mark.parametrize(
    ("centre", "name"), [(CENTRE, "dir1"), (CENTRE, "store1"), (SINGLE, "mail1")]
)
def test_the_rules_for_passwords_are_first_and_final(centre: Centre, name: str) -> None:
    """No rule before them opens them; only replicas read, only active people are compared."""
    tagged, own, closed, *others = rules(slapd_conf(centre, name))
    assert tagged == "access to attrs=userPassword;lang-vi-x-search by * none"
    assert own.startswith(
        'access to dn.onelevel="ou=people,dc=example,dc=vn" filter="(hopthuState=active)" '
        "attrs=userPassword by"
    )
    assert ["anonymous auth"] == re.findall(r"by (anonymous \S+)", own)
    assert closed.startswith("access to attrs=userPassword,pwdHistory by")
    assert "anonymous" not in closed
    for rule in (own, closed):
        assert ['dn.subtree="cn=replica,dc=example,dc=vn"'] == re.findall(r"by (\S+) read", rule)
        assert "break" not in rule
    assert not any("userPassword" in rule or "pwdHistory" in rule for rule in others)


@pytest.mark.parametrize(
    ("centre", "name", "self"),
    [(CENTRE, "dir1", 1), (SINGLE, "mail1", 1), (CENTRE, "access1", 0), (CENTRE, "store1", 0)],
)
def test_people_change_their_own_password_at_the_provider_alone(
    centre: Centre, name: str, self: int
) -> None:
    """Nothing else of theirs, and nobody anything of another's."""
    _, own, *others = rules(slapd_conf(centre, name))
    assert ["self =xw"] * self == re.findall(r"by (self .*?=\w+)", own)
    assert not any("by self" in rule for rule in others)
    writers = re.findall(r"by (\S+) (?:=\w*w|write|manage)", " ".join((own, *others)))
    assert {'dn.exact="cn=root,dc=example,dc=vn"'} == set(writers) - {"self"}


def test_an_access_host_takes_them_there_and_nothing_else() -> None:
    """On behalf of people alone, with its own certificate; a store takes nothing."""
    access, store, provider = (slapd_conf(CENTRE, name) for name in ("access1", "store1", "dir1"))
    assert 'chain-idassert-authzFrom "dn.onelevel:ou=people,dc=example,dc=vn"\n' in access
    assert 'chain-uri "ldaps://10.88.0.41"\n' in access
    assert access.index("overlay chain") < access.index("database mdb")
    assert access.index("syncrepl rid") < access.index("updateref ldaps://10.88.0.41\n")
    assert "restrict compare add delete modify rename\n" in access
    assert "tls_reqcert=demand" in access.partition("database mdb")[0]
    assert "authz-policy to\n" in provider
    for other in (store, provider, slapd_conf(SINGLE, "mail1")):
        assert "chain" not in other
        assert "restrict compare\n" in other
        assert "updateref" not in other
    assert "authz-policy" not in access + store


def test_the_provider_takes_no_hash_but_argon2() -> None:
    """Another kind could take a host all its memory to compare; and people send none at all."""
    provider = slapd_conf(CENTRE, "dir1")
    (pattern,) = re.findall(r"^constraint_attribute userPassword regex (.*)$", provider, re.M)
    assert re.match(pattern, directory_hash("xanh"))
    for other in ("{SSHA}x", "{CLEARTEXT}x", "x", "{ARGON2}$argon2id$v=19$m=4194304,t=9,p=1$a$b"):
        assert not re.match(pattern, other)


@pytest.mark.parametrize(
    ("centre", "name", "dates"),
    [(CENTRE, "access1", True), (CENTRE, "dir1", False), (CENTRE, "store1", False),
     (SINGLE, "mail1", True)],
)  # fmt: skip
def test_sign_ins_are_dated_where_it_ends_no_counts(centre: Centre, name: str, dates: bool) -> None:
    """A provider with copies would send them the entry, and with it an empty count."""
    assert dates == ("overlay lastbind\n" in slapd_conf(centre, name))
    assert "moduleload lastbind\n" in slapd_conf(centre, name), "a copy of one can fill another"


def test_words_are_found_with_what_people_write_behind_them() -> None:
    """A year, figures, and signs for letters; the dictionary is sorted by bytes."""
    words = spellings(["matkhau", "hopthu"])
    assert {"matkhau", "matkhau2026", "hopthu123", "mtkhu1985"} < set(words)
    assert sorted(words, key=str.encode) == words


def test_names_of_people_are_no_passwords_of_anybody() -> None:
    """`Nguyen2026!` is nobody's, whoever is called so; the provider alone judges."""

    def dictionaries(*names: str) -> dict[str, bytes]:
        people = tuple(
            Mailbox(f"p{n}", "personal", "active", "store1", name, (f"p{n}",), 0, "stc", "Sở")
            for n, name in enumerate(names)
        )
        desired = Desired(date(2026, 6, 1), "example.vn", people, (), ())
        contexts = (Context(host, CENTRE, desired, Policy(), {}) for host in CENTRE.hosts)
        files = {each.host.name: openldap.words_files(each) for each in contexts}
        return {name: found[f"{WORDS}.pwi"].content for name, found in files.items() if found}

    def known(dictionary: bytes) -> int:
        return int(struct.unpack("<I", dictionary[4:8])[0])

    nobody, one, two = dictionaries(), dictionaries("Trần Đức Hoà"), dictionaries("Đức", "Hoà Trần")
    assert {"dir1", "dir2"} == nobody.keys()
    assert known(nobody["dir1"]) < known(one["dir1"])
    assert one == two


def test_a_dictionary_is_what_cracklib_reads() -> None:
    """Blocks of sixteen, each word after the first with the length of what it shares."""
    files = packed(["ab", "abc", "b"])
    assert b"ab\0\x02c\0\x00b\0" + b"\0" * 13 == files[".pwd"]
    head, places = files[".pwi"][:12], files[".pwi"][12:]
    assert (0x70775631, 3, 16, 0) == struct.unpack("<IIHH", head)
    assert (0,) == struct.unpack("<I", places)
    marks = struct.unpack("<256I", files[".hwm"])
    assert [0, 1, 2, 2] == [marks[ord(letter)] for letter in "@abz"]
    with pytest.raises(ValueError, match="longer than"):
        packed(["x" * 32])


def test_people_may_read_public_attributes_only() -> None:
    """Neither state nor quota nor where mail lies, and nothing of closed entries."""
    closed, public = rules(slapd_conf(CENTRE, "access1"))[-2:]
    gone = ("redirected", "closed", "archived", "erased")
    filter_ = "".join(f"(hopthuState={state})" for state in gone)
    assert f'access to filter="(|{filter_})" by * none' == closed
    shown = re.findall(r"attrs=(\S+)", public)[0].split(",")
    assert {"entry", "cn", "mail", "title", "ou", "displayName"} < set(shown)
    assert {"hopthuState", "hopthuQuota", "mailHost"}.isdisjoint(shown)


def test_people_do_not_read_who_had_which_address() -> None:
    """Before any rule that lets them read: replicas copy it, applies write it."""
    configured = rules(slapd_conf(CENTRE, "access1"))
    (addresses,) = (rule for rule in configured if "ou=addresses," in rule)
    assert configured.index(addresses) == 4
    assert ["replica", "root"] == re.findall(r'by dn\.\w+="cn=(\w+),', addresses)
    assert addresses.endswith(" by * none")


def test_new_certificate_changes_the_configuration() -> None:
    """Certificates are read only at the start, so a new one must bring a restart about."""
    old, new = (rendered(CENTRE, "dir1", pem)["/etc/ldap/slapd.conf"] for pem in (b"1", b"2"))
    assert old != new


def test_every_index_is_on_a_line_of_its_own() -> None:
    """The deploy compares these lines to know when slapindex is due."""
    configuration = slapd_conf(CENTRE, "dir1")
    assert 4 == len(re.findall(r"^index \S+ \S+$", configuration, re.MULTILINE))
    assert ["index_substr_any_len 2"] == re.findall(r"^index_.*", configuration, re.MULTILINE)
    assert 5 == len(re.findall(r"^\s*index", configuration, re.MULTILINE))


def test_what_address_books_search_by_has_an_index() -> None:
    """Of an `or` with one attribute that has none slapd reads the whole directory."""
    (searched,) = re.findall(r"^index (\S+) eq,sub$", slapd_conf(CENTRE, "access1"), re.MULTILINE)
    asked = {name for query in QUERIES for name in re.findall(r"\((\w+)=", query.filter)}
    unknown = {name for name in asked if name.startswith("mozilla")}
    assert asked - unknown <= set(searched.split(","))


def test_words_too_long_for_a_dictionary_are_left_out() -> None:
    """A domain may be longer; a password with it is long as well."""
    found = spellings(["a" * 50, "b" * 31])
    assert ["b" * 31] == found
    assert packed(found)
