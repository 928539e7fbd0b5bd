from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from governance.signoffs.core import (
    Approval,
    Attestation,
    Decision,
    Standing,
    in_force,
    may_serve,
    missing_roles,
    reason_problem,
    required_roles,
    valid_until,
    who_may_sign,
)
from governance.types import Actor, Role, SignOffRole, State

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SIGNERS = {"marketing": 2, "data": 3, "channel": 4, "privacy": 5}


def row(role, who, **changes):
    made = Approval(
        role=SignOffRole(role),
        approver_id=who,
        decision=Decision.APPROVE,
        config_hash="h",
        decided_at=NOW - DAY,
        valid_until=NOW + DAY,
    )
    return replace(made, **changes)


ROWS = tuple(row(role, who) for role, who in SIGNERS.items())
GOOD = Standing(
    state=State.TESTING,
    tier="T2",
    approved_hash="h",
    live_hash="h",
    approvals=ROWS,
    attestation=Attestation(config_hash="h", valid_until=NOW + DAY),
    expires_at=NOW + DAY,
)


@pytest.mark.parametrize(
    ("tier", "roles"),
    [
        ("T0", "channel privacy"),
        ("T1", "marketing channel privacy"),
        ("T2", "marketing data channel privacy"),
        ("T3", "marketing data channel privacy executive"),
    ],
)
def test_the_risk_tier_says_who_signs(tier, roles):
    assert required_roles(tier) == tuple(roles.split())


def test_a_signature_counts_for_its_hash_and_its_time_only():
    assert len(in_force(ROWS, NOW, "h")) == 4
    assert in_force(ROWS, NOW, "other") == ()
    assert in_force(ROWS, NOW + DAY, "h") == ()
    assert in_force(ROWS, NOW - 2 * DAY, "h") == ()
    assert in_force([row("data", 3, config_hash="")], NOW, "") == ()


def test_a_revocation_ends_a_signature_and_a_later_one_renews_it():
    revoked = row("data", 3, decision=Decision.REVOKE, decided_at=NOW, order=1)
    again = row("data", 6, decided_at=NOW, order=2)
    refused = row("privacy", 5, decision=Decision.REJECT, decided_at=NOW)
    assert "data" not in {r.role for r in in_force([*ROWS, revoked, refused], NOW, "h")}
    assert again in in_force([again, revoked, *ROWS], NOW, "h")


def test_one_person_fills_one_role_only():
    twice = [*ROWS[:3], row("privacy", 4)]
    assert missing_roles("T2", twice, NOW, "h") == ("privacy",)
    assert missing_roles("T2", ROWS, NOW, "h") == ()


def person(number, *roles):
    return Actor(number, f"p{number}", roles=frozenset(map(Role, roles)))


@pytest.mark.parametrize(
    ("actor", "code"),
    [
        (person(3, "analyst"), ""),
        (person(1, "analyst"), "signoff.author"),
        (person(9, "analyst"), "signoff.editor"),
        (person(3, "marketer"), "signoff.wrong_role"),
        (person(4, "analyst"), "signoff.signed_already"),
        (person(3, "admin"), "signoff.wrong_role"),
        (Actor.system(), "signoff.not_a_person"),
    ],
)
def test_who_may_sign_for_data(actor, code):
    answer = who_may_sign(
        actor,
        SignOffRole.DATA,
        author_id=1,
        editor_ids={9},
        tier="T2",
        signatures=[row("channel", 4)],
    )
    assert answer.code == code


def test_a_given_or_needless_signature_is_refused_in_plain_words():
    actor = person(3, "analyst")
    answer = who_may_sign(
        actor, SignOffRole.DATA, author_id=1, editor_ids=(), signatures=ROWS[1:2]
    )
    assert answer.code == "signoff.role_taken"
    needless = who_may_sign(
        actor, SignOffRole.DATA, author_id=1, editor_ids=(), tier="T1"
    )
    assert needless.code == "signoff.not_required"
    own = who_may_sign(actor, SignOffRole.DATA, author_id=3, editor_ids=())
    assert own.reasons[0].text == (
        "You wrote this version, so someone else must sign it."
    )


def test_privacy_and_every_refusal_need_a_reason():
    long = "The basis was checked against the notice."
    assert reason_problem("data", Decision.APPROVE, "") == ""
    assert reason_problem("privacy", Decision.APPROVE, "fine") != ""
    assert reason_problem("data", Decision.REJECT, "") != ""
    assert reason_problem("privacy", Decision.APPROVE, long) == ""


def test_riskier_signatures_run_out_sooner():
    assert valid_until("T3", NOW) < valid_until("T2", NOW) < valid_until("T0", NOW)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, ""),
        ({"live_hash": "x"}, "governance.config_changed"),
        ({"approved_hash": "", "live_hash": ""}, "governance.not_signed"),
        ({"overlay_within": False}, "governance.outside_envelope"),
        ({"expires_at": NOW}, "governance.expired"),
        ({"expires_at": None}, ""),
        ({"approvals": ROWS[1:]}, "governance.not_signed"),
        ({"tier": "T3"}, "governance.not_signed"),
        ({"open_conditions": 1}, "governance.condition_open"),
        ({"attestation": None}, "governance.attestation_missing"),
        (
            {"attestation": Attestation(config_hash="x", valid_until=NOW + DAY)},
            "governance.attestation_outdated",
        ),
        (
            {"attestation": Attestation(config_hash="h", valid_until=NOW)},
            "governance.attestation_expired",
        ),
        ({"state": State.PAUSED}, "governance.paused"),
        ({"state": State.ROLLED_BACK}, "governance.rolled_back"),
        ({"state": State.RETIRED}, "governance.retired"),
        ({"state": State.READY}, "governance.not_started"),
        ({"state": State.MEASURED}, ""),
        ({"state": State.SCALED}, ""),
    ],
)
def test_it_serves_only_while_everything_holds_at_this_instant(change, code):
    assert may_serve(replace(GOOD, **change), NOW).code == code
