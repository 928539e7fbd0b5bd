import pytest

from governance.usecases.core import UseCaseContent, missing_answers, three_tests
from governance.usecases.core.tests import TestVerdict


def test_a_complete_intake_survives_the_way_to_json_and_back(content):
    assert UseCaseContent.from_dict(content.to_dict()) == content
    assert UseCaseContent.read(content.to_dict())[1] == {}


def test_an_empty_draft_is_a_use_case_with_everything_missing(catalogue):
    draft = UseCaseContent.from_dict({})
    fields = {gap.field for gap in missing_answers(draft, catalogue)}
    assert {
        "cosmetic.name",
        "customer.who",
        "data_uses",
        "guardrails",
        "reach.segment",
        "fallback.uses_placement_default",
        "experiment.holdout_share",
    } <= fields
    assert len(fields) == len(missing_answers(draft, catalogue))


def test_a_complete_intake_misses_nothing_and_passes_all_three_tests(
    content, catalogue
):
    assert missing_answers(content, catalogue) == ()
    assert [t.verdict for t in three_tests(content, catalogue)] == ["passes"] * 3


@pytest.mark.parametrize(
    ("path", "bad", "told"),
    [
        ("objective.smallest_change", "lots", "not a number"),
        ("objective.smallest_change", "nan", "not a number"),
        ("reach.max_contacts", "2.5", "not a whole number"),
        ("reach.max_contacts", True, "not a whole number"),
        ("people.children", "perhaps", "not yes or no"),
        ("customer.who", ["x"], "not a text"),
        ("reach.channels", "email", "a list"),
        ("experiment.allocation", "half", "group of named"),
        ("customer", "Alice", "group of named"),
        ("customer.colour", "red", "no such field"),
    ],
)
def test_an_unreadable_answer_is_named_and_left_empty(data, path, bad, told):
    *above, name = path.split(".")
    place = data
    for step in above:
        place = place[step]
    place[name] = bad
    content, problems = UseCaseContent.read(data)
    assert told in problems[path]
    assert content.cosmetic.name == "Bring back recent buyers"


def test_items_that_cannot_be_read_are_named_by_their_place(data):
    data["experiment"]["allocation"]["treated"] = "many"
    data["reach"]["channels"] = ["email", {"x": 1}, ""]
    content, problems = UseCaseContent.read(data)
    assert set(problems) == {"experiment.allocation.treated", "reach.channels.1"}
    assert content.reach.channels == ("email",)
    assert content.experiment.allocation == {"control": 0.1}


def test_nothing_at_all_is_told_where_a_group_is_null():
    assert UseCaseContent.read({"customer": None, "guardrails": [None]})[1] == {}
    assert "content" in UseCaseContent.read([1])[1]
    assert UseCaseContent.read(None) == (UseCaseContent(), {})


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("customer.gets_better", "prettier", "customer.gets_better"),
        ("guardrails.0.metric", "click_rate", "guardrails.0.metric"),
        ("guardrails.0.direction", "", "guardrails.0.direction"),
        ("guardrails.0.margin", -1, "guardrails.0.margin"),
        ("guardrails.0.min_n", 0, "guardrails.0.min_n"),
        ("guardrails.1.metric", "refund_rate", "guardrails.complaint_rate"),
        ("guardrails.2.metric", "refund_rate", "guardrails.trust"),
        ("data_uses.0.element", "", "data_uses.0.element"),
        ("data_uses.0.role", "", "data_uses.0.role"),
        ("data_uses.0.reason", "", "data_uses.0.reason"),
        ("data_uses.0.granularity", "fine", "data_uses.0.granularity"),
        ("data_uses.0.could_work_without", "", "data_uses.0.could_work_without"),
        ("data_uses.0.could_work_without", True, "data_uses.0.could_work_without"),
        ("data_uses.0.why_not", "", "data_uses.0.why_not"),
        ("data_uses.0.purpose", "fun", "data_uses.0.purpose"),
        ("data_uses.0.purpose", "analytics", "data_uses.0.purpose"),
        ("data_uses.0.max_age_days", 0, "data_uses.0.max_age_days"),
        ("data_uses.0.max_age_days", 900, "data_uses.0.max_age_days"),
        ("lawful_basis.direct_marketing", "hope", "lawful_basis.direct_marketing"),
        ("eprivacy_basis.email", "", "eprivacy_basis.email"),
        ("reach.channels", ["pigeon"], "reach.channels"),
        ("reach.window_days", 0, "reach.window_days"),
        ("experiment.holdout_share", 0.04, "experiment.holdout_share"),
        ("experiment.first_exposure", 0.2, "experiment.first_exposure"),
        ("experiment.arms", ["treated"], "experiment.allocation"),
        ("experiment.allocation.treated", 0.8, "experiment.allocation"),
        ("fallback.uses_placement_default", "off", "fallback.uses_placement_default"),
        ("review_interval_days", "", "review_interval_days"),
    ],
)
def test_each_gap_is_named_with_a_way_to_mend_it(data, catalogue, path, value, field):
    *above, name = path.split(".")
    place = data
    for step in above:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[name] = value
    gaps = missing_answers(UseCaseContent.from_dict(data), catalogue)
    assert field in {gap.field for gap in gaps}
    assert all(gap.mend for gap in gaps)


@pytest.mark.parametrize(
    ("path", "value", "test", "verdict", "words"),
    [
        ("objective.primary_metric", "click_rate", 2, "fails", "grabs"),
        ("objective.primary_metric", "open_rate", 2, "fails", "grabs"),
        ("objective.primary_metric", "impressions", 2, "fails", "grabs"),
        ("objective.primary_metric", "trust_score", 2, "fails", "guardrail"),
        ("objective.primary_metric", "fame", 2, "fails", "no metric"),
        ("objective.primary_metric", "", 2, "not_yet", "Choose"),
        ("objective.smallest_change", -1, 2, "fails", "above zero"),
        ("objective.long_run", "none", 2, "fails", "holdout"),
        ("objective.long_run", "", 2, "not_yet", "long run"),
        ("customer.task", "Increase our revenue", 1, "fails", "company"),
        ("customer.task", "", 1, "not_yet", "get done"),
        ("customer.effort_unit", "", 1, "not_yet", "unit"),
        ("explanation.template", "Recommended based on activity", 3, "fails", "grade"),
        ("explanation.template", "", 3, "not_yet", "sentence"),
        ("explanation.fallback", "", 3, "not_yet", "sentence"),
        (
            "explanation.fallback",
            "You're seeing our best.",
            3,
            "fails",
            "personal data",
        ),
        ("explanation.controls", [], 3, "not_yet", "control"),
        (
            "explanation.template",
            "You're seeing {offer} because you {topics}.",
            3,
            "fails",
            "not among the data",
        ),
        ("data_uses.0.element", "broker", 3, "fails", "third party"),
        ("data_uses.0.element", "unheard", 3, "fails", "not in the data catalogue"),
        ("data_uses.0.element", "", 3, "fails", "not among the data"),
        ("owners.stop_person", "", 3, "not_yet", "stop"),
        ("people.children", "", 3, "not_yet", "children"),
    ],
)
def test_a_strategic_test_says_what_speaks_against_it(
    data, catalogue, path, value, test, verdict, words
):
    *above, name = path.split(".")
    place = data
    for step in above:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[name] = value
    result = three_tests(UseCaseContent.from_dict(data), catalogue)[test - 1]
    assert result.verdict == verdict
    assert any(words in check.text for check in result.missing)


def test_a_short_term_aim_may_go_without_a_holdout_if_it_says_why(data, catalogue):
    data["objective"] |= {"horizon": "short", "long_run": "none"}
    second = three_tests(UseCaseContent.from_dict(data), catalogue)[1]
    assert second.missing[0].field == "objective.long_run_because"
    data["objective"]["long_run_because"] = "A one-off message"
    second = three_tests(UseCaseContent.from_dict(data), catalogue)[1]
    assert second.verdict is TestVerdict.PASSES


def test_an_element_without_words_cannot_fill_a_slot(data, catalogue):
    data["data_uses"][0]["element"] = "daypart"
    data["explanation"]["template"] = "You're seeing {offer} because you {daypart}."
    third = three_tests(UseCaseContent.from_dict(data), catalogue)[2]
    assert any("no words" in check.text for check in third.missing)
