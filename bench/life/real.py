"""The product itself: its actions, its queries, PostgreSQL and its triggers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from bench.life.worlds import REASON, Signed, Standing, Taken
from governance.signoffs import actions as signoffs
from governance.signoffs.models import Approval
from governance.types import Actor, GovernanceError, SignOffRole, State
from governance.usecases import actions as use_cases
from governance.usecases import queries
from governance.usecases.core import Guarded, GuardrailState, SampleRatio, may_take
from governance.usecases.models import UseCaseVersion
from governance.usecases.queries import MeasuredFacts
from governance.usecases.standing import envelope_of

GUARDED = ("opt_out_rate", "complaint_rate", "trust_score")
FACTS = MeasuredFacts(
    fallback_present=True,
    sample_reached=True,
    sample_ratio=SampleRatio.OK,
    guarded=tuple(Guarded(label=m, state=GuardrailState.CLEAR) for m in GUARDED),
    verdict="scale",
    has_interval=True,
    uplift_decided=True,
)


class RealWorld:
    """One use case of a house; every act goes through the door that people use."""

    def __init__(self, house: Any, references: Any) -> None:
        self.house, self.references = house, references
        self.key = house.drafted()
        self.names = {actor.id: name for name, actor in house.actors.items()}

    def _by(self, who: str) -> Actor:
        return Actor.system() if who == "system" else self.house[who]

    def _try(self, act: Callable[[], Any]) -> Taken:
        try:
            with transaction.atomic():
                made = act()
        except GovernanceError as error:
            return Taken(False, code=error.code)
        return Taken(True, getattr(made, "number", 0))

    def edit(self, who: str, contacts: int, now: datetime) -> Taken:
        content = queries.version(self.key).content
        reach = {**content["reach"], "max_contacts": contacts}
        before = queries.version(self.key)

        def act() -> UseCaseVersion:
            return use_cases.save_draft(
                by=self._by(who),
                now=now,
                key=self.key,
                content={**content, "reach": reach},
            )

        taken = self._try(act)
        same = content["reach"]["max_contacts"] == contacts
        return Taken(False) if same and taken.number == before.number else taken

    def assess(self, who: str, test: int, verdict: str, now: datetime) -> Taken:
        return self._try(
            lambda: use_cases.assess(
                by=self._by(who),
                now=now,
                key=self.key,
                test=test,
                verdict=verdict,
                evidence=REASON,
            )
        )

    def submit(self, who: str, now: datetime) -> Taken:
        return self._try(
            lambda: use_cases.submit(
                by=self._by(who), now=now, key=self.key, references=self.references
            )
        )

    def attest(self, who: str, now: datetime) -> Taken:
        return self._try(
            lambda: use_cases.attest(
                by=self._by(who), now=now, key=self.key, text=REASON
            )
        )

    def sign(
        self, who: str, role: SignOffRole, decision: str, shown: str, now: datetime
    ) -> Taken:
        of = queries.version(self.key)
        taken = self._try(
            lambda: signoffs.sign(
                by=self._by(who),
                now=now,
                key=self.key,
                number=of.number,
                role=role,
                decision=decision,
                shown_hash=shown,
                reason=REASON,
            )
        )
        return Taken(taken.was, of.number, taken.code)

    def revoke(self, who: str, role: SignOffRole, now: datetime) -> Taken:
        number = queries.version(self.key).number
        return self._try(
            lambda: signoffs.revoke(
                by=self._by(who),
                now=now,
                key=self.key,
                number=number,
                role=role,
                reason=REASON,
            )
        )

    def step(self, who: str, action: str, now: datetime) -> Taken:
        return self._try(
            lambda: use_cases.transition(
                by=self._by(who),
                now=now,
                key=self.key,
                transition=action,
                reason=REASON,
                facts=FACTS,
            )
        )

    def tamper(self, contacts: int, now: datetime) -> Taken:
        del now
        of = queries.use_case(self.key).serving_version
        assert of is not None
        reach = {**of.content["reach"], "max_contacts": contacts}
        UseCaseVersion.objects.filter(pk=of.pk).update(
            content={**of.content, "reach": reach}
        )
        return Taken(True, of.number)

    def may_stop(self, who: str, now: datetime) -> bool:
        at = queries.situation(self.key, now, FACTS)
        return bool(may_take("roll_back", at, self._by(who)))

    def shown_hash(self) -> str:
        return queries.version(self.key).config_hash

    def standing(self, now: datetime) -> Standing:
        case = queries.use_case(self.key)
        of = case.serving_version
        cases = {c.key: c for c in queries.serving_cases(now)}
        serving = cases.get(self.key)
        draft = queries.open_version(case)
        changes = case.state_changes.order_by("pk")
        return Standing(
            state=State(case.state),
            may_serve=bool(serving is not None and serving.may_serve),
            serving=of.number if of else None,
            live_hash=envelope_of(of).config_hash if of else "",
            approved_hash=of.config_hash if of else "",
            expires_at=of.expires_at if of else None,
            approvals=self._approvals(),
            history=tuple((c.from_state, c.to_state) for c in changes),
            open_number=draft.number if draft else None,
            open_status=draft.status if draft else "",
        )

    def _approvals(self) -> tuple[Signed, ...]:
        rows = Approval.objects.filter(version__use_case__key=self.key)
        return tuple(
            Signed(
                row.pk,
                row.version.number,
                SignOffRole(row.role),
                self.names[row.approver_id],
                row.decision,
                row.config_hash,
                row.decided_at,
                row.valid_until,
            )
            for row in rows.select_related("version").order_by("pk")
        )
