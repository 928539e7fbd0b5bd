"""What each person does, page by page, to bring back recent buyers."""

from __future__ import annotations

import re

from django.utils.text import slugify
from playwright.sync_api import expect

from tests.browser.desk import Desk

NAME = "Bring back recent buyers with the catalogue they care about"
KEY = slugify(NAME)[:50]
CASE, REVIEW = f"/use-cases/{KEY}/", f"/reviews/{KEY}/"
PLACEMENT = "email.catalogue"
OFFERS = {"Men’s catalogue": "men’s clothing", "Women’s catalogue": "women’s clothing"}
SEGMENT, CAP, BUDGET = "Recent buyers", "Three letters a week", "Printing"
EVIDENCE = "I read the survey of March and counted the pages myself."
REASON = "Read in full: nothing here goes beyond what people were told."

IMPACT_FIRST = {
    "What is done with the data, from start to end?": "Months since the last order are "
    "put in bands and decide who may get the letter.",
    "How much, about whom, how often, for how long?": "Recent buyers, three a week.",
    "What would these people expect?": "They bought from us and were told.",
}
IMPACT_SECOND = {
    "Why can the aim not be reached with less?": "Without it we would have to guess.",
    "How do people see, object and correct?": "One tap, from the next message on.",
}
RISK_TEXTS = {
    "What could happen?": "Letters that nobody wants",
    "To whom?": "Recent buyers",
    "What is done about it?": "Three a week at the most",
    "Who does it?": "Chen Rowe",
    "By when? (2027-01-31)": "2027-01-31",
}
RISK_CHOICES = {
    "How likely?": "Possible",
    "How severe?": "Some impact",
    "What is left?": "low",
}


def begin(mara: Desk) -> None:
    mara.open("/use-cases/")
    mara.follow(re.compile("New use case|Describe your first use case"))
    mara.fill("What is it called?", NAME)
    mara.press("Begin the draft")
    expect(mara.page).to_have_url(re.compile(f"{CASE}edit/"))


def aim_at_clicks(mara: Desk) -> None:
    mara.choose("What should improve for the business?", "Clicks (percentage points)")


def build_segment(mara: Desk) -> None:
    mara.open("/segments/new/")
    mara.press("Add what we know")
    mara.page.get_by_label("What we know").select_option(
        label="months since the last purchase"
    )
    mara.page.get_by_label("Comparison").select_option(label="is at most")
    mara.page.get_by_label("Value", exact=True).fill("6")
    mara.press("Add “but not”")
    left_out = mara.page.get_by_role("listitem").filter(
        has=mara.page.get_by_label("Condition 2: in or left out")
    )
    left_out.get_by_label("What we know").select_option(label="spend in the past year")
    left_out.get_by_label("Comparison").select_option(label="is under")
    left_out.get_by_label("Value", exact=True).fill("50")
    mara.fill("What is it called?", SEGMENT)
    mara.fill("Which business goal does it serve?", "More second orders")
    mara.fill(
        "What is it for?", "Who bought in the last half year, for the catalogues."
    )


def save(desk: Desk, told: str) -> None:
    desk.press("Save")
    desk.sees(re.compile(told))


def make_placement(mara: Desk) -> None:
    mara.open("/offers/placements/new/")
    mara.fill("Where is it?", "The monthly catalogue letter")
    mara.fill("Key", PLACEMENT)
    mara.choose("Channel", "E-mail")
    mara.fill("Headline", "The new season is here")
    save(mara, "The monthly catalogue letter")


def make_offer(mara: Desk, name: str, signal: str, trait: str) -> None:
    mara.open("/offers/new/")
    mara.fill("What is the offer called?", name)
    mara.answer("What is it for the customer?", "Good for the customer")
    mara.fill("Topic", "catalogue")
    mara.fill("Why this offer, in the customer’s sentence?", signal)
    mara.fill("Currency", "USD")
    mara.fill("Value to us when taken", "80.00")
    mara.fill("Margin of that value", "24.00")
    mara.fill("Cost of showing it once", "0.40")
    mara.press("Add what we know")
    mara.page.get_by_label("What we know").select_option(label=trait)
    save(mara, name)
    mara.choose("Where is it shown?", "The monthly catalogue letter (email)")
    mara.fill("Headline", f"{name}: new this month")
    mara.fill("Button", "See the catalogue")
    mara.fill("Where it leads", "https://example.org/catalogue")
    mara.press("Save the creative")
    mara.sees("As a customer sees it")


def make_limits(mara: Desk) -> None:
    mara.open("/caps/new/")
    mara.fill("What is it called?", CAP)
    mara.choose("What does it count?", "Everything we send or show")
    mara.fill("At most how many contacts?", "3")
    save(mara, CAP)
    mara.open("/caps/budgets/new/")
    mara.fill("What is it called?", BUDGET)
    mara.choose("What does it count?", "One use case")
    mara.choose("Which one?", NAME)
    mara.fill("At most how much?", "500.00")
    mara.fill("Currency", "USD")
    save(mara, BUDGET)


def fill_intake(mara: Desk) -> None:
    mara.open(f"{CASE}edit/")
    _customer_and_aim(mara)
    _guardrails(mara)
    _data(mara)
    _sentence_and_reach(mara)
    _test_and_people(mara)
    mara.press("Save draft")
    mara.sees(re.compile("Saved as draft"))


def _customer_and_aim(mara: Desk) -> None:
    mara.fill("Who is this for?", "People who bought from us in the last half year")
    mara.fill("What are they trying to get done?", "Find the catalogue they care about")
    mara.answer("What gets better for them?", "Faster")
    mara.fill("How hard is it today?", "4.5")
    mara.fill("In what unit?", "pages until the first product")
    mara.fill(
        "How will the effort be measured?", "Pages viewed before the first product"
    )
    mara.fill("How do you know?", "Survey of March, 412 answers")
    mara.answer("What is it for?", "Both")
    mara.choose(
        "What should improve for the business?",
        "Customers who bought (percentage points)",
    )
    mara.fill("Smallest change worth having", "0.5")
    mara.answer("How will you see the long run?", "A holdout of its own")


def _guardrails(mara: Desk) -> None:
    wanted = (("up", "0.2", "2000"), ("up", "1", "2000"), ("down", "0.1", "400"))
    for row, (way, limit, smallest) in enumerate(wanted, 1):
        mara.choose(f"Harm is when, row {row}", f"It goes {way}")
        mara.fill(f"Stop if worse by, row {row}", limit)
        mara.fill(f"Smallest group, row {row}", smallest)


def _data(mara: Desk) -> None:
    item = mara.page.get_by_role("group", name="Data item 1", exact=True)
    mara.choose("Which data?", "Months since the last purchase", within=item)
    mara.choose("For which purpose?", "Send you offers", within=item)
    mara.choose("What does it do?", "Decides who may get it", within=item)
    mara.choose("How exact?", "In bands", within=item)
    mara.fill("Why is it needed?", "Recent buyers know our catalogues", within=item)
    mara.fill("How old may it be, in days?", "30", within=item)
    mara.answer("Could it work without?", "No", within=item)
    mara.fill("If not, what would be lost?", "We would have to guess", within=item)


def _sentence_and_reach(mara: Desk) -> None:
    mara.fill(
        "What will the customer read?", "You’re seeing {offer} because you {recency}."
    )
    mara.fill(
        "And where no personal data was used?",
        "You’re seeing our best sellers. "
        "We did not use your personal data to choose them.",
    )
    mara.answer(
        "What can they do about it, one tap away?",
        "Turn off personalisation",
        "Ask a person or complain",
    )
    mara.answer("Which channels?", "E-mail")
    mara.answer("Which placements?", "The monthly catalogue letter (E-mail)")
    mara.choose("Who may be reached?", SEGMENT)
    mara.choose("Which budget?", BUDGET)
    mara.answer("Which offers?", *OFFERS)
    mara.answer("Which caps hold?", CAP)
    mara.fill("At most how many contacts?", "3")
    mara.fill("In how many days?", "7")
    bases = mara.card("Lawful basis")
    expect(bases.get_by_label(re.compile("On E-mail"))).to_be_visible()
    bases.get_by_label(re.compile("rests on")).select_option(label="Consent")
    bases.get_by_label(re.compile("On E-mail")).select_option(label="Consent")


def _test_and_people(mara: Desk) -> None:
    mara.fill("How many are left alone?", "10")
    mara.fill("How many meet it first?", "10")
    mara.fill("How many at the most?", "90")
    mara.fill("Share, row 1", "90")
    mara.fill("Share, row 2", "10")
    for question in (
        "Might children be reached?",
        "People in a vulnerable situation?",
        "Does any data touch health, faith, origin, politics or sexuality?",
        "Does it shut anybody out of a product or service?",
        "Does a price or discount differ by person?",
        "Is any wording written by a machine?",
    ):
        mara.answer(question, "No")
    mara.answer("Do all others see the placement’s default content?", "Yes")
    mara.choose("Who answers for it?", "Olga Brandt")
    mara.choose("Who runs the channel?", "Chen Rowe")
    mara.choose("Who reviews it for privacy?", "Priya Nair")
    mara.choose("Who stops it when called?", "Chen Rowe")
    mara.fill("Days its decisions are kept", "730")
    mara.fill("Days the inputs are kept", "90")
    mara.fill("Days until the next review", "180")


def assess_all(assessor: Desk) -> None:
    for test in (1, 2, 3):
        assessor.open(CASE)
        block = assessor.page.get_by_label(f"Test {test}", exact=True)
        block.locator("summary").click()
        assessor.answer("Your verdict", "Passes", within=block)
        assessor.fill("On what evidence?", EVIDENCE, within=block)
        assessor.press(f"Assess test {test}", within=block)
        assessor.sees(f"Test {test} is assessed.")


def ask_for_review(mara: Desk) -> None:
    mara.open(CASE)
    mara.press("Go on to data")
    mara.sees("Moved on.")
    mara.press("Submit for review")
    mara.sees("Review was asked for.")


def assess_impact(priya: Desk) -> None:
    """The short form, step by step; each save keeps what was typed."""
    priya.open(f"/assessments/{KEY}/dpia/")
    for label, text in IMPACT_FIRST.items():
        priya.fill(label, text)
    priya.press("Save and go on")
    priya.sees("Saved.")
    for label, text in IMPACT_SECOND.items():
        priya.fill(label, text)
    priya.press("Save and go on")
    risk = priya.page.get_by_role("group", name=re.compile("^Risk 1"))
    for label, text in RISK_TEXTS.items():
        priya.fill(label, text, within=risk)
    for label, option in RISK_CHOICES.items():
        priya.choose(label, option, within=risk)
    priya.press("Complete it")
    priya.sees("Impact assessment (DPIA): complete.")


def confirm_impact(priya: Desk) -> None:
    """What was written for the last version is there; it is completed anew."""
    priya.open(f"/assessments/{KEY}/dpia/")
    priya.sees("Changed since it was assessed")
    priya.press("Complete it")
    priya.sees("Impact assessment (DPIA): complete.")


def attest(priya: Desk) -> None:
    priya.open(CASE)
    priya.fill(
        "What do you attest?",
        "Fairness and the way back were looked at in writing on this configuration. "
        "No risk beyond those described.",
    )
    priya.press("Attest for 90 days")
    priya.sees("Attested. It holds for 90 days.")


def justify(answering: Desk) -> None:
    """The audit finds buyers of one sex's clothes less often chosen: on record, why."""
    answering.open(f"/fairness/{KEY}/")
    answering.choose(
        "What will be done",
        "Leave it, with a justification that privacy and an executive sign",
    )
    answering.fill(
        "Why, and by when",
        "Each catalogue is for those who bought such clothes; it follows what people "
        "chose themselves. We look again after the test.",
    )
    answering.press("Put it on record")
    answering.sees("Your answer is on record.")


def sign(reviewer: Desk, version: int) -> None:
    reviewer.open("/reviews/")
    waiting = reviewer.card("Waiting for you")
    waiting.get_by_role("link", name=f"{NAME}, version {version}").click()
    reviewer.sees("What happens to the customer")
    reviewer.answer("Your answer", "Approve")
    reviewer.fill("Reason", REASON)
    reviewer.press(re.compile(f"^Sign version {version} as"))
    reviewer.sees(f"Your answer to version {version} is recorded.")


def raise_priority(mara: Desk) -> None:
    mara.open("/offers/mens-catalogue/")
    mara.fill("Priority", "1.5")
    mara.press("Save")
