"""A shop of 800 customers whose every answer is known by hand."""

from datetime import datetime, timedelta
from typing import Any

from decisioning.customers.models import Customer
from decisioning.events.models import Event
from decisioning.experiments import actions
from decisioning.experiments.models import Assignment, Experiment
from governance.types import Actor
from governance.usecases.core.content import UseCaseContent
from governance.usecases.models import UseCase, UseCaseVersion

N = 400
CONTENT: dict[str, Any] = {
    "objective": {"primary_metric": "conversion_quality", "smallest_change": 0.1},
    "guardrails": [
        {"metric": "opt_out_rate", "direction": "lower", "margin": 0.01},
        {"metric": "complaint_rate", "direction": "lower", "margin": 0.005},
        {"metric": "trust_score", "direction": "higher", "margin": 0.25},
    ],
    "experiment": {
        "key": "picks",
        "arms": ["treated", "control"],
        "allocation": {"treated": 0.5, "control": 0.5},
        "holdout_share": 0.5,
    },
}


def started(
    by: Actor, now: datetime, key: str = "picks", name: str = "Picks"
) -> Experiment:
    """A use case with its experiment running from ``now`` on."""
    case = UseCase.objects.create(
        key=key,
        name=name,
        state="testing",
        created_by_id=by.id,
        created_at=now,
        changed_at=now,
    )
    content = {**CONTENT, "experiment": {**CONTENT["experiment"], "key": key}}
    UseCaseVersion.objects.create(
        use_case=case,
        number=1,
        content=UseCaseContent.from_dict(content).to_dict(),
        author_id=by.id,
        created_at=now,
        saved_at=now,
    )
    actions.create(by=by, now=now, use_case_key=key, planned_n=2 * N)
    return actions.start(by=by, now=now, key=key)


def populate(row: Experiment, now: datetime, *, leaving: int = 0) -> None:
    """Treated: half buy well, every tenth returns it. Control: a quarter buys."""
    people = Customer.objects.bulk_create(
        Customer(pseudonym=f"{row.key}-{i}", created_at=now, last_seen_at=now)
        for i in range(2 * N)
    )
    events = []
    for i, person in enumerate(people):
        is_treated = i < N
        place = i if is_treated else i - N
        at = now + timedelta(hours=1)
        events.append(event(person.pk, "Decision Shown", at))
        trust = {"kind": "trust", "score": 4 + place % 2}
        events.append(event(person.pk, "Survey Answered", at, **trust))
        if place < (N // 2 if is_treated else N // 4):
            order = {"order_id": f"o-{i}", "margin": 9.0}
            events.append(event(person.pk, "Order Completed", at, 3000, **order))
            if is_treated and place % 10 == 0:
                refund = {"order_id": f"o-{i}"}
                later = at + timedelta(days=3)
                events.append(event(person.pk, "Order Refunded", later, **refund))
        elif place == N - 1:  # below the margin floor
            order = {"order_id": f"o-{i}", "margin": 4.99}
            events.append(event(person.pk, "Order Completed", at, 900, **order))
        if is_treated and place < leaving:
            events.append(event(person.pk, "Unsubscribed", at))
    Event.objects.bulk_create(events)
    Assignment.objects.bulk_create(
        Assignment(
            experiment=row,
            customer_id=person.pk,
            arm="treated" if i < N else "control",
            propensity=0.5,
            assigned_at=now,
        )
        for i, person in enumerate(people)
    )


def event(
    who: int, name: str, at: datetime, value: int | None = None, **properties: object
) -> Event:
    return Event(
        customer_id=who,
        type="track",
        name=name,
        occurred_at=at,
        received_at=at,
        value_minor=value,
        properties=properties,
        source="test",
    )
