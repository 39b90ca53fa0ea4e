import pytest

from hopthu.diagnostics.problem import Problem, Severity, as_text
from hopthu.diagnostics.regulation import Regulation


@pytest.mark.parametrize(
    ("severity", "language", "word", "code"),
    [
        ("error", "en", "error", 31),
        ("error", "vi", "lỗi", 31),
        ("warning", "en", "warning", 33),
        ("warning", "vi", "cảnh báo", 33),
    ],
)
def test_severity_has_its_colour(severity: Severity, language: str, word: str, code: int) -> None:
    """In both languages; only where it says how bad the problem is, and only if it is wanted."""
    what = f"an {word}: of spelling"
    problem = Problem("data/people.yaml", 4, 7, severity, "shape", "Art. 5", "an", what, "w", "f")
    plain, painted = (
        as_text([problem], language, regulation=Regulation(), colour=colour)
        for colour in (False, True)
    )
    assert plain.startswith(f"data/people.yaml:4:7: {word}: an: an {word}: of spelling [")
    assert painted == plain.replace(word, f"\x1b[{code}m\x1b[1m{word}\x1b[0m", 1)
