"""Taking a use case through the gate, step by step, as the demo's own people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from console.demo import cast
from console.demo.assessing import assess_impact
from console.demo.cases import Story
from decisioning.publishing import actions as publishing
from governance.people import queries as people
from governance.signoffs import actions as signoffs
from governance.signoffs.core import required_roles
from governance.types import RiskTier, Role, SignOffRole
from governance.usecases import actions as use_cases
from governance.usecases import queries

EVIDENCE = {
    1: "Session recordings and support tickets show the task and today's effort.",
    2: "Orders kept is what we are paid by; the holdout shows the long run.",
    3: "The sentence names what people told us. Owner and stop person are on call.",
}
ATTESTED = "The rollback was tried in staging: customers got the default at once."
REASON = "Read the page, the data list and the sentence. The bounds are narrow enough."


def define(story: Story, *, now: datetime) -> None:
    use_cases.create(
        by=cast.actor(Role.MARKETER), now=now, name=story.name, content=_owned(story)
    )


def assess(story: Story, *, now: datetime) -> None:
    """The marketing owner did not write it, so may judge it."""
    assessor = cast.actor(Role.MARKETING_OWNER)
    for test, evidence in EVIDENCE.items():
        use_cases.assess(
            by=assessor,
            now=now,
            key=story.key,
            test=test,
            verdict="pass",
            evidence=evidence,
        )


def to_data(story: Story, *, now: datetime) -> None:
    use_cases.transition(
        by=cast.actor(Role.MARKETER), now=now, key=story.key, transition="to_data_needs"
    )


def submit(story: Story, *, now: datetime) -> None:
    publishing.submit(by=cast.actor(Role.MARKETER), now=now, key=story.key)


def attest(story: Story, *, now: datetime) -> None:
    """Privacy's assessments, and its word where no tool computes the answer yet."""
    assess_impact(story, now=now)
    use_cases.attest(
        by=cast.actor(Role.PRIVACY_REVIEWER),
        now=now,
        key=story.key,
        kind="assessments",
        text=ATTESTED,
    )


def sign(story: Story, role: SignOffRole, *, now: datetime) -> None:
    version = queries.version(story.key)
    signoffs.sign(
        by=cast.actor(role.staff_role),
        now=now,
        key=story.key,
        number=version.number,
        role=role,
        decision="approve",
        shown_hash=version.config_hash,
        reason=REASON,
        page_seconds=240,
        reauth_at=now - timedelta(minutes=1),
    )


def sign_all(story: Story, *, now: datetime) -> None:
    tier = RiskTier(queries.version(story.key).risk_tier)
    for role in required_roles(tier):
        sign(story, role, now=now)


def start(story: Story, *, now: datetime) -> None:
    use_cases.transition(
        by=cast.actor(Role.CHANNEL_OWNER),
        now=now,
        key=story.key,
        transition="start_test",
    )


def _owned(story: Story) -> dict[str, Any]:
    content = dict(story.content)
    if "reach" in content:
        content["owners"] = {
            "marketing_owner": _id(Role.MARKETING_OWNER),
            "channel_owner": _id(Role.CHANNEL_OWNER),
            "reviewer": _id(Role.PRIVACY_REVIEWER),
            "stop_person": _id(Role.CHANNEL_OWNER),
        }
    return content


def _id(role: Role) -> int:
    user = people.person(role.value.replace("_", "."))
    assert user is not None
    return int(user.pk)
