"""The review page: what it shows, who may sign, and what a signature needs."""

import re

import pytest

from decisioning.customers.models import Customer
from governance.signoffs.models import Approval
from governance.usecases.models import UseCase
from tests.factories.intake import KEY, REVIEW, URL, answer, assess, shown

pytestmark = pytest.mark.django_db


def text_of(page):
    return re.sub(r"\s+", " ", page.content.decode())


def test_the_queue_shows_each_reviewer_what_waits_for_them(clients, in_review):
    yours = clients["priya"].get("/reviews/")
    assert [line.yours for line in yours.context["yours"]] == ["privacy"]

    authors = clients["mara"].get("/reviews/")
    assert authors.context["yours"] == []
    assert [line.name for line in authors.context["others"]] == [
        "Bring back recent buyers"
    ]


def test_an_empty_queue_says_what_will_stand_there(clients):
    assert "Nothing waits for your signature" in text_of(
        clients["anna"].get("/reviews/")
    )


def test_the_page_has_its_eleven_parts_in_order_with_the_decision_last(
    clients, in_review
):
    page = clients["priya"].get(REVIEW)
    text = text_of(page)

    heads = re.findall(r'<span class="card__number">(\d+)</span>', text)
    assert sorted(map(int, heads)) == list(range(1, 12))
    assert heads[-1] == "11"
    assert "New this week" in text
    assert "Catalogue because you bought from us this year" in text
    assert "Only 40 people would be reached" in text
    assert "No. We would have to guess" in text


def test_without_a_red_flag_it_says_how_many_checks_were_made(clients, in_review):
    Customer.objects.all().delete()

    page = clients["priya"].get(REVIEW)

    checks = page.context["review"].n_checks
    assert checks > 10
    assert f"0 of {checks} checks raised" in text_of(page)


def test_the_button_names_the_version_and_the_hash_it_signs(clients, in_review):
    page = clients["priya"].get(REVIEW)

    prefix = page.context["review"].shown_hash[:6]
    assert f"Sign version 1 as <code>{prefix}</code>" in text_of(page)


def test_the_author_cannot_sign_and_reads_why(clients, cast, in_review, now):
    cast["mara"].role_assignments.create(role="marketing_owner", granted_at=now)

    page = clients["mara"].get(REVIEW)
    assert page.context["form"] is None
    assert "You wrote this version, so someone else must sign it." in text_of(page)

    done = clients["mara"].post(REVIEW, {"decision": "approve"})
    assert done.status_code == 403
    assert not Approval.objects.exists()


def test_somebody_without_the_role_reads_whose_signature_is_asked_for(
    clients, in_review
):
    text = text_of(clients["eve"].get(REVIEW))

    assert "None of your roles is among them." in text
    assert "disabled" in text
    assert clients["aud"].post(REVIEW, {}).status_code == 403
    assert clients["sue"].get(REVIEW).status_code == 403


def test_privacy_has_to_give_a_reason_and_keeps_what_it_typed(clients, in_review):
    page = answer(clients["priya"], reason="fine by me")

    assert page.status_code == 422
    assert "at least 20 characters" in text_of(page)
    assert 'value="fine by me"' in text_of(page)
    assert not Approval.objects.exists()


def test_nothing_is_chosen_in_advance(clients, in_review):
    assert (
        "checked" not in text_of(clients["priya"].get(REVIEW)).partition("11</span>")[2]
    )

    page = clients["anna"].post(REVIEW, shown(clients["anna"]))

    assert page.status_code == 422
    assert "Choose an answer." in text_of(page)


def test_a_signature_records_how_long_the_page_was_open(clients, in_review):
    done = answer(clients["anna"])

    row = Approval.objects.get()
    assert done.url == "/reviews/"
    assert row.role == "data"
    assert row.page_seconds is not None
    assert row.page_seconds < 60


def test_a_stamp_that_is_not_ours_is_not_recorded(clients, in_review):
    answer(clients["anna"], opened="12:made-up")

    assert Approval.objects.get().page_seconds is None


def test_conditions_are_kept_line_by_line_and_declared_met_later(clients, in_review):
    answer(
        clients["anna"],
        "approve_with_conditions",
        conditions="Band the spend first\n\nTell the desk",
    )
    row = Approval.objects.get()
    assert row.conditions == ["Band the spend first", "Tell the desk"]
    page = text_of(clients["anna"].get(REVIEW))
    assert "Open condition: <strong>Band the spend first</strong>" in page

    clients["anna"].post(
        f"{REVIEW}conditions/",
        {"approval": row.pk, "place": 0, "text": "Spend is in bands since Monday."},
    )

    assert (
        "Band the spend first"
        not in text_of(clients["anna"].get(REVIEW)).partition("11</span>")[2]
    )


def test_nobody_approves_for_an_audience_so_small_that_it_singles_people_out(
    clients, in_review
):
    Customer.objects.filter(pk__gt=Customer.objects.order_by("pk")[4].pk).delete()

    page = answer(clients["anna"])

    assert page.status_code == 422
    assert "It cannot be approved as it is. Fewer than 10 people" in text_of(page)
    assert not Approval.objects.exists()
    assert answer(clients["anna"], "request_changes").status_code == 302


def test_asking_for_changes_sends_it_back_with_the_reason(clients, in_review):
    answer(clients["chen"], "request_changes", "The hero is taken that week, move it.")

    assert UseCase.objects.get().state == "define"
    assert "The hero is taken that week" in text_of(clients["mara"].get(URL))


def test_a_hash_that_is_no_longer_shown_is_not_signed(clients, in_review):
    page = answer(clients["anna"], shown_hash="0" * 64)

    assert page.status_code == 409
    assert "not the one that was shown to you" in text_of(page)
    assert not Approval.objects.exists()


def test_the_next_version_is_reviewed_by_what_changed(clients, answers, running):
    mara = clients["mara"]
    mara.post(f"{URL}edit/", {**answers, "reach__max_contacts": "5"})
    for test in (1, 2, 3):
        assess(clients["olga"], test)
    mara.post(f"{URL}transitions/", {"transition": "submit"})

    page = clients["priya"].get(REVIEW)

    text = text_of(page)
    assert "Changed since version 1" in text
    assert "Most contacts per window" in text
    assert "<del>3</del> <ins>5</ins>" in text
    assert "wider; everyone signs again" in text
    assert "other settings are the same" in text
    assert UseCase.objects.get().serving_version.number == 1


def test_where_second_factors_are_required_an_old_sign_in_is_confirmed_first(
    clients, in_review, settings, monkeypatch
):
    monkeypatch.setattr("governance.access.second_factor.is_missing", lambda _: False)
    typed = shown(clients["anna"])
    settings.REQUIRE_MFA = True
    page = clients["anna"].get(REVIEW)
    assert "Confirm who you are first" in text_of(page)

    sent = clients["anna"].post(
        REVIEW, {**typed, "decision": "approve", "reason": "Kept over the detour"}
    )

    assert sent.url == f"/accounts/reauthenticate/?next=%2Freviews%2F{KEY}%2F"
    assert not Approval.objects.exists()
    assert 'value="Kept over the detour"' in text_of(clients["anna"].get(REVIEW))


def test_a_review_that_is_not_there_is_not_found(clients):
    assert clients["priya"].get("/reviews/nothing/").status_code == 404
