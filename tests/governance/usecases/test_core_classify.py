from dataclasses import replace

import pytest

from governance.catalogue.core import Catalogue, Element, SourceType, SpecialCategory
from governance.usecases.core import (
    DataUse,
    Logic,
    People,
    UseCaseContent,
    classify,
    creepy_findings,
)


def using(*keys, role="ranking", **more):
    uses = tuple(DataUse(element=k, purpose="recommendations", role=role) for k in keys)
    return UseCaseContent(data_uses=uses, **more)


def test_what_needs_no_person_is_tier_0(catalogue):
    found = classify(using("daypart"), catalogue)
    assert (found.tier, found.adm, found.is_profiling) == ("T0", "none", False)


def test_a_rule_on_what_people_told_us_is_tier_1_and_no_profiling(catalogue):
    found = classify(using("topics"), catalogue)
    assert (found.tier, found.adm, found.is_profiling) == ("T1", "human_rule", False)


def test_ranking_by_purchases_is_profiling_and_tier_2(content, catalogue):
    found = classify(content, catalogue)
    assert (found.tier, found.is_profiling) == ("T2", True)
    assert found.adm == "automated_not_significant"
    assert "ranking" in found.tier_reasons[0]


def test_measuring_with_purchases_is_not_profiling(catalogue):
    assert classify(using("recency", role="measurement"), catalogue).tier == "T1"


def test_a_score_alone_is_profiling(catalogue):
    found = classify(using("topics", logic=Logic(scores=("buy",))), catalogue)
    assert (found.tier, found.adm) == ("T2", "automated_not_significant")


@pytest.mark.parametrize(
    "more",
    [
        {"logic": Logic(price_varies=True)},
        {"people": People(excludes_from_service=True)},
        {"people": People(children=True)},
        {"people": People(special_category=True)},
    ],
)
def test_what_may_weigh_on_people_is_undetermined_and_tier_3(catalogue, more):
    found = classify(using("topics", **more), catalogue)
    assert (found.tier, found.adm) == ("T3", "undetermined")


@pytest.mark.parametrize(
    "trait",
    [
        {"vulnerability_signal": True},
        {"child_possible": True},
        {"price_related": True},
        {"special_category": SpecialCategory.INFERRED},
        {"location_precise": True},
        {"recipients": ("adnet",)},
    ],
)
def test_a_hazardous_element_makes_it_tier_3(trait):
    element = Element(key="x", label="X", **trait)
    assert classify(using("x"), Catalogue.of(element)).tier == "T3"


def test_an_element_outside_the_catalogue_or_four_sources_make_it_tier_3(catalogue):
    assert classify(using("unheard"), catalogue).tier == "T3"
    kinds = list(SourceType)[:4]
    many = Catalogue.of(*(Element(key=k, label=k, source_type=k) for k in kinds))
    assert any("Four" in r for r in classify(using(*kinds), many).adm_reasons)


def test_creepy_lints_read_the_declaration(catalogue):
    proxy = replace(catalogue.elements["topics"], proxy_for=("age",))
    found = creepy_findings(
        using("topics", "gone", role="exclusion"), Catalogue.of(proxy), audience_size=5
    )
    assert [f.code for f in found] == ["L-02", "L-06"]
