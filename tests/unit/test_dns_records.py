"""The TXT records that the domain needs: printed for a province, published in a lab."""

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from hopthu.cli.secrets import secrets
from hopthu.lab import dns
from hopthu.lab.prepare import prepare
from hopthu.lab.state import LabState

ROOT = Path(__file__).parents[2]
INVENTORY = """
edge = access = store = directory = [("mail1", {
    "address": "10.88.0.11", "fqdn": "mail1.thanhhoa.gov.vn", "stores": ["store1", "store2"],
    "secrets": "inventory/secrets", "age_identity": "age.key",
})]
"""
DNS = "dns: {dmarc: quarantine, dkim_selector: k2}\n"


def province(root: Path, policy: str) -> Path:
    """Return a repository with the shipped data, one host, and more in its policy."""
    shutil.copytree(ROOT / "data", root / "data")
    (root / "inventory").mkdir()
    (root / "inventory" / "production.py").write_text(INVENTORY, encoding="utf-8")
    with (root / "data" / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write(policy)
    return root


@pytest.mark.parametrize(
    ("policy", "selector", "action"), [("", "hopthu", "reject"), (DNS, "k2", "quarantine")]
)
def test_secrets_prints_the_records_to_publish(
    tmp_path: Path, policy: str, selector: str, action: str
) -> None:
    """By their full names, as the policy says."""
    root = str(province(tmp_path, policy))
    done = CliRunner().invoke(secrets, ["production", "--root", root, "--lang", "en"])
    assert 0 == done.exit_code, done.output
    *_, dkim, dmarc = done.output.splitlines()
    record = "DNS: publish the TXT record"
    assert dkim.startswith(f"{record} {selector}._domainkey.thanhhoa.gov.vn: v=DKIM1; ")
    value = f"v=DMARC1; p={action}; adkim=s; aspf=s"
    assert f"{record} _dmarc.thanhhoa.gov.vn: {value}" == dmarc


@pytest.mark.slow
def test_a_lab_publishes_the_same_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So probes meet the policy of the data."""
    seen: dict[str, str] = {}

    def publish(_state: LabState, texts: Mapping[str, str]) -> None:
        seen.update(texts)

    monkeypatch.setattr(dns, "publish", publish)
    domain = "thanhhoa.gov.vn"
    state = LabState("test", "single", domain, directory=tmp_path / "lab", images=tmp_path)
    prepare(state, province(tmp_path, DNS), date(2026, 6, 1))
    assert ["_dmarc.thanhhoa.gov.vn", "k2._domainkey.thanhhoa.gov.vn"] == sorted(seen)
    assert "v=DMARC1; p=quarantine; adkim=s; aspf=s" == seen["_dmarc.thanhhoa.gov.vn"]
