"""The rules for passwords: the policy that slapd gets, and its answers in the words of people."""

import pytest

from hopthu.directory.password_results import REFUSALS, RESULTS, refusal
from hopthu.directory.password_rules import sign_in_attributes
from hopthu.docs.tables import page, pages
from hopthu.model.policy import Limits, Passwords, Policy

_LONGEST = 127
"""Bytes of a value that ppm reads; a longer one would be cut, or worse."""


def ppm(policy: Policy) -> dict[str, list[str]]:
    """Return the parameters of ppm, each with its words."""
    (text,) = sign_in_attributes(policy)["pwdCheckModuleArg"]
    lines = [line.split(" ") for line in text.splitlines()]
    return {name: words for name, *words in lines}


def test_the_policy_of_the_data_is_the_policy_of_slapd() -> None:
    """Lengths in characters, which are bytes, for no others are taken."""
    rules = Passwords(min_length=12, classes=3, history=8, max_age_days=180)
    found = sign_in_attributes(Policy(passwords=rules, limits=Limits(failed_sign_ins=6)))
    assert ("12",) == found["pwdMinLength"]
    assert ("8",) == found["pwdInHistory"]
    assert ("15552000",) == found["pwdMaxAge"]
    assert ("6",) == found["pwdMaxFailure"]
    assert ("900",) == found["pwdLockoutDuration"]
    assert ["3"] == ppm(Policy(passwords=rules))["minQuality"]


def test_a_lock_is_never_for_ever_and_the_old_password_is_asked_for() -> None:
    """Whatever policy says."""
    found = sign_in_attributes(Policy())
    assert "0" not in (found["pwdLockoutDuration"][0], found["pwdFailureCountInterval"][0])
    assert ("TRUE",) == found["pwdSafeModify"]
    assert ("2",) == found["pwdCheckQuality"]
    assert 0 < int(found["pwdMaxAge"][0]) < 2**31


def test_every_letter_beyond_ascii_has_a_forbidden_byte() -> None:
    """Then bytes and characters are the same."""
    (forbidden,) = ppm(Policy())["forbiddenChars"]
    refused = set(forbidden.encode())
    assert set(range(0x80, 0xC0)) <= refused
    assert not any(byte < 0x80 for byte in refused)
    for letter in "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ\u0301\u0309€あ𝄞":
        assert refused & set(letter.encode()), letter


def test_ppm_reads_every_value_whole() -> None:
    """It cuts what is longer, without a word."""
    for name, (value, *numbers) in ppm(Policy()).items():
        assert len(value.encode()) <= _LONGEST, name
        assert len(numbers) in {0, 3}, name


def test_classes_are_all_that_can_be_typed() -> None:
    """Each printable character of ASCII but the blank is of one class."""
    classes = {name: words[0] for name, words in ppm(Policy()).items() if "class-" in name}
    assert 4 == len(classes)
    assert sorted(map(chr, range(33, 127))) == sorted("".join(classes.values()))


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("ppolicy: error=6 (Password is too short for policy)", "too short"),
        ('Password for dn="x" does not pass required number of strength checks (3 of 4)', "lacks"),
        ('Password for dn="x" contains tokens from the RDN', "the name or the address"),
        ("Password is in history of old passwords", "used before"),
    ],
)
def test_a_text_of_slapd_is_put_into_words(said: str, what: str) -> None:
    """One rule for each."""
    found = refusal(said)
    assert found
    assert what in str(found.what)
    assert refusal("something else") is None


def test_each_code_and_each_rule_is_told_once() -> None:
    """No text of slapd would be taken for two rules."""
    assert len(RESULTS) == len({each.code for each in RESULTS})
    assert len(REFUSALS) == len({str(each.what) for each in REFUSALS})


@pytest.mark.parametrize("name", ["own-password.md", "doi-mat-khau.md"])
def test_the_documents_have_the_tables(name: str) -> None:
    """In the language of each."""
    (path,) = (each for each in pages() if each.name == name)
    text = path.read_text(encoding="utf-8")
    assert page(path) == text
    assert text.count("| 19 |") == 1
