"""D-11: after a no nobody is asked again, for 180 days and for ever after."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from console.pages.preferences.presenters import choices
from console.pages.preferences.wording import QUESTIONS
from governance.consent.ledger import Entry, fold

BEGIN = datetime(2026, 3, 2, 12, tzinfo=UTC)
ELSE = ("pause", "unpause", "off", "on", "channel_off", "channel_on", "gpc", "limit")


def entry(action, purpose="", *, days=0.0):
    at = BEGIN + timedelta(days=days)
    until = at + timedelta(days=7) if action == "pause" else None
    channel = "email" if action.startswith("channel") else ""
    return Entry(
        action=action, purpose=purpose, channel=channel, at=at, valid_until=until,
        evidence={"per_week": 2} if action == "limit" else {},
    )  # fmt: skip


@given(
    refused=some.sets(some.sampled_from(sorted(QUESTIONS)), min_size=1),
    no=some.sampled_from(("deny", "withdraw", "object")),
    between=some.lists(
        some.tuples(some.sampled_from(ELSE), some.floats(0.1, 180)), max_size=6
    ),
    days=some.floats(0, 720),
)
def test_a_no_stands_whatever_else_happens_and_however_long_it_is_ago(
    refused, no, between, days
):
    told = [entry(no, purpose) for purpose in sorted(refused)]
    told += [
        entry(action, days=at) for action, at in sorted(between, key=lambda b: b[1])
    ]

    shown = choices(fold(told), BEGIN + timedelta(days=days))

    answers = {row.key: row for row in shown.purposes}
    for purpose in refused:
        assert answers[purpose].said_no
        assert answers[purpose].state == "You said no."
