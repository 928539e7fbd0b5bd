"""What needs this person now: only things they can do, the oldest promise first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import NoReverseMatch, reverse

from console.templatetags.fmt import ago
from decisioning.quality.queries import QualityAlert
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.catalogue.core import Catalogue
from governance.jobs.queries import Job
from governance.signoffs.queries import QueueRow
from governance.types import SERVING_STATES, Actor, Role, State
from governance.usecases.core import Missing, missing_answers
from governance.usecases.queries import Card

RUNS_OUT = timedelta(days=14)
JOBS_SINCE = timedelta(days=7)
WRITING = (State.DEFINE, State.DATA_NEEDS)


@dataclass(frozen=True, slots=True)
class Needed:
    """One row of the work queue."""

    icon: str
    kind: str
    strong: str
    text: str
    when: str
    label: str
    url: str
    since: datetime
    primary: bool = False


def needed(
    by: Actor,
    now: datetime,
    *,
    cards: Sequence[Card],
    catalogue: Catalogue,
    reviews: Sequence[QueueRow],
    jobs: Sequence[Job],
    unassessed: Sequence[tuple[Card, tuple[int, ...]]],
    alarms: Sequence[QualityAlert] = (),
) -> list[Needed]:
    rows = [
        *_reviews(reviews, now),
        *_not_served(by, cards, now),
        *_running_out(by, cards, now),
        *_to_assess(unassessed, now),
        *_to_start(by, cards, now),
        *_to_read(by, cards, now),
        *_drafts(by, cards, catalogue, now),
        *_failed(jobs, now),
        *_alarms(alarms, now),
    ]
    return sorted(rows, key=lambda row: row.since)


def _alarms(alarms: Iterable[QualityAlert], now: datetime) -> Iterable[Needed]:
    """Alarms of data quality that nobody looks after, as one row."""
    open_ones = [alarm for alarm in alarms if alarm.acknowledged_at is None]
    if not open_ones:
        return
    n, since = len(open_ones), min(alarm.opened_at for alarm in open_ones)
    yield Needed(
        "activity",
        "Data quality",
        "1 alarm" if n == 1 else f"{n:,} alarms",
        "nobody looks after it." if n == 1 else "nobody looks after them.",
        f"since {ago(since, now)}",
        "Look",
        reverse("quality:overview"),
        since,
    )


def _reviews(reviews: Iterable[QueueRow], now: datetime) -> Iterable[Needed]:
    for row in reviews:
        if not row.yours:
            continue
        roles = ", ".join(role.label.lower() for role in row.yours)
        since = row.waiting_since or now
        yield Needed(
            "file-check",
            f"Sign for {roles}",
            row.name,
            f"version {row.number} waits for your signature.",
            f"asked {ago(since, now)}",
            "Review",
            reverse("reviews:review", args=[row.key]),
            since,
        )


def _not_served(by: Actor, cards: Iterable[Card], now: datetime) -> Iterable[Needed]:
    for card in cards:
        if card.state in SERVING_STATES and not card.is_serving and _concerns(by, card):
            yield Needed(
                "triangle-alert",
                "Default is served",
                card.name,
                card.refusal,
                ago(card.changed_at, now),
                "See why",
                reverse("usecases:detail", args=[card.key]),
                card.changed_at,
            )


def _running_out(by: Actor, cards: Iterable[Card], now: datetime) -> Iterable[Needed]:
    for card in cards:
        if card.expires_at is None or not card.is_serving or not _concerns(by, card):
            continue
        left = card.expires_at - now
        if left < RUNS_OUT:
            days = max(left.days, 0)
            yield Needed(
                "clock",
                "Sign-off runs out",
                card.name,
                "stops showing unless it is reviewed again.",
                "in 1 day" if days == 1 else f"in {days} days",
                "Renew",
                reverse("usecases:edit", args=[card.key]),
                card.expires_at - RUNS_OUT,
            )


def _to_assess(
    unassessed: Iterable[tuple[Card, tuple[int, ...]]], now: datetime
) -> Iterable[Needed]:
    for card, tests in unassessed:
        numbers = " and ".join(str(n) for n in tests)
        word = "test" if len(tests) == 1 else "tests"
        yield Needed(
            "scale",
            f"Assess {word} {numbers}",
            card.name,
            "waits for somebody other than its author.",
            ago(card.changed_at, now),
            "Assess",
            reverse("usecases:detail", args=[card.key]) + "#tests",
            card.changed_at,
        )


def _to_start(by: Actor, cards: Iterable[Card], now: datetime) -> Iterable[Needed]:
    for card in cards:
        if card.state is State.READY and by.has(Role.CHANNEL_OWNER):
            yield Needed(
                "play",
                "Start the test",
                card.name,
                "has all its signatures.",
                ago(card.changed_at, now),
                "Start",
                reverse("usecases:detail", args=[card.key]),
                card.changed_at,
            )


def _to_read(by: Actor, cards: Iterable[Card], now: datetime) -> Iterable[Needed]:
    for card in cards:
        if card.state is State.MEASURED and by.has(Role.MARKETING_OWNER, Role.ANALYST):
            yield Needed(
                "file-text",
                "Read the result",
                card.name,
                "is measured. Decide: scale, refine or stop.",
                ago(card.changed_at, now),
                "Read it",
                reverse("usecases:detail", args=[card.key]),
                card.changed_at,
            )


def _drafts(
    by: Actor, cards: Iterable[Card], catalogue: Catalogue, now: datetime
) -> Iterable[Needed]:
    for card in cards:
        if card.state not in WRITING or not _writes(by, card):
            continue
        missing = missing_answers(card.content, catalogue)
        if missing:
            yield Needed(
                "pencil",
                "Finish the draft",
                card.name,
                _lacks(missing),
                f"saved {ago(card.changed_at, now)}",
                "Finish",
                reverse("usecases:edit", args=[card.key]),
                card.changed_at,
            )
        else:
            yield Needed(
                "pencil",
                "Move it on",
                card.name,
                f"has all its answers. {card.next_step}.",
                f"saved {ago(card.changed_at, now)}",
                "Open",
                reverse("usecases:detail", args=[card.key]),
                card.changed_at,
            )


def _lacks(missing: Sequence[Missing]) -> str:
    count = len(missing)
    words = "1 answer is" if count == 1 else f"{count} answers are"
    return f"{words} missing. First: {missing[0].mend}"


def _failed(jobs: Iterable[Job], now: datetime) -> Iterable[Needed]:
    for job in jobs:
        ended = job.finished_at or job.created_at
        if job.state == Job.State.FAILED and now - ended < JOBS_SINCE:
            yield Needed(
                "triangle-alert",
                "A job failed",
                job.label,
                job.what_to_do or job.error,
                ago(ended, now),
                "See it",
                _job_url(job),
                ended,
            )


def _job_url(job: Job) -> str:
    for name, args in (("jobs:detail", [job.pk]), ("jobs:list", [])):
        try:
            return reverse(name, args=args)
        except NoReverseMatch:
            continue
    return reverse("home:home")


def _writes(by: Actor, card: Card) -> bool:
    return by.id in card.owner_ids and holds(by, P.USE_CASES_WRITE_OWN)


def _concerns(by: Actor, card: Card) -> bool:
    return by.id in card.owner_ids or by.has(
        Role.MARKETING_OWNER, Role.CHANNEL_OWNER, Role.PRIVACY_REVIEWER
    )
