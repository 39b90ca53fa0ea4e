"""What the exporter must do."""

from __future__ import annotations

from hopthu.verify.context import ProbeContext
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.probe import probe
from hopthu_example import PORT


@probe("the length of the queue can be read", "Art. 5.1", through=("metrics",))
def queue_length(context: ProbeContext) -> str:
    """Ask from outside, as a monitoring server would."""
    host = context.host("metrics")
    with context.outside.connect(host.address, PORT) as connection:
        connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    line = answer.rpartition(b"\r\n\r\n")[2].decode().strip()
    if not line.startswith("queue_messages "):
        raise ProbeFailed(expected="queue_messages", got=line or "nothing")
    return line
