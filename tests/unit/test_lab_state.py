import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from hopthu.daemons import operator
from hopthu.errors import LabError
from hopthu.inventory import loader
from hopthu.inventory.roles import roles
from hopthu.lab import guide, inventory, network, state
from hopthu.lab.down import down, locked
from hopthu.lab.operator import provide
from hopthu.lab.state import LabHost, LabState
from hopthu.tool import resources

OUTSIDE = LabHost("internet", "10.88.0.101", "mx.example.org")


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabState:
    """A lab that seems to be up: this very process holds it."""
    monkeypatch.setenv("HOPTHU_LAB", str(tmp_path))
    return LabState(
        name="hopthu-test",
        layout="single",
        domain="thanhhoa.gov.vn",
        directory=tmp_path,
        images=tmp_path / "images",
        holder=os.getpid(),
        started=state.start_time(os.getpid()),
        ready=True,
        hosts={"mail1": LabHost("mail1", "10.88.0.11", "mail1.gov.vn", ("edge",), ("store1",), 42)},
    )


def test_state_is_read_as_it_was_written(lab: LabState) -> None:
    """Everything survives the file, paths and tuples included."""
    lab.save()
    assert lab == state.current()
    assert ["state.json"] == [path.name for path in lab.directory.iterdir()]


def test_the_inventory_of_a_lab_brings_what_only_a_lab_needs(
    lab: LabState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its groups are called; an inventory of production has none of it."""
    every = {"mail1": replace(lab.hosts["mail1"], roles=tuple(roles())), "internet": OUTSIDE}
    monkeypatch.setattr(inventory, "joined", lambda: replace(lab, hosts=every))
    found = loader.load(resources.checkout() or Path(), "lab")
    assert provide == found.after_apply
    assert {"HOPTHU_LAB": str(lab.directory)} == found.environment
    assert found.throwaway
    host = found.centre.host("mail1")
    assert ("http://10.88.0.101:8081/", "10.88.0.101") == (host.alarms, host.time_source)


def test_no_file_is_no_lab(lab: LabState) -> None:
    """Without a lab, `current` says None and `required` says what to do."""
    assert state.current() is None
    with pytest.raises(LabError, match="no lab is running") as caught:
        state.required()
    assert caught.value.fix == "run: hopthu lab up"


@pytest.mark.parametrize("change", [{"ready": False}, {"started": 1}, {"holder": 0}])
def test_lab_is_up_only_while_its_own_holder_lives(
    lab: LabState, change: dict[str, object]
) -> None:
    """Unfinished, or a pid that was given to another process: that is no lab."""
    replace(lab, **change).save()  # type: ignore[arg-type]
    assert state.current() is None
    assert state.recorded(lab.directory) is not None


def test_process_that_ended_has_no_start_time() -> None:
    """Neither a dead process nor one waiting to be reaped counts as alive."""
    process = subprocess.Popen(["sleep", "60"])
    assert state.start_time(process.pid) > 0
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert state.start_time(process.pid) == 0
    process.wait()
    assert state.start_time(process.pid) == 0


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"hosts": 1}', "null"])
def test_a_damaged_state_is_reported(lab: LabState, text: str) -> None:
    """A broken file is named, with a way out."""
    (lab.directory / state.FILE).write_text(text)
    with pytest.raises(LabError, match="is not the state of a lab") as caught:
        state.current()
    assert str(lab.directory) in caught.value.fix


def test_an_unknown_host_is_reported_with_the_known_ones(lab: LabState) -> None:
    """`lab ssh` and faults name hosts; a slip shows the right names."""
    with pytest.raises(LabError, match="no host 'mail2'") as caught:
        lab.host("mail2")
    assert "mail1" in caught.value.fix


def test_directory_is_below_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without HOPTHU_LAB it lives in the checkout; of an installed hopthu in the current folder."""
    monkeypatch.delenv("HOPTHU_LAB", raising=False)
    assert Path("/srv/hopthu/.lab") == state.directory(Path("/srv/hopthu"))
    assert Path(__file__).parents[2] / ".lab" == state.directory()
    monkeypatch.setattr(resources, "CARRIED", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert tmp_path / ".lab" == state.directory()


def test_a_folder_with_other_content_is_refused(tmp_path: Path) -> None:
    """`down` removes the whole folder, so `up` only takes one that is empty."""
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(LabError, match=r"contains thesis\.txt"), locked(tmp_path):
        pytest.fail("locked a stranger's folder")
    assert (tmp_path / "thesis.txt").exists()


def test_down_twice_is_harmless(lab: LabState) -> None:
    """A lab whose folder is gone is down."""
    down(replace(lab, directory=lab.directory / "gone"))


def test_the_network_of_an_ended_lab_cannot_be_joined(lab: LabState) -> None:
    """Joining says so instead of leaving the process where it is."""
    with pytest.raises(LabError, match="not running"):
        network.join(replace(lab, started=1))


def test_state_file_is_plain_json(lab: LabState) -> None:
    """Other tools may read it."""
    record = json.loads(state.dumps(lab))
    assert record["hosts"]["mail1"]["stores"] == ["store1"]
    assert record["directory"] == str(lab.directory)


def test_the_guide_is_translated(lab: LabState) -> None:
    """Commands, addresses and paths stay as they are."""
    text = guide.next_steps(lab, "vi")
    assert "Trung tâm dữ liệu đã chạy: mail1." in text
    assert f"toàn bộ nằm trong {lab.directory}/" in text
    assert ".venv/bin/hopthu lab ssh client" in text


def test_on_the_operators_host_the_lab_is_its_network(
    lab: LabState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing to join; keys are those of the run, and nobody's password is known."""
    lab = replace(lab, hosts={**lab.hosts, "internet": OUTSIDE})
    inside = replace(lab, within=True, holder=0)
    inside.save()
    assert inside == inventory.joined()
    monkeypatch.setenv("HOPTHU_SSH_KEY", "/run/key")
    monkeypatch.delenv("HOPTHU_AGE_IDENTITY", raising=False)
    ((_, data),) = inventory.groups(inside)["edge"]
    assert ("/run/key", operator.AGE_IDENTITY) == (data["ssh_key"], data["age_identity"])
    assert not {"passwords", "first_passwords"} & data.keys()
    ((_, data),) = inventory.groups(lab)["edge"]
    assert (str(lab.key), str(lab.directory / "age.key")) == (data["ssh_key"], data["age_identity"])
