"""From an empty database to a use case in review, by the pages alone."""

import pytest

from decisioning.scoring.models import ModelVersion
from governance.installation.queries import now as clock
from governance.usecases.models import UseCase, UseCaseVersion

pytestmark = pytest.mark.django_db
KEY = "bring-back-recent-buyers"
EDIT = f"/use-cases/{KEY}/edit/"
EVIDENCE = "I read the survey and counted the pages myself."


def begin(client):
    return client.post("/use-cases/new/", {"name": "Bring back recent buyers"})


def content():
    return UseCaseVersion.objects.order_by("-number").first().content


def test_an_empty_board_leads_to_the_first_use_case(clients):
    page = clients["mara"].get("/use-cases/")

    assert "Describe your first use case" in page.content.decode()


def test_a_marketer_goes_from_nothing_to_a_use_case_in_review(clients, answers):
    mara = clients["mara"]
    assert begin(mara).url == EDIT
    saved = mara.post(EDIT, answers)
    assert saved.status_code == 302, saved.context["form"].errors
    for test in (1, 2, 3):
        clients["olga"].post(
            f"/use-cases/{KEY}/assessments/",
            {"test": test, "verdict": "pass", "evidence": EVIDENCE},
        )
    moved = mara.post(EDIT, {**answers, "then": "to_data_needs"})
    assert moved.url == f"/use-cases/{KEY}/"

    asked = mara.post(EDIT, {**answers, "then": "submit"}, follow=True)

    case = UseCase.objects.get()
    assert case.state == "governance", asked.content.decode()
    assert case.versions.get().status == "in_review"


def test_a_click_metric_is_refused_with_the_reason(clients, answers):
    begin(clients["mara"])
    typed = {**answers, "objective__primary_metric": "click_rate"}

    checked = clients["mara"].post(f"{EDIT}check/", typed, HTTP_HX_REQUEST="true")

    text = checked.content.decode()
    assert "people click on what grabs them" in text
    assert "Fails" in text
    assert content()["objective"]["primary_metric"] == ""


def test_checking_saves_nothing_and_asks_for_the_basis_of_a_new_purpose(
    clients, answers
):
    begin(clients["mara"])
    typed = {k: v for k, v in answers.items() if "_basis" not in k}

    checked = clients["mara"].post(f"{EDIT}check/", typed).content.decode()

    assert 'name="lawful_basis__direct_marketing"' in checked
    assert content()["data_uses"] == []


def test_an_index_beside_the_intake_says_what_each_section_lacks(clients, answers):
    begin(clients["mara"])
    index = clients["mara"].get(EDIT).context["index"]
    assert index[0].url == "#customer"
    assert index[0].lacks.endswith("missing")

    checked = clients["mara"].post(f"{EDIT}check/", answers)

    assert {line.lacks for line in checked.context["index"]} == {"complete"}
    assert "You&#x27;re seeing Catalogue because" in checked.content.decode()


def test_the_scores_in_use_are_offered_and_no_others(clients, answers):
    for key, is_champion in (("will-buy", True), ("old-idea", False)):
        ModelVersion.objects.create(
            key=key,
            number=1,
            kind="propensity",
            is_champion=is_champion,
            digest="d" * 64,
            parameters={},
            report={},
            trained_at=clock(),
        )
    begin(clients["mara"])

    page = clients["mara"].get(EDIT).content.decode()

    assert "will-buy (version 1, in use)" in page
    assert "old-idea" not in page


def test_a_half_finished_draft_is_saved_as_it_is(clients):
    begin(clients["mara"])

    clients["mara"].post(EDIT, {"customer__who": "People who like gardens"})

    assert content()["customer"]["who"] == "People who like gardens"
    page = clients["mara"].get(EDIT).content.decode()
    assert 'value="People who like gardens"' in page


def test_a_number_that_cannot_be_read_keeps_everything_typed_and_saves_nothing(
    clients,
):
    begin(clients["mara"])

    page = clients["mara"].post(
        EDIT, {"customer__who": "Gardeners", "customer__effort_baseline": "a few"}
    )

    text = page.content.decode()
    assert page.status_code == 422
    assert 'value="Gardeners"' in text
    assert 'value="a few"' in text
    assert "Write a number, such as 2.5" in text
    assert content()["customer"]["who"] == ""


def test_shares_and_margins_are_typed_as_people_say_them(clients, answers):
    begin(clients["mara"])

    clients["mara"].post(EDIT, answers)

    saved = content()
    assert saved["guardrails"][0]["margin"] == pytest.approx(0.002)
    assert saved["guardrails"][1]["margin"] == pytest.approx(0.0001)
    assert saved["experiment"]["holdout_share"] == pytest.approx(0.1)
    assert saved["objective"]["smallest_change"] == pytest.approx(0.005)
    page = clients["mara"].get(EDIT)
    form = page.context["form"]
    assert form["guardrails__0__margin"].value() == "0.2"
    assert form["experiment__holdout_share"].value() == "10"


def test_a_row_is_added_and_removed_without_script(clients, answers):
    mara = clients["mara"]
    begin(mara)

    added = mara.post(EDIT, {**answers, "add": "data_uses"})
    page = mara.get(added.url.split("#")[0])
    assert 'name="data_uses__1__element"' in page.content.decode()
    mara.post(EDIT, {**answers, "remove": "data_uses.0"})

    assert content()["data_uses"] == []


def test_an_analyst_writes_the_data_part_and_nothing_else(clients, answers):
    begin(clients["mara"])
    clients["mara"].post(EDIT, answers)
    typed = {
        **answers,
        "customer__who": "Somebody else",
        "data_uses__0__reason": "Told by the analyst",
    }

    done = clients["anna"].post(EDIT, typed)

    assert done.status_code == 302
    assert content()["customer"]["who"] == "People who bought from us this year"
    assert content()["data_uses"][0]["reason"] == "Told by the analyst"
    assert content()["guardrails"][0]["margin"] == pytest.approx(0.002)


def test_a_save_over_somebody_elses_is_refused_and_keeps_what_was_typed(
    clients, answers
):
    begin(clients["mara"])
    seen = clients["mara"].get(EDIT).context["seen"]
    clients["olga"].post(EDIT, answers)

    page = clients["mara"].post(EDIT, {"customer__who": "Mine", "seen": seen})

    assert page.status_code == 409
    assert 'value="Mine"' in page.content.decode()
    assert content()["customer"]["who"] == "People who bought from us this year"


def test_a_stranger_to_the_use_case_does_not_open_its_intake(clients):
    begin(clients["mara"])

    assert clients["priya"].get(EDIT).status_code == 403
    assert clients["olga"].get("/use-cases/nothing-here/edit/").status_code == 404


def test_a_use_case_needs_a_name(clients):
    page = clients["mara"].post("/use-cases/new/", {"name": ""})

    assert page.status_code == 422
    assert "Give it a name to begin with." in page.content.decode()


def test_an_example_fills_in_words_and_an_unknown_one_is_refused(clients):
    mara = clients["mara"]
    answer = mara.post(
        "/use-cases/new/", {"name": "Find the cart again", "template": "cart-recovery"}
    )
    assert answer.status_code == 302
    assert content()["data_uses"][0]["element"] == "carts_30d"
    assert content()["cosmetic"]["name"] == "Find the cart again"
    page = mara.get(answer.url).content.decode()
    assert "Go on where they stopped" in page
    refused = mara.post("/use-cases/new/", {"name": "Other", "template": "made-up"})
    assert refused.status_code == 422
