"""What is signed is what is served: every difference is found, however it came."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from decisioning.caps import actions as caps
from decisioning.caps.models import Cap
from decisioning.offers import actions as offers
from decisioning.publishing import actions, queries
from decisioning.revisions import actions as revisions
from decisioning.revisions.core import Kind
from decisioning.segments import actions as segments
from decisioning.segments.models import Segment
from governance.usecases.core.content import UseCaseContent
from tests.decisioning.publishing.conftest import REACH, Served, creative
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db
EVERYTHING = {
    "fairness:limits",
    "offer:free-delivery",
    "creative:free-delivery/home.hero/plain",
    "placement:home.hero",
    "segment:good-buyers",
    "cap:three-a-week",
    "budget:spring",
}


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Kind, str]]:
    """Serving is judged for real; opening the next draft is noted."""
    drafted: list[tuple[Kind, str]] = []
    monkeypatch.setattr(revisions, "_served_by", [actions.is_served])
    monkeypatch.setattr(
        revisions,
        "_after_draft",
        [lambda kind, key, _b, _n: drafted.append((kind, key))],
    )
    return drafted


def test_everything_the_reach_names_is_pinned(served: Served) -> None:
    assert set(served.version.references) == EVERYTHING
    assert served.differing() == []


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE decisioning_offer SET value_minor = 9", "offer:free-delivery"),
        (
            'UPDATE decisioning_creative SET content = \'{"headline": "Now!"}\'',
            "creative:free-delivery/home.hero/plain",
        ),
        (
            'UPDATE decisioning_placement SET default_content = \'{"headline": "x"}\'',
            "placement:home.hero",
        ),
        (
            'UPDATE decisioning_segment SET rule = \'{"version": 1,'
            ' "rule": {"all": []}}\'',
            "segment:good-buyers",
        ),
        ("UPDATE decisioning_cap SET n = 30", "cap:three-a-week"),
        ("UPDATE decisioning_cap SET \"window\" = '1 hour'", "cap:three-a-week"),
        ("UPDATE decisioning_budget SET limit_minor = 200000", "budget:spring"),
        ("UPDATE decisioning_segment SET retired_at = now()", "segment:good-buyers"),
        ("UPDATE decisioning_cap SET retired_at = now()", "cap:three-a-week"),
        ("DELETE FROM decisioning_cap", "cap:three-a-week"),
    ],
)
def test_a_change_by_sql_is_a_difference(
    served: Served, statement: str, name: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)

    assert served.differing() == [name]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisioning_cap SET n = 1",
        "UPDATE decisioning_cap SET \"window\" = '30 days'",
        "UPDATE decisioning_budget SET limit_minor = 10",
        "UPDATE decisioning_budget SET used_minor = 10",
        "UPDATE decisioning_offer SET retired_at = now()",
        "UPDATE decisioning_creative SET retired_at = now()",
    ],
)
def test_what_allows_less_is_no_difference(served: Served, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)

    assert served.differing() == []


def test_a_stored_digest_that_lies_does_not_help(served: Served) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE decisioning_offer SET value_minor = 9, digest = digest")

    assert served.differing() == ["offer:free-delivery"]


def test_an_edit_of_a_served_offer_leaves_what_is_signed(
    served: Served, wired: list[tuple[Kind, str]], now: datetime
) -> None:
    offers.save_offer(by=served.owner, now=now, key="free-delivery", value_minor=9900)

    assert served.differing() == []
    (change,) = queries.pending_changes(served.content)
    assert (change.name, change.draft_revision) == ("offer:free-delivery", 2)
    assert (change.live["value_minor"], change.draft["value_minor"]) == (1200, 9900)
    assert wired == [(Kind.OFFER, "free-delivery")]


def test_the_next_version_pins_the_draft(
    served: Served, wired: list[tuple[Kind, str]], now: datetime
) -> None:
    before = served.version.references["segment:good-buyers"]

    segments.save(
        by=served.owner,
        now=now,
        key="good-buyers",
        name="Good buyers",
        goal="More second orders",
        rule={"field": "trait.history", "op": "ge", "value": 200},
    )

    after = queries.references(served.content)["segment:good-buyers"]
    assert after["revision"] == 2
    assert after["digest"] != before["digest"]


def test_a_new_creative_of_a_served_offer_is_not_a_difference_but_opens_a_draft(
    served: Served, wired: list[tuple[Kind, str]], now: datetime
) -> None:
    creative(served.owner, now, "bold")

    assert served.differing() == []
    assert wired == [(Kind.CREATIVE, "free-delivery/home.hero/bold")]
    assert "creative:free-delivery/home.hero/bold" in queries.references(served.content)


def test_what_is_named_but_not_made_or_retired_is_missing(
    served: Served, now: datetime
) -> None:
    caps.retire_cap(by=served.owner, now=now, key="three-a-week")
    offers.retire_creative(
        by=served.owner, now=now, pk=creative(served.owner, now, "plain").pk
    )
    content = UseCaseContent.from_dict(
        {"reach": {**REACH, "offers": ["free-delivery", "none"]}}
    )

    assert set(queries.missing(content)) == {
        "cap:three-a-week",
        "offer:none",
        "creative:free-delivery/*",
    }


@pytest.fixture
def promoted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    from governance.usecases import actions as use_cases

    made: list[dict[str, Any]] = []
    monkeypatch.setattr(
        use_cases, "make_serving", lambda **kw: made.append(kw), raising=False
    )
    return made


def raise_cap(served: Served, now: datetime, n: int) -> None:
    caps.save_cap(
        by=served.owner,
        now=now,
        key="three-a-week",
        name="Three a week",
        scope="all",
        n=n,
        window=timedelta(days=7),
    )


def test_promoting_puts_the_signed_revisions_live(
    served: Served,
    wired: list[tuple[Kind, str]],
    promoted: list[dict[str, Any]],
    now: datetime,
) -> None:
    raise_cap(served, now, 5)
    version = served.version
    version.pk, version.number, version.status = None, 2, "superseded"
    version.references = queries.references(served.content)
    version.save()

    actions.promote(now=now, key="win-back", number=2)

    row = Cap.objects.get()
    assert (row.n, row.revision, row.draft_revision) == (5, 2, None)
    assert promoted[0]["version_number"] == 2
    assert served.differing() == []


def test_promoting_does_not_undo_what_was_lowered_since(
    served: Served,
    wired: list[tuple[Kind, str]],
    promoted: list[dict[str, Any]],
    now: datetime,
) -> None:
    raise_cap(served, now, 5)
    version = served.version
    version.pk, version.number, version.status = None, 2, "superseded"
    version.references = queries.references(served.content)
    version.save()
    raise_cap(served, now, 1)

    actions.promote(now=now, key="win-back", number=2)

    assert Cap.objects.get().n == 1


def test_budgets_of_other_use_cases_are_not_pinned(
    served: Served, now: datetime
) -> None:
    make.budget(served.owner, now, "Autumn")

    assert "budget:autumn" not in queries.references(served.content)


def test_the_audience_is_what_the_segment_holds_and_unknown_without_customers(
    configured: Any, now: datetime
) -> None:
    content = UseCaseContent.from_dict({"reach": REACH})
    assert queries.audience_size(content, now) is None

    make.customers([{"history": 150 if n < 3 else 50} for n in range(12)], now=now)

    known = queries.facts(content, now)
    assert known.audience_size == 3
    assert known.referenced_missing == ()


def test_a_segment_nobody_made_has_no_size_and_is_missing(
    configured: Any, now: datetime
) -> None:
    content = UseCaseContent.from_dict({"reach": {**REACH, "segment": "nobody"}})

    known = queries.facts(content, now)

    assert known.audience_size is None
    assert "segment:nobody" in known.referenced_missing


def test_segments_that_the_audience_is_built_on_are_pinned_too(
    served: Served, now: datetime
) -> None:
    make.segment(served.owner, now, "Base")
    make.segment(served.owner, now, "Apart")
    Segment.objects.filter(key="good-buyers").update(
        rule={"version": 1, "rule": {"segment": "base"}}
    )

    pinned = set(queries.references(served.content))

    assert {"segment:good-buyers", "segment:base"} <= pinned
    assert "segment:apart" not in pinned
