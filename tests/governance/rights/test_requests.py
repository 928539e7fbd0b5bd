"""Requests under the law: a table that loses nobody, and the actions that follow it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from governance.consent import queries as consents
from governance.installation.queries import now as clock
from governance.rights import actions as rights
from governance.rights import queries
from governance.rights.core import (
    MONTH,
    MOST_TRIES,
    MOVES,
    OPEN,
    Standing,
    State,
    Step,
    Told,
    after,
    problem,
    steps,
)
from governance.rights.models import RightsRequest
from governance.types import Actor, Invalid, Refused, Role

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PRIVACY = Actor(None, "pri", "Pri", frozenset({Role.PRIVACY_REVIEWER}))
SUPPORT = Actor(None, "sue", "Sue", frozenset({Role.SUPPORT}))
MARKETER = Actor(None, "mia", "Mia", frozenset({Role.MARKETER}))
CUSTOMER = Actor.system("customer")


def begin(**changes):
    return Standing(**{"received_at": NOW, "due_at": NOW + MONTH, **changes})


class Requests(RuleBasedStateMachine):
    """Steps at random, by people and by the system, with words and without."""

    def __init__(self):
        super().__init__()
        self.now, self.standing, self.said = NOW, begin(), ""
        self.by_system = False

    @rule(
        step=some.sampled_from(Step),
        words=some.sampled_from(("", "  ", "A reason.")),
        by_person=some.booleans(),
        has_earlier=some.booleans(),
        days=some.integers(0, 20),
    )
    @precondition(lambda self: self.standing.is_open)
    def try_a_step(self, step, words, by_person, has_earlier, days):
        self.now += timedelta(days=days)
        told = Told(
            now=self.now, words=words, by_person=by_person, has_earlier=has_earlier
        )
        if not problem(self.standing, step, told):
            self.standing = after(self.standing, step, told)
            self.said, self.by_system = words, not by_person

    @rule()
    @precondition(lambda self: not self.standing.is_open)
    def somebody_else_asks(self):
        self.standing = begin(received_at=self.now, due_at=self.now + MONTH)
        self.said, self.by_system = "", False

    @invariant()
    def what_was_accepted_is_done_refused_or_in_a_persons_hands(self):
        if self.standing.is_accepted and not self.standing.is_open:
            assert self.standing.state in (State.COMPLETE, State.DENIED)

    @invariant()
    def a_refusal_has_its_reason_and_its_person(self):
        if self.standing.state is State.DENIED:
            assert self.said.strip()
            assert not self.by_system

    @invariant()
    def the_system_ends_nothing_but_by_doing_it(self):
        if not self.standing.is_open and self.by_system:
            assert self.standing.state is State.COMPLETE

    @invariant()
    def whatever_is_open_can_be_ended_by_privacy(self):
        if self.standing.is_open:
            told = Told(now=self.now)
            ways = set(steps(self.standing, told))
            assert Step.DENY in ways
            assert ways - {Step.DENY, Step.ESCALATE, Step.EXTEND}

    @invariant()
    def after_too_many_failures_a_person_looks(self):
        assert self.standing.n_tries <= MOST_TRIES
        if self.standing.n_tries >= MOST_TRIES:
            assert self.standing.is_escalated

    @invariant()
    def nothing_is_done_for_somebody_unproved(self):
        if self.standing.state is State.COMPLETE:
            assert self.standing.is_verified

    @invariant()
    def the_clock_is_never_more_than_the_law_gives(self):
        most = self.standing.received_at + 3 * MONTH
        if not self.standing.is_verified:
            assert self.standing.due_at <= most
        assert self.standing.due_at <= max(most, self.now + 3 * MONTH)


TestRequests = Requests.TestCase
TestRequests.settings = settings(
    max_examples=300, stateful_step_count=40, deadline=None
)


@given(
    state=some.sampled_from([s for s in State if s not in OPEN]),
    step=some.sampled_from(Step),
)
def test_what_has_ended_takes_no_step(state, step):
    told = Told(now=NOW, words="x", has_earlier=True)

    assert problem(begin(state=state, is_verified=True), step, told)


def test_every_state_and_every_step_is_in_the_table():
    assert set(MOVES) == set(Step)
    reached = {move.after for move in MOVES.values()} | {State.RECEIVED}
    assert reached - {None} == set(State)


def test_the_clock_starts_anew_when_identity_was_in_doubt():
    doubted = after(begin(), Step.DOUBT, Told(now=NOW, words="Which order?"))
    later = NOW + timedelta(days=9)

    proved = after(doubted, Step.VERIFY, Told(now=later, words="By the order."))

    assert proved.due_at == later + MONTH


def test_an_extension_is_two_months_once_and_within_the_month():
    told = Told(now=NOW, words="Ten years of orders.")
    longer = after(begin(), Step.EXTEND, told)

    assert longer.due_at == NOW + 3 * MONTH
    assert "once" in problem(longer, Step.EXTEND, told)
    late = Told(now=NOW + MONTH + timedelta(days=1), words="Late.")
    assert "within" in problem(begin(), Step.EXTEND, late)


# --- the actions -------------------------------------------------------------------


@pytest.fixture
def asked(db):
    return rights.ask(by=SUPPORT, now=clock(), person_id=7, kind="rectification")


def step(request, name, words="", by=PRIVACY):
    return rights.move(
        by=by, now=clock(), request_id=request.pk, step=name, words=words
    )


def test_from_receipt_to_done_with_each_date_on_record(asked):
    step(asked, "verify_identity", "By the order number.", by=SUPPORT)
    step(asked, "approve")
    step(asked, "begin")
    step(asked, "ask_for_input", "Which street?", by=SUPPORT)
    step(asked, "take_input", "The new one.", by=SUPPORT)
    done = step(asked, "complete", "Corrected in the shop and here.")

    assert done.state == "complete"
    assert done.verified_at
    assert done.accepted_at
    assert done.closed_at
    assert queries.on_time(clock()).n_answered_on_time == 1


@pytest.mark.parametrize("name", ["approve", "deny", "complete", "cancel", "extend"])
def test_support_notes_and_asks_but_does_not_decide(asked, name):
    with pytest.raises(Refused, match="Only privacy"):
        step(asked, name, "x", by=SUPPORT)


def test_others_do_nothing_at_all(asked):
    with pytest.raises(Refused):
        rights.ask(by=MARKETER, now=clock(), person_id=8, kind="access")
    with pytest.raises(Refused):
        step(asked, "doubt_identity", "x", by=MARKETER)


def test_a_refusal_without_a_reason_is_not_taken(asked):
    with pytest.raises(Invalid, match="Say why"):
        step(asked, "deny")

    assert RightsRequest.objects.get().state == "received"


def test_accepted_is_not_taken_back_even_by_sql(asked):
    step(asked, "verify_identity", "Known.")
    step(asked, "approve")

    with pytest.raises(Refused):
        step(asked, "cancel", "Phone.")
    with pytest.raises(IntegrityError), transaction.atomic():
        RightsRequest.objects.filter(pk=asked.pk).update(state="cancelled")
    with pytest.raises(IntegrityError), transaction.atomic():
        RightsRequest.objects.filter(pk=asked.pk).update(state="denied", outcome="")


def test_who_asks_by_their_own_link_has_shown_who_they_are(db):
    own = rights.ask(by=CUSTOMER, now=clock(), person_id=7, kind="erasure")

    assert own.state == "pending_review"
    assert own.verified_at


def test_an_objection_holds_at_once_and_needs_no_weighing(db):
    done = rights.ask(by=SUPPORT, now=clock(), person_id=7, kind="objection")

    assert done.state == "complete"
    assert "send you offers" in done.outcome
    head = consents.head(7)
    assert head is not None
    choices = {key.purpose: cell.choice for key, cell in head.cells.items()}
    assert choices["direct_marketing"] == "object"


def test_what_is_late_is_put_before_a_person_once(asked):
    later = clock() + timedelta(days=40)

    assert rights.escalate_overdue(now=later) == 1
    assert rights.escalate_overdue(now=later) == 0
    found = queries.on_time(later)
    assert (found.n_open, found.n_late, found.n_escalated) == (1, 1, 1)


def test_a_failed_erasure_stays_open_to_be_tried_again(db):
    asked = rights.ask(by=CUSTOMER, now=clock(), person_id=7, kind="erasure")
    step(asked, "approve")
    step(asked, "begin")

    rights.note_failure(by=PRIVACY, now=clock(), person_id=7, words="In an import.")

    found = RightsRequest.objects.get()
    assert (found.state, found.n_tries) == ("error", 1)
    assert step(asked, "retry").state == "in_processing"


def test_asking_again_while_it_waits_adds_nothing(asked):
    again = rights.ask(by=SUPPORT, now=clock(), person_id=7, kind="rectification")

    assert again.pk == asked.pk
