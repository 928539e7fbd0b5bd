import json
import re

import pytest
from django.test import Client

from console.pages.preferences.presenters import choices
from decisioning.engine.links import make_preferences_token, make_unsubscribe_token
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
    url = f"/unsubscribe/{make_unsubscribe_token(person)}"

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


SHOWN = re.compile(
    r'(?:role="switch" aria-checked="(true|false)"[^>]*name="channel" value="(\w+):)'
    r'|(?:name="purpose" value="(\w+):yes" aria-pressed="(true|false)")'
)
CHANNELS = ("web", "email", "sms", "app", "push")
PURPOSES = ("personalise_onsite", "direct_marketing", "ads_sharing")
STATES = 2 ** (len(CHANNELS) + len(PURPOSES))


def shown_on(page, browser):
    """What every switch and every yes says after the page was loaded afresh."""
    found = SHOWN.findall(browser.get(page).content.decode())
    return {key or purpose: "true" in (on, yes) for on, key, purpose, yes in found}


def stored_for(person):
    standing = head(person)
    return {key: key not in standing.channels_off for key in CHANNELS} | {
        key: any(
            place.purpose == key and cell.choice == "grant"
            for place, cell in standing.cells.items()
        )
        for key in PURPOSES
    }


def test_the_page_says_what_is_stored_in_every_combination(page, browser, person):
    """D-13: each state is one choice away from the one before (Gray's order)."""
    wanted = dict.fromkeys(CHANNELS, True) | dict.fromkeys(PURPOSES, False)
    names, met = list(wanted), set()
    for n in range(1, STATES + 1):
        name = names[(n & -n).bit_length() - 1] if n < STATES else names[-1]
        wanted[name] = not wanted[name]
        kind = "channel" if name in CHANNELS else "purpose"
        words = ("on", "off") if name in CHANNELS else ("yes", "no")
        browser.post(page, {kind: f"{name}:{words[0 if wanted[name] else 1]}"})
        assert stored_for(person) == wanted
        assert shown_on(page, browser).items() >= wanted.items()
        met.add(tuple(wanted.values()))

    assert len(met) == STATES


def test_the_words_of_the_whole_page_are_easy_and_never_deny_twice(page, browser):
    for address in (page, f"{page}/erasure"):
        text = browser.get(address).content.decode().partition("<main")[2]
        text = re.sub(r"<(svg|select)\b.*?</\1>|<[^>]+>", "\n", text, flags=re.DOTALL)
        told = [s.strip() for s in re.split(r"[.!?:>\n]+", text) if s.strip()]
        denials = re.compile(r"\b(no|not|never|none|nothing|cannot|without)\b", re.I)

        assert grade(". ".join(told) + ".") <= 6
        assert [s for s in told if len(denials.findall(s)) > 1] == []
