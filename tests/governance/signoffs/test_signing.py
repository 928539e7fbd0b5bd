"""Who signs and who does not, by action and by raw SQL as the application's role."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction

from governance.signoffs import actions as signoffs
from governance.signoffs import hooks
from governance.signoffs import queries as signoff_queries
from governance.signoffs.models import Approval
from governance.types import Actor, Conflict, Invalid, Refused, State
from governance.usecases import actions as use_cases
from governance.usecases import queries
from governance.usecases.models import UseCaseVersion
from tests.governance.conftest import REASON, REFERENCES, SIGNERS, build_house

M, D, C, P = SIGNERS


def test_the_author_does_not_sign(house):
    owen_writes = use_cases.create(
        by=house["owen"], now=house.now, name="By the owner", content=house.content()
    ).key
    house.assess(owen_writes)
    use_cases.transition(
        by=house["owen"], now=house.now, key=owen_writes, transition="to_data_needs"
    )
    use_cases.submit(
        by=house["owen"], now=house.now, key=owen_writes, references=REFERENCES
    )
    with pytest.raises(Refused, match="You wrote this version"):
        house.sign(owen_writes, M, by="owen")
    house.sign(owen_writes, M, by="olive")


def test_an_analyst_who_edited_does_not_sign_and_another_does(house):
    key = house.drafted()
    content = house.content()
    content["data_uses"][0]["max_age_days"] = 20
    use_cases.save_draft(
        by=house["ana"], now=house.now, key=key, content=content, part="data"
    )
    house.assess(key, by="chris")
    use_cases.transition(
        by=house["mara"], now=house.now, key=key, transition="to_data_needs"
    )
    use_cases.submit(by=house["mara"], now=house.now, key=key, references=REFERENCES)
    with pytest.raises(Refused, match="You edited this version"):
        house.sign(key, D, by="ana")
    house.sign(key, D, by="arno")


def test_an_analyst_writes_the_data_part_and_nothing_else(house):
    key = house.drafted()
    with pytest.raises(Refused, match="reach"):
        use_cases.save_draft(
            by=house["ana"],
            now=house.now,
            key=key,
            content=house.content(reach={"max_contacts": 50}),
            part="data",
        )


def test_nobody_signs_twice_and_no_role_is_signed_twice(house):
    key = house.submitted()
    house.sign(key, D, by="ana")
    with pytest.raises(Refused, match="already given"):
        house.sign(key, D, by="arno")
    both = Actor(
        house["ana"].id, "ana", roles=house["ana"].roles | house["chris"].roles
    )
    with pytest.raises(Refused, match="one person signs once"):
        signoffs.sign(
            by=both,
            now=house.now,
            key=key,
            number=1,
            role=C,
            decision="approve",
            shown_hash=queries.version(key).config_hash,
        )


def test_a_signature_needs_the_hash_that_was_shown(house):
    key = house.submitted()
    with pytest.raises(Conflict, match="not the one that was shown"):
        house.sign(key, M, shown_hash="0" * 64)


def test_privacy_gives_a_reason_and_the_wrong_role_is_told_so(house):
    key = house.submitted()
    with pytest.raises(Invalid) as refused:
        house.sign(key, P, reason="fine")
    assert "reason" in refused.value.fields
    with pytest.raises(Refused, match="you are not one"):
        house.sign(key, P, by="ada")
    with pytest.raises(Refused, match="Only people sign"):
        signoffs.sign(
            by=Actor.system(),
            now=house.now,
            key=key,
            number=1,
            role=M,
            decision="approve",
            shown_hash=queries.version(key).config_hash,
        )


def test_with_second_factors_required_a_signature_needs_a_fresh_one(house, settings):
    key = house.submitted()
    settings.REQUIRE_MFA = True
    for stale in (None, house.now - timedelta(minutes=11)):
        with pytest.raises(Refused) as refused:
            house.sign(key, M, reauth_at=stale)
        assert refused.value.code == "signoff.reauth"
    house.sign(key, M, reauth_at=house.now - timedelta(minutes=9))


@pytest.mark.parametrize(
    ("who", "column", "value", "code"),
    [
        ("mara", "role", "marketing", "signoff.own_work"),
        ("olive", "config_hash", "f" * 64, "signoff.hash_differs"),
        ("arno", "role", "data", "signoff.taken"),
        ("ana", "role", "channel", "signoff.taken"),
    ],
)
def test_the_database_refuses_what_the_action_would_have_refused(
    house, who, column, value, code
):
    key = house.submitted()
    house.sign(key, D, by="ana")
    version = queries.version(key)
    values = {
        "role": "marketing",
        "config_hash": version.config_hash,
        "who": house[who].id,
        column: value,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == connection.settings_dict["USER"]
    owner = connections["owner"].settings_dict["USER"]
    assert owner != connection.settings_dict["USER"] or _is_test_mirror()
    with (
        pytest.raises(DatabaseError, match=code),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO governance_approval (version_id, role, approver_id, decision,"
            " config_hash, reason, conditions, decided_at, valid_until)"
            " VALUES (%s, %s, %s, 'approve', %s, '', '[]', now(), now() + '1 day')",
            [version.pk, values["role"], values["who"], values["config_hash"]],
        )


def _is_test_mirror() -> bool:
    return connections["default"].settings_dict["TEST"].get("MIRROR") == "owner"


@pytest.mark.parametrize(
    "table",
    [
        "governance_approval",
        "governance_auditentry",
        "governance_statechange",
        "governance_attestation",
        "governance_strategicassessment",
        "governance_versioneditor",
    ],
)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_what_only_grows_is_not_changed_by_the_application_role(
    house, table, statement
):
    house.submitted()
    column = "seq" if table == "governance_auditentry" else "id"
    with (
        pytest.raises(DatabaseError, match=r"permission denied|Cannot"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table, column, column))


def test_asking_for_changes_opens_a_draft_of_the_same_author(house):
    key = house.submitted()
    house.sign(key, M)
    house.sign(key, P, decision="request_changes", reason=REASON)
    version = queries.version(key)
    assert (version.number, version.status) == (2, "draft")
    assert version.author_id == house["mara"].id
    assert queries.use_case(key).state == State.DEFINE
    assert queries.version(key, 1).status == "void"


def test_a_reviewer_of_unsigned_text_stays_barred_after_an_edit_by_another(house):
    key = house.submitted()
    use_cases.save_draft(
        by=house["owen"],
        now=house.now,
        key=key,
        content=house.content(customer={"who": "Buyers of last month"}),
    )
    version = queries.version(key)
    assert (version.number, version.author_id) == (2, house["owen"].id)
    assert house["mara"].id in version.editors.values_list("user_id", flat=True)


def test_conditions_hold_the_version_back_until_they_are_met(house):
    key = house.submitted()
    house.attest(key)
    for role in (M, D, C):
        house.sign(key, role)
    row = house.sign(
        key,
        P,
        decision="approve_with_conditions",
        conditions=["Tell support about it first"],
    )
    assert queries.version(key).status == "in_review"
    signoffs.close_condition(
        by=house["petra"],
        now=house.now,
        key=key,
        approval_id=row.pk,
        place=0,
        text="Support was told on Monday",
    )
    assert queries.version(key).status == "signed"


def test_the_last_signature_calls_the_hooks_once_in_its_transaction(house, monkeypatch):
    called = []
    monkeypatch.setattr(hooks, "_hooks", [lambda **given: called.append(given)])
    key = house.submitted()
    house.sign_all(key)
    assert called == [{"key": key, "number": 1, "now": house.now}]
    assert queries.use_case(key).serving_version_id == queries.version(key).pk


def test_the_queue_and_the_review_say_who_may_sign_and_why_not(house):
    key = house.submitted()
    house.sign(key, D, by="ana")
    (row,) = signoff_queries.queue(house["chris"], house.now)
    assert row.key == key
    assert row.missing == (M, C, P)
    assert row.yours == (C,)
    page = signoff_queries.review(house["mara"], key, house.now)
    assert page.shown_hash == queries.version(key).config_hash
    assert [badge.state for badge in page.badges] == [
        "missing",
        "signed",
        "missing",
        "missing",
    ]
    marketing = next(m for m in page.may_sign if m.role is M)
    assert "You wrote this version" in marketing.because
    assert page.data[0].element == "Months since the last purchase"
    assert {v.label: v.word for v in page.verdicts}["DPIA"] == "missing"
    assert "because you bought from us this year" in page.example_sentence
    assert page.is_intact
    assert page.diff.signed_number is None


def test_a_review_after_a_change_shows_only_what_changed(house):
    key = house.running()
    use_cases.save_draft(
        by=house["mara"],
        now=house.now,
        key=key,
        content=house.content(reach={"max_contacts": 9}),
    )
    moved = {**REFERENCES, "offer:mens": {"digest": "9" * 64, "revision": 2}}
    use_cases.submit(by=house["mara"], now=house.now, key=key, references=moved)
    page = signoff_queries.review(house["petra"], key, house.now)
    assert [c.field for c in page.material_changes] == ["reach.max_contacts"]
    assert page.material_changes[0].effect == "wider"
    assert page.diff.reference_changes == ("offer:mens",)
    assert page.diff.n_same > 30
    assert page.diff.signed_hash != page.diff.new_hash
    assert page.precedents[0].status == "Signed"
    assert house.serving(key).version_number == 1
    assert house.serving(key).may_serve


@pytest.mark.django_db(transaction=True)
def test_two_people_race_for_one_signature_and_one_gets_it(settings):
    from governance.installation.queries import now as database_now

    settings.REQUIRE_MFA = False
    house = build_house(database_now())
    key = house.submitted()
    barrier, results = threading.Barrier(2), []

    def sign(who: str) -> None:
        try:
            barrier.wait(timeout=10)
            house.sign(key, D, by=who)
            results.append("signed")
        except Refused as refused:
            results.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=sign, args=(who,)) for who in ("ana", "arno")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(results) == ["signed", "signoff.role_taken"]
    assert Approval.objects.filter(role="data").count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_edit_and_a_signature_at_once_never_sign_what_was_not_shown(settings):
    from governance.installation.queries import now as database_now

    settings.REQUIRE_MFA = False
    house = build_house(database_now())
    key = house.submitted()
    shown = queries.version(key).config_hash
    barrier, results = threading.Barrier(2), []

    def run(work) -> None:
        try:
            barrier.wait(timeout=10)
            work()
            results.append("done")
        except (Refused, Conflict) as refused:
            results.append(refused.code)
        finally:
            connections.close_all()

    works = (
        lambda: house.sign(key, M, number=1, shown_hash=shown),
        lambda: use_cases.save_draft(
            by=house["mara"],
            now=house.now,
            key=key,
            content=house.content(reach={"max_contacts": 9}),
        ),
    )
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    for row in Approval.objects.all():
        assert row.config_hash == shown
        assert row.version.number == 1
    assert UseCaseVersion.objects.filter(number=2, approvals__isnull=False).count() == 0


def test_a_condition_has_an_owner_and_a_day_a_fortnight_on_unless_said(house):
    key = house.submitted()
    row = house.sign(
        key, D, decision="approve_with_conditions", conditions=["Band the spend"]
    )
    assert row.conditions_owner_id == house["owen"].id
    assert row.conditions_due_at == house.now + timedelta(days=14)
    with pytest.raises(Invalid) as told:
        house.sign(
            key,
            C,
            decision="approve_with_conditions",
            conditions=["Tell the desk"],
            conditions_owner=0,
            conditions_due=(house.now - timedelta(days=2)).date(),
        )
    assert set(told.value.fields) == {"conditions_due"}
    chosen = house.sign(
        key,
        C,
        decision="approve_with_conditions",
        conditions=["Tell the desk"],
        conditions_owner=house["mara"].id,
        conditions_due=(house.now + timedelta(days=3)).date(),
    )
    assert chosen.conditions_owner_id == house["mara"].id


def test_a_condition_of_a_renewal_stops_serving_on_the_day_after_its_last(house):
    key = house.running()
    signoffs.revoke(
        by=house["arno"],
        now=house.now,
        key=key,
        number=1,
        role=D,
        reason="The element's source has to be looked at again.",
    )
    row = house.sign(
        key,
        D,
        by="ana",
        decision="approve_with_conditions",
        conditions=["Name the new source"],
        conditions_due=(house.now + timedelta(days=5)).date(),
    )
    assert house.serving(key).may_serve
    last = row.conditions_due_at
    assert house.serving(key, last - timedelta(seconds=1)).may_serve
    answer = house.serving(key, last).may_serve
    assert answer.code == "governance.condition_overdue"
    signoffs.close_condition(
        by=house["ana"],
        now=last,
        key=key,
        approval_id=row.pk,
        place=0,
        text="Named in the catalogue.",
    )
    assert house.serving(key, last).may_serve


def test_the_database_asks_for_the_role_and_keeps_the_author(house):
    key = house.submitted()
    version = queries.version(key)
    for who, role in (("sam", "channel"), ("chris", "privacy"), ("ada", "executive")):
        with pytest.raises(DatabaseError, match="wrong_role"), transaction.atomic():
            Approval.objects.create(
                version=version,
                role=role,
                approver_id=house[who].id,
                decision="approve",
                config_hash=version.config_hash,
                decided_at=house.now,
                valid_until=house.now + timedelta(days=90),
            )
    with (
        pytest.raises(DatabaseError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE governance_usecaseversion SET author_id = %s WHERE id = %s",
            [house["sam"].id, version.pk],
        )
