"""The directory: signed-in people search it over TLS; nobody reads a hash (Art. 4, 6.4)."""

from __future__ import annotations

from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import search_forms
from hopthu.verify.context import ProbeContext
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.ldap import Answer, search
from hopthu.verify.probe import ACCESS, DIRECTORY, probe

SUCCESS = 0
_VOLATILE = "|".join(
    (
        "contextCSN", "pwdFailureTime", "pwdAccountLockedTime", "pwdLastSuccess", "authTimestamp",
        "creatorsName", "modifiersName",
    )
)  # fmt: skip
"""Attributes that a replica maintains itself, or that only name the writer."""


@probe(
    Message("the directory requires sign-in and TLS"),
    "Art. 6.4",
    through=(ACCESS,),
    uses=(DIRECTORY,),
)
def directory_sign_in(context: ProbeContext) -> str:
    """Nobody can read anonymously, with a wrong password, or without TLS."""
    person = context.person("colleague")
    everything = "(objectClass=*)"
    wrong = f"{person.password}x"
    tries = {
        Message("without sign-in"): search(context, None, everything, "cn"),
        Message("with a wrong password"): search(context, person, everything, "cn", password=wrong),
        Message("without TLS"): search(context, person, everything, "cn", scheme="ldap"),
    }
    for how, answer in tries.items():
        if answer.code == SUCCESS or answer.entries:
            raise ProbeFailed(
                expected=Message("a refusal {how}", how=how),
                got=Message("{number} entries", number=len(answer.entries)),
            )
    mine = _found(search(context, person, f"(uid={person.id})", "mail"))
    if mine.entries[0].get("mail") != [person.address]:
        raise ProbeFailed(expected=f"mail: {person.address}", got=str(mine.entries))
    return joined(
        [
            Message("{how}: {answer}", how=how, answer=answer.text[:60])
            for how, answer in tries.items()
        ]
    )


@probe(
    Message("a signed-in person finds another by name, with or without capitals and marks"),
    "Art. 4",
    through=(ACCESS,),
    uses=(DIRECTORY,),
)
def directory_search(context: ProbeContext) -> str:
    """Search a Vietnamese name as it is written, otherwise, in lower case, and by a part."""
    person, wanted = context.person("colleague"), context.official()
    address = context.address(wanted)
    part = f"*{wanted.name.split(maxsplit=1)[1]}"
    for name in (wanted.name, wanted.name.lower(), part, *search_forms(wanted.name)):
        answer = _found(search(context, person, f"(cn={name})", "mail"))
        if not any(address in entry.get("mail", ()) for entry in answer.entries):
            expected = Message("{address} for {query}", address=address, query=f"cn={name}")
            raise ProbeFailed(expected=expected, got=str(answer.entries))
    return Message("{name} is {address}", name=wanted.name, address=address)


@probe(
    Message("the directory does not reveal password hashes"),
    "Art. 6.4",
    through=(ACCESS,),
    uses=(DIRECTORY,),
)
def directory_no_hash(context: ProbeContext) -> str:
    """Neither one's own nor another's, nor whether an entry has one."""
    person = context.person("colleague")
    for who in (person.id, context.official().id):
        for attributes in (("userPassword",), ("*", "+")):
            answer = _found(search(context, person, f"(uid={who})", *attributes))
            leaked = [name for entry in answer.entries for name in entry if "password" in name]
            if leaked or "ARGON2" in str(answer.entries):
                got = Message("{names} of {id}", names=", ".join(leaked), id=who)
                raise ProbeFailed(expected=Message("no hash"), got=got)
    guessed = search(context, person, "(userPassword=*)", "uid")
    if guessed.entries:
        raise ProbeFailed(
            expected=Message("no search by hash"),
            got=Message("{number} entries", number=len(guessed.entries)),
        )
    return Message("neither own nor others' entries have a hash")


@probe(Message("every replica has the same content as the provider"), "Art. 4", uses=(DIRECTORY,))
def directory_replica(context: ProbeContext) -> str:
    """Compare digests of the databases, made on the hosts, so that hashes are compared too."""
    keepers = [host for host in context.hosts if context.site.centre.keeps_directory(host)]
    # One line per attribute, with its entry, sorted: the order differs between databases.
    digest = (
        "slapcat -o ldif-wrap=no 2>/dev/null | "
        "awk '/^dn:/ {dn = $0} NF {print dn \"|\" $0}' | "
        f"grep -Ev '[|]({_VOLATILE}):' | LC_ALL=C sort | sha256sum | cut -c1-64; "
        "slapcat -a '(uid=*)' 2>/dev/null | grep -c '^dn:'"
    )

    def same() -> str:
        found = {host.name: context.on(host, digest).split() for host in keepers}
        digests = {words[0] for words in found.values()}
        count = min(int(words[1]) for words in found.values())
        if len(digests) != 1 or not count:
            return ""
        return Message("{hosts}: {number} entries", hosts=", ".join(found), number=count)

    names = ", ".join(host.name for host in keepers)
    return context.until(same, Message("the same content on {hosts}", hosts=names), within=10.0)


def _found(answer: Answer) -> Answer:
    if answer.code != SUCCESS or not answer.entries:
        got = answer.text or Message("none (code {code})", code=answer.code)
        raise ProbeFailed(expected=Message("an entry"), got=got)
    return answer
