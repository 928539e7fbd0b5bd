"""Screening, interests, risks, standing: the pure rules of the assessments."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from governance.assessments.core import (
    Given,
    Kind,
    Level,
    Subject,
    answer_problems,
    changed_since,
    context_digest,
    context_of,
    judge,
    refused_interests,
    screen,
)
from governance.assessments.core.hearing import due_after
from governance.assessments.core.risks import Risk, RiskLevel, risk_problems, worst
from governance.assessments.core.sheets import Described, Part, undescribed
from governance.catalogue.core import (
    Catalogue,
    Element,
    Provenance,
    SourceType,
    SpecialCategory,
)
from governance.usecases.core import (
    Customer,
    DataUse,
    Explanation,
    Logic,
    People,
    Reach,
    UseCaseContent,
    classify,
)
from governance.usecases.core.intake import basis_gaps
from governance.usecases.core.registry import LAWFUL_BASES
from tests.factories.impact import BALANCE, IMPACT, IN_FULL, RISK

ORDERS = Element(
    key="orders", label="Orders", source_type=SourceType.TRANSACTIONAL, ttl_days=395
)
VIEWS = Element(key="views", label="Views", source_type=SourceType.BEHAVIOURAL)
TOPICS = Element(
    key="topics",
    label="Topics",
    source_type=SourceType.ZERO_PARTY,
    provenance=Provenance.DECLARED,
)
KNOWN = Catalogue.of(ORDERS, VIEWS, TOPICS)


def case(*keys, role="eligibility", basis="consent", channel="email", **more):
    uses = tuple(
        DataUse(element=key, purpose="direct_marketing", role=role) for key in keys
    )
    return UseCaseContent(
        data_uses=uses,
        lawful_basis={"direct_marketing": basis},
        eprivacy_basis={channel: more.pop("eprivacy", "soft_opt_in")},
        reach=Reach(channels=(channel,)),
        **more,
    )


def level(content, known=KNOWN, **more):
    return screen(content, known, classify(content, known), **more).level


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (case("topics"), Level.NONE),
        (case("orders"), Level.SHORT),
        (case("views"), Level.FULL),
        (case("orders", logic=Logic(scores=("buy",))), Level.FULL),
        (case("topics", people=People(children=True)), Level.FULL),
        (case("topics", people=People(excludes_from_service=True)), Level.FULL),
        (case("topics", people=People(special_category=True)), Level.FULL),
    ],
)
def test_screening_follows_from_what_is_declared(content, wanted):
    assert level(content) is wanted


@pytest.mark.parametrize("raised", list(Level))
@pytest.mark.parametrize("keys", [("topics",), ("orders",), ("views",)])
def test_screening_can_be_raised_and_never_lowered(keys, raised):
    computed = level(case(*keys))
    found = level(case(*keys), raised=raised)

    assert found.rank == max(computed.rank, raised.rank)


def test_profiling_at_large_scale_needs_it_in_full():
    assert level(case("orders"), audience_size=9_999) is Level.SHORT
    assert level(case("orders"), audience_size=10_000) is Level.FULL


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (case("orders", channel="web", eprivacy="consent"), "LI-1"),
        (case("orders", channel="sms", eprivacy="consent"), "LI-2"),
        (case("topics", channel="sms"), "LI-2"),
        (case("orders", channel="sms", customer=Customer(who="Prospects")), "LI-2"),
        (case("orders", people=People(special_category=True)), "LI-3"),
        (case("orders", people=People(children=True)), "LI-4"),
        (case("orders", channel="ads"), "LI-5"),
    ],
)
def test_legitimate_interests_are_refused_with_the_reason(content, code):
    on_interests = replace(
        content, lawful_basis={"direct_marketing": "legitimate_interests"}
    )
    found = refused_interests(on_interests, KNOWN)

    assert code in [one.code for one in found]
    assert all(one.blocks and one.text.endswith(".") and one.mend for one in found)
    assert refused_interests(content, KNOWN) == ()


def test_own_customers_and_similar_goods_may_rest_on_interests():
    assert refused_interests(case("orders", basis="legitimate_interests"), KNOWN) == ()


def test_recognised_legitimate_interests_are_offered_nowhere():
    assert not [key for key in LAWFUL_BASES if "recognised" in key]
    assert basis_gaps(case("orders", basis="recognised_legitimate_interests"))


@pytest.mark.parametrize(
    ("likelihood", "severity", "wanted"),
    [
        ("remote", "serious", "low"),
        ("possible", "some", "medium"),
        ("possible", "serious", "high"),
        ("probable", "minimal", "low"),
        ("probable", "some", "high"),
    ],
)
def test_the_matrix_is_the_ico_s(likelihood, severity, wanted):
    assert Risk(likelihood=likelihood, severity=severity).inherent == wanted


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"harm": ""}, "harm"),
        ({"who": " "}, "who"),
        ({"severity": ""}, "likelihood"),
        ({"residual": "high"}, "residual"),
        ({"residual": ""}, "residual"),
        ({"measure": ""}, "measure"),
        ({"owner": ""}, "owner"),
        ({"due": "soon"}, "due"),
    ],
)
def test_a_risk_says_what_it_lacks(change, field):
    assert risk_problems(Risk.from_dict(RISK)) == {}
    assert field in risk_problems(Risk.from_dict({**RISK, **change}))


def test_the_worst_risk_that_is_left_counts_and_an_unjudged_one_is_high():
    low = Risk.from_dict(RISK)
    assert worst([low]) is RiskLevel.LOW
    assert worst([low, replace(low, residual="medium")]) is RiskLevel.MEDIUM
    assert worst([low, replace(low, residual="")]) is RiskLevel.HIGH


def test_the_full_form_asks_more_than_the_short_one():
    assert answer_problems(Kind.DPIA, Level.SHORT, IMPACT) == {}
    assert set(answer_problems(Kind.DPIA, Level.FULL, IMPACT)) == {
        "need",
        "consulted",
        "dpo_advice",
        "dpo_followed",
    }
    assert answer_problems(Kind.DPIA, Level.FULL, IN_FULL) == {}
    overruled = {**IN_FULL, "dpo_followed": "no"}
    assert set(answer_problems(Kind.DPIA, Level.FULL, overruled)) == {
        "overruled_because"
    }
    assert "risks" in answer_problems(Kind.DPIA, Level.SHORT, {**IMPACT, "risks": []})
    assert answer_problems(Kind.LIA, Level.NONE, BALANCE) == {}


def given(kind, content, answers, known=KNOWN, **more):
    digest = context_digest(context_of(content, {}, known))
    return Given(kind=kind, digest=digest, answers=answers, **more)


def codes(content, *rows, known=KNOWN, **more):
    subject = Subject(content=content, references={}, catalogue=known, **more)
    return [reason.code for reason in judge(subject, rows).answer.reasons]


def test_an_assessment_holds_for_what_it_was_written_against_only():
    content = case("orders")
    row = given(Kind.DPIA, content, IMPACT, level=Level.SHORT)

    assert codes(content) == ["governance.assessment_needed"]
    assert codes(content, row) == []
    wider = replace(content, reach=Reach(channels=("email",), max_contacts=9))
    assert codes(wider, row) == ["governance.assessment_outdated"]


def test_a_change_in_the_data_map_outdates_it_and_its_wording_does_not():
    content = case("orders")
    row = given(Kind.DPIA, content, IMPACT, level=Level.SHORT)
    longer = Catalogue.of(replace(ORDERS, ttl_days=800))
    renamed = Catalogue.of(replace(ORDERS, label="Purchases", phrase="bought"))

    assert codes(content, row, known=longer) == ["governance.assessment_outdated"]
    assert codes(content, row, known=renamed) == []
    before = context_of(content, {}, KNOWN)
    (change,) = changed_since(before, context_of(content, {}, longer))
    assert (change.field, change.old, change.new) == (
        "elements.orders.ttl_days",
        395,
        800,
    )


def test_a_high_risk_that_is_left_blocks():
    content = case("orders")
    left = {**RISK, "severity": "serious", "residual": "high"}
    row = given(Kind.DPIA, content, {**IMPACT, "risks": [left]}, level=Level.SHORT)
    assert codes(content, row) == ["governance.assessment_blocked"]


def test_a_short_form_does_not_do_once_it_is_raised():
    content = case("orders")
    row = given(Kind.DPIA, content, IMPACT, level=Level.SHORT)
    assert codes(content, row, raised=Level.FULL) == ["governance.assessment_needed"]


def test_interests_are_balanced_and_may_fall():
    content = case("orders", basis="legitimate_interests")
    dpia = given(Kind.DPIA, content, IMPACT, level=Level.SHORT)
    lia = given(Kind.LIA, content, BALANCE)
    falls = given(Kind.LIA, content, {**BALANCE, "outcome": "falls"}, order=1)

    assert codes(content, dpia) == ["governance.assessment_needed"]
    assert codes(content, dpia, lia) == []
    assert codes(content, dpia, lia, falls) == ["governance.assessment_blocked"]


PRICED = case("orders", logic=Logic(price_varies=True))


def test_undetermined_counts_as_significant_until_privacy_rules_on_it():
    dpia = given(Kind.DPIA, PRICED, IN_FULL, level=Level.FULL)
    ruling = given(
        Kind.ADM,
        PRICED,
        {"ruling": "automated_not_significant", "reason": "Ten pence off tea."},
    )
    pack = given(Kind.SAFEGUARDS, PRICED, {"reviewers": [1], "message": "x"})
    significant = replace(
        ruling, answers={**ruling.answers, "ruling": "automated_significant"}
    )

    assert codes(PRICED, dpia) == ["governance.assessment_needed"]
    assert codes(PRICED, dpia, pack) == []
    assert codes(PRICED, dpia, ruling) == []
    assert codes(PRICED, dpia, significant) == ["governance.assessment_needed"]
    assert codes(PRICED, dpia, has_house_pack=True) == []


def test_a_ruling_on_other_content_does_not_count():
    other = replace(PRICED, reach=Reach(channels=("email",), max_contacts=9))
    ruling = given(
        Kind.ADM,
        other,
        {"ruling": "automated_not_significant", "reason": "Ten pence off tea."},
    )
    subject = Subject(content=PRICED, references={}, catalogue=KNOWN)

    assert judge(subject, [ruling]).adm == "undetermined"


@pytest.mark.parametrize(
    ("content", "known", "unfair", "trigger"),
    [
        (PRICED, KNOWN, (), "(T1)"),
        (case("orders", people=People(excludes_from_service=True)), KNOWN, (), "(T2)"),
        (case("orders", people=People(vulnerable=True)), KNOWN, (), "(T3)"),
        (
            case("orders"),
            Catalogue.of(replace(ORDERS, special_category=SpecialCategory.INFERRED)),
            (),
            "(T4)",
        ),
        (
            case("orders"),
            Catalogue.of(replace(ORDERS, provenance=Provenance.THIRD_PARTY)),
            (),
            "(T5)",
        ),
        (
            case("orders", explanation=Explanation(template="Hurry, buy now")),
            KNOWN,
            (),
            "(T6)",
        ),
        (case("orders"), KNOWN, ("Women over 60",), "(T7)"),
    ],
)
def test_each_trigger_leaves_the_class_undetermined(content, known, unfair, trigger):
    found = classify(content, known, unfair=unfair)

    assert found.adm == "undetermined"
    assert any(trigger in reason for reason in found.adm_reasons)
    assert found.tier == "T3"


def test_a_sheet_for_another_digest_describes_nothing():
    used = {(Part.ELEMENT, "orders"): "new", (Part.MODEL, "buy"): ""}
    sheets = [
        Described(Part.ELEMENT, "orders", "old"),
        Described(Part.MODEL, "buy", "any"),
    ]
    assert undescribed(used, sheets) == ((Part.ELEMENT, "orders"),)


def test_five_working_days_leave_the_weekend_out():
    friday = datetime(2026, 11, 27, 15, tzinfo=UTC)
    assert due_after(friday) == datetime(2026, 12, 4, 15, tzinfo=UTC)
    saturday = datetime(2026, 11, 28, 9, tzinfo=UTC)
    assert due_after(saturday) == datetime(2026, 12, 4, 9, tzinfo=UTC)
