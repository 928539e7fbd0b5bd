"""The rules alone, in memory: as fast as a state machine of 200,000 steps needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bench.life.worlds import REASON, STAFF, Signed, Standing, Taken
from governance.catalogue.core import Catalogue
from governance.signoffs import core as rules
from governance.types import Actor, Answer, RiskTier, SignOffRole, State
from governance.usecases.core import (
    Assessed,
    Guarded,
    GuardrailState,
    SampleRatio,
    Situation,
    TestVerdict,
    UseCaseContent,
    envelope,
    may_take,
)
from governance.usecases.core.freshness import is_stale

ACTORS = {
    name: Actor(place, name, roles=frozenset({role}))
    for place, (name, role) in enumerate(STAFF.items(), start=1)
}
SYSTEM = Actor.system()
NAMES = {actor.id: name for name, actor in ACTORS.items()}
TIER = RiskTier.T2
BY_RULE = frozenset({"submit", "make_ready", "request_changes"})
LIVE = frozenset({State.TESTING, State.MEASURED, State.SCALED})
OVER_LIVE = LIVE | {State.READY, State.PAUSED}


@dataclass(slots=True)
class Version:
    """One version with what people said about it."""

    number: int
    author: str
    content: UseCaseContent
    editors: set[str] = field(default_factory=set)
    status: str = "draft"
    config_hash: str = ""
    approvals: list[rules.Approval] = field(default_factory=list)
    attested: rules.Attestation | None = None
    expires_at: datetime | None = None
    was_signed: bool = False


class PureWorld:
    """A use case whose every judgement is one of the product's pure functions."""

    def __init__(
        self, content: Mapping[str, Any], catalogue: Catalogue, now: datetime
    ) -> None:
        self.catalogue = catalogue
        self.versions = [Version(1, "mara", UseCaseContent.from_dict(content))]
        self.state, self.before, self.paused_by = State.DEFINE, None, ""
        self.paused_at: datetime | None = None
        self.serving: Version | None = None
        self.assessed: dict[int, Assessed] = {}
        self.history: list[tuple[str, str]] = [("", State.DEFINE)]
        self.rows: list[Signed] = []
        self.hashes: dict[int | None, str] = {}
        self.started = now

    @property
    def open(self) -> Version | None:
        last = self.versions[-1]
        return last if last.status in {"draft", "in_review"} else None

    def _hash(self, content: UseCaseContent) -> str:
        """Contents differ in their contacts only, so each is hashed once."""
        contacts = content.reach.max_contacts
        if contacts not in self.hashes:
            self.hashes[contacts] = envelope(content, {}).config_hash
        return self.hashes[contacts]

    def _standing(self, of: Version) -> rules.Standing:
        return rules.Standing(
            state=self.state,
            tier=TIER,
            approved_hash=of.config_hash
            if of.status in {"in_review", "signed"}
            else "",
            live_hash=self._hash(of.content),
            approvals=tuple(of.approvals),
            attestation=of.attested,
            expires_at=of.expires_at,
        )

    def _about(self) -> Version:
        building = self.state in {State.DEFINE, State.DATA_NEEDS, State.GOVERNANCE}
        chosen = self.open if building else None
        return chosen or self.serving or self.versions[-1]

    def _situation(self, now: datetime) -> Situation:
        of = self._about()
        times = [a.decided_at for a in of.approvals if a.decision in rules.APPROVING]
        return Situation(
            state=self.state,
            standing=self._standing(of),
            content=of.content,
            catalogue=self.catalogue,
            now=now,
            author_id=_id(of.author),
            editor_ids=frozenset(_id(name) for name in of.editors),
            owner_ids=frozenset({_id("mara"), _id("owen"), _id("chris")}),
            state_before_pause=self.before,
            paused_by_roles=frozenset({STAFF[self.paused_by]})
            if self.paused_by
            else frozenset(),
            paused_at=self.paused_at,
            assessed=tuple(self.assessed.values()),
            last_approved_at=max(times, default=None),
            fallback_present=True,
            sample_reached=True,
            sample_ratio=SampleRatio.OK,
            guarded=tuple(
                Guarded(label=g.metric, state=GuardrailState.CLEAR)
                for g in of.content.guardrails
            ),
            verdict="scale",
            has_interval=True,
            learning_note=REASON,
            reason=REASON,
        )

    def _move(self, to: State) -> None:
        self.history.append((self.state, to))
        self.state = to

    def _next(self, author: str, base: Version) -> Version:
        made = Version(len(self.versions) + 1, author, base.content)
        if not base.was_signed:
            made.editors = {base.author, *base.editors} - {author}
        self.versions.append(made)
        return made

    def edit(self, who: str, contacts: int, now: datetime) -> Taken:
        del now
        if who not in {"mara", "owen", "olive", "chris"}:
            return Taken(False)
        draft = self.open
        if draft is not None and draft.status == "in_review":
            draft.status = "void"
            if self.state is State.GOVERNANCE:
                self._move(State.DEFINE)
            draft = self._next(who, draft)
        elif draft is None:
            draft = self._next(who, self.serving or self.versions[-1])
        reach = replace(draft.content.reach, max_contacts=contacts)
        draft.content = replace(draft.content, reach=reach)
        draft.editors.add(who)
        return Taken(True, draft.number)

    def assess(self, who: str, test: int, verdict: str, now: datetime) -> Taken:
        of = self.open or self._about()
        if who not in {"owen", "olive", "ana", "arno", "chris", "petra", "piet"}:
            return Taken(False)
        if who == of.author:
            return Taken(False)
        told = TestVerdict.PASSES if verdict == "pass" else TestVerdict.FAILS
        self.assessed[test] = Assessed(
            test=test, verdict=told, assessor_id=_id(who), assessed_at=now
        )
        self._settle(of, now)
        return Taken(True, of.number)

    def submit(self, who: str, now: datetime) -> Taken:
        of = self.open
        if of is None or of.status != "draft":
            return Taken(False)
        allowed = self.state in OVER_LIVE and who in {"mara", "owen", "olive", "ana"}
        if self.state not in OVER_LIVE:
            allowed = bool(may_take("submit", self._situation(now), ACTORS[who]))
        if not allowed:
            return Taken(False)
        of.config_hash, of.status = self._hash(of.content), "in_review"
        if self.state is State.DATA_NEEDS:
            self._move(State.GOVERNANCE)
        return Taken(True, of.number)

    def attest(self, who: str, now: datetime) -> Taken:
        of = self.open or self._about()
        wrote = {of.author, *of.editors}
        if who not in {"petra", "piet"} or who in wrote or not of.config_hash:
            return Taken(False)
        until = now + rules.ATTESTATION_LIFETIME
        of.attested = rules.Attestation(config_hash=of.config_hash, valid_until=until)
        self._settle(of, now)
        return Taken(True, of.number)

    def sign(
        self, who: str, role: SignOffRole, decision: str, shown: str, now: datetime
    ) -> Taken:
        of = self.open or self._about()
        if not of.config_hash or of.config_hash != shown:
            return Taken(False)
        if self._hash(of.content) != of.config_hash:
            return Taken(False)
        given = rules.Decision(decision)
        if not self._may_sign(of, ACTORS[who], role, given, now):
            return Taken(False)
        until = rules.valid_until(TIER, now)
        self._add(of, role, who, given, now, until)
        if given in rules.APPROVING:
            self._settle(of, now)
        else:
            of.status = "void"
            self._next(of.author, of)
            if self.state is State.GOVERNANCE:
                self._move(State.DEFINE)
        return Taken(True, of.number)

    def _may_sign(
        self,
        of: Version,
        by: Actor,
        role: SignOffRole,
        given: rules.Decision,
        now: datetime,
    ) -> bool:
        if given not in rules.APPROVING:
            return by.has(role.staff_role) and of.status == "in_review"
        if of.status not in {"in_review", "signed"}:
            return False
        return bool(
            rules.who_may_sign(
                by,
                role,
                author_id=_id(of.author),
                editor_ids={_id(name) for name in of.editors},
                signatures=rules.in_force(of.approvals, now, of.config_hash),
                tier=TIER,
            )
        )

    def _add(
        self,
        of: Version,
        role: SignOffRole,
        who: str,
        given: rules.Decision,
        now: datetime,
        until: datetime,
    ) -> None:
        pk = len(self.rows) + 1
        of.approvals.append(
            rules.Approval(
                role=role,
                approver_id=_id(who),
                decision=given,
                config_hash=of.config_hash,
                decided_at=now,
                valid_until=until,
                order=pk,
            )
        )
        row = Signed(pk, of.number, role, who, given, of.config_hash, now, until)
        self.rows.append(row)

    def revoke(self, who: str, role: SignOffRole, now: datetime) -> Taken:
        of = self.open or self._about()
        held = rules.in_force(of.approvals, now, of.config_hash)
        if not ACTORS[who].has(role.staff_role):
            return Taken(False)
        if role not in {row.role for row in held}:
            return Taken(False)
        self._add(of, role, who, rules.Decision.REVOKE, now, now)
        return Taken(True, of.number)

    def _judged(self, of: Version, now: datetime) -> Answer:
        if of.status == "void":
            return Answer.no("governance.voided", "The signatures were voided.")
        answer = rules.may_be_signed_for(self._standing(of), now)
        return self._tested(of, now) if answer else answer

    def _tested(self, of: Version, now: datetime) -> Answer:
        for test in (1, 2, 3):
            given = self.assessed.get(test)
            passes = given is not None and given.verdict is TestVerdict.PASSES
            if given is None or not passes or given.assessor_id == _id(of.author):
                return Answer.no("governance.test", "A test is not passed.")
            if is_stale(test, given.assessed_at, now):
                return Answer.no("governance.test", "A test is stale.")
        return Answer()

    def _settle(self, of: Version, now: datetime) -> None:
        if of.status == "signed":
            ends, of.expires_at = of.expires_at, None
            renewed = bool(self._judged(of, now))
            of.expires_at = self._expiry(of, now) if renewed else ends
            return
        if of.status != "in_review" or not self._judged(of, now):
            return
        building = self.state is State.GOVERNANCE
        if building and not may_take("make_ready", self._situation(now), SYSTEM):
            return
        of.status, of.was_signed = "signed", True
        of.expires_at = self._expiry(of, now)
        if building:
            self._move(State.READY)
        if self.serving is not None and self.serving.status == "signed":
            self.serving.status = "superseded"
        self.serving = of

    def _expiry(self, of: Version, now: datetime) -> datetime:
        held = rules.in_force(of.approvals, now, of.config_hash)
        days = of.content.review_interval_days or 365
        return min([*(row.valid_until for row in held), now + timedelta(days=days)])

    def step(self, who: str, action: str, now: datetime) -> Taken:
        by = SYSTEM if who == "system" else ACTORS[who]
        if action in BY_RULE:
            return Taken(False)
        if not may_take(action, self._situation(now), by):
            return Taken(False)
        if action == "pause":
            self.before, self.paused_at = self.state, now
            self.paused_by = "" if who == "system" else who
            self._move(State.PAUSED)
        elif action == "resume":
            assert self.before is not None
            target, self.before, self.paused_by = self.before, None, ""
            self._move(target)
        else:
            self._move(TARGETS[action])
            self._reopen(action)
        return Taken(True, self.versions[-1].number)

    def _reopen(self, action: str) -> None:
        of = self.open
        if action == "retire" and of is not None:
            of.status = "void"
        if action not in {"withdraw", "refine"} or (of and of.status == "draft"):
            return
        base = of or self.serving or self.versions[-1]
        if of is not None:
            of.status = "void"
        self._next(base.author, base)

    def tamper(self, contacts: int, now: datetime) -> Taken:
        del now
        of = self.serving
        if of is None:
            return Taken(False)
        reach = replace(of.content.reach, max_contacts=contacts)
        of.content = replace(of.content, reach=reach)
        return Taken(True, of.number)

    def may_stop(self, who: str, now: datetime) -> bool:
        return bool(may_take("roll_back", self._situation(now), ACTORS[who]))

    def shown_hash(self) -> str:
        return (self.open or self._about()).config_hash

    def standing(self, now: datetime) -> Standing:
        of = self.serving
        serves = False
        if of is not None and self.state is not State.RETIRED:
            answer = rules.may_serve(self._standing(of), now)
            serves = bool(answer and self._judged(of, now))
        draft = self.open
        return Standing(
            state=self.state,
            may_serve=serves,
            serving=of.number if of else None,
            live_hash=self._hash(of.content) if of else "",
            approved_hash=of.config_hash if of else "",
            expires_at=of.expires_at if of else None,
            approvals=tuple(self.rows),
            history=tuple(self.history),
            open_number=draft.number if draft else None,
            open_status=draft.status if draft else "",
        )


TARGETS: Mapping[str, State] = {
    "to_data_needs": State.DATA_NEEDS,
    "withdraw": State.DEFINE,
    "start_test": State.TESTING,
    "finish_test": State.MEASURED,
    "scale": State.SCALED,
    "refine": State.DEFINE,
    "roll_back": State.ROLLED_BACK,
    "retire": State.RETIRED,
}


def _id(name: str) -> int:
    return int(ACTORS[name].id or 0)
