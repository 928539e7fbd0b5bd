"""Signing one's own work by every way in, and editing at the moment of signing.

Four people who must not sign, fifteen ways each; then a signature and an edit of the
same version at the same moment, 500 times.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

from bench.installation import installation
from bench.proof import Proof

RACES = 500
SEED = 20_261_128


def prove() -> Proof:
    with installation() as here:
        house, references = _house(here.now())
        found, opens = _attempts(house, references)
        signed, edited, wrong = _races(house, references)
    refused = sum(one.is_refused for one in found)
    slipped = sorted({f"{o.attempt} by {o.culprit}" for o in found if not o.is_refused})
    return Proof(
        claim=(
            "Author, editor, owner who edited and holder of a second role sign by no "
            "way in: page, API, admin, bulk, import, SQL as the application's role; "
            "signing and editing at once never signs what was not shown"
        ),
        figure=(
            f"{refused} of {len(found)} attempts refused"
            + (f" (not: {'; '.join(slipped)})" if slipped else "")
            + f"; {RACES} races: {signed} signed first, {edited} edited first, "
            f"{wrong} signed something not shown"
        ),
        holds=not slipped and opens and not wrong and bool(signed and edited),
    )


def _house(now: Any) -> tuple[Any, Any]:
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    from tests.governance.conftest import REFERENCES, build_house

    setup_test_environment()
    call_command("collectstatic", interactive=False, verbosity=0)
    return build_house(now), REFERENCES


def _attempts(house: Any, references: Any) -> tuple[list[Any], bool]:
    from bench.self_approval import control, outcomes, scene
    from governance.usecases import actions as use_cases

    at = scene(house, references)
    found, opens = list(outcomes(at)), control(at)
    use_cases.transition(
        by=house["mara"], now=house.now, key=at.key, transition="withdraw"
    )
    return found, opens


def _races(house: Any, references: Any) -> tuple[int, int, int]:
    from governance.types import State
    from governance.usecases import actions as use_cases
    from governance.usecases import queries

    rng = random.Random(SEED)
    key, signed, wrong = house.submitted(), 0, 0
    for turn in range(RACES):
        shown = queries.version(key)
        _at_once(house, key, shown, rng, contacts=turn % 9 + 1)
        signed += shown.approvals.count()
        wrong += _wrongly_signed(key)
        if queries.use_case(key).state == State.DEFINE:
            by, now = house["mara"], house.now
            use_cases.transition(by=by, now=now, key=key, transition="to_data_needs")
            use_cases.submit(by=by, now=now, key=key, references=references)
    return signed, RACES - signed, wrong


def _at_once(
    house: Any, key: str, shown: Any, rng: random.Random, *, contacts: int
) -> None:
    from governance.types import SignOffRole
    from governance.usecases import actions as use_cases

    content = {**shown.content, "reach": {**shown.content["reach"]}}
    content["reach"]["max_contacts"] = contacts + 10 * (shown.number % 2)

    def sign() -> None:
        house.sign(
            key,
            SignOffRole.MARKETING,
            number=shown.number,
            shown_hash=shown.config_hash,
        )

    def edit() -> None:
        use_cases.save_draft(by=house["mara"], now=house.now, key=key, content=content)

    threads = [
        threading.Thread(target=_quietly, args=(act, rng.random() * 0.01))
        for act in (sign, edit)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)


def _quietly(act: Callable[[], None], delay: float) -> None:
    from django.db import connections

    from governance.types import GovernanceError

    time.sleep(delay)
    try:
        act()
    except GovernanceError:
        return
    finally:
        connections.close_all()


def _wrongly_signed(key: str) -> int:
    """Signatures whose hash is not that of the content of the version they stand on."""
    from governance.signoffs.models import Approval
    from governance.usecases.standing import envelope_of

    rows = Approval.objects.filter(version__use_case__key=key).order_by("-pk")[:2]
    return sum(row.config_hash != envelope_of(row.version).config_hash for row in rows)
