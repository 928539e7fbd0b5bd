"""Every cell of consent, through the real ledger, against an oracle written by hand.

Purpose, channel, topic, what the person did, the browser's signal, age, suppression:
each combination is a person of their own, whose history goes through the product's
actions into the database and is asked for by the product's own resolution.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from bench.consent_oracle import Cell, cells, history, verdict
from bench.installation import installation
from bench.proof import Proof

AT_ONCE = 6_000
PREFIX = "consent."
NOTICE = "words-that-changed"
WORDS = ("We may use what you told us.", "We may use and share what you told us.")


def prove() -> Proof:
    with installation():
        n_cells, wrong = _all()
    shown = f"; first: {wrong[0]}" if wrong else ""
    return Proof(
        claim=(
            "Consent answers every cell of purpose, channel, topic, state, signal, age "
            "and suppression as an oracle written by hand, with the same first reason"
        ),
        figure=f"{len(wrong)} of {n_cells:,} cells differ{shown}",
        holds=not wrong and n_cells > 20_000,
    )


def _all() -> tuple[int, list[str]]:
    from governance.installation.queries import now

    clock = now()
    changed_words(clock)
    stream, n_cells, wrong = cells(), 0, []
    while batch := list(islice(stream, AT_ONCE)):
        wrong += differences(dict(enumerate(batch, start=n_cells + 1)), clock)
        n_cells += len(batch)
    return n_cells, wrong


def differences(people: Mapping[int, Cell], clock: datetime) -> list[str]:
    """Cells whose answer is not the oracle's; every person is told apart by number."""
    _record(people, clock)
    return _asked(people, clock)


def changed_words(clock: datetime) -> None:
    """Words that some people once agreed to, and that have changed since."""
    from governance.consent import actions as consent
    from governance.types import Actor

    for text in WORDS:
        consent.add_notice(
            by=Actor.system("proof"),
            now=clock,
            key=NOTICE,
            text=text,
            is_material=text == WORDS[-1],
        )


def _record(people: Mapping[int, Cell], clock: datetime) -> None:
    from governance.consent import actions as consent
    from governance.consent.models import Notice
    from governance.types import Actor

    by = Actor.system("proof")
    plain: list[consent.ConsentRow] = []
    imported: list[consent.ConsentRow] = []
    words = Notice.objects.get(key=NOTICE, version=1)
    for person, cell in people.items():
        for row in history(cell):
            made = _row(person, row, clock)
            if row.get("notice"):
                consent.record(
                    by=by,
                    now=clock,
                    person_id=person,
                    purpose=made.purpose,
                    action=made.action,
                    channel=made.channel,
                    topic=made.topic,
                    source="page",
                    notice=words,
                    evidence=made.evidence,
                    occurred_at=made.occurred_at,
                )
            else:
                (imported if row.get("imported") else plain).append(made)
    for rows, source in ((plain, "page"), (imported, "import:proof")):
        if rows:
            consent.record_bulk(by=by, now=clock, rows=rows, source=source)


def _row(person: int, row: Mapping[str, Any], clock: datetime) -> Any:
    from governance.consent.actions import ConsentRow

    until = row.get("until")
    return ConsentRow(
        person_id=person,
        purpose=row.get("purpose", ""),
        action=row["action"],
        channel=row.get("channel", ""),
        topic=row.get("topic", ""),
        occurred_at=clock - timedelta(days=row["days"]),
        valid_until=None if until is None else clock + timedelta(days=until),
        evidence=row.get("evidence", {}),
    )


def _asked(people: Mapping[int, Cell], clock: datetime) -> list[str]:
    """Cells whose answer, or first reason, is not the oracle's."""
    from dataclasses import replace

    from governance.consent import queries
    from governance.consent.core import may

    heads = queries.heads(list(people))
    house = queries.policy()
    found: list[str] = []
    for person, cell in people.items():
        policy = replace(house, unknown_is_child="likely" in cell.age)
        answer = may(
            heads.get(person),
            cell.purpose,
            cell.channel,
            cell.topic,
            now=clock,
            policy=policy,
        )
        told, wanted = answer.code.removeprefix(PREFIX), verdict(cell)
        if told != wanted or bool(answer) != (wanted == ""):
            found.append(f"{cell} gave {told or 'yes'}, not {wanted or 'yes'}")
    return found
