"""What a plan says of a change of the policy."""

from dataclasses import replace

from hopthu.model.policy import Network, Policy
from hopthu.model.review_settings import Owner, Review
from hopthu.plan.policy_diff import policy_changes


def test_parts_of_a_value_are_apart() -> None:
    """A network that goes, and lists of things that have parts."""
    policy = Policy()
    gone = {name: each for name, each in policy.networks.items() if name != "cpnet"}
    owners = (Owner("so-y-te", ("@p/a", "@p/b")), Owner("so-noi-vu", ("@p/c",)))
    after = replace(policy, networks=gone, review=replace(Review(), owners=owners))
    before = replace(policy, review=Review())
    network, owned = (change.summary for change in policy_changes(before, after))
    assert (
        "policy: networks.cpnet: ranges: 10.0.0.0/8; may: read, submit, deliver; sign_in: client"
        " → –"
    ) == network
    assert (
        "policy: review.owners: added: (unit: so-y-te; reviewers: @p/a, @p/b), "
        "(unit: so-noi-vu; reviewers: @p/c)"
    ) == owned


def test_a_network_that_is_new() -> None:
    """Its owner as well."""
    policy = Policy()
    guests = Network(("10.38.7.0/24", "fd00::/8"), ("read",), of="so-y-te", sign_in="client")
    after = replace(policy, networks={**policy.networks, "guests": guests})
    (change,) = policy_changes(policy, after)
    assert (
        "policy: networks.guests: – → ranges: 10.38.7.0/24, fd00::/8; may: read; of: so-y-te; "
        "sign_in: client"
    ) == change.summary


def test_a_list_in_another_order_is_shown_whole() -> None:
    """Also where an item is new or gone: only items that keep their order may go unsaid."""
    review = Review(operator=("@a/x", "@b/y"))
    said = []
    for now in (("@b/y", "@a/x", "@c/z"), ("@a/x", "@b/y", "@c/z"), ("@a/x", "@a/x", "@c/z")):
        before, after = (Policy(review=each) for each in (review, replace(review, operator=now)))
        (change,) = policy_changes(before, after)
        said.append(change.summary)
    assert [
        "policy: review.operator: @a/x, @b/y → @b/y, @a/x, @c/z",
        "policy: review.operator: added: @c/z",
        "policy: review.operator: @a/x, @b/y → @a/x, @a/x, @c/z",
    ] == said
