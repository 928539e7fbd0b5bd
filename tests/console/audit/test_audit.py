import pytest

from governance.access.queries import actor_of
from governance.audit import actions as audit
from governance.audit.models import AuditEntry
from governance.installation.queries import now as clock
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
    assert {"offer saved", "segment saved"} <= set(
        told(aud.get("/audit/?kind=nothing"))
    )


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


def test_an_auditor_walks_the_chain_and_that_is_on_record(clients, entries):
    page = clients["aud"].post("/audit/verification/", follow=True).content.decode()

    done = AuditEntry.objects.get(type="audit.verified")
    assert done.details["intact"] is True
    assert done.details["n_checked"] >= 2
    assert "The chain holds" in page
    assert "Holds" in page


def test_nobody_else_walks_it(clients, entries):
    assert clients["ada"].post("/audit/verification/").status_code == 403
    assert "verification" not in clients["ada"].get("/audit/").content.decode()


def test_a_broken_chain_is_told_with_its_place(clients, entries):
    forged = AuditEntry.objects.order_by("seq").last()
    forged.pk, forged.seq, forged.prev_hash = None, forged.seq + 1, forged.hash
    forged.save(force_insert=True)

    page = clients["aud"].post("/audit/verification/", follow=True).content.decode()

    done = AuditEntry.objects.get(type="audit.verified")
    assert done.details["intact"] is False
    assert "The chain is broken" in page
    assert "Broken" in page
    assert str(forged.seq) in done.details["fault"]
