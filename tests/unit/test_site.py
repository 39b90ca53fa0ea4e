"""The site of `make docs`: no warning, no broken link, nothing loaded from elsewhere."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from markdown_it import MarkdownIt

from hopthu.docs.site import lay_out

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BUILDER = ".venv-docs/bin/zensical"
ELSEWHERE = re.compile(r"url\([\"']?(?:https?:)?//|@import")


class Page(HTMLParser):
    """The links of a page, what a browser loads for it, and the anchors in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the links and anchors of an element."""
        for name, value in attrs:
            if name == "id":
                self.anchors.add(value or "")
            elif name in ("src", "href") and value:
                (self.links if tag == "a" else self.loaded).append(value)


page = cache(Page)


def build(root: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of a checkout in `folder`, as `make docs` does."""
    lay_out(root, folder)
    command = [ROOT / BUILDER, "build", "--strict", "--config-file", folder / "zensical.toml"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of this checkout; the builder is installed if it is not."""
    subprocess.run(["make", "--quiet", BUILDER], cwd=ROOT, check=True)
    folder = tmp_path_factory.mktemp("docs")
    done = build(ROOT, folder)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "No issues found" in done.stderr
    return folder / "site"


def pages(site: Path) -> Iterator[Path]:
    """Yield every page but the one for errors, whose links begin at the root of a server."""
    return (path for path in sorted(site.rglob("*.html")) if path.name != "404.html")


def broken(site: Path) -> Iterator[str]:
    """Yield each link within the site that leads nowhere, with its page."""
    for path in pages(site):
        for link in (*page(path).links, *page(path).loaded):
            if urlsplit(link).scheme:
                continue
            name, anchor = urldefrag(unquote(link))
            target = (path.parent / name).resolve() if name else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or (anchor and anchor not in page(target).anchors):
                yield f"{path.relative_to(site)}: {link}"


def test_every_relative_link_resolves(site: Path) -> None:
    """To a page, and to a heading on it."""
    assert [] == list(broken(site))


def test_a_broken_link_is_found(site: Path, tmp_path: Path) -> None:
    """By the builder, and in what it built."""
    (tmp_path / "index.html").write_text('<a href="a.html"></a><a href="#b"></a><b id="c"></b>')
    assert ["index.html: a.html", "index.html: #b"] == list(broken(tmp_path))
    root = tmp_path / "root"
    (root / "docs").mkdir(parents=True)
    for name in ("README.md", "README.vi.md", "docs/index.md", "docs/index.vi.md"):
        (root / name).write_text("# A page\n\n[gone](gone.md)\n")
    done = build(root, tmp_path / "built")
    assert done.returncode
    assert "page does not exist" in done.stderr


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """No script, font, style or picture: it is read without a network."""
    assert [] == [each for path in pages(site) for each in page(path).loaded if "//" in each]
    styled = [*site.rglob("*.css"), *site.rglob("*.svg")]
    assert styled
    assert [] == [path.name for path in styled if ELSEWHERE.search(path.read_text("utf-8"))]


def test_pages_in_vietnamese_can_be_searched(site: Path) -> None:
    """The index has their words as they are written."""
    assert "Đổi mật khẩu" in (site / "search.json").read_text(encoding="utf-8")


def test_pages_have_the_blocks_they_have_in_the_repository(site: Path) -> None:
    """Lists, tables and code: the builder reads another dialect, and another indent."""
    markdown = MarkdownIt("commonmark").enable("table")
    sources = sorted((site.parent / "pages").rglob("*.md"))
    assert sources
    for source in sources:
        name = source.relative_to(site.parent / "pages").with_suffix(".html")
        built = site / (name.with_name("index.html") if name.stem == "README" else name)
        shown = built.read_text(encoding="utf-8").partition("<article")[2].partition("</article")[0]
        assert blocks(markdown.render(source.read_text(encoding="utf-8"))) == blocks(shown), source


def blocks(html: str) -> Counter[str]:
    return Counter(re.findall(r"<(ol|ul|li|table|tr|pre|img|blockquote|h[1-4])[ >]", html))


@pytest.mark.editor
@pytest.mark.parametrize("words", ["Đổi mật khẩu", "mat khau", "đơn vị kế thừa", "Danh bạ"])
def test_search_understands_vietnamese(site: Path, words: str) -> None:
    """With or without marks, by what the browser runs; it needs no network."""
    (worker,) = site.glob("assets/javascripts/workers/search.*.js")
    command = ["node", ROOT / "tests/search_site.js", worker, site / "search.json", words]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert 0 < int(found.stdout or 0), found.stderr
