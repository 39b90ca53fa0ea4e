"""What every host has whatever its roles: certificate, packet filter, journal limits."""

from __future__ import annotations

from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

TLS = "/etc/hopthu/tls"

_OPEN_TO_ALL = {"edge": (25,), "access": (465, 587, 993, 4190)}
_OPEN_TO_US = {"store": (24, 993, 4190), "directory": (636,), "access": (636,)}


def tls(context: Context) -> Files:
    """Return the host's certificate chain and key (Art. 5.1, 6.4)."""
    keys = context.keys
    return {
        f"{TLS}/ca.pem": File(keys["ca.pem"]),
        f"{TLS}/host.pem": File(keys["host.pem"] + keys["ca.pem"]),
        f"{TLS}/host.key": File(keys["host.key"], mode=0o640, group="ssl-cert", secret=True),
    }


def system(context: Context) -> Files:
    """Return packet filter and journal settings.

    A port is open to everybody, to the hosts of the centre, or closed; LMTP in particular asks no
    client for a certificate, so only our own Postfix hosts may reach it.
    """
    host = context.host
    everybody = sorted({p for role, ports in _OPEN_TO_ALL.items() if host.has(role) for p in ports})
    ours = sorted({p for role, ports in _OPEN_TO_US.items() if host.has(role) for p in ports})
    return {
        "/etc/nftables.conf": File.text(
            template(
                "base/nftables.conf.j2",
                context,
                everybody=everybody,
                ours=[port for port in ours if port not in everybody],
            ),
            mode=0o755,
        ),
        "/etc/systemd/journald.conf.d/hopthu.conf": File.text(
            template("base/journald.conf.j2", context)
        ),
    }
