"""The machine: people do what they like in any order, and ten things stay true.

The machine keeps its own naive record of who wrote and said what, from the answers to
the acts alone. What the world stores is compared with that record after every step.

References
----------
``governance.md`` 3, invariants I1 to I10; ``trust-tests.md`` HY-1.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bench.life.worlds import PEOPLE, STAFF, STOPPERS, Signed, World
from governance.types import SERVING_STATES, SignOffRole, State

APPROVING = frozenset({"approve", "approve_with_conditions"})
REQUIRED = (
    SignOffRole.MARKETING,
    SignOffRole.DATA,
    SignOffRole.CHANNEL,
    SignOffRole.PRIVACY,
)
SIGNERS = dict(zip(REQUIRED, ("olive", "arno", "chris", "petra"), strict=True))
STEPS = (
    "to_data_needs",
    "withdraw",
    "start_test",
    "finish_test",
    "scale",
    "refine",
    "pause",
    "resume",
    "roll_back",
    "retire",
    "submit",
    "make_ready",
    "request_changes",
)
ONWARD = {
    State.READY: ("chris", "start_test"),
    State.TESTING: ("system", "finish_test"),
    State.MEASURED: ("owen", "scale"),
    State.PAUSED: ("chris", "resume"),
    State.ROLLED_BACK: ("owen", "refine"),
}
OFF = frozenset({State.PAUSED, State.ROLLED_BACK, State.RETIRED})
people = st.sampled_from(PEOPLE)
contacts = st.integers(1, 9)
roles = st.sampled_from(REQUIRED)


class LifeMachine(RuleBasedStateMachine):
    """Every rule is somebody trying something; refusals are as good as deeds."""

    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.now = self.begin()
        self.world = self.made()
        self.writers: dict[int, set[str]] = {1: {"mara"}}
        self.wanted: dict[int, int] = {}
        self.tampered: set[int] = set()
        self.rows: dict[int, Signed] = {}
        self.retired = False

    def begin(self) -> datetime:
        raise NotImplementedError

    def made(self) -> World:
        raise NotImplementedError

    @rule(who=people, n=contacts)
    def somebody_edits(self, who: str, n: int) -> None:
        taken = self.world.edit(who, n, self.now)
        if taken.was:
            self.writers.setdefault(taken.number, set()).add(who)
        self.seen["edit taken" if taken.was else "edit refused"] += 1

    @rule(who=people, test=st.integers(1, 3), verdict=st.sampled_from(["pass", "fail"]))
    def somebody_assesses(self, who: str, test: int, verdict: str) -> None:
        self.world.assess(who, test, verdict, self.now)

    @rule(who=people)
    def somebody_submits(self, who: str) -> None:
        self.world.submit(who, self.now)

    @rule(who=people)
    def somebody_attests(self, who: str) -> None:
        self.world.attest(who, self.now)

    @rule(
        who=people,
        role=st.sampled_from(list(SignOffRole)),
        decision=st.sampled_from(["approve", "approve", "request_changes", "reject"]),
        is_current=st.sampled_from([True, True, True, False]),
    )
    def somebody_signs(
        self, who: str, role: SignOffRole, decision: str, is_current: bool
    ) -> None:
        shown = self.world.shown_hash() if is_current else "0" * 64
        taken = self.world.sign(who, role, decision, shown, self.now)
        assert not (taken.was and not is_current), "signed what was not shown"
        self.seen["sign taken" if taken.was else "sign refused"] += 1

    @rule(who=people, role=roles)
    def somebody_revokes(self, who: str, role: SignOffRole) -> None:
        self.world.revoke(who, role, self.now)

    @rule(who=people, action=st.sampled_from(STEPS))
    def somebody_moves_it(self, who: str, action: str) -> None:
        before = self.world.standing(self.now)
        taken = self.world.step(who, action, self.now)
        if action in {"make_ready", "finish_test"}:
            assert not taken.was, f"{who} took the system's step {action}"
        if before.state is State.RETIRED:
            assert not taken.was, "left retirement"

    @rule()
    def the_house_carries_on(self) -> None:
        """The right people take the next right step."""
        at = self.world.standing(self.now)
        if at.open_status == "draft" or at.state is State.DEFINE:
            for test in (1, 2, 3):
                self.world.assess("ana", test, "pass", self.now)
            self.world.step("owen", "to_data_needs", self.now)
            self.world.submit("owen", self.now)
        elif at.open_status == "in_review":
            self._sign_all()
        elif at.state in ONWARD:
            self.world.step(*ONWARD[at.state], self.now)

    @rule()
    def the_house_signs_again(self) -> None:
        self._sign_all()

    def _sign_all(self) -> None:
        self.world.attest("petra", self.now)
        for role, who in SIGNERS.items():
            shown = self.world.shown_hash()
            taken = self.world.sign(who, role, "approve", shown, self.now)
            self.seen["sign taken" if taken.was else "sign refused"] += 1

    @rule(hours=st.sampled_from([1, 30, 24 * 10, 24 * 40, 24 * 100]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: bool(self.world.standing(self.now).serving))
    @rule(n=st.integers(10, 60))
    def somebody_writes_past_the_console(self, n: int) -> None:
        taken = self.world.tamper(n, self.now)
        if taken.was:
            self.tampered.add(taken.number)

    @precondition(lambda self: self.world.standing(self.now).state in SERVING_STATES)
    @rule(who=st.sampled_from(STOPPERS))
    def stopping_is_one_call_away(self, who: str) -> None:
        assert self.world.may_stop(who, self.now), f"I9: {who} cannot stop it"

    @invariant()
    def holds(self) -> None:
        at = self.world.standing(self.now)
        self._append_only(at.approvals)
        self._four_eyes(at.approvals)
        self._history(at.history, at.state)
        self.retired = self.retired or at.state is State.RETIRED
        assert not self.retired or at.state is State.RETIRED, "I6: left retirement"
        self.seen[f"at {at.state.value}"] += 1
        if at.may_serve:
            self.seen["serving"] += 1
            self._serves_what_was_signed(at)

    def _serves_what_was_signed(self, at: Any) -> None:
        assert at.state in SERVING_STATES, f"I5: served while {at.state}"
        assert at.state not in OFF
        assert at.expires_at is None or self.now < at.expires_at, "I5: expired"
        assert at.live_hash == at.approved_hash, "I1: not what was approved"
        assert at.serving not in self.tampered, "I4: changed behind the signatures"
        valid: dict[SignOffRole, str] = {}
        for row in at.approvals:
            if row.version != at.serving:
                continue
            if row.decision == "revoke":
                valid.pop(row.role, None)
            elif row.decision in APPROVING:
                in_time = row.decided_at <= self.now < row.valid_until
                if in_time and row.config_hash == at.live_hash:
                    valid[row.role] = row.approver
        missing = set(REQUIRED) - set(valid)
        assert not missing, f"I3: served without {missing}"
        assert len(set(valid.values())) == len(valid), "I2: one person, two roles"

    def _append_only(self, rows: tuple[Signed, ...]) -> None:
        now = {row.pk: row for row in rows}
        for pk, row in self.rows.items():
            assert now.get(pk) == row, "I10: an approval changed"
        self.rows = now

    def _four_eyes(self, rows: tuple[Signed, ...]) -> None:
        for row in rows:
            if row.decision in APPROVING:
                wrote = self.writers.get(row.version, set())
                assert row.approver not in wrote, f"I2: {row.approver} signed own work"
                assert STAFF[row.approver] is row.role.staff_role, "I2: wrong role"

    def _history(self, rows: tuple[tuple[str, str], ...], state: State) -> None:
        was, tested = "", False
        for source, target in rows:
            assert source == was, "I7: the history has a gap"
            if target == State.SCALED and source != State.PAUSED:
                assert source == State.MEASURED, "I8: scaled from elsewhere"
                assert tested, "I8: scaled untested"
            tested = tested or target == State.TESTING
            was = target
        assert was == state, "I7: the history does not lead here"
