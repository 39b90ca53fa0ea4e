"""Every command, its help and an error of each under a Vietnamese locale: all is translated."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

import pseudo
from hopthu.cli import COMMANDS
from hopthu.cli.person import person
from hopthu.cli.unit import unit
from hopthu.rules.records.units import BUILT_IN
from hopthu.rules.registry import RULES
from hopthu.verify.catalogue import PROBES
from pipelines import commit

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
LAB = ("lab up", "lab down", "lab status", "lab ssh")
CREDENTIAL = tuple(f"credential {name}" for name in ("client", "idle", "issue", "reset", "revoke"))
DIRECTORY = ("directory export",)
COPIES = (
    *("backup drill", "backup status", "restore directory", "restore folder", "restore mailbox"),
    *("restore message", "restore store", "archive export", "archive run", "archive show"),
    "pair discard",
)
EDITS = tuple(f"{g.name} {name}" for g in (person, unit) for name in sorted(g.commands))
GROUPED = (*LAB, *CREDENTIAL, *DIRECTORY, *COPIES, *EDITS)
HELP = [[], *([*name.split(), "--help"] for name in (*COMMANDS, *GROUPED))]
NEVER = {"lab ssh": "runs the command of the user, whose output is not ours"}
START = "--from 2026-12-01"
BOTH = "--decision qd-2339-snv-2020 --request cv-1029-snv-2020"
RUNS: dict[str, list[str]] = {
    "check": ["", "--root broken", "--explain no-such-rule", "--base no-such-revision"],
    "format": ["--check", "--root broken"],
    "schema": ["", "expectations", "--check", "people --write", "--format json-schema"],
    "show": [
        "nguyen-van-an",
        "so-tai-chinh",
        "guq-02-stc-2026",
        "annv@thanhhoa.gov.vn",
        "nobody-of-this-name",
    ],
    "address": ["so-tai-chinh", "×"],
    "plan": ["", "--root edited", "--base no-such-revision", "--base HEAD --live lab"],
    "apply": ["lab --yes", "nowhere --yes", "production"],
    "daily": ["lab", "nowhere"],
    "drift": ["lab", "nowhere"],
    "history": ["--inventory lab", "--inventory nowhere"],
    "rollback": ["lab", "nowhere --yes"],
    "verify": ["--list", "nowhere", "production --probe no-such-probe"],
    "codeowners": ["--check CODEOWNERS", "--check no-such-file"],
    "secrets": ["production", "nowhere"],
    "render": ["production --host mail1 --out rendered", "nowhere --host a --out b"],
    "init": ["new --domain x.vn --province X", "data --domain x.vn --province X", "other"],
    "import": [
        "no-such-list.xlsx --basis x",
        "list.csv --basis x",
        "list.csv --review review.xlsx",
    ],
    "reconcile": ["no-such-list.csv", "list.csv"],
    "credential": ["no-such-command"],
    "credential client": [
        "nobody --label PC --basis x --slips /nowhere lab",
        "le-van-bay --label= --basis x lab",
    ],
    "credential idle": ["nowhere", "lab --on 2020-01-01"],
    "credential revoke": ["nobody --all --basis x lab", "le-van-bay --basis x lab"],
    "credential issue": ["--basis x lab", "nobody --basis x lab"],
    "credential reset": ["nobody --basis x lab", "nobody --basis x --slips /nowhere lab"],
    "migrate": [
        "lab --from a --people no-such-list.csv",
        "lab --from ? --people mail.csv",
        "lab --from a --people mail.csv",
        "lab --from a --people mail.csv --ca mail.csv",
        "lab --from a --people nobody.csv",
    ],
    "backup": ["no-such-command"],
    "backup drill": ["nowhere", "production"],
    "backup status": ["nowhere", "production", "lab --format odd"],
    "archive": ["no-such-command"],
    "pair": ["no-such-command"],
    "pair discard": ["production store1 --keep x --yes", "nowhere store1 --keep x --yes"],
    "archive run": ["production", "nowhere --yes"],
    "archive show": ["production", "nowhere"],
    "archive export": [
        "production nobody --basis cv-1029-snv-2020",
        "production le-van-bay --basis x",
    ],
    "restore": ["no-such-command"],
    "restore directory": ["production --at 2026-11-29 --basis x", "nowhere --at x --basis x"],
    "restore store": ["production nowhere --at 2026-11-29 --basis cv-1029-snv-2020"],
    "restore folder": ["production nobody INBOX --at 2026-11-29 --basis x"],
    "restore message": ["production nobody a@b --at 2026-11-29 --basis x"],
    "restore mailbox": [
        "production le-van-bay --at yesterday --basis cv-1029-snv-2020",
        "production nobody --at 2026-11-29 --basis cv-1029-snv-2020",
        "production le-van-bay --at 2026-11-29 --basis x",
        "production le-van-bay --at 2026-11-29 --basis cv-1029-snv-2020",
    ],
    "directory": ["no-such-command"],
    "directory export": [
        "--out book.csv",
        "--out nowhere/x/book.csv",
        "--unit nowhere",
        "--format odd",
    ],
    "person": ["no-such-command"],
    "person add": ["x --yes", f"An --unit so-noi-vu --title An {START} {BOTH} --yes"],
    "person category": [
        f"le-van-bay --category cadre {START} {BOTH} --yes",
        f"nobody --category cadre {BOTH} --yes",
    ],
    "person leave": [
        "nobody --yes",
        f"tund --how died {START} {BOTH} --yes",
        f"le-van-bay --how retired {START} {BOTH} --dry-run",
        f"le-van-bay --how retired {START} {BOTH}",
        f"le-van-bay --how retired {START} --decision x --request x --yes",
    ],
    "person lock": [f"nguyen-tien-dung {START} {BOTH} --yes"],
    "person quota": ["le-van-bay --quota 1 --request cv-1029-snv-2020 --yes", "nobody --yes"],
    "person rename": [
        f"le-van-bay --name x\ty {BOTH} --yes",
        f"le-van-bay --name An {BOTH} --yes",
    ],
    "person transfer": [f"le-van-bay --unit x --title An {START} {BOTH} --yes"],
    "person unlock": [f"le-van-bay --until 2026-12-31 {BOTH} --yes"],
    "unit": ["no-such-command"],
    "unit add": [f"X --kind centre --parent x {START} {BOTH} --yes", "X --kind x --yes"],
    "unit address": [
        f"so-ngoai-vu --address x {START} --request cv-1029-snv-2020 --yes",
        "so-ngoai-vu --address × --request x --yes",
    ],
    "unit delegate": ["so-noi-vu le-van-bay --yes"],
    "unit dissolve": [f"so-ngoai-vu {START} {BOTH} --yes", f"so-ngoai-vu {START} --move a --yes"],
    "unit head": [f"so-noi-vu le-bao-an {START} {BOTH} --yes"],
    "unit merge": [
        f"so-ngoai-vu --into so-ngoai-vu {START} {BOTH} --yes",
        f"so-ngoai-vu --into so-noi-vu {START} {BOTH} --yes",
        f"so-ngoai-vu --into so-noi-vu {START} --move le-van-bay=so-y-te {BOTH} --yes",
    ],
    "unit move": [
        f"so-ngoai-vu --to so-noi-vu {START} {BOTH} --yes",
        f"so-ngoai-vu --to x {BOTH} --yes",
    ],
    "unit quota": ["so-ngoai-vu --quota 1 --request cv-1029-snv-2020 --yes", "x --yes"],
    "unit regulation": ["so-ngoai-vu --regulation x --yes", "x --yes"],
    "unit rename": [f"so-ngoai-vu --name An {BOTH} --decision-number 1 --yes"],
    "unit split": [f"so-ngoai-vu --part so-noi-vu {START} {BOTH} --yes"],
    "lab up": ["--layout no-such-layout"],
    "lab down": [""],
    "lab status": [""],
    "lab": ["no-such-command"],
}


LINES = [*HELP, *([*c.split(), *a.split()] for c, each in RUNS.items() for a in each)]


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, ...], str]:
    """Return what each line prints in a province's repository with the pseudo-locale."""
    folder = tmp_path_factory.mktemp("tour")
    pseudo.make(folder / "locale")
    root = province(folder / "province")
    repository(root)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    environment |= {"LANG": "vi_VN.UTF-8", "HOPTHU_LAB": str(folder / "no-lab")}
    environment |= {"PYTHONPATH": f"{ROOT}:{TESTS}", "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, str(TESTS / "pseudo.py"), str(folder / "locale")],
        cwd=root, env=environment, capture_output=True, text=True, check=False,
        input=json.dumps(LINES),
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr
    return dict(zip(map(tuple, LINES), json.loads(done.stdout), strict=True))


INVENTORY = '''
"""A server that nothing can reach: port 1 of this machine."""
_data = {
    "address": "127.0.0.1", "fqdn": "mail1.thanhhoa.gov.vn", "stores": ["store1", "store2"],
    "ssh_hostname": "127.0.0.1", "ssh_port": 1, "ssh_known_hosts_file": "/dev/null",
    "secrets": "inventory/secrets", "age_identity": "age.key",
}
edge = access = store = directory = [("mail1", _data)]
'''


LIST = """STT,Họ và tên,Chức vụ,Đơn vị,Loại,Từ ngày
1,Nguyễn Văn An,Chuyên viên,Sở Tài chính,công chức,01/13/2026
2,Trần Thị Hoà,Giám đốc,Sở Không Có,hợp đồng,
"""


def province(root: Path) -> Path:
    """Return a repository with the shipped data, and beside it broken and edited copies."""
    for name in ("data", "broken/data", "edited/data"):
        shutil.copytree(ROOT / "data", root / name)
    (root / "inventory").mkdir()
    shutil.copy(ROOT / "inventory" / "lab.py", root / "inventory")
    (root / "inventory" / "production.py").write_text(INVENTORY, encoding="utf-8")
    for name, text in (("mail", "le-van-bay,bay\n"), ("nobody", "nobody,b,secret\n")):
        (root / f"{name}.csv").touch(mode=0o600)
        (root / f"{name}.csv").write_text(text, encoding="utf-8")
    (root / "CODEOWNERS").write_text("* @nobody\n", encoding="utf-8")
    (root / ".gitignore").write_text("age.key\n", encoding="utf-8")
    (root / "list.csv").write_text(LIST, encoding="utf-8")
    people = root / "broken" / "data" / "people.yaml"
    people.write_text("- id: [\n" + people.read_text(encoding="utf-8"), encoding="utf-8")
    return root


def repository(root: Path) -> None:
    """Make the folder a git repository with one commit; then edit its copy of the data."""
    for folder in (root, root / "edited"):
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
        commit(folder, "Begin")
    policy = root / "edited" / "data" / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace("2 GiB", "3 GiB"), encoding="utf-8")


@cache
def words_of_data() -> set[str]:
    """Return the words of the shipped data, of commands and of inventories."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "data").rglob("*.yaml")]
    return set(re.findall(r"[^\W\d_]+", " ".join([*texts, *COMMANDS, INVENTORY, "hopthu lab"])))


NAMES = {
    *("text", "json", "csv", "github", "production", "auto", "plain"),  # values of options
    *(word for name in GROUPED for word in name.split()),
    *("sh", "ca", "create", "sheet"),  # commands of `lab ssh` and `secrets`
    *("backup", "centre", "resilient", "single"),  # layouts of the lab
    *(word for kind in BUILT_IN for word in kind.split("_")),
    *re.findall(r"[a-z]+", " ".join(probe.id for probe in PROBES)),
    *("rev", "parse"),  # a command of git
    *re.findall(r"[a-z]+", " ".join(rule.id for rule in RULES)),
    *("apt", "utils", "mmdebstrap", "systemd", "container"),  # packages
}


def english(printed: str, *arguments: str) -> list[str]:
    """Return the words that are neither translated nor data, nor were given as arguments."""
    given = set(re.findall(r"[^\W\d_]+", " ".join(arguments)))
    return pseudo.english(printed, words_of_data() | NAMES | given)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", HELP, ids=" ".join)
def test_help_is_translated(arguments: list[str], tour: Mapping[tuple[str, ...], str]) -> None:
    """Paragraphs, options, headings, and what click adds."""
    printed = tour[tuple(arguments)]
    assert pseudo.OPEN in printed
    assert [] == english(printed), printed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "arguments"), [(c, a) for c, each in RUNS.items() for a in each]
)
def test_output_is_translated(
    command: str, arguments: str, tour: Mapping[tuple[str, ...], str]
) -> None:
    """Every line comes from a message, from data or from a list."""
    printed = tour[(*command.split(), *arguments.split())]
    assert [] == english(printed, arguments, LIST), printed


def test_every_command_has_its_runs() -> None:
    """A new command takes its place in the tour."""
    assert {*COMMANDS, *GROUPED} - {"lab ssh"} == RUNS.keys()
    assert {"lab ssh"} == NEVER.keys()


def test_an_english_sentence_is_found() -> None:
    """The test can fail."""
    assert ["quite", "English"] == english("⟦this is⟧ quite English ⟦here⟧ so-tai-chinh")
