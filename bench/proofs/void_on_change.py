"""What becomes of a live use case when its configuration moves under the signatures.

The demo's own people and the first page's picks: an edit waits, "apply now" stops the
personal version, signatures bring it back, and a row changed by SQL stops it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.installation import Installation, installation
from bench.people import PERSONALISED, decide, reached, reasons, send_in
from bench.proof import Proof

PLACE = "home.hero"
NEW_HEADLINE = "Strong bread flour, milled this week"
Answers = Sequence[Mapping[str, Any]]


def prove() -> Proof:
    with installation(has_web=True) as here:
        told = _steps(here)
    words = ", ".join(f"{name}: {figure}" for name, figure, _ in told)
    return Proof(
        claim=(
            "An edit of a live use case serves on; applied now, the next decision is "
            "the default and the queue shows the diff; signed again it is personal; "
            "changed by SQL it is the default"
        ),
        figure=words,
        holds=all(holds for _, _, holds in told),
    )


def _steps(here: Installation) -> list[tuple[str, str, bool]]:
    from console.demo.cases import HOME_PICKS
    from decisioning.publishing import actions as publishing

    everybody = send_in(here, 300, {"favouriteCategory": "flour"})
    shown = reached(HOME_PICKS, everybody)
    found: list[tuple[str, str, bool]] = []

    def step(name: str, holds: Callable[[Answers], bool]) -> Answers:
        answers = [decide(here, user_id, PLACE) for user_id in shown]
        counted = reasons(answers)
        text = " + ".join(f"{n} {what}" for what, n in counted.most_common())
        found.append((name, text, bool(answers) and holds(answers)))
        return answers

    before = step("signed", _all_personal)
    personal = next(each for each in before if each["mode"] == PERSONALISED)
    edited = _edit(here, personal)
    step("edited", lambda answers: _all_personal(answers) and not _new(answers))
    publishing.apply_now(by=_owner(), now=here.now(), key=HOME_PICKS)
    step("applied now", _all_governed)
    found.append(_in_the_queue(here, HOME_PICKS))
    _sign_again(here, HOME_PICKS)
    step("signed again", lambda answers: _all_personal(answers) and _new(answers))
    _change_by_sql(edited)
    step("changed by SQL", _all_governed)
    return found


def _all_personal(answers: Answers) -> bool:
    return all(answer["mode"] == PERSONALISED for answer in answers)


def _all_governed(answers: Answers) -> bool:
    return all(
        answer["mode"] == "default" and answer["reason"].startswith("governance.")
        for answer in answers
    )


def _new(answers: Answers) -> bool:
    return any(
        answer["items"][0]["content"].get("headline") == NEW_HEADLINE
        for answer in answers
    )


def _edit(here: Installation, shown: Mapping[str, Any]) -> str:
    """Another headline for what people see now; gives the key of its offer."""
    item = shown["items"][0]
    body = {
        "offer_key": item["offer"],
        "placement_key": PLACE,
        "key": item["creative"],
        "content": {**item["content"], "headline": NEW_HEADLINE},
    }
    answer = here.ask("POST", "/api/v1/creatives", body, key="manageKey")
    assert answer.status == 201, answer.body
    return str(item["offer"])


def _owner() -> Any:
    from console.demo import cast
    from governance.types import Role

    return cast.actor(Role.MARKETER)


def _in_the_queue(here: Installation, key: str) -> tuple[str, str, bool]:
    from console.demo import cast
    from governance.signoffs.queries import queue
    from governance.types import Role

    reviewer = cast.actor(Role.PRIVACY_REVIEWER)
    rows = [row for row in queue(reviewer, here.now()) if row.key == key]
    changes = [change for row in rows for change in row.changes]
    return ("in the review queue", "; ".join(changes) or "nothing", bool(changes))


def _sign_again(here: Installation, key: str) -> None:
    from console.demo import cases, shop, signing
    from governance.usecases import queries

    story = next(s for s in cases.stories(shop.world()) if s.key == key)
    if queries.version(key).status == "draft":
        signing.submit(story, now=here.now())
    signing.attest(story, now=here.now())
    signing.sign_all(story, now=here.now())


def _change_by_sql(offer_key: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE decisioning_offer SET margin_minor = margin_minor - 1"
            " WHERE key = %s",
            [offer_key],
        )
