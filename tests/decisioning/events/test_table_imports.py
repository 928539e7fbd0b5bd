"""Tables nobody has seen before: customers, events, experiments by a mapping."""

import gzip
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from decisioning.customers.models import Customer, CustomerIdentity
from decisioning.engine import tables
from decisioning.engine.imports import import_dataset
from decisioning.engine.tables import (
    import_customers,
    import_events,
    import_experiment,
)
from decisioning.engine.uploads import preview, run_import, start
from decisioning.events.models import Event
from decisioning.experiments.models import ArmStatistics, Assignment, Experiment
from governance.installation.queries import now as database_now
from governance.jobs import actions as jobs
from governance.jobs.models import Job
from governance.people.models import User
from governance.types import Actor, Invalid, Role
from tests.datasets import dataset

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


READ = ("decisioning_customer", "decisioning_customeridentity", "decisioning_event")


@pytest.fixture(autouse=True)
def analyst(settings: Any, tmp_path: Path, now: datetime) -> User:
    settings.DATA_DIR = tmp_path / "var"
    user = User.objects.create(
        username="ana", email="ana@example.org", display_name="Ana", date_joined=now
    )
    user.role_assignments.create(role=Role.ANALYST.value, granted_at=now)
    return user


def table(folder: Path, *lines: str) -> Path:
    path = folder / "table.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_customers_come_with_typed_traits(tmp_path: Path, now: datetime) -> None:
    path = table(tmp_path, "nr,town,age,vip", "1,Leeds,40,yes", "2,,41,maybe")
    given = {
        "userId": "nr",
        "traits": {
            "town": "town",
            "age": "age",
            "vip": {"column": "vip", "type": "yes_no"},
        },
    }

    report = import_customers(by=SYSTEM, now=now, path=path, given=given)

    assert Customer.objects.get().traits == {"town": "Leeds", "age": 40, "vip": True}
    assert [(b.row, b.reason) for b in report.bad] == [
        (2, "vip: 'maybe' is neither yes nor no.")
    ]


def test_events_come_once_however_often_the_file_is_sent(
    tmp_path: Path, now: datetime
) -> None:
    path = table(tmp_path, "who,when,paid", "7,2026-01-02,12.5", "7,2026-01-03,3")
    given = {
        "userId": "who",
        "event": {"value": "Order Completed"},
        "timestamp": "when",
        "properties": {"revenue": "paid"},
    }

    for _ in range(2):
        import_events(by=SYSTEM, now=now, path=path, given=given)

    assert list(Event.objects.order_by("occurred_at").values_list("value_minor")) == [
        (1250,),
        (300,),
    ]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"traits": {"a": "a"}}, "userId"),
        ({"userId": "zz", "traits": {"a": "a"}}, "userId"),
        ({"userId": "a", "traits": {"b": "c"}}, "traits.b"),
        ({"userId": "a", "traits": {"a": "a"}, "typo": 1}, "typo"),
        ({"userId": "a"}, "traits"),
    ],
)
def test_a_mapping_that_does_not_fit_is_told_by_its_field(
    given: dict[str, Any], field: str, tmp_path: Path, now: datetime
) -> None:
    with pytest.raises(Invalid) as refused:
        import_customers(
            by=SYSTEM, now=now, path=table(tmp_path, "a", "1"), given=given
        )

    assert field in refused.value.fields


TRIAL = {
    "key": "trial",
    "unit": "nr",
    "arm": "letter",
    "control": "none",
    "arms": {"blue": "blue", "none": "none"},
    "shares": {"blue": 2, "none": 1},
    "outcomes": {"bought": {"column": "bought", "kind": "yes_no"}, "paid": "paid"},
    "covariates": {"age": "age"},
    "startedAt": "2025-05-01",
}


def test_an_experiment_comes_with_arms_outcomes_and_covariates(
    tmp_path: Path, now: datetime
) -> None:
    path = table(
        tmp_path,
        "nr,letter,bought,paid,age",
        "1,blue,yes,10,30",
        "2,blue,no,0,31",
        "3,none,no,0,32",
        "4,green,no,0,33",
    )

    for _ in range(2):
        report = import_experiment(by=SYSTEM, now=now, path=path, given=TRIAL)

    blue = ArmStatistics.objects.get(arm="blue", metric="paid")
    assert (blue.n, blue.sum_x, blue.sum_xx) == (2, 10, 100)
    assert ArmStatistics.objects.get(arm="blue", metric="bought").sum_x == 1
    assert Assignment.objects.get(arm="none").propensity == pytest.approx(1 / 3)
    assert CustomerIdentity.objects.get(value="3").customer.traits == {"age": 32}
    assert [each.reason for each in report.bad] == [
        "letter: 'green' is none of the arms."
    ]


def test_aggregated_figures_come_as_sufficient_statistics(
    tmp_path: Path, now: datetime
) -> None:
    path = table(
        tmp_path,
        "arm,metric,n,mean,variance",
        "a,spend,4,2.5,1.25",
        "b,spend,5,3,2",
    )
    given = {"key": "sums", "arm": "arm", "control": "a", "aggregated": True}

    import_experiment(by=SYSTEM, now=now, path=path, given=given)

    a = ArmStatistics.objects.get(arm="a")
    assert (a.n, a.sum_x) == (4, 10)
    assert (a.sum_xx - a.sum_x**2 / a.n) / (a.n - 1) == pytest.approx(1.25)
    assert Experiment.objects.get().metrics[0]["key"] == "spend"


def test_a_key_is_not_used_for_another_design(tmp_path: Path, now: datetime) -> None:
    path = table(
        tmp_path, "nr,letter,bought,paid,age", "1,blue,1,10,30", "2,none,0,0,1"
    )
    import_experiment(by=SYSTEM, now=now, path=path, given=TRIAL)

    with pytest.raises(Invalid, match="another experiment"):
        import_experiment(
            by=SYSTEM, now=now, path=path, given={**TRIAL, "control": "blue"}
        )


def test_a_command_names_the_field_to_mend(tmp_path: Path) -> None:
    mapping = tmp_path / "m.json"
    mapping.write_text('{"userId": "b", "traits": {"a": "a"}}')

    with pytest.raises(CommandError, match="userId: There is no column 'b'"):
        call_command(
            "import_customers", str(table(tmp_path, "a", "1")), mapping=mapping
        )


def test_cdnow_orders_come_once_and_the_sample_is_known_as_such(
    tmp_path: Path, now: datetime
) -> None:
    with gzip.open(dataset("cdnow/CDNOW_sample.txt.gz"), "rt") as file:
        text = "".join(next(file) for _ in range(200))
    path = tmp_path / "CDNOW_sample.txt"
    path.write_text(text + "00001 0001 19971301  2   29.33\n")

    first = import_dataset(by=SYSTEM, now=now, name="cdnow", path=path)
    second = import_dataset(by=SYSTEM, now=now, name="cdnow", path=path)

    assert first.n_rows == 200
    assert [each.row for each in first.bad] == [201]
    assert second.accepted == 0
    assert Event.objects.filter(name="Order Completed").count() == 200
    assert set(Event.objects.values_list("source", flat=True)) == {
        "import:cdnow:sample"
    }
    assert all(c.traits == {"cdnow_sample": True} for c in Customer.objects.all())


def test_an_upload_is_looked_at_and_then_runs_as_a_job(
    tmp_path: Path, analyst: User
) -> None:
    path = table(tmp_path, "customer_id,city", "1,York", "2,Leeds")
    seen = preview(path, "customers")
    by = Actor(analyst.pk, "ana", roles=frozenset({Role.ANALYST}))
    now = database_now()

    job = start(
        by=by,
        now=now,
        kind="customers",
        path=path,
        mapping=seen.mapping,
        send=lambda _id: None,
    )
    jobs.run(str(job.pk), run_import)

    job = Job.objects.get(pk=job.pk)
    assert seen.mapping == {"userId": "customer_id", "traits": {"city": "city"}}
    assert (job.state, job.n_done, job.n_total) == ("done", 2, 2)
    assert job.message == "2 rows taken, 2 events new."
    assert Customer.objects.count() == 2


@pytest.fixture
def dead_rows(owner_connection: psycopg.Connection) -> None:
    """Tables whose statistics say "many pages, no row", as after a load undone."""
    for fill in (
        "INSERT INTO decisioning_customer (id, pseudonym, traits, contact, timezone,"
        " locale, basis, created_at)"
        " SELECT -n, 'dead-' || n, '{}', '{}', '', '', '', now()"
        " FROM generate_series(1, 5000) n",
        "INSERT INTO decisioning_customeridentity"
        " (kind, value, customer_id, created_at)"
        " SELECT 'user', 'dead-' || n, -n, now() FROM generate_series(1, 5000) n",
        "INSERT INTO decisioning_event (customer_id, type, name, occurred_at,"
        " received_at, properties, source)"
        " SELECT -n, 'track', 'Dead', now(), now(), '{}', 'dead'"
        " FROM generate_series(1, 5000) n",
    ):
        owner_connection.execute(fill)
    owner_connection.rollback()
    owner_connection.execute(f"ANALYZE {', '.join(READ)}")
    owner_connection.commit()


def test_a_load_reads_no_table_whole_for_each_row(
    dead_rows: None, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "CHUNK", 250)
    rows = 2_500
    path = table(tmp_path, "nr,town", *(f"{i},Leeds" for i in range(rows)))

    import_customers(
        by=SYSTEM,
        now=now,
        path=path,
        given={"userId": "nr", "traits": {"town": "town"}},
    )

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables"
            " WHERE relname = ANY(%s)",
            [list(READ)],
        )
        (read,) = cursor.fetchone()
    assert read < 60 * rows
