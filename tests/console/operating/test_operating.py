"""The operating model, read from what is there: roles, dates, sources, record."""

import csv
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from console.pages.operating import answers, questions
from decisioning.segments.models import Audience
from governance.audit.models import AuditEntry
from governance.catalogue.actions import seed_standard
from governance.installation.queries import now as clock
from governance.operating import actions, queries
from governance.operating.core import Band, band, check_due
from governance.operating.models import RegulatoryReference
from governance.people.models import RoleAssignment
from governance.rights import actions as rights
from governance.types import Actor, Invalid, Refused, Role
from tests.factories import configuration as make

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PRIVACY = Actor(None, "pri", "Pri", frozenset({Role.PRIVACY_REVIEWER}))
TOLD = {"version": "of 2027", "status": "in_force", "says": "A.", "consequence": "B."}


@pytest.mark.parametrize(
    ("days", "told"),
    [(-1, Band.LATE), (0, Band.LATE), (3, Band.THREE), (14, Band.FORTNIGHT),
     (30, Band.MONTH), (31, Band.LATER)],
)  # fmt: skip
def test_a_date_warns_at_30_14_and_3_days(days, told):
    assert band(NOW + timedelta(days=days), NOW) is told


def test_a_source_is_read_again_every_180_days():
    assert check_due(date(2026, 1, 1), NOW).date() == date(2026, 6, 30)


def test_the_anchors_are_there_from_the_start_with_their_age(clients):
    page = clients["sue"].get("/operating/")

    assert RegulatoryReference.objects.count() >= 25
    (row,) = [
        r
        for r in page.context["sources"]
        if "PECR, regulation 22" in r["cells"][0]["text"]
    ]
    age = (clock().date() - date(2026, 9, 1)).days
    assert row["cells"][4]["text"] == f"{age} days"


def test_privacy_reads_a_source_again_and_nobody_else(clients):
    address = "/operating/references/ico-adm/"
    assert clients["olga"].post(address, TOLD).status_code == 403

    clients["priya"].post(address, TOLD)

    row = RegulatoryReference.objects.get(key="ico-adm")
    assert (row.version, row.status) == ("of 2027", "in_force")
    assert row.checked_on == clock().date()
    assert row.checked_by.username == "priya"
    entry = AuditEntry.objects.get(type="reference.checked")
    assert entry.details["before"]["status"] == "draft"


@pytest.mark.django_db
def test_a_reading_without_words_or_by_others_is_refused():
    with pytest.raises(Invalid):
        actions.check_reference(
            by=PRIVACY, now=NOW, key="ico-adm", **{**TOLD, "says": " "}
        )
    marketer = Actor(None, "m", "M", frozenset({Role.MARKETER}))
    with pytest.raises(Refused):
        actions.check_reference(by=marketer, now=NOW, key="ico-adm", **TOLD)


def test_a_role_that_signs_and_that_nobody_holds_is_named(clients):
    page = clients["mara"].get("/operating/")

    found = page.context["governance"]
    assert set(found.vacant) == {"Channel owner", "Executive"}
    assert not found.is_clear
    make.person("chen", Role.CHANNEL_OWNER, now=clock())
    make.person("eve", Role.EXECUTIVE, now=clock())
    assert clients["mara"].get("/operating/").context["governance"].is_clear


def test_somebody_who_lost_the_role_or_has_left_does_not_hold_it(cast):
    RoleAssignment.objects.filter(role="privacy_reviewer").update(ended_at=clock())
    cast["anna"].is_active = False
    cast["anna"].save()

    held = {each.role: each.names for each in queries.holders()}

    assert held[Role.PRIVACY_REVIEWER] == held[Role.ANALYST] == ()
    assert len(held[Role.MARKETER]) == 1


def test_what_runs_out_stands_in_the_calendar_late_first(clients):
    late = clock() - timedelta(days=29)
    rights.ask(by=PRIVACY, now=late, person_id=7, kind="access")
    rights.receive_complaint(
        by=Actor.system(), now=clock() - timedelta(days=20), person_id=7, text="Much"
    )
    RegulatoryReference.objects.filter(key="pecr-22").update(
        checked_on=clock().date() - timedelta(days=176)
    )

    rows = clients["priya"].get("/operating/").context["dues"]

    told = [
        (row["cells"][0]["text"].split(",")[0].split()[0], row["cells"][3]["text"])
        for row in rows
    ]
    assert told[0] == ("Request", "late")
    assert ("PECR", "within 14 days") in told
    assert ("Complaint", "within 14 days") in told


def test_the_record_has_a_line_a_purpose_with_its_recipients(clients):
    seed_standard(clock())
    owner = make.actor("olga-2", Role.MARKETING_OWNER, now=clock())
    segment = make.segment(owner, clock(), rule={"all": []})
    Audience.objects.create(
        segment=segment, name="=Mailer", url="https://a.example", secret_salt="s",
        purpose="direct_marketing", created_by_id=owner.id, created_at=clock(),
    )  # fmt: skip

    answer = clients["priya"].get("/operating/record.csv")

    rows = {
        r["Purpose"]: r for r in csv.DictReader(answer.content.decode().splitlines())
    }
    assert "=Mailer" in rows["Send you offers"]["Recipients"]
    assert rows["Send you offers"]["Lawful basis"] == "consent"
    assert "days" in rows["Send you offers"]["Kept"]
    page = clients["sue"].get("/operating/record/").content.decode()
    assert "Send you offers" in page
    assert clients["sue"].get("/operating/record.csv").status_code == 403


def test_every_question_has_an_answer_with_a_page_behind_it_or_says_it_cannot(clients):
    seed_standard(clock())

    page = clients["anna"].get("/operating/questions/")

    asked = page.context["asked"]
    assert [each.number for each in asked] == list(range(1, 24))
    for each in asked:
        assert each.question.endswith("?")
        assert each.answer.text
        assert clients["anna"].get(each.answer.url).status_code == 200, each.answer.url
    cannot = {each.topic for each in asked if not each.answer.is_known}
    assert {"Experience", "Profiling", "Commerce"} <= cannot
    assert {"Governance", "Operating model", "Minimisation"} & cannot == set()


def test_answers_follow_what_is_live(clients):
    seed_standard(clock())

    def told():
        page = clients["anna"].get("/operating/questions/")
        return {each.topic: each.answer.text for each in page.context["asked"]}

    before = told()
    make.person("chen", Role.CHANNEL_OWNER, now=clock())
    make.person("eve", Role.EXECUTIVE, now=clock())

    assert before["Operating model"] == "Channel owner, Executive."
    assert told()["Operating model"].startswith("None")
    assert len(questions.QUESTIONS) == 23


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        (["pass", "breach"], "A group is worse off in case 1."),
        (["pass", "not_enough_data"], "None shows in the audits of case 0."),
        (["not_enough_data", None], "Cannot tell"),
    ],
)
def test_who_is_worse_off_is_read_from_the_audits(verdicts, told):
    audited = [
        SimpleNamespace(
            use_case=SimpleNamespace(name=f"case {i}"),
            audit=verdict and SimpleNamespace(verdict=verdict),
        )
        for i, verdict in enumerate(verdicts)
    ]
    facts = SimpleNamespace(audited=audited, elements=[], live=[])

    assert answers.disadvantaged(facts).text.startswith(told)
