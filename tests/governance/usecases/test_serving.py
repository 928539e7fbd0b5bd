"""What is served is judged from rows, every time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from governance.signoffs import actions as signoffs
from governance.signoffs.queries import queue
from governance.types import Conflict, Invalid, Refused, SignOffRole, State
from governance.usecases import actions as use_cases
from governance.usecases import queries
from governance.usecases.core import Guarded, GuardrailState, SampleRatio
from governance.usecases.models import UseCase, UseCaseVersion
from governance.usecases.queries import MeasuredFacts
from tests.governance.conftest import REASON, REFERENCES


def sql(statement, *params):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def serving_number():
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM governance_servingversion")
        return cursor.fetchone()[0]


def test_editing_drafts_the_next_version_while_the_signed_one_serves(house):
    key = house.running()
    use_cases.save_draft(
        by=house["owen"],
        now=house.now,
        key=key,
        content=house.content(reach={"max_contacts": 9}),
    )
    draft = queries.version(key)
    assert (draft.number, draft.status) == (2, "draft")
    serving = house.serving(key)
    assert serving.version_number == 1
    assert serving.may_serve
    assert serving.content.reach.max_contacts == 3


def test_the_next_version_takes_over_with_its_last_signature(house):
    key = house.running()
    content = house.content(reach={"max_contacts": 9})
    use_cases.save_draft(by=house["mara"], now=house.now, key=key, content=content)
    use_cases.submit(by=house["mara"], now=house.now, key=key, references=REFERENCES)
    assert queries.use_case(key).state == State.TESTING
    house.sign_all(key)
    serving = house.serving(key)
    assert (serving.version_number, bool(serving.may_serve)) == (2, True)
    assert serving.state == State.TESTING
    assert queries.version(key, 1).status == "superseded"


def test_apply_now_serves_nothing_until_it_is_signed(house):
    key = house.running()
    before = serving_number()
    use_cases.save_draft(
        by=house["mara"],
        now=house.now,
        key=key,
        content=house.content(reach={"max_contacts": 9}),
    )
    use_cases.apply_now(by=house["mara"], now=house.now, key=key)
    assert serving_number() > before
    serving = house.serving(key)
    assert (serving.version_number, serving.may_serve.code) == (
        2,
        "governance.not_signed",
    )
    (row,) = queue(house["petra"], house.now)
    assert "Applied without signatures" in row.why
    assert "Most contacts per window" in row.changes
    use_cases.submit(by=house["mara"], now=house.now, key=key, references=REFERENCES)
    house.sign_all(key)
    assert house.serving(key).may_serve


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("{reach,max_contacts}", "50"),
        ("{customer,task}", '"Buy more"'),
        ("{explanation,template}", '"You are seeing this."'),
    ],
)
def test_content_changed_by_sql_is_not_served(house, path, value):
    key = house.running()
    before = serving_number()
    sql(
        "UPDATE governance_usecaseversion SET content = jsonb_set(content, %s, %s)",
        path,
        value,
    )
    assert serving_number() > before
    code = house.serving(key).may_serve.code
    assert code in {"governance.config_changed", "governance.test_1_missing"}


def test_references_and_hash_changed_together_by_sql_are_not_served(house):
    from governance.usecases.standing import envelope_of

    key = house.running()
    version = queries.version(key)
    version.references["offer:mens"]["digest"] = "0" * 64
    version.config_hash = envelope_of(version).config_hash
    UseCaseVersion.objects.filter(pk=version.pk).update(
        references=version.references, config_hash=version.config_hash
    )
    assert house.serving(key).may_serve.code == "governance.not_signed"


def test_what_expired_is_not_served_even_with_its_date_pushed_out(house):
    key = house.running()
    later = house.now + timedelta(days=89)
    assert house.serving(key, later).may_serve
    after = house.serving(key, house.now + timedelta(days=91)).may_serve
    assert after.code == "governance.attestation_expired"
    after = house.serving(key, house.now + timedelta(days=181)).may_serve
    assert after.code == "governance.expired"
    sql("UPDATE governance_usecaseversion SET expires_at = NULL")
    after = house.serving(key, house.now + timedelta(days=181)).may_serve
    assert after.code == "governance.not_signed"


def test_a_pause_holds_at_once_and_privacys_own_is_released_by_privacy(house):
    key = house.running()
    use_cases.pause(by=house["petra"], now=house.now, key=key, reason="A question")
    assert house.serving(key).may_serve.code == "governance.paused"
    with pytest.raises(Refused, match="privacy"):
        use_cases.resume(by=house["chris"], now=house.now, key=key)


def test_a_channel_owner_resumes_what_marketing_paused(house):
    key = house.running()
    use_cases.pause(by=house["mara"], now=house.now, key=key)
    use_cases.resume(by=house["chris"], now=house.now, key=key)
    assert house.serving(key).may_serve
    use_cases.stop(by=house["mara"], now=house.now, key=key, reason="Enough")
    assert house.serving(key).may_serve.code == "governance.rolled_back"


def test_a_signature_taken_back_stops_it_and_a_new_one_starts_it(house):
    key = house.running()
    signoffs.revoke(
        by=house["piet"],
        now=house.now,
        key=key,
        number=1,
        role=SignOffRole.PRIVACY,
        reason="The notice was changed since.",
    )
    assert house.serving(key).may_serve.code == "governance.not_signed"
    (row,) = queue(house["piet"], house.now)
    assert row.missing == (SignOffRole.PRIVACY,)
    house.sign(key, SignOffRole.PRIVACY, by="piet", reason=REASON)
    assert house.serving(key).may_serve


def test_voided_signatures_serve_nothing(house):
    key = house.running()
    use_cases.void(by=house["eve"], now=house.now, key=key, reason="Wrong data")
    assert house.serving(key).may_serve.code == "governance.voided"


def test_a_catalogue_that_calls_for_more_signatures_stops_it(house):
    key = house.running()
    sql("UPDATE governance_dataelement SET special_category = 'inferred'")
    assert house.serving(key).may_serve.code == "governance.not_signed"
    assert "executive" in str(house.serving(key).may_serve.reasons[0])


def test_exposure_never_passes_what_was_signed(house):
    key = house.running()
    use_cases.set_exposure(by=house["chris"], now=house.now, key=key, share=0.5)
    assert house.serving(key).exposure_share == 0.5
    with pytest.raises(Invalid, match="90%"):
        use_cases.set_exposure(by=house["chris"], now=house.now, key=key, share=0.95)
    sql("UPDATE governance_usecase SET exposure_share = 0.99")
    assert house.serving(key).may_serve.code == "governance.outside_envelope"


def test_the_number_of_queries_does_not_grow_with_the_use_cases(
    house, django_assert_num_queries
):
    for offers in (["mens"], ["womens"], ["mens", "womens"]):
        house.sign_all(house.submitted(reach={"offers": offers}))
    assert UseCase.objects.count() == 3
    with django_assert_num_queries(11):
        assert len(queries.serving_cases(house.now)) == 3


def test_a_lost_update_is_refused_and_names_the_way_out(house):
    key = house.drafted()
    seen = queries.etag(queries.version(key))
    save = {"by": house["mara"], "key": key, "expected": seen}
    later = house.now + timedelta(seconds=1)
    use_cases.save_draft(**save, now=later, content=house.content(retention={}))
    use_cases.save_draft(
        **{**save, "expected": ""},
        now=later,
        content=house.content(reach={"max_contacts": 2}),
    )
    with pytest.raises(Conflict, match="Somebody else saved"):
        use_cases.save_draft(**save, now=later, content=house.content())


def test_an_answer_that_cannot_be_read_names_its_field(house):
    with pytest.raises(Invalid) as refused:
        house.drafted(reach={"max_contacts": "many"})
    assert "reach.max_contacts" in refused.value.fields


def test_scaling_asks_for_every_guardrail_counted(house):
    key = house.running()
    system = house["owen"].system()
    facts = MeasuredFacts(sample_reached=True, sample_ratio=SampleRatio.OK)
    with pytest.raises(Refused, match="planned number"):
        use_cases.transition(
            by=system, now=house.now, key=key, transition="finish_test"
        )
    use_cases.transition(
        by=system, now=house.now, key=key, transition="finish_test", facts=facts
    )
    names = ("Opt-outs", "Complaints", "Trust")
    for state, allowed in (
        (GuardrailState.NOT_COUNTED, False),
        (GuardrailState.CLEAR, True),
    ):
        read = MeasuredFacts(
            sample_ratio=SampleRatio.OK,
            has_interval=True,
            verdict="scale",
            guarded=tuple(Guarded(label=name, state=state) for name in names),
        )
        step = {"now": house.now, "key": key, "transition": "scale", "facts": read}
        if not allowed:
            with pytest.raises(Refused, match="not counted"):
                use_cases.transition(by=house["owen"], **step)
        else:
            use_cases.transition(by=house["owen"], **step)
    assert queries.use_case(key).state == State.SCALED


def test_a_use_case_is_retired_with_what_was_learned(house):
    key = house.running()
    with pytest.raises(Refused, match="learned"):
        use_cases.transition(
            by=house["owen"], now=house.now, key=key, transition="retire"
        )
    use_cases.note_learning(
        by=house["owen"], now=house.now, key=key, text="Men's catalogue did better."
    )
    use_cases.transition(
        by=house["owen"],
        now=house.now,
        key=key,
        transition="retire",
        reason="Men's catalogue did better.",
    )
    assert queries.use_case(key).state == State.RETIRED
    assert all(case.key != key for case in queries.serving_cases(house.now))
