"""Letters to staff: to whom, once each, off by choice, and none lost on the way."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from governance.notices import actions
from governance.notices.core import Kind, pause_after, urgency, warning
from governance.notices.models import Letter
from governance.notices.sending import _lease
from governance.types import Invalid, Refused, SignOffRole
from governance.usecases.models import UseCase, UseCaseVersion
from tests.factories.intake import cast, clients  # noqa: F401 - fixtures
from tests.governance.conftest import REASON

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(settings):
    settings.EMAIL_IS_SENT = True
    settings.PUBLIC_URL = "https://attune.example"
    return mail.outbox


def readers(kind):
    rows = Letter.objects.filter(kind=kind).order_by("reader__username")
    return [row.reader.username for row in rows]


def test_whoever_may_sign_is_told_and_the_author_is_not(house):
    house.submitted()

    assert readers(Kind.REVIEW_ASKED) == [
        "ana",
        "arno",
        "chris",
        "olive",
        "owen",
        "petra",
        "piet",
    ]


@pytest.mark.parametrize("decision", ["request_changes", "reject"])
def test_owners_are_told_of_a_no(house, decision):
    key = house.submitted()
    house.sign(key, SignOffRole.PRIVACY, decision=decision)

    assert "mara" in readers(Kind.SENT_BACK)
    assert "petra" not in readers(Kind.SENT_BACK)
    letter = Letter.objects.filter(kind=Kind.SENT_BACK).first()
    assert REASON in letter.body


def test_a_yes_is_no_letter(house):
    key = house.submitted()
    house.sign(key, SignOffRole.PRIVACY)

    assert not readers(Kind.SENT_BACK)


def test_a_letter_is_undone_with_what_it_tells_of(house, monkeypatch):
    from governance.usecases import hooks

    def fails(**_):
        raise RuntimeError

    monkeypatch.setattr(hooks, "_on_submitted", [*hooks._on_submitted, fails])
    with pytest.raises(RuntimeError):
        house.submitted()

    assert not Letter.objects.exists()


def test_each_letter_goes_out_once(house, mailbox):
    house.submitted()

    assert actions.send_waiting(now=house.now) == 7
    assert actions.send_waiting(now=house.now + timedelta(hours=1)) == 0
    assert len(mailbox) == 7
    assert "https://attune.example/reviews/bring-back" in mailbox[0].body


def test_without_a_mail_server_nothing_is_tried(house, settings):
    settings.EMAIL_IS_SENT = False
    house.submitted()

    assert actions.send_waiting(now=house.now) == 0
    assert not Letter.objects.exclude(n_tries=0).exists()


def test_what_fails_is_tried_again_after_a_pause(house, mailbox, monkeypatch):
    house.submitted()
    with monkeypatch.context() as broken:
        broken.setattr(
            EmailBackend, "send_messages", lambda *_: (_ for _ in ()).throw(OSError)
        )
        assert actions.send_waiting(now=house.now) == 0

    assert actions.send_waiting(now=house.now + timedelta(seconds=59)) == 0
    assert actions.send_waiting(now=house.now + timedelta(seconds=61)) == 7


def test_a_worker_that_stops_loses_nothing(house, mailbox):
    house.submitted()
    held = _lease(house.now)

    assert actions.send_waiting(now=house.now) == 6
    assert actions.send_waiting(now=house.now + timedelta(minutes=6)) == 1
    [late] = [m for m in mailbox if f"letter-{held.pk}@" in str(m.message())]
    assert late.to == [held.reader.email]


def test_a_kind_that_is_off_is_not_sent_to_that_person_alone(house, mailbox):
    house.submitted()
    actions.silence(by=house["petra"], now=house.now, kinds=[Kind.REVIEW_ASKED])

    assert actions.send_waiting(now=house.now) == 6
    assert "petra@example.org" not in {m.to[0] for m in mailbox}
    actions.silence(by=house["petra"], now=house.now, kinds=[])
    assert actions.send_waiting(now=house.now) == 1


def test_only_known_kinds_are_switched(house):
    with pytest.raises(Invalid):
        actions.silence(by=house["petra"], now=house.now, kinds=["all"])
    with pytest.raises(Refused):
        actions.silence(by=type(house["petra"]).system(), now=house.now, kinds=[])


def test_an_open_condition_is_told_of_soon_and_late_each_once(house):
    key = house.submitted()
    house.sign(
        key,
        SignOffRole.PRIVACY,
        decision="approve_with_conditions",
        conditions=["Show the sentence on the phone too."],
    )
    day = timedelta(days=1)

    assert actions.tell_what_is_due(now=house.now) == 0
    assert actions.tell_what_is_due(now=house.now + 12 * day) == 1
    assert actions.tell_what_is_due(now=house.now + 13 * day) == 0
    assert actions.tell_what_is_due(now=house.now + 15 * day) == 1
    assert actions.tell_what_is_due(now=house.now + 16 * day) == 0
    assert len(readers(Kind.CONDITION_DUE)) == 2


def test_owners_are_warned_three_times_before_signatures_run_out(house):
    key = house.running()
    ends = UseCaseVersion.objects.get(use_case__key=key).expires_at
    told = [
        actions.tell_what_is_due(now=ends - timedelta(days=days))
        for days in (31, 30, 20, 14, 13, 3, 1, 0)
    ]

    n = len({row.reader_id for row in Letter.objects.filter(kind=Kind.RUNNING_OUT)})
    assert n > 1
    assert told == [0, n, 0, n, 0, n, 0, 0]
    UseCase.objects.filter(key=key).update(state="retired")
    assert actions.tell_what_is_due(now=ends - timedelta(days=2)) == 0


def test_pauses_double_up_to_six_hours(now):
    day = timedelta(days=1)

    assert [pause_after(n) for n in (1, 2, 3)] == [
        timedelta(minutes=m) for m in (1, 2, 4)
    ]
    assert pause_after(50) == timedelta(hours=6)
    assert warning(now + 15 * day, now) == 30 * day
    assert warning(now, now) is None
    assert [urgency(now + n * day, now) for n in (4, 3, 0)] == ["", "soon", "overdue"]


def test_the_account_page_switches_letters(clients):  # noqa: F811
    page = clients["priya"].get("/accounts/")
    assert "A review is asked for that you may sign" in page.content.decode()

    done = clients["priya"].post("/accounts/letters/", {"kinds": ["sent_back"]})

    assert done.status_code == 302
    again = clients["priya"].get("/accounts/")
    assert again.context["form"].initial["kinds"] == [Kind.SENT_BACK]
    clients["priya"].post("/accounts/letters/", {"kinds": ["nonsense"]})
    again = clients["priya"].get("/accounts/")
    assert again.context["form"].initial["kinds"] == [Kind.SENT_BACK]
