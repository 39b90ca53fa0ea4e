import shutil
import subprocess
from pathlib import Path

import pytest

from hopthu.errors import LabError
from hopthu.lab import images, libraries, mirror, preflight
from hopthu.lab.layout import RECIPE


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A copy of what images are made from."""
    (tmp_path / "lab").mkdir()
    shutil.copy(RECIPE / "build-images", tmp_path / "lab")
    shutil.copytree(RECIPE / "packages", tmp_path / "lab" / "packages")
    return tmp_path / "lab"


def test_images_are_named_by_a_digest_of_their_recipe(recipe: Path) -> None:
    """The same lists and recipe give the same images; any change gives others."""
    before = images.key(recipe)
    assert before == images.key(RECIPE)
    keys = {before}
    for name in ("build-images", "packages/base", "packages/stack", "packages/outside"):
        path = recipe / name
        path.write_text(path.read_text() + "\n# changed\n")
        keys.add(images.key(recipe))
    assert len(keys) == 5


def test_layouts_do_not_change_images(recipe: Path) -> None:
    """A new layout boots the images there are."""
    before = images.key(recipe)
    (recipe / "huge.yaml").write_text("domain: example.org\n")
    assert before == images.key(recipe)


@pytest.mark.parametrize("name", ["base", "stack", "outside"])
def test_package_lists_are_sorted_and_plain(name: str) -> None:
    """One package a line, sorted, none twice."""
    lines = (RECIPE / "packages" / name).read_text().splitlines()
    packages = [line for line in lines if not line.startswith("#")]
    assert sorted(set(packages)) == packages


def test_scripts_of_the_lab_are_valid_shell() -> None:
    """Both scripts run under a plain POSIX shell."""
    for name in ("build-images", "install-packages"):
        subprocess.run(["sh", "-n", str(RECIPE / name)], check=True)


def install(path: Path, *packages: str, **tools: str) -> subprocess.CompletedProcess[str]:
    """Run lab/install-packages where only `tools` exist, each a line of shell."""
    for name, line in tools.items():
        tool = path / name.replace("_", "-")
        tool.write_text(f"#!/bin/sh\n{line}\n")
        tool.chmod(0o755)
    return subprocess.run(
        ["/bin/sh", str(RECIPE / "install-packages"), *packages],
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


ONLY_IP_IS_THERE = 'for last; do :; done; [ "$last" = iproute2 ] && echo installed'


def test_installed_packages_are_left_alone(tmp_path: Path) -> None:
    """If everything is installed, nothing is printed and root is not needed."""
    done = install(tmp_path, "iproute2", dpkg_query=ONLY_IP_IS_THERE)
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


def test_only_missing_packages_are_installed(tmp_path: Path) -> None:
    """The line says which; a first failure fetches new lists and tries again."""
    apt = f'echo "$@" >>{tmp_path}/log; [ "$1" = update ] || [ -e {tmp_path}/new ]'
    apt += f"; code=$?; : >{tmp_path}/new; exit $code"
    done = install(
        tmp_path, "iproute2", "zip", dpkg_query=ONLY_IP_IS_THERE, id="echo 0", apt_get=apt
    )
    assert (0, "Installing: zip\n") == (done.returncode, done.stdout)
    words = [line.split()[0] for line in (tmp_path / "log").read_text().splitlines()]
    assert ["install", "update", "install"] == words
    assert "iproute2" not in (tmp_path / "log").read_text()


def test_missing_rights_are_reported_in_one_line(tmp_path: Path) -> None:
    """Without root the command that would help is named."""
    done = install(tmp_path, "zip", dpkg_query="exit 1", id="echo 1000")
    assert done.returncode == 1
    expected = "lab/install-packages: needs root to install: zip (sudo apt-get install zip)\n"
    assert expected == done.stderr


def test_other_distributions_are_reported_in_one_line(tmp_path: Path) -> None:
    """Without dpkg nothing is tried."""
    done = install(tmp_path, "zip", "ip")
    assert done.returncode == 1
    assert "not a Debian system; install the equivalents of: zip ip" in done.stderr


def test_an_unreachable_mirror_is_reported_in_one_line(tmp_path: Path) -> None:
    """No network ends with what to look at."""
    done = install(tmp_path, "zip", dpkg_query="exit 1", id="echo 0", apt_get="exit 100")
    assert done.returncode == 1
    assert done.stderr.endswith("apt-get update failed; is a Debian mirror reachable?\n")


DEB822 = """\
# a comment
Types: deb deb-src
URIs: http://mirror.example.org/debian
Suites: trixie trixie-updates trixie-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian.pgp

Types: deb
URIs: https://mirror.example.org/security
Suites: trixie-security
Components: main

Types: deb
URIs: file:/usr/share/local
Suites: ./
Trusted: yes

Enabled: no
Types: deb
URIs: http://off.example.org/debian
Suites: trixie
Components: main

Types: deb
URIs: http://other.example.org/tools
Suites: stable
Components: main
"""


def test_only_debian_of_the_suite_is_taken(tmp_path: Path) -> None:
    """Local folders, other vendors, other suites and switched-off sources stay out."""
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "debian.sources").write_text(DEB822)
    expected = """\
Types: deb
URIs: http://mirror.example.org/debian
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian.pgp

Types: deb
URIs: https://mirror.example.org/security
Suites: trixie-security
Components: main
"""
    assert expected == mirror.sources("trixie", tmp_path)


def test_key_in_the_sources_is_kept_whole(tmp_path: Path) -> None:
    """An inline key goes on over several lines, one blank ahead."""
    (tmp_path / "sources.list.d").mkdir()
    text = (
        "Types: deb\nURIs: http://m.example.org/debian\nSuites: trixie\nComponents: main\n"
        "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n"
    )
    (tmp_path / "sources.list.d" / "own.sources").write_text(text)
    assert "Signed-By: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n" in mirror.sources(
        "trixie", tmp_path
    )


def test_one_line_sources_are_read_too(tmp_path: Path) -> None:
    """The older form, with and without options."""
    (tmp_path / "sources.list").write_text(
        "deb [arch=amd64 signed-by=/k.gpg] http://a.example.org/debian trixie main contrib\n"
        "deb http://a.example.org/debian bookworm main\n"
        "deb-src http://a.example.org/debian trixie main\n"
        "# deb http://b.example.org/debian trixie main\n"
        "deb http://c.example.org/debian/ trixie-security non-free\n"
    )
    expected = (
        "Types: deb\nURIs: http://a.example.org/debian\nSuites: trixie\nComponents: main\n"
        "Signed-By: /k.gpg\n"
    )
    assert expected == mirror.sources("trixie", tmp_path)


def test_machine_without_fitting_sources_has_none(tmp_path: Path) -> None:
    """Mmdebstrap then takes the mirror it knows."""
    assert mirror.sources("trixie", tmp_path) == ""


def test_lab_needs_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without root one sentence says so."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(LabError, match="needs root") as caught:
        preflight.check()
    assert "sudo" in caught.value.fix


def test_missing_tools_are_reported_as_packages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The fix installs exactly what is missing."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    for tool in ("ip", "nsenter", "ssh", "unshare", "apt-ftparchive"):
        (tmp_path / tool).touch(mode=0o755)
    with pytest.raises(LabError, match="mmdebstrap, systemd-container") as caught:
        preflight.check()
    assert caught.value.fix == "run: sh lab/install-packages mmdebstrap systemd-container"


def test_other_systems_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Namespaces are Linux's."""
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(LabError, match="needs Linux"):
        preflight.check()


def test_another_lab_may_have_fetched_the_packages_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has put in place is used; nothing of ours is left beside it."""
    monkeypatch.setattr(images, "cache", lambda: tmp_path)
    monkeypatch.setattr(libraries, "_run", lambda _command: None)

    def fetched(made: Path, wanted: list[str], pinned: list[str]) -> None:
        other = tmp_path / f"python-{libraries._key(wanted, pinned)}"
        for folder in (made, other):
            folder.mkdir()
            (folder / "module.py").touch()

    monkeypatch.setattr(libraries, "_fetch", fetched)
    folder = libraries.ensure(tmp_path, lambda _event: None)
    assert [folder] == [*tmp_path.iterdir()]
    assert (folder / "module.py").is_file()
