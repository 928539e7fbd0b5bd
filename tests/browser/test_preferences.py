"""No dark patterns on the customer's own pages: D-01 to D-16, on what is rendered.

What a browser cannot judge stands elsewhere: D-13's full 256 combinations and D-11's
"not again for 180 days" in `tests/console/preferences`, D-09 word by word in
`test_languages`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils.formats import date_format
from playwright.sync_api import Locator, Page

from decisioning.customers.models import Customer
from decisioning.engine import snapshot
from decisioning.engine.links import (
    make_preferences_token,
    make_unsubscribe_token,
    make_why_token,
)
from decisioning.engine.models import Decision
from decisioning.events import actions as events
from governance.catalogue.actions import seed_standard
from governance.consent import queries
from governance.installation.queries import now as clock
from governance.lints.core import dark_patterns, grade
from tests.browser.desk import NARROW, WIDE, Desk
from tests.browser.test_every_page import OPTIONS
from tests.decisioning.engine import world as shop

PURPOSES = (
    "personalise_onsite",
    "recommendations",
    "direct_marketing",
    "ads_sharing",
    "analytics",
    "model_training",
)
STEERING = re.compile(
    r"miss out|sorry to see|are you sure|don't like|you will lose|we'll miss|regret"
    r"|unfortunately|only today|hurry|last chance|% off|verpassen|schade|wirklich\?"
    r"|leider|nur heute|letzte chance",
    re.IGNORECASE,
)
NEGATIONS = re.compile(r"\b(no|not|never|none|nothing|cannot|n't|without)\b", re.I)
Sit = Callable[..., Desk]


@pytest.fixture
def rosa(site: str) -> Customer:
    """Somebody of whom everything the page can show is known."""
    seed_standard(clock())
    shop.offer("coats", [shop.placement()], topic="winter")
    row = shop.customer("rosa", says="")
    told = {"favouriteCategory": "flour", "weeklyList": True}
    viewed = [
        {
            "type": "track",
            "event": "Product Viewed",
            "userId": "rosa",
            "messageId": f"rosa-{n}",
            "timestamp": (clock() - timedelta(hours=n + 1)).isoformat(),
            "properties": {"category": "tents"},
        }
        for n in range(3)
    ]
    hello = {
        "type": "identify",
        "userId": "rosa",
        "messageId": "hello",
        "traits": {**told, "email": "rosa@example.org"},
    }
    events.ingest([*viewed, hello], source="test", now=clock())
    return Customer.objects.get(pk=row.pk)


@pytest.fixture
def here(rosa: Customer) -> str:
    return f"/preferences/{make_preferences_token(rosa.pk)}"


@pytest.fixture
def served(site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[shop.World]:
    """Use cases that may serve, for decisions asked for in this process."""
    made = shop.World()
    monkeypatch.setattr(snapshot, "serving_cases", made.serving_cases)
    snapshot.forget()
    yield made
    snapshot.forget()


@pytest.fixture
def pages(rosa: Customer, here: str) -> list[str]:
    """All of the customer's own pages; only the first holds the choices."""
    stop = f"/unsubscribe/{make_unsubscribe_token(rosa.pk)}"
    shown = shop.ask("rosa", "home.hero")
    why = f"/why/{make_why_token(shown['decisionId'])}"
    return [here, f"{here}/erasure", stop, why]


@pytest.fixture
def desk(sit: Sit, here: str) -> Desk:
    found = sit()
    found.open(here)
    return found


def purpose(page: Page, key: str) -> Locator:
    return page.locator(f"[aria-labelledby='do-{key}']")


def sentences(text: str) -> list[str]:
    return [s.strip() for s in re.split(r"[.!?:\n]+", text) if s.strip()]


def cell(person: Customer, key: str) -> str:
    head = queries.head(person.pk)
    found = [c for k, c in head.cells.items() if k.purpose == key] if head else []
    return found[0].choice.value if found else ""


@pytest.mark.parametrize("key", PURPOSES)
def test_d01_a_no_takes_one_press_like_a_yes(
    desk: Desk, rosa: Customer, key: str
) -> None:
    purpose(desk.page, key).get_by_role("button", name="Yes").click()
    assert cell(rosa, key) == "grant"

    purpose(desk.page, key).get_by_role("button", name="No").click()

    assert cell(rosa, key) in {"deny", "object"}


def test_d01_one_press_ends_mail_from_the_link_and_one_ends_all_from_the_page(
    desk: Desk, rosa: Customer, here: str
) -> None:
    desk.open(f"/unsubscribe/{make_unsubscribe_token(rosa.pk)}")
    desk.page.get_by_role("button").click()
    head = queries.head(rosa.pk)
    assert head is not None
    assert "email" in head.channels_off
    desk.open(here)
    desk.page.get_by_role("button", name="Stop everything").click()

    after = queries.head(rosa.pk)
    assert after is not None
    assert after.personalisation_off


def test_d02_no_link_of_the_pages_is_a_dead_end(desk: Desk, rosa: Customer) -> None:
    addresses = {desk.page.url}
    for path in ("", "/erasure"):
        desk.open(desk.page.url.partition("?")[0].removesuffix("/erasure") + path)
        links = desk.page.locator("main a, header a").all()
        addresses |= {str(link.get_attribute("href")) for link in links}

    for address in addresses:
        answer = desk.open(address)
        assert answer is not None
        assert answer.status == 200, address


def test_d03_all_choices_stand_on_two_pages_at_most(desk: Desk) -> None:
    forms = desk.page.locator("main form").all()
    places = {str(form.get_attribute("action")).split("/", 3)[-1] for form in forms}
    pages = {place.partition("/")[2] for place in places} - {"data"}

    assert pages <= {"", "erasure"}


def test_d04_at_most_twelve_choices_are_in_sight_and_each_has_its_group(
    desk: Desk,
) -> None:
    switches = desk.page.locator("main [role=switch]:visible").all()
    pairs = desk.page.locator("#allow ~ ul [role=group]:visible").all()

    assert len(switches) + len(pairs) <= 12
    assert len(switches) + len(pairs) >= 11
    for choice in (*switches, *pairs):
        group = choice.locator("xpath=ancestor::section[@aria-labelledby]")
        assert group.count() == 1


def test_d05_nothing_is_chosen_in_advance(
    desk: Desk, rosa: Customer, pages: list[str]
) -> None:
    for path in pages:
        desk.open(path)
        assert desk.page.locator("main [aria-pressed=true]").count() == 0
        assert desk.page.locator("main input:checked").count() == 0
        chosen = desk.page.locator("main #frequency, main #place").evaluate_all(
            "all => all.map(e => e.selectedOptions[0].innerText)"
        )
        assert set(chosen) <= {"No limit of my own", "Everything"}
    standing = queries.standing(rosa.pk, ("web", "email", "sms", "app"), now=clock())
    allowed = {key for (key, _), answer in standing.items() if answer}
    assert allowed <= {"service", "fairness_audit"}


def test_d05_an_open_way_gives_nothing_until_a_yes_and_says_so(desk: Desk) -> None:
    switches = desk.page.locator("main form.switch").all()

    assert len(switches) == 5
    for each in switches:
        assert "Waits for your yes to" in each.inner_text()


def test_d05_somebody_who_said_nothing_is_served_without_their_data(
    rosa: Customer, served: shop.World
) -> None:
    place = shop.placement("shelf")
    shop.use_case(served, [shop.offer("tents", [place])], [place])
    snapshot.forget()

    answer = shop.ask("rosa", "shelf")

    assert answer["mode"] == "default"
    used = Decision.objects.get(pk=answer["decisionId"])
    assert used.reason.startswith("consent.")


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_d06_yes_and_no_are_equals(
    desk: Desk, size: tuple[int, int], theme: str
) -> None:
    desk.look(size, theme)
    for key in PURPOSES:
        buttons = purpose(desk.page, key).get_by_role("button")
        no, yes = looks(buttons.nth(0)), looks(buttons.nth(1))
        assert no["tag"] == yes["tag"]
        assert abs(no["area"] - yes["area"]) <= 0.05 * yes["area"], key
        assert no["y"] == yes["y"]
        assert no["colors"] == yes["colors"]


def looks(button: Locator) -> dict[str, Any]:
    found: dict[str, Any] = button.evaluate(
        """e => { const b = e.getBoundingClientRect(), s = getComputedStyle(e);
        return {tag: e.tagName, area: b.width * b.height, y: b.y,
        colors: [s.color, s.backgroundColor, s.borderColor, s.fontWeight]}; }"""
    )
    return found


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_d07_d12_d14_nothing_steers_shames_hurries_or_sells(
    desk: Desk, rosa: Customer, pages: list[str], locale: str
) -> None:
    Customer.objects.filter(pk=rosa.pk).update(locale=locale)
    for path in pages:
        desk.open(path)
        main = desk.page.locator("main")
        assert dark_patterns(main.inner_text()) == ()
        assert STEERING.findall(main.inner_text()) == []
        assert main.locator("img, video, iframe").count() == 0
        for link in main.locator("a").all():
            assert str(link.get_attribute("href")).startswith(
                ("/preferences/", "/why/")
            )


def test_d14_every_time_that_is_named_is_a_real_one(desk: Desk, rosa: Customer) -> None:
    """No clock runs on the page: a day that it names is the one that is stored."""
    desk.page.get_by_role("button", name="7 days").click()
    desk.page.get_by_text("Take a break").wait_for()
    head = queries.head(rosa.pk)
    assert head is not None
    until = date_format(head.paused_until[""], "DATE_FORMAT")
    before = desk.page.locator("main").inner_text()

    desk.page.wait_for_timeout(1_500)

    assert desk.page.locator("main").inner_text() == before
    day = re.escape(until)
    assert re.findall(r"until ([^\n.]+)", before) == [until] * len(
        re.findall(rf"until {day}", before)
    )
    assert f"until {until}" in before


def test_d08_the_words_are_plain(desk: Desk, here: str) -> None:
    for path in (here, f"{here}/erasure"):
        desk.open(path)
        text = desk.page.locator("main").inner_text()
        told = sentences(text)
        assert grade(". ".join(told) + ".") <= 6
        assert [s for s in told if len(NEGATIONS.findall(s)) > 1] == []


def test_d09_the_page_speaks_the_language_of_the_person(
    desk: Desk, rosa: Customer, here: str
) -> None:
    Customer.objects.filter(pk=rosa.pk).update(locale="de-DE")
    desk.open(here)

    assert desk.page.locator("html").get_attribute("lang") == "de"
    # What staff wrote in their own language says so, and is left aside here.
    desk.page.evaluate(
        "document.querySelectorAll('[lang=en]').forEach(e => e.remove())"
    )
    text = desk.page.locator("body").inner_text()
    assert "Ihre Wahl" in text
    assert re.findall(r"\b(the|your|you|we|and)\b", text) == []


def test_d10_on_is_right_and_says_so_everywhere(desk: Desk) -> None:
    desk.page.locator("[role=switch]").first.click()
    seen = desk.page.locator("[role=switch]").evaluate_all(
        """all => all.map(e => { const c = e.querySelector('.switch__control'),
        knob = getComputedStyle(c, '::after');
        return [e.getAttribute('aria-checked'), e.innerText.trim(),
        getComputedStyle(c).backgroundColor, parseFloat(knob.insetInlineStart) >
        parseFloat(knob.insetInlineEnd)]; })"""
    )

    looks_of = {checked: (word, color, right) for checked, word, color, right in seen}
    assert all(looks_of[c] == (w, color, right) for c, w, color, right in seen)
    assert looks_of["true"][0] == "On"
    assert looks_of["true"][2] is True
    assert looks_of["false"][0] == "Off"
    assert looks_of["false"][2] is False
    assert looks_of["true"][1] != looks_of["false"][1]


def test_d11_d16_nothing_comes_between_the_press_and_its_effect(
    desk: Desk, rosa: Customer, here: str
) -> None:
    asked: list[str] = []
    desk.page.on(
        "request",
        lambda r: asked.append(r.method) if r.resource_type == "document" else None,
    )

    desk.page.get_by_role("button", name="Stop everything").click()
    desk.page.get_by_role("button", name="Go back to my choices").wait_for()

    assert asked == ["POST", "GET"]
    head = queries.head(rosa.pk)
    assert head is not None
    assert head.personalisation_off
    for _ in range(2):
        desk.open(here)
        open_now = desk.page.locator("dialog[open], [role=alertdialog], [role=dialog]")
        assert open_now.count() == 0


def test_d11_who_said_no_is_not_asked_again(
    desk: Desk, rosa: Customer, pages: list[str]
) -> None:
    """The same buttons stand where they stood; nothing else asks, on any page."""
    before = controls(desk, pages)
    desk.open(pages[0])
    for key in PURPOSES:
        with desk.page.expect_navigation():
            purpose(desk.page, key).get_by_role("button", name="No").click()

    assert controls(desk, pages) == before
    for path in pages:
        desk.open(path)
        assert (
            desk.page.locator("dialog, [role=alertdialog], [role=dialog]").count() == 0
        )
        assert desk.page.locator("main .note").count() == 0


def controls(desk: Desk, pages: list[str]) -> list[list[str]]:
    found = []
    for path in pages:
        desk.open(path)
        found.append(desk.page.locator("main button").all_inner_texts())
    return found


def test_d13_what_the_page_says_is_what_is_stored(desk: Desk, rosa: Customer) -> None:
    keys = PURPOSES[:3]
    for answers in product(("Yes", "No"), repeat=len(keys)):
        for key, answer in zip(keys, answers, strict=True):
            with desk.page.expect_navigation():
                purpose(desk.page, key).get_by_role("button", name=answer).click()
        desk.page.reload()
        for key, answer in zip(keys, answers, strict=True):
            pressed = purpose(desk.page, key).locator("[aria-pressed=true]")
            assert pressed.inner_text() == answer
            assert (cell(rosa, key) == "grant") is (answer == "Yes")


def test_d15_the_link_needs_no_sign_in_and_names_nobody(
    desk: Desk, rosa: Customer, here: str
) -> None:
    assert desk.page.context.cookies() == []
    assert "@" not in here
    assert "rosa" not in here
    answer = desk.open(here[:-1] + ("A" if here[-1] != "A" else "B"))

    assert answer is not None
    assert answer.status == 404


def test_every_control_can_be_worked_by_keyboard(desk: Desk, rosa: Customer) -> None:
    desk.page.locator("[role=switch]").nth(1).focus()
    desk.page.keyboard.press("Space")
    desk.page.get_by_text("Saved. We checked").wait_for()
    head = queries.head(rosa.pk)
    assert head is not None
    assert head.channels_off == {"email"}

    desk.page.get_by_label("Most that you want").select_option("2")
    desk.page.get_by_role("button", name="Keep this limit").press("Enter")

    status = desk.page.get_by_role("status")
    status.get_by_text("Saved. We checked: at most 2 a week.").wait_for()


def test_no_page_has_a_barrier(desk: Desk, rosa: Customer, here: str) -> None:
    stop = f"/unsubscribe/{make_unsubscribe_token(rosa.pk)}"
    desk.page.get_by_role("button", name="7 days").click()
    desk.page.get_by_role("button", name="Leave out").first.click()
    found = []
    for path, size, theme in product(
        (here, f"{here}/erasure", stop), (WIDE, NARROW), ("light", "dark")
    ):
        desk.open(path)
        desk.look(size, theme)
        desk.page.evaluate(
            "document.querySelectorAll('details').forEach(d => d.open = true)"
        )
        heard = len(desk.problems)
        for fault in Axe().run(desk.page, options=OPTIONS).response["violations"]:
            targets = [str(node["target"]) for node in fault["nodes"][:3]]
            found.append(f"{path[:12]} {size[0]} {theme}: {fault['id']} {targets}")
        del desk.problems[heard:]
        if size == NARROW and (over := desk.overflow()) > 0:
            found.append(f"{path[:12]}: {over} px wider than the screen")

    assert found == []
