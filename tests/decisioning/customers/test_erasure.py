"""A person is erased: what goes, what stays as a count, what stays as proof."""

import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError

from decisioning.customers import people
from decisioning.customers.models import Customer, CustomerIdentity
from decisioning.engine.models import Decision, IdempotentAnswer
from decisioning.events import storing
from decisioning.events.models import DeadLetter, Event
from decisioning.experiments.models import Assignment, Experiment
from decisioning.features.models import CustomerFeatures
from decisioning.scoring.models import ModelVersion, Score
from decisioning.segments.models import (
    Audience,
    AudienceDelivery,
    AudienceMember,
    Segment,
)
from governance.audit.models import AuditEntry
from governance.audit.queries import verified
from governance.consent import suppressions
from governance.consent.models import ConsentEvent, ConsentHead, Suppression
from governance.jobs.models import Job
from governance.rights import actions as rights
from governance.rights import queries
from governance.rights.access import as_json
from governance.rights.models import Complaint, ErasureRecord, RightsRequest
from governance.types import Actor, Conflict, NotFound, Refused, Role
from tests.decisioning.customers.test_merging import identify, of, order, send
from tests.decisioning.engine.world import user

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
PRIVACY = Actor(None, "petra", "Petra", frozenset({Role.PRIVACY_REVIEWER}))
HOUR = timedelta(hours=1)
CANARY = "qxz-canary"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def known(now: datetime) -> int:
    """Somebody who came as a visitor, signed in, bought, complained and agreed."""
    traits = {"email": f"{CANARY}@example.org", "phone": f"+44 {CANARY}"}
    send(now - 3 * HOUR, order(anonymousId=f"{CANARY}-device"))
    send(
        now - 2 * HOUR,
        identify({**traits, "hat": f"{CANARY}-hat"}, userId=f"{CANARY}-user"),
        order(userId="neighbour"),
    )
    agrees = {"consent": {"categoryPreferences": {"direct_marketing": True}}}
    send(
        now - HOUR,
        identify(userId=f"{CANARY}-user", anonymousId=f"{CANARY}-device"),
        {
            "type": "track",
            "event": "Complaint Raised",
            "userId": f"{CANARY}-user",
            "properties": {"text": f"{CANARY} complains"},
            "context": agrees,
        },
        {"type": "track", "event": "", "userId": f"{CANARY}-user"},
    )
    person = of("user", f"{CANARY}-user").pk
    _decided(person, now)
    return int(person)


def _decided(person: int, now: datetime) -> None:
    decision = Decision.objects.create(
        id="00000000-0000-4000-8000-000000000001",
        customer_id=person,
        placement_key="home",
        channel="web",
        mode="personalised",
        reason="chosen",
        use_case_key="hello",
        config_hash="c" * 64,
        why=f"You like {CANARY}",
        inputs={"hat": f"{CANARY}-hat"},
        request={"userId": f"{CANARY}-user"},
        decided_at=now - HOUR,
        expires_at=now,
    )
    IdempotentAnswer.objects.create(
        key_id=1,
        route="decisions",
        idempotency_key="once",
        request_hash="h",
        status=200,
        body=json.dumps({"customer": f"{CANARY}-user"}).encode(),
        created_at=decision.decided_at,
    )


def everything() -> str:
    """Every row of every table as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
            " AND relnamespace = 'public'::regnamespace AND NOT relispartition"
        )
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for name in tables:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{name}" t')
            found += [f"{name}: {row}" for (row,) in cursor.fetchall() if CANARY in row]
            cursor.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
                " AND atttypid = 'bytea'::regtype AND attnum > 0",
                [name],
            )
            for (column,) in cursor.fetchall():
                cursor.execute(f'SELECT encode("{column}", \'escape\') FROM "{name}"')
                found += [name for (row,) in cursor.fetchall() if row and CANARY in row]
    return "\n".join(found)


def test_the_canary_is_in_the_house_before_it_is_erased(known: int) -> None:
    assert everything().count(CANARY) > 10


def test_the_access_pack_holds_all_that_the_tables_hold(
    known: int, now: datetime
) -> None:
    made = people.access_pack(known, now=now)

    told = as_json(made)
    for word in ("-user", "-device", "@example.org", "-hat", " complains"):
        assert f"{CANARY}{word}" in told
    assert len(made["tables"]["decisioning.Event"]["rows"]) == 4
    assert len(made["tables"]["decisioning.DeadLetter"]["rows"]) == 1
    assert len(made["tables"]["decisioning.Decision"]["rows"]) == 1
    assert made["tables"]["governance.ConsentEvent"]["rows"][0]["action"] == "grant"
    assert "neighbour" not in told


def test_no_trace_stays_in_any_table(known: int, now: datetime) -> None:
    people.erase(by=PRIVACY, now=now, person_id=known)

    assert everything() == ""
    assert not Customer.objects.filter(pk=known).exists()
    assert CustomerIdentity.objects.filter(value="neighbour").exists()
    assert Event.objects.count() == 1


def test_the_log_keeps_the_decision_by_a_number_that_nobody_can_link(
    known: int, now: datetime
) -> None:
    people.erase(by=PRIVACY, now=now, person_id=known)

    row = Decision.objects.get()
    assert row.customer_id is not None
    assert row.customer_id < 0
    assert (row.inputs, row.request, row.why) == ({}, {}, "")
    assert (row.use_case_key, row.config_hash) == ("hello", "c" * 64)


def test_the_proof_of_consent_is_found_by_the_name_and_only_by_it(
    known: int, now: datetime
) -> None:
    people.erase(by=PRIVACY, now=now, person_id=known)

    record = queries.erasure_of("user", f"{CANARY}-user")
    assert record is not None
    (proof,) = queries.proof_of(record)
    assert (proof.purpose, proof.action) == ("direct_marketing", "grant")
    assert queries.erasure_of("user", "somebody else") is None
    assert not ConsentHead.objects.filter(pk=known).exists()
    assert ConsentEvent.objects.get().person_id == record.proof_id


def test_a_complaint_stays_as_a_count(known: int, now: datetime) -> None:
    people.erase(by=PRIVACY, now=now, person_id=known)

    complaint = Complaint.objects.get()
    assert complaint.text == ""
    assert complaint.person_id < 0


def test_the_address_stays_suppressed_by_its_hash(known: int, now: datetime) -> None:
    people.erase(by=PRIVACY, now=now, person_id=known)

    address = f"{CANARY}@example.org"
    assert suppressions.listed([("email", address)])
    assert Suppression.objects.filter(why="erased").count() == 2


def test_a_tombstone_and_an_audit_entry_say_what_was_done(
    known: int, now: datetime
) -> None:
    record = people.erase(by=PRIVACY, now=now, person_id=known)

    entry = AuditEntry.objects.get(type="person.erased")
    assert record.counts["decisioning.Event"] == 4
    assert entry.details["rows"] == record.counts
    assert entry.digest == record.pack_digest
    assert verified().is_intact


def test_an_experiment_still_counts_what_its_erased_members_did(
    known: int, now: datetime
) -> None:
    running = Experiment.objects.create(
        key="x", name="x", state="running", arms=[], control="c", salt="s",
        created_by=user(), created_at=now,
    )  # fmt: skip
    Assignment.objects.create(
        experiment=running, customer_id=known, arm="c", propensity=0.5,
        assigned_at=now - timedelta(days=1),
    )  # fmt: skip

    people.erase(by=PRIVACY, now=now, person_id=known)

    stand_in = Assignment.objects.get().customer_id
    kept = Event.objects.get(customer_id=stand_in)
    assert stand_in < 0
    assert kept.name == "Order Completed"
    assert kept.properties == {}
    assert everything() == ""


def test_scores_and_features_are_deleted(known: int, now: datetime) -> None:
    model = ModelVersion.objects.create(
        key="clv", number=1, kind="clv", digest="d", parameters={}, report={},
        trained_on="x", trained_at=now, trained_by_label="x",
    )  # fmt: skip
    Score.objects.create(
        customer_id=known, score_key="clv", value=1, model_version=model,
        computed_at=now,
    )  # fmt: skip

    people.erase(by=PRIVACY, now=now, person_id=known)

    assert not Score.objects.exists()
    assert not CustomerFeatures.objects.filter(pk=known).exists()


def test_files_and_logs_are_cleaned(known: int, now: datetime, tmp_path: Path) -> None:
    upload = tmp_path / "files" / "imports" / "t" / "table"
    packed = tmp_path / "files" / "imports" / "u" / "table"
    rejects, log = tmp_path / "rejects" / "r.csv", tmp_path / "logs" / "web.log"
    other = tmp_path / "files" / "imports" / "v" / "table"
    for each in (upload, packed, rejects, log, other):
        each.parent.mkdir(parents=True, exist_ok=True)
    upload.write_text(f"userId,hat\n{CANARY}-user,3\n")
    packed.write_bytes(gzip.compress(f"{CANARY}@example.org\n".encode()))
    rejects.write_text(f'1,bad,"{CANARY}-device"\n')
    other.write_text("userId\nneighbour\n")
    log.write_text(f"GET /customers/?user_id={CANARY}-user 200\nnext line\n")
    length = log.stat().st_size

    record = people.erase(by=PRIVACY, now=now, person_id=known)

    assert not any(each.exists() for each in (upload, packed, rejects))
    assert other.exists()
    assert CANARY not in log.read_text()
    assert log.stat().st_size == length
    assert log.read_text().endswith("next line\n")
    assert record.n_files == 4


def test_an_import_under_way_holds_the_erasure_up(
    known: int, now: datetime, tmp_path: Path
) -> None:
    upload = tmp_path / "files" / "imports" / "t" / "table"
    upload.parent.mkdir(parents=True)
    upload.write_text(f"userId\n{CANARY}-user\n")
    job = Job.objects.create(
        kind="import", label="Import", params={"path": str(upload)}, created_at=now
    )

    with pytest.raises(Conflict, match="under way"):
        people.erase(by=PRIVACY, now=now, person_id=known)
    Job.objects.filter(pk=job.pk).update(state="done")
    people.erase(by=PRIVACY, now=now, person_id=known)

    assert not upload.exists()


def test_what_a_job_says_of_the_person_is_emptied(known: int, now: datetime) -> None:
    Job.objects.create(
        kind="import", label="Import", state="failed", created_at=now,
        error=f"Row 3: {CANARY}-user", params={"who": f"{CANARY}-user"},
    )  # fmt: skip
    Job.objects.create(kind="x", label="Other", state="done", created_at=now)

    people.erase(by=PRIVACY, now=now, person_id=known)

    assert set(Job.objects.values_list("label", flat=True)) == {"", "Other"}


def test_the_request_is_met_and_keeps_no_name(known: int, now: datetime) -> None:
    rights.ask(by=SYSTEM, now=now, person_id=known, kind="erasure", reason=CANARY)

    people.erase(by=PRIVACY, now=now, person_id=known)

    request = RightsRequest.objects.get()
    assert request.state == "complete"
    assert request.reason == ""


def test_only_privacy_erases(known: int, now: datetime) -> None:
    support = Actor(None, "sam", "Sam", frozenset({Role.SUPPORT}))

    with pytest.raises(Refused):
        people.erase(by=support, now=now, person_id=known)

    assert Customer.objects.filter(pk=known).exists()


def test_nobody_is_erased_twice(known: int, now: datetime) -> None:
    people.erase(by=PRIVACY, now=now, person_id=known)

    with pytest.raises(NotFound):
        people.erase(by=PRIVACY, now=now, person_id=known)


def test_after_a_restore_the_tombstone_erases_again(known: int, now: datetime) -> None:
    people.erase(by=PRIVACY, now=now, person_id=known)
    restored = Customer.objects.create(
        pk=known, pseudonym="p-again", created_at=now - HOUR
    )
    CustomerIdentity.objects.create(
        kind="user", value=f"{CANARY}-user", customer=restored, created_at=now - HOUR
    )

    n = people.erase_again(now=now)

    assert n == 1
    assert everything() == ""


def test_somebody_who_comes_back_is_a_new_customer(known: int, now: datetime) -> None:
    people.erase(by=PRIVACY, now=now - HOUR, person_id=known)
    send(now, order(userId=f"{CANARY}-user"))

    assert people.erase_again(now=now) == 0
    assert of("user", f"{CANARY}-user").pk != known


# --- the narrow door to the append-only tables ----------------------------------


def forget(person: int, proof: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM attune_forget(%s::bigint[], '{-5}'::bigint[], %s)",
            [[person], proof],
        )


def test_nobody_is_forgotten_without_a_tombstone(known: int) -> None:
    with pytest.raises(DatabaseError, match="no_tombstone"):
        forget(999_999, -1)


def test_nobody_is_forgotten_while_they_are_known(known: int, now: datetime) -> None:
    ErasureRecord.objects.create(
        proof_id=-7, identity_hashes=[], pack_digest="", erased_by_label="x",
        erased_at=now,
    )  # fmt: skip

    with pytest.raises(DatabaseError, match="still_known"):
        forget(known, -7)


def test_the_door_shuts_behind_an_erasure(known: int, now: datetime) -> None:
    people.erase(by=PRIVACY, now=now, person_id=known)

    for change in ("UPDATE decisioning_decision SET why = 'x'",
                   "DELETE FROM governance_consentevent"):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(change)


@pytest.mark.django_db(transaction=True)
def test_the_owner_cannot_change_the_log_either(
    known: int, owner_connection: psycopg.Connection
) -> None:
    with pytest.raises(psycopg.Error, match="Cannot update"):
        owner_connection.execute("UPDATE decisioning_decision SET why = 'x'")


def test_names_that_are_part_of_others_are_left_alone(now: datetime) -> None:
    bad = {"type": "track", "event": "", "userId": "annabel-2"}
    send(now, order(userId="annabel"), bad)

    people.erase(by=PRIVACY, now=now, person_id=of("user", "annabel").pk)

    assert DeadLetter.objects.count() == 1


def test_an_audience_outside_is_told_to_remove_the_person(
    known: int, now: datetime
) -> None:
    segment = Segment.objects.create(
        key="s", name="s", rule={}, digest="", created_by=user(), created_at=now,
        changed_at=now,
    )  # fmt: skip
    told = Audience.objects.create(
        segment=segment, name="Ads", url="https://x.example", secret_salt="",
        purpose="ads_sharing", created_by=user(), created_at=now,
    )  # fmt: skip
    AudienceMember.objects.create(
        audience=told, customer_id=known, external_id=f"{CANARY}-user", added_at=now
    )
    waiting = AudienceDelivery.objects.create(
        audience=told, kind="add", external_ids=[f"{CANARY}-user", "neighbour"], n=2,
        state="waiting", created_at=now,
    )  # fmt: skip

    people.erase(by=PRIVACY, now=now, person_id=known)

    removal = AudienceDelivery.objects.get(kind="remove")
    assert removal.external_ids == [f"{CANARY}-user"]
    assert removal.state == "waiting"
    waiting.refresh_from_db()
    assert waiting.external_ids == ["neighbour"]
    assert not AudienceMember.objects.exists()


def test_the_command_after_a_restore_tells_how_many(
    known: int, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("erase_again")

    assert capsys.readouterr().out == "0 people erased again.\n"


@pytest.mark.django_db(transaction=True)
def test_events_on_their_way_do_not_outlive_the_person(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else erases the person after the batch has found them."""
    send(now - HOUR, order(userId=f"{CANARY}-user"))
    before = of("user", f"{CANARY}-user").pk
    stored, erased = storing.append, list[int]()

    def append(rows: Any) -> None:
        stored(rows)
        if not erased:
            erased.append(before)
            other = Thread(target=erase_elsewhere, args=(before, now))
            other.start()
            other.join(30)

    monkeypatch.setattr(storing, "append", append)
    told = send(now, order(userId=f"{CANARY}-user"))

    after = of("user", f"{CANARY}-user").pk
    assert told.accepted == 1
    assert after != before
    assert list(Event.objects.values_list("customer_id", flat=True)) == [after]


def erase_elsewhere(person: int, now: datetime) -> None:
    try:
        people.erase(by=PRIVACY, now=now, person_id=person)
    finally:
        connection.close()
