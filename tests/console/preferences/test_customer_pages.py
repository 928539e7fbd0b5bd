import json

import pytest
from django.test import Client

from console.pages.preferences.presenters import choices
from decisioning.engine.links import make_preferences_token
from governance.consent.queries import head
from governance.installation.queries import now as clock
from governance.lints.core import grade
from governance.rights.models import Complaint
from tests.factories import configuration as make


@pytest.fixture
def person(db):
    return make.customers([{}], now=clock())[0].pk


@pytest.fixture
def page(person):
    return f"/preferences/{make_preferences_token(person)}"


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


def test_nothing_is_chosen_in_advance(page, browser, person):
    text = browser.get(page).content.decode()

    assert "checked" not in text.replace("aria-checked", "").replace("We checked", "")
    assert not any(
        p.said_yes or p.said_no for p in choices(head(person), clock()).purposes
    )


def test_one_tap_turns_everything_off_and_the_page_reads_it_back(page, browser, person):
    answer = browser.post(page, {"everything": "off"}, follow=True)

    assert head(person).personalisation_off
    assert "Saved. We checked: all is off." in answer.content.decode()


def test_a_yes_and_a_no_are_kept_and_read_back(page, browser, person):
    browser.post(page, {"purpose": "direct_marketing:yes"})
    assert choices(head(person), clock()).purposes[2].said_yes

    answer = browser.post(page, {"purpose": "direct_marketing:no"}, follow=True)

    assert choices(head(person), clock()).purposes[2].said_no
    assert "is a no" in answer.content.decode()


@pytest.mark.parametrize("value", ["7", "30", "90"])
def test_a_break_is_kept(page, browser, person, value):
    browser.post(page, {"pause": value})

    assert head(person).paused_until[""] > clock()


def test_a_complaint_is_taken_in(page, browser, person):
    browser.post(page, {"complain": "yes", "text": "Too many e-mails"})

    assert Complaint.objects.get(person_id=person).text == "Too many e-mails"


@pytest.mark.parametrize("form", [{}, {"pause": "8"}, {"channel": "fax:off"}])
def test_what_the_page_does_not_offer_changes_nothing(page, browser, person, form):
    assert browser.post(page, form).status_code == 422
    assert head(person) is None


def test_reading_the_unsubscribe_link_changes_nothing_and_posting_does(person, browser):
    url = f"/unsubscribe/{make_preferences_token(person)}"

    browser.get(url)
    assert head(person) is None
    browser.post(url, {"List-Unsubscribe": "One-Click"})

    assert "email" in head(person).channels_off


@pytest.mark.parametrize("area", ["why", "preferences", "unsubscribe"])
def test_a_link_that_we_did_not_make_gets_one_kind_answer(db, browser, area):
    answer = browser.get(f"/{area}/abc.def")

    assert answer.status_code == 404
    assert "This link has ended" in answer.content.decode()


def test_the_signal_statement_is_served(db, browser):
    assert json.loads(browser.get("/.well-known/gpc.json").content)["gpc"] is True


def test_the_words_are_easy(page, browser, person):
    shown = choices(head(person), clock())
    text = " ".join(f"{p.label}. {p.hint} {p.state}" for p in shown.purposes)

    assert grade(text) <= 6
