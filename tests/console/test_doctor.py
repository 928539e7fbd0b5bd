import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connections

from console.config import diagnosis, health
from console.config.diagnosis import Level

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    monkeypatch.setattr(diagnosis.app.control, "ping", lambda timeout: [])


def level(check):
    return {finding.level for finding in check()}


def test_the_two_roles_are_told_apart():
    assert level(diagnosis.roles_are_apart) == {Level.OK}


def test_one_role_for_both_is_a_failure_with_a_way_out(monkeypatch):
    monkeypatch.setattr(diagnosis, "_scalar", lambda *_: "everything")
    (finding,) = diagnosis.roles_are_apart()
    assert finding.level is Level.FAIL
    assert "MIGRATION_DATABASE_URL" in finding.mend


def test_append_only_tables_are_closed_to_the_applications_role():
    assert level(diagnosis.records_cannot_be_rewritten) == {Level.OK}


def test_a_right_too_many_on_an_append_only_table_is_found(monkeypatch):
    from governance.append_only import append_only_tables

    table = append_only_tables()[0]
    role = connections["default"].settings_dict["USER"]
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege(%s, %s, %s)", [role, table, "UPDATE"]
        )
        assert cursor.fetchone() == (False,)
    asked = diagnosis._scalar

    def as_if_granted(alias, query, params=None):
        if params == [table, "UPDATE"]:
            return True
        return asked(alias, query, params)

    monkeypatch.setattr(diagnosis, "_scalar", as_if_granted)
    (finding,) = diagnosis.records_cannot_be_rewritten()
    assert finding.level is Level.FAIL
    assert f"{table} (update)" in finding.found


def test_waiting_migrations_are_a_failure(monkeypatch):
    monkeypatch.setattr(health, "unapplied", lambda: ["governance.0009_more"])
    assert level(diagnosis.migrations_are_applied) == {Level.FAIL}


def test_a_silent_worker_is_a_warning():
    assert level(diagnosis.workers_answer) == {Level.WARN}


def test_a_short_secret_key_is_a_failure(settings):
    settings.SECRET_KEY = "short"
    assert level(diagnosis.secret_key_is_strong) == {Level.FAIL}


def test_any_host_is_a_failure_and_debug_a_warning(settings):
    settings.ALLOWED_HOSTS, settings.DEBUG = ["*"], True
    assert level(diagnosis.settings_look_right) == {Level.FAIL, Level.WARN}


def test_a_full_disk_is_a_failure(monkeypatch):
    monkeypatch.setattr(diagnosis, "FAIL_BYTES", 10**18)
    assert level(diagnosis.disk_has_room) == {Level.FAIL}


def test_a_database_that_refuses_becomes_a_finding(monkeypatch):
    def refuse(*_):
        raise DatabaseError("connection refused")

    monkeypatch.setattr(diagnosis, "_scalar", refuse)
    findings = {each.check: each for each in diagnosis.examine()}
    assert findings["clock"].level is Level.FAIL
    assert "connection refused" in findings["clock"].found


def test_the_command_says_it_all_as_json():
    out = StringIO()
    call_command("doctor", as_json=True, stdout=out)
    findings = json.loads(out.getvalue())
    assert {"check", "level", "found", "mend"} == set(findings[0])
    assert {"database roles", "broker", "clock", "disk"} <= {
        f["check"] for f in findings
    }


def test_a_failure_ends_the_command_with_one(monkeypatch):
    monkeypatch.setattr(health, "unapplied", lambda: ["governance.0009_more"])
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=out)
    assert ended.value.code == 1
    assert "→ Run manage.py migrate." in out.getvalue()
