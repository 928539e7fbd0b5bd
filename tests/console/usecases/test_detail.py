"""The page of one use case: who may judge, move, stop and widen it."""

import pytest

from governance.usecases.models import StrategicAssessment, UseCase
from tests.factories.intake import EVIDENCE, URL, assess

pytestmark = pytest.mark.django_db


def test_the_author_cannot_assess_and_reads_why(clients, draft):
    page = clients["mara"].get(URL).content.decode()

    assert "You wrote this version, so someone else must assess it." in page
    assert assess(clients["mara"], 1).status_code == 403
    assert not StrategicAssessment.objects.exists()


def test_a_verdict_without_evidence_comes_back_as_it_was_typed(clients, draft):
    page = clients["olga"].post(
        f"{URL}assessments/", {"test": 2, "verdict": "fail", "evidence": "short"}
    )

    assert page.status_code == 422
    text = page.content.decode()
    assert "at least 20 characters" in text
    assert ">short</textarea>" in text.replace("\n", "")
    assert not StrategicAssessment.objects.exists()


def test_an_assessment_stands_on_the_page_with_its_evidence(clients, draft):
    page = assess(clients["olga"], 1, "fail").content.decode()

    assert "Olga failed it for version 1" in page
    assert EVIDENCE in page


def test_a_step_that_may_not_be_taken_says_what_it_waits_for(clients, draft):
    page = clients["mara"].get(URL).content.decode()

    assert "Test 1 has not been assessed." in page
    assert 'aria-describedby="waits-to_data_needs"' in page


def test_only_privacy_is_asked_to_attest(clients, in_review):
    assert "Attest for 90 days" in clients["priya"].get(URL).content.decode()
    assert "Attest for 90 days" not in clients["anna"].get(URL).content.decode()
    assert clients["anna"].post(f"{URL}attestations/", {"text": "x"}).status_code == 403


def test_signed_by_all_it_is_started_by_the_channel_owner(clients, ready):
    refused = clients["anna"].post(
        f"{URL}transitions/", {"transition": "start_test"}, follow=True
    )
    assert "This step is for: channel owner." in refused.content.decode()

    clients["chen"].post(f"{URL}transitions/", {"transition": "start_test"})

    assert UseCase.objects.get().state == "testing"
    assert "serves up to 10 %" in clients["mara"].get(URL).content.decode()


def test_one_click_pauses_it_and_another_resumes_it(clients, running):
    clients["anna"].post(f"{URL}pause/")
    page = clients["mara"].get(URL).content.decode()
    assert "Paused: customers get the default." in page

    clients["chen"].post(f"{URL}transitions/", {"transition": "resume"})

    assert UseCase.objects.get().state == "testing"


def test_what_privacy_paused_is_not_resumed_over_its_head(clients, running):
    clients["priya"].post(f"{URL}pause/")

    page = clients["chen"].post(
        f"{URL}transitions/", {"transition": "resume"}, follow=True
    )

    assert UseCase.objects.get().state == "paused"
    assert "A privacy reviewer has to release it." in page.content.decode()


def test_stopping_rolls_it_back_with_the_reason_in_its_history(clients, running):
    page = clients["eve"].post(
        f"{URL}stop/", {"reason": "Complaints rose"}, follow=True
    )

    assert UseCase.objects.get().state == "rolled_back"
    assert "Complaints rose" in page.content.decode()


def test_a_reason_given_for_a_refused_step_is_still_there(clients, running):
    page = clients["chen"].post(
        f"{URL}transitions/", {"transition": "scale", "reason": "It looks good."}
    )

    assert page.status_code == 422
    assert "Not done." in page.content.decode()
    assert page.context["typed"].text == "It looks good."
    stopping = clients["aud"].post(f"{URL}stop/", {"reason": "Too many complaints."})
    assert stopping.status_code == 403


def test_it_leads_to_what_it_serves_and_what_came_of_it(clients, running):
    links = {link.label: link for link in clients["olga"].get(URL).context["links"]}

    assert set(links) == {"Experiment", "Decisions", "Scorecard", "Segment", "Offer"}
    for link in links.values():
        assert clients["olga"].get(link.url).status_code == 200, link.label


def test_exposure_goes_no_further_than_what_was_signed(clients, running):
    page = clients["chen"].post(f"{URL}exposure/", {"share": "95"})
    assert page.status_code == 422
    assert "Choose a share from 0 to 90%" in page.content.decode()

    clients["chen"].post(f"{URL}exposure/", {"share": "25"})

    assert UseCase.objects.get().exposure_share == pytest.approx(0.25)


def test_an_edit_of_a_live_use_case_drafts_the_next_version(clients, answers, running):
    page = clients["mara"].get(f"{URL}edit/").content.decode()
    assert "Version 1 serves on as it was signed." in page

    clients["mara"].post(f"{URL}edit/", {**answers, "reach__max_contacts": "5"})

    case = UseCase.objects.get()
    assert case.serving_version.number == 1
    assert [v.status for v in case.versions.order_by("number")] == ["signed", "draft"]
    shown = clients["mara"].get(URL).content.decode()
    assert "Version 1 serves up to 10 %" in shown


def test_an_edited_offer_waits_and_apply_now_says_what_it_costs(
    clients, cast, running, shop
):
    from decisioning.offers import actions as offers
    from decisioning.offers.queries import offer
    from governance.access.queries import actor_of
    from governance.installation.queries import now as clock

    offers.save_offer(
        by=actor_of(cast["olga"]), now=clock(), key=shop.offer, value_minor=1300
    )
    page = clients["mara"].get(URL).content.decode()
    assert "Edits that wait for signatures" in page
    assert "every customer gets the default content" in page
    assert offer(shop.offer).value_minor == 1200

    clients["mara"].post(f"{URL}live-edits/")

    assert offer(shop.offer).value_minor == 1300
    after = clients["mara"].get(URL).content.decode()
    assert "Not served" in after


def test_everybody_with_the_right_reads_it_and_the_others_do_not(clients, draft):
    for name in ("mara", "olga", "anna", "chen", "priya", "eve", "aud", "ada"):
        assert clients[name].get(URL).status_code == 200, name
        assert clients[name].get("/use-cases/table/").status_code == 200, name
    assert clients["sue"].get(URL).status_code == 403
    assert clients["olga"].get("/use-cases/not-there/").status_code == 404
