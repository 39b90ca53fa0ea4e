"""What burns and what comes instead: a new machine, and who goes through a page on it."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace

import power
from labs import CHECKOUT, Lab

from hopthu.lab import holder, layout, machine
from pages import sections

_CLEAR = 'umount "$FOLDER/root" && rm -r "$FOLDER"'


def burnt(lab: Lab, name: str) -> None:
    """Put a new machine in the place of a host: nothing is on its disk, and its SSH key is new.

    Whoever tests may sign in there, as at its console.
    """
    lab.disconnect()
    state = power.stop(lab.state, name)
    known = state.host(name)
    folder = str(machine.folder(state, known))
    holder.run(state, ["sh", "-c", _CLEAR], environment={"FOLDER": folder})
    private, public = machine.host_key()
    ours = subprocess.run(
        ["ssh-keygen", "-y", "-f", str(state.key)], check=True, capture_output=True, text=True
    )
    resolver = layout.load(state.layout).resolver.address
    files = machine.identity(
        known, resolver=resolver, domain=state.domain, key=private, authorized=ours.stdout.strip()
    )
    machine.make(replace(state, snapshot=""), known, files)
    others = [
        line
        for line in state.known_hosts.read_text().splitlines()
        if line.split()[0] != known.address
    ]
    state.known_hosts.write_text("\n".join([*others, f"{known.address} {public}", ""]))
    power.start(state, name)


def steps(page: str, values: Mapping[str, str]) -> Iterator[str]:
    """Yield the commands of a page, block by block; the first sets values, of which some differ.

    Where the page shows a record of data the command is one that adds it.
    """
    fences = [f for s in sections(CHECKOUT / "docs" / page) for f in s.fences]
    blocks = [f.text if f.language == "sh" else _added(f.text) for f in fences]
    left = dict(values)
    lines = []
    for line in blocks[0].splitlines():
        name = line.partition("=")[0]
        lines.append(f"{name}={left.pop(name)}" if name in left else line)
    assert {} == left, "the page has no such value"
    yield "\n".join(lines)
    yield from blocks[1:]


def _added(record: str) -> str:
    """Return what adds a record to the file that its first line names."""
    name, _, rows = record.removeprefix("# ").partition("\n")
    return f"cat >>{name} <<'RECORD'\n{rows}RECORD\n"


def typed(blocks: list[str], asked: Mapping[str, str]) -> str:
    """Return what a shell reads from somebody who types blocks, one after another.

    A block that has one of the words of `asked` in it asks for what is typed then.
    """
    script = ""
    for number, block in enumerate(blocks):
        answer = next((text for word, text in asked.items() if word in block), "")
        script += f"{{\n{block}\n}} <<'ANSWER {number}'\n{answer}ANSWER {number}\n"
    return script
