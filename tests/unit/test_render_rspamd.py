"""The configuration of Rspamd: when mail passes, no outside queries, which hosts sign."""

import re
from datetime import date
from pathlib import Path

import pytest

from hopthu.daemons import clamav, pdf, postfix, rspamd
from hopthu.desired.state import Desired
from hopthu.inventory.roles import ROLES
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Dns, Limits, Policy
from hopthu.render.context import Context
from hopthu.render.files import Files

ROOT = Path(__file__).parents[2]
POLICY = Policy(
    domain="example.vn",
    limits=Limits(external_messages=7, external_minutes=3),
    dns=Dns(dkim_selector="key1"),
)


def context(*roles: str, policy: Policy = POLICY) -> Context:
    host = Host("mail1", "mail1.example.vn", "10.88.0.11", frozenset({*roles, "store"}))
    return Context(
        host=host,
        centre=Centre("lab", (host,)),
        desired=Desired(date(2026, 6, 1), "example.vn", (), (), ()),
        policy=policy,
        keys={"dkim.key": b"PRIVATE", "host.pem": b"", "ca.pem": b""},
    )


def text(files: Files, name: str) -> str:
    return files[f"/etc/rspamd/{name}"].content.decode()


def without_comments(content: str) -> str:
    return re.sub(r"(?m)^\s*(#|--).*$", "", content)


FILES = rspamd.files(context("access"))
GATE = text(FILES, "local.d/force_actions.conf")
LUA = "".join(f.content.decode() for path, f in FILES.items() if path.endswith(".lua"))


CLEAN = (
    "HOPTHU_SCANNED & HOPTHU_FROM & HOPTHU_LISTS & HOPTHU_ATTACHMENTS & HOPTHU_PDFS & "
    "HOPTHU_COUNTED & HOPTHU_VACATION"
)


def test_only_clean_verdicts_open_the_gate() -> None:
    assert f'expression = "!({CLEAN})"' in GATE


def test_the_page_has_each_verdict_of_the_gate() -> None:
    """docs/decisions/scanning.md says of each when it is set."""
    page = (ROOT / "docs/decisions/scanning.md").read_text(encoding="utf-8")
    assert CLEAN.split(" & ") == re.findall(r"(?m)^\| `(HOPTHU_\w+)` \|", page)


def test_every_verdict_the_gate_knows_is_given_by_a_rule_and_the_other_way_round() -> None:
    """A misspelt name would defer all mail, or let one kind pass as good as never refused."""
    used = set(re.findall(r"HOPTHU_\w+", " ".join(re.findall(r'expression = "(.*)"', GATE))))
    lists = re.findall(r"for _, name in ipairs\(\{(.*?)\}\) do", LUA, re.DOTALL)
    given = set(re.findall(r'"(HOPTHU_\w+)"', " ".join(lists)))
    given |= set(re.findall(r'name = "(HOPTHU_\w+)", type = "virtual"', LUA))
    assert used == given


def test_rules_find_the_files_they_load() -> None:
    """A file that is missing defers all mail."""
    loaded = re.findall(r'module\("(\w+)"', LUA)
    assert loaded
    assert {f"/etc/rspamd/lua/hopthu/{name}.lua" for name in loaded} <= FILES.keys()


def test_deferring_gives_way_to_refusing() -> None:
    """A virus is refused at once, even if another check could not be made."""
    rules = re.findall(r"\{[^{}]*\}", GATE)
    deferring = [rule for rule in rules if '"soft reject"' in rule]
    assert len(deferring) == 3
    assert all('honor_action = ["reject"]' in rule for rule in deferring)


def test_each_timeout_is_longer_than_that_of_the_next_service() -> None:
    """Scanner, Rspamd's rule, Rspamd's task, Rspamd's proxy, Postfix: or the answer is lost."""

    def number(content: str, pattern: str) -> int:
        found = re.search(pattern, content)
        assert found, pattern
        return int(found[1])

    clamd = clamav.files(context("access"))["/etc/clamav/clamd.conf"].content.decode()
    main = postfix.files(context("access"))["/etc/postfix/main.cf"].content.decode()
    conf, task = text(FILES, "rspamd.conf.local"), text(FILES, "override.d/options.inc")
    unit = "/etc/systemd/system/hopthu-pdf@.service"
    reader = pdf.files(context("access"))[unit].content.decode()
    assert (
        number(reader, r"RuntimeMaxSec=(\d+)\n")
        < number(conf, r"pdf_timeout = (\d+);")
        < number(task, r"task_timeout = (\d+)s;")
    )
    times = [
        number(clamd, r"MaxScanTime (\d+)000\n"),
        number(conf, r"clamd_timeout = (\d+);"),
        number(task, r"task_timeout = (\d+)s;"),
        number(text(FILES, "override.d/worker-proxy.inc"), r"timeout = (\d+)s;"),
        number(main, r"milter_content_timeout = (\d+)s"),
    ]
    assert times == sorted(set(times))


def test_no_setting_uses_the_internet() -> None:
    asking = [path for path, f in FILES.items() if "://" in without_comments(f.content.decode())]
    assert asking == []


@pytest.mark.parametrize("module", ["rbl", "fuzzy_check", "asn", "neural", "greylist", "ratelimit"])
def test_modules_that_ask_outside_or_delay_citizens_are_off(module: str) -> None:
    assert text(FILES, f"local.d/{module}.conf") == "enabled = false;\n"


def test_workers_are_reachable_only_locally() -> None:
    assert 'bind_socket = "127.0.0.1:11332"' in text(FILES, "override.d/worker-proxy.inc")
    for worker in ("normal", "controller"):
        assert "enabled = false;" in text(FILES, f"override.d/worker-{worker}.inc")


def test_neither_private_networks_nor_our_other_hosts_are_trusted() -> None:
    assert 'local_addrs = ["127.0.0.0/8", "::1"];' in text(FILES, "override.d/options.inc")


def test_an_access_host_signs_for_the_domain_with_the_policys_selector() -> None:
    signing = text(FILES, "local.d/dkim_signing.conf")
    key = FILES[rspamd.DKIM_KEY]
    assert re.search(r'example\.vn \{\s+selector = "key1";', signing)
    assert (key.content, key.mode, key.group, key.secret) == (b"PRIVATE", 0o640, "_rspamd", True)


def test_an_edge_host_neither_signs_nor_has_the_key() -> None:
    files = rspamd.files(context("edge"))
    assert rspamd.DKIM_KEY not in files
    assert "enabled = false;" in text(files, "local.d/dkim_signing.conf")


def test_one_host_with_every_role_signs() -> None:
    assert rspamd.DKIM_KEY in rspamd.files(context(*ROLES))


def test_limits_are_the_policys() -> None:
    found = text(FILES, "rspamd.conf.local")
    assert 'limits_outside = ["180 7", "86400 1000"];' in found
    assert 'limits_inside = ["180 1000", "86400 5000"];' in found


def test_resolvers_come_from_the_policy_if_it_has_any() -> None:
    some = Policy(domain="example.vn", dns=Dns(resolvers=("10.38.0.53", "10.38.0.54")))
    found = text(rspamd.files(context("edge", policy=some)), "override.d/options.inc")
    assert 'nameserver = ["10.38.0.53", "10.38.0.54"];' in found
    assert "nameserver" not in text(FILES, "override.d/options.inc")


def test_rspamd_does_not_run_without_hopthus_rules() -> None:
    """Debian starts what it installs, and its own configuration lets everything pass."""
    (unit,) = rspamd.units(context("edge")).values()
    condition = re.search(r"ConditionPathExists=(.*)", unit.content.decode())
    assert condition
    assert condition[1] in FILES


def test_valkey_starts_before_rspamd() -> None:
    """Mail to the outside would be deferred until it runs."""
    (unit,) = rspamd.units(context("edge")).values()
    assert {"Wants=valkey-server.service", "After=valkey-server.service"} <= {
        *unit.content.decode().splitlines()
    }
