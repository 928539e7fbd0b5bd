import csv
from datetime import timedelta
from io import StringIO

import pytest

from governance.access.queries import actor_of
from governance.audit import actions as audit
from governance.audit.models import AuditEntry
from governance.installation.queries import now as clock
from governance.jobs.models import Job
from governance.types import SubjectRef


def entry(user, event, subject, **details):
    return audit.record(
        by=actor_of(user),
        now=clock(),
        type=event,
        subject=SubjectRef(*subject),
        details=details,
    )


@pytest.fixture
def entries(cast):
    entry(cast["olga"], "offer.saved", ("offer", "free-delivery"), name="Free delivery")
    entry(cast["mara"], "segment.saved", ("segment", "good-buyers"))


def told(page):
    return [row["cells"][3]["text"] for row in page.context["rows"]]


def test_the_log_is_filtered_by_kind_and_by_word(clients, entries):
    aud = clients["aud"]

    assert told(aud.get("/audit/?kind=offer")) == ["offer saved"]
    assert told(aud.get("/audit/?q=good-buyers")) == ["segment saved"]
    assert told(aud.get("/audit/?kind=offer&q=good-buyers")) == []
    assert aud.get("/audit/?kind=nothing").status_code == 422


def test_a_marketer_reads_only_what_they_did(clients, entries):
    foreign = AuditEntry.objects.get(type="offer.saved")

    assert told(clients["mara"].get("/audit/")) == ["segment saved"]
    assert clients["mara"].get(f"/audit/{foreign.seq}/").status_code == 404
    assert clients["aud"].get(f"/audit/{foreign.seq}/").status_code == 200


def test_an_entry_shows_its_details_and_its_seal(clients, entries):
    found = AuditEntry.objects.get(type="offer.saved")

    page = clients["aud"].get(f"/audit/{found.seq}/").content.decode()

    assert "Free delivery" in page
    assert found.hash in page
    assert found.prev_hash in page


@pytest.fixture
def verify(clients, eager_celery, django_capture_on_commit_callbacks):
    def ask():
        with django_capture_on_commit_callbacks(execute=True):
            answer = clients["aud"].post("/audit/verification/")
        assert answer.status_code == 302
        return clients["aud"].get("/audit/").content.decode()

    return ask


def test_an_auditor_verifies_the_record_and_that_is_on_record(verify, entries):
    page = verify()

    done = AuditEntry.objects.get(type="audit.verified")
    assert done.details["intact"] is True
    assert done.details["n_checked"] >= 2
    assert "each sealing the one before" in page
    assert "Holds" in page
    assert Job.objects.get(kind="audit.verify").state == "done"


def test_nobody_else_verifies(clients, entries):
    assert clients["ada"].post("/audit/verification/").status_code == 403
    assert "verification" not in clients["ada"].get("/audit/").content.decode()


def test_a_broken_chain_is_told_with_its_place(verify, entries):
    forged = AuditEntry.objects.order_by("seq").last()
    forged.pk, forged.seq, forged.prev_hash = None, forged.seq + 1, forged.hash
    forged.save(force_insert=True)

    page = verify()

    done = AuditEntry.objects.get(type="audit.verified")
    assert done.details["intact"] is False
    assert "Broken" in page
    assert str(forged.seq) in done.details["fault"]


def test_the_log_is_filtered_by_who_what_and_when(clients, entries):
    aud, today = clients["aud"], clock().date()
    tomorrow, yesterday = today + timedelta(days=1), today - timedelta(days=1)

    assert told(aud.get("/audit/?what=free-delivery")) == ["offer saved"]
    assert set(told(aud.get("/audit/?who=mara"))) == {"segment saved"}
    assert "offer saved" in told(aud.get(f"/audit/?since={today}&until={today}"))
    assert told(aud.get(f"/audit/?since={tomorrow}")) == []
    assert told(aud.get(f"/audit/?until={yesterday}")) == []
    assert aud.get(f"/audit/?since={today}&until={yesterday}").status_code == 422
    assert aud.get("/audit/?since=yesterday").status_code == 422


def test_a_marketer_reads_what_others_did_to_their_own_objects(clients, cast, entries):
    entry(cast["olga"], "segment.retired", ("segment", "good-buyers"))
    entry(cast["olga"], "segment.retired", ("segment", "others"))

    page = clients["mara"].get("/audit/")

    assert told(page) == ["segment retired", "segment saved"]


def test_the_log_is_taken_along_without_formulas(clients, cast, entries):
    entry(cast["olga"], "=cmd|calc", ("offer", "+1"), name="-x")

    answer = clients["aud"].post("/audit/entries.csv", {"what": "+1"})

    rows = list(csv.reader(StringIO(answer.content.decode())))
    assert rows[0][0] == "number"
    assert [(row[4], row[6]) for row in rows[1:]] == [("'=cmd|calc", "'+1")]
    done = AuditEntry.objects.get(type="audit.exported")
    assert done.details == {"filters": {"what": "+1"}}


def test_a_marketer_takes_along_only_what_is_theirs(clients, entries):
    text = clients["mara"].post("/audit/entries.csv").content.decode()

    assert "good-buyers" in text
    assert "free-delivery" not in text
    assert clients["ada"].post("/audit/entries.csv").status_code == 403
