from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console import board as boards
from console.pages.home import feed, limits, presenters, queue
from decisioning.quality import queries as quality
from decisioning.scorecards.queries import (
    ALL,
    Scorecard,
    default_period,
    scorecard,
)
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.audit import queries as audit
from governance.catalogue.core import Catalogue
from governance.catalogue.queries import catalogue
from governance.installation.queries import now as clock
from governance.jobs import queries as jobs
from governance.signoffs import queries as signoffs
from governance.types import Actor, Role
from governance.usecases import queries as use_cases
from governance.usecases.core import TestVerdict, three_tests
from governance.usecases.queries import Card

FEED = 6


@requires(get=P.HOME_READ)
def home(request: StaffRequest) -> HttpResponse:
    """What needs this person; an executive's first screen is the scorecard."""
    by = request.actor
    if by.roles == {Role.EXECUTIVE}:
        return redirect("scorecards:overall")
    now = clock()
    reads = holds(by, P.USE_CASES_READ)
    cards = use_cases.board(now) if reads else []
    known = catalogue()
    card = _scorecard(by, now)
    needed = _needed(by, now, cards, known)
    may_write = holds(by, P.USE_CASES_WRITE_OWN)
    context: dict[str, Any] = {
        "title": presenters.title(len(needed)),
        "facts": presenters.sentence(cards) if cards else "",
        "needed": needed,
        "first": None if cards else presenters.first_step(by.roles, may_write),
        "limits": [*limits.stats(card), presenters.at_cap(now)] if card else [],
        "smallest": presenters.smallest_test(
            cards, known, now, limits.customers_a_week(card.rows)
        )
        if card
        else None,
        "feed": feed.feed(_entries(by), now, {card.key: card.name for card in cards}),
        "feed_url": limits.address("audit:list"),
        "stages": boards.stages(cards, known, now) if cards else [],
        "n_cards": len(cards),
        "new_url": reverse("usecases:new") if may_write else "",
        "board_url": reverse("usecases:board"),
        "table_url": reverse("usecases:table"),
        "reads": reads,
    }
    return render(request, "pages/home/home.html", context)


def _scorecard(by: Actor, now: datetime) -> Scorecard | None:
    if not holds(by, P.SCORECARDS_READ):
        return None
    return scorecard(ALL, default_period(now), now, may_be_cached=True)


def _entries(by: Actor) -> list[audit.AuditEntry]:
    if not holds(by, P.AUDIT_READ_OWN):
        return []
    own_only = None if holds(by, P.AUDIT_READ) else by.id
    return list(audit.entries(own_of=own_only)[:FEED])


def _needed(
    by: Actor, now: datetime, cards: list[Card], known: Catalogue
) -> list[queue.Needed]:
    return queue.needed(
        by,
        now,
        cards=cards,
        catalogue=known,
        reviews=signoffs.queue(by, now) if holds(by, P.SIGNOFFS_READ) else [],
        jobs=jobs.recent(by) if holds(by, P.JOBS_READ_OWN) else [],
        unassessed=_unassessed(by, now, cards, known),
        alarms=quality.open_alerts() if holds(by, P.MODELS_WRITE) else [],
    )


def _unassessed(
    by: Actor, now: datetime, cards: list[Card], known: Catalogue
) -> list[tuple[Card, tuple[int, ...]]]:
    """Tests that pass as written and that this person could confirm."""
    if not holds(by, P.USE_CASES_ASSESS):
        return []
    found = []
    for card in cards:
        if card.state not in queue.WRITING or card.author_id == by.id:
            continue
        passing = {
            test.number
            for test in three_tests(card.content, known)
            if test.verdict is TestVerdict.PASSES
        }
        if passing:
            given = use_cases.situation(card.key, now).assessed
            current = {one.test for one in given if one.is_current}
            if waiting := tuple(sorted(passing - current)):
                found.append((card, waiting))
    return found
