import re

import pytest
from django.test import Client

from decisioning.engine import snapshot
from decisioning.engine.links import make_why_token
from decisioning.engine.models import Decision
from governance.consent.queries import head
from governance.installation.queries import now as clock
from governance.lints.core import grade
from governance.rights.models import Complaint
from tests.decisioning.engine import world as shop
from tests.decisioning.engine.world import ask
from tests.factories import configuration as make

TAGS = re.compile(r"<(style|script|svg)\b.*?</\1>|<[^>]+>", re.DOTALL)


@pytest.fixture
def coats(db, monkeypatch):
    made = shop.World()
    monkeypatch.setattr(snapshot, "serving_cases", made.serving_cases)
    snapshot.forget()
    place = shop.placement()
    make.element("boots", now=clock(), label="What you bought before")
    rule = {"field": "trait.boots", "op": "eq", "value": "yes"}
    shop.use_case(made, [shop.offer("coats", [place], eligibility=rule)], [place])
    yield shop.customer("c-1", traits={"boots": "yes"})
    snapshot.forget()


@pytest.fixture
def told(coats):
    return ask("c-1")


@pytest.fixture
def page(told):
    return f"/why/{make_why_token(told['decisionId'])}"


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


def test_the_sentence_that_came_with_the_content_stands_on_top(told, page, browser):
    text = browser.get(page).content.decode()

    heading = re.search(r"<h1[^>]*>(.*?)</h1>", text).group(1).replace("&#x27;", "'")
    assert heading == told["items"][0]["why"]
    assert "What we used" in text
    assert "What we did not use" in text


def test_the_link_in_the_answer_opens_the_page(told, browser):
    address = told["links"]["why"]

    assert browser.get("/why/" + address.rpartition("/")[2]).status_code == 200


def test_after_off_the_very_next_decision_is_the_default(told, page, browser, coats):
    assert told["mode"] == "personalised"

    answer = browser.post(page, {"do": "everything"}, follow=True)
    after = ask("c-1")

    assert after["mode"] == "default"
    assert after["decisionId"] != told["decisionId"]
    assert Decision.objects.get(pk=after["decisionId"]).reason == (
        "consent.personalisation_off"
    )
    assert "all is off" in answer.content.decode()
    assert 'value="everything"' not in answer.content.decode()


def test_stopping_one_channel_stops_it_there(told, page, browser, coats):
    answer = browser.post(page, {"do": "channel"}, follow=True)

    assert head(coats.pk).channels_off == {"web"}
    assert ask("c-1")["mode"] == "default"
    assert "our pages: off" in answer.content.decode()


def test_a_complaint_names_the_decision_and_gets_a_number(told, page, browser, coats):
    answer = browser.post(page, {"do": "complain", "text": "I sold it."}, follow=True)

    complaint = Complaint.objects.get()
    assert (complaint.person_id, complaint.text) == (coats.pk, "I sold it.")
    assert str(complaint.decision_id) == told["decisionId"]
    assert complaint.use_case_key
    assert f"Your number is {complaint.pk}" in answer.content.decode()
    assert complaint.acknowledge_by.strftime("%Y") in answer.content.decode()


def test_an_empty_complaint_is_asked_for_its_words(page, browser):
    answer = browser.post(page, {"do": "complain", "text": "  "})

    assert answer.status_code == 422
    assert "Write a few words" in answer.content.decode()
    assert not Complaint.objects.exists()


def test_reading_changes_nothing(page, browser, coats):
    before = head(coats.pk)

    browser.get(f"{page}?saved=everything")

    assert head(coats.pk) == before


def test_a_claim_in_the_address_is_not_believed(page, browser):
    assert "all is off" not in browser.get(f"{page}?saved=everything").content.decode()


def test_each_control_on_the_page_is_one_that_works(page, browser):
    text = browser.get(page).content.decode()

    offered = set(re.findall(r'name="do" value="([\w.-]+)"', text))

    assert offered == {"less", "signal.boots", "everything", "channel", "complain"}


def test_less_like_this_leaves_the_offer_out_of_the_very_next_decision(
    told, page, browser, coats
):
    answer = browser.post(page, {"do": "less"}, follow=True)
    after = ask("c-1")

    assert "you see less like this" in answer.content.decode()
    assert (after["mode"], after["reason"]) == ("default", "consent.topic_off")
    assert after["decisionId"] != told["decisionId"]


def test_what_is_not_to_be_used_is_not_there_in_the_very_next_decision(
    told, page, browser, coats
):
    answer = browser.post(page, {"do": "signal.boots"}, follow=True)

    assert "we no longer use this: What you bought before" in answer.content.decode()
    assert head(coats.pk).signals_off == {"trait.boots"}
    assert ask("c-1")["reason"] == "eligibility.offer_rule"


def test_only_what_was_used_can_be_taken_out_of_use_here(page, browser, coats):
    make.element("shoe_size", now=clock())

    assert browser.post(page, {"do": "signal.shoe_size"}).status_code == 422
    assert not head(coats.pk).signals_off


def test_one_click_deeper_stand_six_answers_and_a_person_to_ask(page, browser):
    text = browser.get(f"{page}/how").content.decode()

    assert len(re.findall(r"<h2 ", text)) == 6
    assert "#complain" in text
    assert "A person in our privacy team answers you" in text


def test_a_control_that_is_not_there_changes_nothing(page, browser, coats):
    before = head(coats.pk)

    assert browser.post(page, {"do": "less_like_this"}).status_code == 422
    assert head(coats.pk) == before


def test_the_default_says_that_nothing_personal_was_used(coats, browser):
    shop.say(coats, "grant", personalisation_off=True)

    text = browser.get(f"/why/{make_why_token(ask('c-1')['decisionId'])}")

    assert "Nothing about you" in text.content.decode()


def test_the_words_are_easy(page, browser):
    text = browser.get(page).content.decode().partition("<main")[2]
    words = TAGS.sub(". ", text.partition("</main>")[0])

    assert grade(re.sub(r"[\s.]*\.[\s.]*", ". ", words)) <= 6
