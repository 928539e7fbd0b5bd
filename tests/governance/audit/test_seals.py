"""Seals over what was written: they hold, and they show what was changed."""

from __future__ import annotations

import json
import re

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection

from governance.append_only import append_only_tables
from governance.audit import publishing, sealing
from governance.audit.models import Seal, Unsealed
from governance.audit.walking import Walk
from governance.installation.queries import now as database_now
from tests.governance.conftest import build_house

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def roots(settings, tmp_path):
    settings.PUBLISHED_ROOTS = tmp_path / "roots"
    return settings.PUBLISHED_ROOTS


@pytest.fixture
def sealed(roots):
    build_house(database_now()).running()
    publishing.publish(now=database_now())
    return roots


def walked():
    return Walk().run()


def test_what_is_written_is_sealed_and_published_once(sealed):
    report = walked()

    assert report.fault is None
    assert report.n_rows == sum(len(s.row_ids) for s in Seal.objects.all()) > 5
    assert (report.n_roots, Unsealed.objects.count()) == (1, 0)
    (file,) = sealed.glob("*.json")
    told = json.loads(file.read_text())
    assert told["seal"] == Seal.objects.count()
    assert file.stat().st_mode & 0o222 == 0
    assert publishing.publish(now=database_now()) is None


def test_a_second_sealer_finds_nothing(sealed):
    assert sealing.seal(now=database_now()) == 0


TABLE = re.compile(r"(?:FROM|UPDATE|INTO) (\w+)")


def by_owner(owner_connection, statement):
    """As whoever owns the tables, with every trigger off meanwhile."""
    table = TABLE.search(statement)[1]
    owner_connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    done = owner_connection.execute(statement)
    owner_connection.commit()
    owner_connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    owner_connection.commit()
    assert done.rowcount != 0


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE governance_approval SET reason = 'Fine.'", "row.altered"),
        ("DELETE FROM governance_approval", "row.missing"),
        ("DELETE FROM governance_seal WHERE number = 1", "seal.broken"),
        (
            "DELETE FROM governance_seal WHERE number ="
            " (SELECT max(number) FROM governance_seal)",
            "seal.tail_missing",
        ),
        (
            "UPDATE governance_statechange SET changed_at = changed_at - interval '1s'",
            "row.altered",
        ),
        (
            "INSERT INTO governance_statechange (use_case_id, version_number,"
            " from_state, to_state, transition, reason, changed_by_label, changed_at)"
            " SELECT use_case_id, 1, '', 'x', 'x', '', 'x', now()"
            " FROM governance_statechange LIMIT 1",
            "row.stranger",
        ),
        (
            "DELETE FROM governance_auditentry WHERE seq >"
            " (SELECT max(seq) - 2 FROM governance_auditentry)",
            "audit.tail_missing",
        ),
        ("UPDATE governance_seal SET leaves = '\\x00' WHERE number = 2", "seal.broken"),
        (
            "UPDATE governance_seal SET sealed_at = now() WHERE number = 2",
            "seal.broken",
        ),
    ],
)
def test_a_change_past_the_product_is_named(sealed, owner_connection, statement, code):
    by_owner(owner_connection, statement)

    fault = walked().fault
    assert (fault.code, bool(fault.place)) == (code, True)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {0} SET {1} = {1}",
        "DELETE FROM {0}",
        "TRUNCATE {0}",
        "ALTER TABLE {0} DISABLE TRIGGER USER",
        "DROP TRIGGER attune_seal ON {0}",
    ],
)
def test_the_application_can_neither_change_nor_unguard(statement):
    keys = {m._meta.db_table: m._meta.pk.column for m in apps.get_models()}
    refused = "permission denied|must be owner|does not exist"
    for table in (*append_only_tables(), "governance_unsealed"):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_user, pg_get_userbyid(relowner) FROM pg_class"
                " WHERE oid = to_regclass(%s)",
                [table],
            )
            me, owner = cursor.fetchone()
            assert me != owner
            with pytest.raises(ProgrammingError, match=refused):
                cursor.execute(statement.format(table, keys[table]))


def test_every_append_only_table_is_sealed_and_its_trigger_is_on():
    tables = set(append_only_tables()) - {"governance_auditentry", "governance_seal"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname = 'attune_seal' AND tgenabled = 'O'"
        )
        assert {name for (name,) in cursor.fetchall()} == tables


def test_hashes_cannot_be_slipped_in_by_the_application():
    with connection.cursor() as cursor, pytest.raises(ProgrammingError):
        cursor.execute(
            "INSERT INTO governance_unsealed (table_name, row_id, leaf, written_at)"
            " VALUES ('governance_approval', '1', '', now())"
        )
