"""Named guards of the life cycle: each holds, or says what is unmet and the way out."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from governance.catalogue.core import Provenance
from governance.lints.core import blockers
from governance.signoffs.core import may_be_signed_for
from governance.types import Actor, Reason, Role
from governance.usecases.core.freshness import FRESH_FOR, is_stale
from governance.usecases.core.intake import (
    Missing,
    basis_gaps,
    data_gaps,
    experiment_gaps,
    guardrail_gaps,
    missing_answers,
)
from governance.usecases.core.situation import (
    GuardrailState,
    SampleRatio,
    Situation,
)
from governance.usecases.core.tests import (
    TestVerdict,
    primary_metric_check,
    three_tests,
)
from governance.usecases.core.wordings import creepy_findings, explanation_findings

Unmet = Iterable[Reason]
Guard = Callable[[Situation, Actor], Unmet]
START_WITHIN = timedelta(days=30)
LONG_PAUSE = timedelta(days=30)


def _from_gaps(code: str, gaps: Iterable[Missing]) -> Unmet:
    return [Reason(code, gap.question, gap.mend) for gap in gaps]


def tests_passed(at: Situation, _by: Actor) -> Unmet:
    """All three strategic tests pass as written, and an assessor says so too."""
    latest = {given.test: given for given in at.assessed}
    for result in three_tests(at.content, at.catalogue):
        given = latest.get(result.number)
        code = f"guard.test_{result.number}"
        if result.verdict is not TestVerdict.PASSES:
            yield Reason(
                code,
                f"Test {result.number} does not pass as written.",
                result.missing[0].text,
            )
        elif given is None:
            yield Reason(
                code,
                f"Test {result.number} has not been assessed.",
                "Ask somebody other than the author to assess it.",
            )
        elif not given.is_current:
            yield Reason(
                code,
                f"Test {result.number} was assessed before the last change.",
                "Ask the assessor to look again.",
            )
        elif given.verdict is not TestVerdict.PASSES:
            yield Reason(
                code,
                f"The assessor did not pass test {result.number}.",
                "Answer the assessor's evidence and ask again.",
            )
        elif given.assessor_id == at.author_id:
            yield Reason(
                code,
                f"Test {result.number} was assessed by the author.",
                "Ask somebody else to assess it.",
            )
        elif is_stale(result.number, given.assessed_at, at.now):
            days = FRESH_FOR[result.number].days
            yield Reason(
                code,
                f"The evidence for test {result.number} is more than {days} days old.",
                "Ask an assessor to look again.",
            )


def meaningful_metric(at: Situation, _by: Actor) -> Unmet:
    """Hold while the primary metric is not a click metric."""
    check = primary_metric_check(at.content.objective.primary_metric)
    if check.state is not TestVerdict.PASSES:
        yield Reason("guard.metric", check.text)


def three_guardrails(at: Situation, _by: Actor) -> Unmet:
    """At least three complete guardrails, opt-outs, complaints and trust among them."""
    return _from_gaps("guard.guardrails", guardrail_gaps(at.content))


def fallback_present(at: Situation, _by: Actor) -> Unmet:
    """Every placement has default content."""
    if not (at.fallback_present and at.content.fallback.uses_placement_default):
        yield Reason(
            "guard.fallback",
            "There is no content for those who are not personalised.",
            "Give every placement default content.",
        )


def no_duplicate(at: Situation, _by: Actor) -> Unmet:
    """No other use case tests the same thing on the same people."""
    if at.duplicate_of:
        yield Reason(
            "guard.duplicate",
            f"“{at.duplicate_of}” already tests this on the same people.",
            "Join it, or change the segment.",
        )


def data_justified(at: Situation, _by: Actor) -> Unmet:
    """Every data use has purpose, necessity, grain and age; none from third parties."""
    yield from _from_gaps("guard.data", data_gaps(at.content, at.catalogue))
    for use in at.content.data_uses:
        element = at.catalogue.elements.get(use.element)
        if element is None:
            yield Reason(
                "guard.data",
                f"“{use.element}” is not in the data catalogue.",
                "Add it to the catalogue, or leave it out.",
            )
        elif element.provenance is Provenance.THIRD_PARTY:
            yield Reason(
                "guard.data",
                f"“{element.label}” comes from a third party.",
                "Leave it out.",
            )


def not_creepy(at: Situation, _by: Actor) -> Unmet:
    """No creepy lint blocks."""
    findings = creepy_findings(at.content, at.catalogue, audience_size=at.audience_size)
    return [Reason(f"guard.{f.code}", f.text, f.mend) for f in blockers(findings)]


def basis_given(at: Situation, _by: Actor) -> Unmet:
    """Every purpose and channel has a lawful basis."""
    return _from_gaps("guard.basis", basis_gaps(at.content))


def explanation_clear(at: Situation, _by: Actor) -> Unmet:
    """Hold while the explanation passes the wording lints."""
    findings = explanation_findings(at.content, at.catalogue)
    return [Reason(f"guard.{f.code}", f.text, f.mend) for f in blockers(findings)]


def parts_described(at: Situation, _by: Actor) -> Unmet:
    """Every model has its card, every element its data sheet."""
    for name in at.undescribed:
        yield Reason(
            "guard.undescribed",
            f"{name} is not written for what it is now.",
            "Ask an analyst to write it.",
        )


def intake_complete(at: Situation, _by: Actor) -> Unmet:
    """Nothing is left open in the intake, and everything it names exists."""
    for gap in missing_answers(at.content, at.catalogue):
        yield Reason("guard.intake", f"{gap.question} ({gap.field})", gap.mend)
    for name in at.referenced_missing:
        yield Reason(
            "guard.reference",
            f"“{name}” does not exist or is retired.",
            "Choose another.",
        )


def all_signed(at: Situation, _by: Actor) -> Unmet:
    """Hold while what is live was signed by all roles and attested."""
    return may_be_signed_for(at.standing, at.now).reasons


def recently_signed(at: Situation, _by: Actor) -> Unmet:
    """Hold while the test starts within 30 days of the last signature."""
    if at.last_approved_at is None or at.now - at.last_approved_at > START_WITHIN:
        yield Reason(
            "guard.stale",
            "The last signature is more than 30 days old, or there is none.",
            "Have it signed again before starting.",
        )


def controlled(at: Situation, _by: Actor) -> Unmet:
    """Holdout at least 5 %, first exposure at most 10 %, shares that add up."""
    return _from_gaps("guard.experiment", experiment_gaps(at.content))


def sample_reached(at: Situation, _by: Actor) -> Unmet:
    """Hold once the planned end of the test is reached."""
    if not at.sample_reached:
        yield Reason(
            "guard.sample",
            "The planned number of customers or days is not reached.",
            "Let it run.",
        )


def sample_ratio_checked(at: Situation, _by: Actor) -> Unmet:
    """Hold while the arms have the shares they were designed to have."""
    if at.sample_ratio is None:
        yield Reason(
            "guard.sample_ratio",
            "The sample ratio was not checked.",
            "Refresh the read-out.",
        )
    elif at.sample_ratio is SampleRatio.ALARM:
        yield Reason(
            "guard.sample_ratio",
            "The arms do not have their designed shares; the result cannot be trusted.",
            "Find the fault and run the test again.",
        )


def uplift_shown(at: Situation, _by: Actor) -> Unmet:
    """Hold while the verdict is to scale, on a read-out with an interval."""
    if not at.has_interval:
        yield Reason(
            "guard.uplift",
            "There is no read-out with an interval.",
            "Refresh the read-out.",
        )
    elif at.verdict != "scale":
        yield Reason(
            "guard.uplift",
            "The verdict is not “scale”: "
            f"{at.verdict.replace('_', ' ') or 'none yet'}.",
            "Keep it small, change it, or stop.",
        )


def unharmed(at: Situation, _by: Actor) -> Unmet:
    """Every guardrail was counted and is no worse than allowed."""
    read = {guarded.label for guarded in at.guarded}
    if len(read) < len(at.content.guardrails) or not read:
        yield Reason(
            "guard.harm", "Not every guardrail has been read.", "Refresh the read-out."
        )
    told: Mapping[GuardrailState, str] = {
        GuardrailState.BREACH: "is worse than allowed",
        GuardrailState.NOT_ENOUGH_DATA: "has not enough data yet",
        GuardrailState.NOT_COUNTED: "was not counted, so it does not clear",
    }
    for guarded in at.guarded:
        if guarded.state in told:
            yield Reason("guard.harm", f"“{guarded.label}” {told[guarded.state]}.")


def reason_given(at: Situation, _by: Actor) -> Unmet:
    """Hold once a reason is written down."""
    if not at.reason.strip():
        yield Reason("guard.reason", "Give the reason.")


def learning_noted(at: Situation, _by: Actor) -> Unmet:
    """Hold once what was learned is written down."""
    if not at.learning_note.strip():
        yield Reason(
            "guard.learning",
            "Nothing is written about what was learned.",
            "Write the learning note.",
        )


def released_by_privacy(at: Situation, by: Actor) -> Unmet:
    """Privacy's own pause, and one of more than 30 days, is released by privacy."""
    if by.has(Role.PRIVACY_REVIEWER):
        return
    if Role.PRIVACY_REVIEWER in at.paused_by_roles:
        yield Reason(
            "guard.privacy_pause",
            "Privacy paused this.",
            "A privacy reviewer has to release it.",
        )
    elif at.paused_at is not None and at.now - at.paused_at > LONG_PAUSE:
        yield Reason(
            "guard.long_pause",
            "It was paused for more than 30 days.",
            "A privacy reviewer has to confirm it again.",
        )


def known_before(at: Situation, _by: Actor) -> Unmet:
    """Hold while it is known what to resume to."""
    if at.state_before_pause is None:
        yield Reason(
            "guard.before_pause",
            "It is not known where this stood before the pause.",
            "Start again from a new version.",
        )


GUARDS: Mapping[str, Guard] = {
    guard.__name__: guard
    for guard in (
        tests_passed,
        meaningful_metric,
        three_guardrails,
        fallback_present,
        no_duplicate,
        data_justified,
        not_creepy,
        basis_given,
        explanation_clear,
        parts_described,
        intake_complete,
        all_signed,
        recently_signed,
        controlled,
        sample_reached,
        sample_ratio_checked,
        uplift_shown,
        unharmed,
        reason_given,
        learning_noted,
        released_by_privacy,
        known_before,
    )
}
