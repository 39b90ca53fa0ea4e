"""How a run looks while it goes on: the step under way, and a line for each that changed a host."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.markup import escape


class Progress:
    """Shows a run on a console; an `Observer` for the time of a `with` block."""

    def __init__(self, console: Console, hosts: int) -> None:
        """Tell of a run over so many hosts."""
        self._console, self._hosts = console, hosts
        self._status = console.status("")
        self._changed: dict[str, list[str]] = {}
        self._warnings: set[str] = set()
        self._where, self._settled = "", 0

    def __enter__(self) -> Progress:
        self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pause()

    def pause(self) -> None:
        """Leave the terminal to somebody else."""
        self._flush()
        self._status.stop()

    def stage(self, text: str) -> None:
        """Say what begins."""
        self._flush()
        self._where = text
        self._status.start()
        self._status.update(self._so_far(text))

    def step(self, operation: str) -> None:
        """Say which operation begins."""
        self._flush()
        self._status.update(self._so_far(f"{self._where}: {operation}"))

    def done(self, host: str, operation: str, changed: bool) -> None:
        """Remember what changed."""
        if changed:
            self._changed.setdefault(operation, []).append(host)

    def failed(self, host: str, operation: str) -> None:
        """Say what failed."""
        self._flush()
        self._console.print(f"  [red]✗[/] {escape(operation)}: {host}")

    def settled(self, host: str, text: str) -> None:
        """Say what has become of a host."""
        self._flush()
        self._settled += 1
        self._console.print(f"{host}: {escape(text)}")

    def warned(self, text: str) -> None:
        """Say it once: hosts are looked at twice."""
        if text not in self._warnings:
            self._warnings.add(text)
            self._console.print("  [yellow]![/]", escape(text))

    def _so_far(self, text: str) -> str:
        done = f"({self._settled} of {self._hosts} hosts done) " if self._settled else ""
        return escape(f"{done}{text}")

    def _flush(self) -> None:
        for operation, hosts in self._changed.items():
            self._console.print(f"  [green]✓[/] {escape(operation)}: {', '.join(sorted(hosts))}")
        self._changed.clear()
