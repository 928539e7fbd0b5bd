"""One reader for each question: live figures in, a sentence out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from console.pages.operating.facts import (
    Answer,
    Facts,
    board,
    cannot,
    complaints,
    data_map,
    decisions,
    fairness,
    home,
    named,
    operating,
    quality,
    scorecard,
)
from console.templatetags.fmt import number, percent
from decisioning.experiments.core import Design, InvalidDesign
from decisioning.experiments.planning import arms_of, planned_customers
from governance.catalogue.core import Catalogue
from governance.consent.queries import Share
from governance.fairness.core import FairnessVerdict
from governance.lints.core import blockers
from governance.types import Invalid, State
from governance.usecases.core import TestVerdict, three_tests
from governance.usecases.core.classify import classify
from governance.usecases.core.wordings import explanation_findings
from governance.usecases.queries import Card

CLICKS: Final = ("click", "open_rate")
LONG_RUN: Final = ("retention", "repeat", "value", "clv", "churn", "return")
TESTS: Final = {1: "helps the customer", 2: "serves an aim", 3: "can be explained"}
PLANNABLE: Final = (State.DEFINE, State.DATA_NEEDS, State.GOVERNANCE, State.READY)
COMPARED: Final = {
    "zero_party": "preferences",
    "behavioural": "behaviour",
    "transactional": "purchases",
}


def _most_plain(facts: Facts, *channels: str) -> str:
    """Where most people were shown what everybody sees, in thirty days."""
    found = [s for s in facts.served if not channels or s.channel in channels]
    if not found or not found[0].n_default:
        return cannot("no decision of the last 30 days fell to the default here.")
    top = found[0]
    return (
        f"“{top.name}”: {percent(top.default_share)} of {number(top.n)} decisions in "
        "30 days showed what everybody sees."
    )


def biggest_difference(facts: Facts) -> Answer:
    return decisions(_most_plain(facts))


def need_or_campaign(facts: Facts) -> Answer:
    cases = facts.live
    if not cases:
        return board(cannot("nothing is live."))
    kinds = {row.key: row.source_type for row in facts.elements}
    moment = [
        card.name
        for card in cases
        if any(
            kinds.get(use.element) in ("contextual", "behavioural")
            for use in card.content.data_uses
        )
    ]
    return board(
        f"{len(moment)} of {len(cases)} live use cases look at the moment or at recent "
        f"behaviour{': ' + named(moment) if moment else ''}; the others do not."
    )


def horizon(facts: Facts) -> Answer:
    cases = facts.live
    if not cases:
        return board(cannot("nothing is live."))
    long_run = [c for c in cases if _is_long_run(c)]
    return board(
        f"{len(long_run)} of {len(cases)} live use cases are judged on the long run, "
        f"{len(cases) - len(long_run)} on the response."
    )


def _is_long_run(card: Card) -> bool:
    aim = card.content.objective
    return any(word in aim.primary_metric for word in LONG_RUN)


def most_valuable_part(_: Facts) -> Answer:
    return scorecard(cannot("nobody has asked customers whether it helped them."))


def benefit_and_cost(facts: Facts) -> Answer:
    where = [key for key in facts.complaints.by_use_case if key]
    n = facts.complaints.n_open + facts.complaints.n_closed
    if not n:
        return scorecard(
            "No complaint so far. The benefit, against people left alone, stands on "
            "the scorecard."
        )
    names = {card.key: card.name for card in facts.cards}
    top = named([names.get(key, key) for key in where], 2) or "no single use case"
    return complaints(
        f"{number(n)} complaints, most about {top}: the cost is felt there."
    )


def failing_ideas(facts: Facts) -> Answer:
    if not facts.failed:
        return board("None: no use case stands with a failed test.")
    told = [f"{name} ({TESTS.get(test, test)})" for name, _, test in facts.failed]
    return board(f"{named(told)}.")


def expected(facts: Facts) -> Answer:
    known = _most_allowed_first(facts)
    if not known:
        return data_map(cannot("nobody has said yes or no to anything yet."))
    first, last = known[0], known[-1]
    return data_map(
        f"Of {number(first.n_known)} people who chose, most allow “{first.label}” "
        f"({percent(first.n_allowing / first.n_known)}), fewest “{last.label}” "
        f"({percent(last.n_allowing / last.n_known)})."
    )


def _most_allowed_first(facts: Facts) -> list[Share]:
    asked = [share for share in facts.choices if share.n_known]
    return sorted(asked, key=lambda share: -share.n_allowing)


def weakest_part(facts: Facts) -> Answer:
    found = facts.weakest
    if found is None:
        return quality(cannot("too little has come in to judge."))
    where = f"“{found.name or 'all events'}” from {found.source}"
    state = "over its threshold" if found.strain >= 1 else "within its threshold"
    return quality(f"{found.measure.label} of {where}, {state}.")


def underused(facts: Facts) -> Answer:
    shares = {}
    for kind, label in COMPARED.items():
        rows = [row for row in facts.elements if row.source_type == kind]
        if rows:
            used = sum(facts.uses[row.key].is_used for row in rows)
            shares[label] = (used / len(rows), used, len(rows))
    if not shares:
        return data_map(cannot("no such data is declared."))
    label, (_, used, n) = min(shares.items(), key=lambda pair: pair[1][0])
    return data_map(f"Data on {label}: {used} of {n} declared elements are used.")


def could_stop(facts: Facts) -> Answer:
    idle = [
        row.label
        for row in facts.elements
        if row.source_type != "contextual" and not facts.uses[row.key].is_used
    ]
    if not idle:
        return data_map("Nothing: something that reaches customers uses every element.")
    return data_map(f"{len(idle)} elements that nothing uses: {named(idle)}.")


def who_owns(facts: Facts) -> Answer:
    return operating(facts.governance.sentence)


def profiling(facts: Facts) -> Answer:
    cases = facts.live
    if not cases:
        return operating(cannot("nothing is live."))
    found = [c.name for c in cases if classify(c.content, facts.catalogue).is_profiling]
    if not found:
        return operating(f"None of the {len(cases)} live use cases.")
    return operating(f"{len(found)} of {len(cases)} live use cases: {named(found)}.")


def broad_acquisition(facts: Facts) -> Answer:
    ads = [s for s in facts.served if s.channel in ("ads", "paid")]
    if not ads:
        return decisions(cannot("no channel that wins new customers is connected."))
    return decisions(_most_plain(facts, "ads", "paid"))


def page_to_improve(facts: Facts) -> Answer:
    return decisions(_most_plain(facts, "web", "app"))


def lifecycle_moment(facts: Facts) -> Answer:
    return decisions(_most_plain(facts, "email", "push", "sms"))


def recommending(_: Facts) -> Answer:
    return home(
        cannot("nothing recommends products here yet, so there is no contrast.")
    )


def service_moment(facts: Facts) -> Answer:
    return decisions(
        _most_plain(facts, "service", "desk")
        if any(s.channel in ("service", "desk") for s in facts.served)
        else cannot("the service desk is not connected.")
    )


def one_sentence(facts: Facts) -> Answer:
    cases = facts.live
    if not cases:
        return board(cannot("nothing is live."))
    plain = [
        card
        for card in cases
        if not blockers(explanation_findings(card.content, facts.catalogue))
    ]
    return board(
        f"{len(plain)} of {len(cases)} live use cases have a sentence that passes the "
        "checks on plain words."
    )


def more_control(facts: Facts) -> Answer:
    known = _most_allowed_first(facts)
    if not known:
        return data_map(cannot("nobody has refused anything yet."))
    least = known[-1]
    return data_map(
        f"Each use has a switch of its own. Fewest allow “{least.label}” "
        f"({number(least.n_allowing)} of {number(least.n_known)}): offer a finer "
        "choice there first."
    )


def disadvantaged(facts: Facts) -> Answer:
    """What the audits of outcomes found; before the first, who may be stood in for."""
    by_verdict = {
        verdict: [
            each.use_case.name
            for each in facts.audited
            if each.audit is not None and each.audit.verdict == verdict
        ]
        for verdict in FairnessVerdict
    }
    if broken := by_verdict[FairnessVerdict.BREACH]:
        return fairness(f"A group is worse off in {named(broken)}.")
    if read_as_proxy := _stood_in_for(facts):
        return data_map(
            f"Look first at {named(read_as_proxy)}: it can stand in for a group."
        )
    if passed := by_verdict[FairnessVerdict.PASS]:
        return fairness(f"None shows in the audits of {named(passed)}.")
    return fairness(cannot("no audit has enough data yet to clear or to name a group."))


def _stood_in_for(facts: Facts) -> list[str]:
    proxies = {row.key: row for row in facts.elements if row.proxy_for}
    return [
        f"{card.name} (by “{proxies[use.element].label}”)"
        for card in facts.live
        for use in card.content.data_uses
        if use.element in proxies
    ]


def missing_role(facts: Facts) -> Answer:
    vacant = facts.governance.vacant
    if not vacant:
        return operating("None: every role that signs is held.")
    return operating(f"{named(vacant)}.")


def one_metric(facts: Facts) -> Answer:
    metrics = {
        card.content.objective.primary_metric: card.name
        for card in facts.live
        if card.content.objective.primary_metric
        and not any(c in card.content.objective.primary_metric for c in CLICKS)
    }
    if not metrics:
        return scorecard(cannot("no live use case is judged on anything but clicks."))
    long_run = [key for key in metrics if any(word in key for word in LONG_RUN)]
    key = (long_run or list(metrics))[0]
    return scorecard(f"“{key.replace('_', ' ')}”, on which {metrics[key]} is judged.")


def smallest_test(facts: Facts) -> Answer:
    return home(facts.smallest or cannot("no idea being written can be sized yet."))


def smallest_of(cards: Sequence[Card], catalogue: Catalogue, now: datetime) -> str:
    """The idea that needs fewest customers, among those not live yet."""
    sized = [
        (needed, card.name)
        for card in cards
        if card.state in PLANNABLE
        if (needed := _size(card, now)) is not None and _is_sound(card, catalogue)
    ]
    if not sized:
        return ""
    needed, name = min(sized)
    return f"“{name}”: {number(needed)} customers in all arms, sized from own data."


def _is_sound(card: Card, catalogue: Catalogue) -> bool:
    tests = three_tests(card.content, catalogue)
    return all(test.verdict is not TestVerdict.FAILS for test in tests)


def _size(card: Card, now: datetime) -> int | None:
    try:
        return planned_customers(
            card.content, Design(arms_of(card.content), "plan"), now
        )
    except (Invalid, InvalidDesign, ValueError, KeyError):
        return None
