"""Nobody signs their own work, by whatever way in; the proof's attempts, each once."""

from __future__ import annotations

from bench.self_approval import (
    ATTEMPTS,
    CULPRITS,
    OWNER_WOULD,
    control,
    outcomes,
    scene,
)
from tests.governance.conftest import REFERENCES


def test_every_way_in_is_shut_to_all_four_and_open_to_whoever_may_sign(house):
    at = scene(house, REFERENCES)
    ways = [one for one in ATTEMPTS if one not in OWNER_WOULD]
    found = list(outcomes(at, ways))
    assert len(found) == (len(ATTEMPTS) - len(OWNER_WOULD)) * len(CULPRITS)
    assert [one for one in found if not one.is_refused] == []
    assert control(at)
