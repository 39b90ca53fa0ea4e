"""ClamAV: every message is scanned, what cannot be scanned is reported (Art. 5.1, 6.3, 6.5).

Why each limit is as it is: docs/decisions/scanning.md.
"""

from __future__ import annotations

from hopthu.model.policy import MIB
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

SOCKET = "/run/clamav/clamd.ctl"
SCAN_SECONDS = 20
"""How long clamd may work on one message; Rspamd waits a little longer."""

EXECUTABLES = (
    "ade", "adp", "apk", "appref-ms", "appx", "appxbundle", "bat", "cab", "chm", "cmd", "com",
    "cpl", "diagcab", "dll", "dmg", "ex", "ex_", "exe", "hta", "img", "ins", "iso", "isp", "jar",
    "jnlp", "js", "jse", "lib", "lnk", "mde", "msc", "msi", "msix", "msixbundle", "msp", "mst",
    "nsh", "pif", "ps1", "reg", "scf", "scr", "sct", "shb", "sys", "vb", "vbe", "vbs", "vhd",
    "vhdx", "vxd", "wsc", "wsf", "wsh", "xll",
)  # fmt: skip
"""Extensions a double click runs or mounts: what Gmail refuses and a few more.

https://support.google.com/mail/answer/6590. HTML is not among them: citizens and other systems
send it.
"""

_UNPACKED_TIMES = 8
"""How much larger than the largest message its content may be once unpacked."""
_THREADS = 8
_SIGNATURES = ("hopthu.ndb", "hopthu.ldb", "hopthu.cdb")


def units(context: Context) -> Files:
    """Return what systemd must know before the packages come, which start what they install."""
    mirror = context.host.signature_mirror
    daemon = {
        f"clamav-daemon.{kind}": template(f"clamav/daemon.{kind}.j2", context, mirror=mirror)
        for kind in ("service", "socket")
    }
    update = {
        f"clamav-freshclam{name}.service": template("clamav/freshclam.service", context)
        for name in ("", "-once")
        if not mirror
    }
    return {
        f"/etc/systemd/system/{unit}.d/hopthu.conf": File.text(text)
        for unit, text in (daemon | update).items()
    }


def files(context: Context) -> Files:
    """Return the configuration of clamd, and of freshclam where there is a mirror."""
    message = -(-context.policy.limits.message // MIB)
    clamd = template(
        "clamav/clamd.conf.j2",
        context,
        stream=message + 1,
        inside=message * _UNPACKED_TIMES,
        scan_seconds=SCAN_SECONDS,
        threads=_THREADS,
        socket=SOCKET,
    )
    found = {"/etc/clamav/clamd.conf": File.text(clamd)}
    if mirror := context.host.signature_mirror:
        fresh = template("clamav/freshclam.conf.j2", context, mirror=mirror)
        found["/etc/clamav/freshclam.conf"] = File.text(fresh)
    return found


def signatures(context: Context) -> Files:
    """Return our own signatures: executables at any depth, and EICAR, which has to be one too."""
    return {
        f"/var/lib/clamav/{name}": File.text(
            template(f"clamav/signatures/{name}.j2", context, executables=EXECUTABLES)
        )
        for name in _SIGNATURES
    }
