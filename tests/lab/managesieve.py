"""ManageSieve (RFC 5804), as mail programs speak it."""

import base64
import socket
import ssl


class Sieve:
    """ManageSieve (RFC 5804) as far as these tests need it."""

    def __init__(self, plain: socket.socket, context: ssl.SSLContext, user: str, password: str):
        """Greet, start TLS, sign in."""
        self._lines = plain.makefile("rb")
        self._said()
        plain.sendall(b"STARTTLS\r\n")
        self._said()
        self._socket = context.wrap_socket(plain)
        self._lines = self._socket.makefile("rb")
        self._said()
        token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        assert self.ask(f'AUTHENTICATE "PLAIN" "{token}"').startswith("OK")

    def _said(self) -> str:
        """Return the line that ends an answer."""
        while not (line := self._lines.readline()).startswith((b"OK", b"NO", b"BYE")):
            assert line, "the connection ended"
        return line.decode()

    def ask(self, line: str) -> str:
        """Send a command; return its outcome."""
        self._socket.sendall(f"{line}\r\n".encode())
        return self._said()

    def put(self, name: str, size: int) -> str:
        """Put a script of so many octets."""
        script = "keep;\r\n".ljust(size, "#")
        return self.ask(f'PUTSCRIPT "{name}" {{{len(script)}+}}\r\n{script}')
