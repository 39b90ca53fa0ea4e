"""From where own passwords sign in, against the sentence that says so, address by address."""

from ipaddress import IPv4Address, IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from hopthu.model.policy import Network
from hopthu.model.sign_in_ranges import own_password_ranges

NARROW = st.integers(0, 255)
RANGE = st.builds(
    lambda last, length: IPv4Network((int(IPv4Address("10.0.0.0")) + last, length), strict=False),
    NARROW,
    st.sampled_from((0, 8, 24, 25, 27, 30, 32)),
)
KINDS = st.sampled_from(("either", "client"))


@given(st.lists(st.tuples(RANGE, KINDS), min_size=1, max_size=6), NARROW)
def test_the_smallest_range_decides(found: list[tuple[IPv4Network, str]], last: int) -> None:
    """Of equal ones, that with client passwords; an address in none takes only those."""
    networks = {
        str(number): Network((str(range_),), (), sign_in=kind)
        for number, (range_, kind) in enumerate(found)
    }
    address = IPv4Address("10.0.0.0") + last
    around = [(r.prefixlen, kind == "client", kind) for r, kind in found if address in r]
    wanted = max(around)[2] == "either" if around else False
    ranges = own_password_ranges(networks)
    if all(kind == "either" for _, kind in found):
        assert ranges is None
    else:
        assert ranges is not None
        holding = [each for each in ranges if address in IPv4Network(each)]
        assert ([True] if wanted else []) == [True for _ in holding]
