"""The rules for passwords, as the directory enforces them (slapo-ppolicy(5), slapm-ppm(5))."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hopthu.directory.ldif import Attributes
from hopthu.model.policy import Policy

LOCKOUT_SECONDS = 900
"""Seconds that too many wrong passwords lock an account, and within which they are counted.

Long enough to make guessing useless (1,152 tries a day), short enough that an owner who mistyped,
or whom somebody else locked out, can wait for it.
"""

LASTING = timedelta(days=30 * 365)
"""The age that a password may reach if policy sets none.

There is always one, because the deadline of an issued password rests on it. Anything longer would
date passwords back to before 1970, or exceed what slapd can count.
"""

MIN_SECONDS = 60
"""Seconds between two changes of a password by its owner."""

MAX_LENGTH = 128

WORDS = "/etc/ldap/hopthu-dictionary"
"""The dictionary of words that are no passwords, without the suffixes of its files."""

RULES = (
    "pwdAttribute", "pwdLockout", "pwdMaxFailure", "pwdFailureCountInterval", "pwdLockoutDuration",
    "pwdMaxAge", "pwdMinAge", "pwdMinLength", "pwdMaxLength", "pwdInHistory", "pwdCheckQuality",
    "pwdSafeModify", "pwdUseCheckModule", "pwdCheckModuleArg",
)  # fmt: skip
"""The attributes of the password policy that an apply sets."""

_CLASSES = {
    "lowerCase": "abcdefghijklmnopqrstuvwxyz",
    "upperCase": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "digit": "0123456789",
    "special": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
}

_OF_THE_PERSON = ("cn", "cn;lang-vi-x-search", "mail", "mailLocalAddress")
"""What a password may have no word of; the id is checked as the name of the entry."""

# ppm compares bytes, and every letter outside ASCII has one of these 64 in UTF-8. Refusing them
# makes bytes and characters the same, so that lengths are right; and a password with Vietnamese
# marks would be another one when it is typed elsewhere (composed or not, Telex on or off).
_BEYOND_ASCII = "".join(chr(0x1000 + (low << 6) + low + 1) for low in range(0, 64, 2))


def max_age(policy: Policy) -> timedelta:
    """Return the age at which a password no longer signs in."""
    days = policy.passwords.max_age_days
    return timedelta(days=days) if days else LASTING


def generalized(moment: datetime) -> str:
    """Return a moment as the directory writes it, to the second (RFC 4517, 3.3.13)."""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")


def exactly(moment: datetime) -> str:
    """Return a moment as the directory writes it, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S.%fZ")


def parsed_time(text: str) -> datetime:
    """Return the moment of a generalized time in UTC, with or without fractions of a second."""
    return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def dated_back(until: datetime, age: timedelta) -> Attributes:
    """Return the time of change with which a password reaches the greatest age, `age`, at `until`.

    That is how slapd itself knows the deadline of an issued password. The owner's own change sets
    the time anew, so nothing of the deadline is left.
    """
    return {"pwdChangedTime": (generalized(until - age),)}


def sign_in_attributes(policy: Policy) -> Attributes:
    """Return the entry of the password policy."""
    rules = policy.passwords
    return {
        "objectClass": ("organizationalRole", "pwdPolicy", "pwdPolicyChecker"),
        "cn": ("sign-in",),
        "pwdAttribute": ("userPassword",),
        "pwdLockout": ("TRUE",),
        "pwdMaxFailure": (str(policy.limits.failed_sign_ins),),
        "pwdFailureCountInterval": (str(LOCKOUT_SECONDS),),
        "pwdLockoutDuration": (str(LOCKOUT_SECONDS),),
        "pwdMaxAge": (str(int(max_age(policy).total_seconds())),),
        "pwdMinAge": (str(MIN_SECONDS),),
        "pwdMinLength": (str(rules.min_length),),
        "pwdMaxLength": (str(MAX_LENGTH),),
        "pwdInHistory": (str(rules.history),),
        # 2: a hash cannot be judged, so only root, who manages passwords, may set one.
        "pwdCheckQuality": ("2",),
        # The old password is asked for: an open session is not enough.
        "pwdSafeModify": ("TRUE",),
        "pwdUseCheckModule": ("TRUE",),
        "pwdCheckModuleArg": (_ppm(rules.classes),),
    }


def _ppm(classes: int) -> str:
    """Return the configuration of ppm: a line a parameter."""
    lines = (
        f"minQuality {classes}",
        "checkRDN 1",
        f"checkAttributes {','.join(_OF_THE_PERSON)}",
        f"forbiddenChars {_BEYOND_ASCII}",
        "maxConsecutivePerClass 0",
        "useCracklib 1",
        f"cracklibDict {WORDS}",
        # At least 0 of the class, a point for 1, no upper limit.
        *(f"class-{name} {characters} 0 1 0" for name, characters in _CLASSES.items()),
    )
    return "".join(f"{line}\n" for line in lines)
