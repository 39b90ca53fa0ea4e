"""The directory: found by those who signed in, over TLS, and no hash by anybody (Art. 4, 6.4)."""

from __future__ import annotations

from hopthu.verify.context import ProbeContext
from hopthu.verify.ldap import Answer, search
from hopthu.verify.probe import DIRECTORY, ProbeFailed, probe

SUCCESS = 0
NO_ANSWER = 255
"""What ldapsearch ends with when nobody answers (LDAP_SERVER_DOWN is -1)."""

_VOLATILE = "|".join(
    (
        "contextCSN", "pwdFailureTime", "pwdAccountLockedTime", "pwdLastSuccess", "authTimestamp",
        "creatorsName", "modifiersName",
    )
)  # fmt: skip
"""Attributes a replica counts for itself, or that only say who wrote."""


@probe(
    "the directory asks for sign-in and TLS", "Art. 6.4", parts=("colleague",), uses=(DIRECTORY,)
)
def directory_sign_in(world: ProbeContext) -> str:
    """Nobody reads without a name, with a wrong password, or in clear."""
    person = world.person("colleague")
    everything = "(objectClass=*)"
    wrong = f"{person.password}x"
    tries = {
        "without sign-in": search(world, None, everything, "cn"),
        "with a wrong password": search(world, person, everything, "cn", password=wrong),
        "in clear": search(world, person, everything, "cn", url=f"ldap://mail.{world.domain}"),
    }
    for how, answer in tries.items():
        if answer.code == SUCCESS or answer.entries:
            raise ProbeFailed(expected=f"a refusal {how}", got=f"{len(answer.entries)} entries")
    mine = _found(search(world, person, f"(uid={person.id})", "mail"))
    if mine.entries[0].get("mail") != [person.address]:
        raise ProbeFailed(expected=f"mail: {person.address}", got=str(mine.entries))
    return "; ".join(f"{how}: {answer.text[:60]}" for how, answer in tries.items())


@probe(
    "a signed-in person finds another by name, with or without capitals",
    "Art. 4",
    parts=("colleague", "on_store1"),
    uses=(DIRECTORY,),
)
def directory_search(world: ProbeContext) -> str:
    """Vietnamese names as they are written, or part of one."""
    person, wanted = world.person("colleague"), world.person("on_store1")
    for name in (wanted.name, wanted.name.lower(), f"*{wanted.name.split(maxsplit=1)[1]}"):
        answer = _found(search(world, person, f"(cn={name})", "mail"))
        if not any(wanted.address in entry.get("mail", ()) for entry in answer.entries):
            raise ProbeFailed(expected=f"{wanted.address} for cn={name}", got=str(answer.entries))
    return f"{wanted.name} is {wanted.address}"


@probe(
    "the directory gives out no password hash",
    "Art. 6.4",
    parts=("colleague", "on_store1"),
    uses=(DIRECTORY,),
)
def directory_no_hash(world: ProbeContext) -> str:
    """Neither one's own nor another's, nor by asking whether there is one."""
    person, other = world.person("colleague"), world.person("on_store1")
    for who in (person, other):
        for asked in (("userPassword",), ("*", "+")):
            answer = _found(search(world, person, f"(uid={who.id})", *asked))
            leaked = [name for entry in answer.entries for name in entry if "password" in name]
            if leaked or "ARGON2" in str(answer.entries):
                raise ProbeFailed(expected="no hash", got=f"{', '.join(leaked)} of {who.id}")
    guessed = search(world, person, "(userPassword=*)", "uid")
    if guessed.entries:
        raise ProbeFailed(expected="no search by hash", got=f"{len(guessed.entries)} entries")
    return "own and others' entries come without"


@probe("every replica holds what the provider holds", "Art. 4", uses=(DIRECTORY,))
def directory_replica(world: ProbeContext) -> str:
    """Read from the databases themselves, so that hashes are compared too, on the spot."""
    centre = world.site.centre
    keepers = [host for host in centre.hosts if centre.keeps_directory(host)]
    # One line an attribute, each with its entry, sorted: databases keep different orders.
    digest = (
        "slapcat -o ldif-wrap=no 2>/dev/null | "
        "awk '/^dn:/ {dn = $0} NF {print dn \"|\" $0}' | "
        f"grep -Ev '[|]({_VOLATILE}):' | LC_ALL=C sort | sha256sum | cut -c1-64; "
        "slapcat -a '(uid=*)' 2>/dev/null | grep -c '^dn:'"
    )

    def same() -> str:
        said = {host.name: world.on(host, digest).split() for host in keepers}
        digests = {words[0] for words in said.values()}
        count = min(int(words[1]) for words in said.values())
        return f"{', '.join(said)}: {count} entries" if len(digests) == 1 and count else ""

    return world.until(same, f"one content on {', '.join(h.name for h in keepers)}", within=10.0)


def _found(answer: Answer) -> Answer:
    if answer.code != SUCCESS or not answer.entries:
        raise ProbeFailed(expected="an entry", got=answer.text or f"code {answer.code}, none")
    return answer
