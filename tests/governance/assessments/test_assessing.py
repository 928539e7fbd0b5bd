"""Assessments in the database: bound, outdated by themselves, never back in time."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from governance.assessments import actions, queries
from governance.assessments.models import Assessment
from governance.audit.models import AuditEntry
from governance.catalogue import actions as catalogue
from governance.catalogue.models import DataElement
from governance.types import Actor, Invalid, Refused
from governance.usecases import actions as use_cases
from governance.usecases.models import UseCase, UseCaseVersion
from tests.factories.impact import BALANCE, IMPACT, IN_FULL, RISK
from tests.governance.conftest import REFERENCES, SIGNERS

pytestmark = pytest.mark.django_db
BY_INTEREST = {
    "lawful_basis": {"direct_marketing": "legitimate_interests"},
}


def save(house, key, kind="dpia", answers=IMPACT, by="petra", **more):
    given = {"now": house.now, "complete": True, **more}
    return actions.save(by=house[by], key=key, kind=kind, answers=answers, **given)


def judged(key):
    case = UseCase.objects.get(key=key)
    return queries.judged(case.versions.order_by("-number")[0])


def test_nothing_is_served_without_the_assessment_that_the_screening_asks_for(house):
    key = house.submitted()
    use_cases.attest(
        by=house["petra"], now=house.now, key=key, text="Fair, and it can be undone."
    )
    for role in SIGNERS:
        house.sign(key, role)
    assert UseCase.objects.get().state == "governance"

    save(house, key)

    assert UseCase.objects.get().state == "ready"


def test_progress_is_kept_and_counts_only_once_complete(house):
    key = house.submitted()
    save(house, key, answers={"nature": IMPACT["nature"]}, complete=False)
    assert judged(key).need("dpia").state == "missing"

    with pytest.raises(Invalid) as refused:
        save(house, key, answers={})
    assert {"scope", "risks"} <= set(refused.value.fields)

    rest = {name: value for name, value in IMPACT.items() if name != "nature"}
    save(house, key, answers=rest)
    assert judged(key).need("dpia").state == "complete"
    assert AuditEntry.objects.filter(type="assessment.dpia_completed").count() == 1


def test_only_privacy_writes_and_nobody_on_their_own_work(house):
    key = house.submitted()
    for name in ("mara", "olive", "arno", "chris", "eve", "sam", "aldo", "ada"):
        with pytest.raises(Refused):
            save(house, key, by=name)


def test_a_draft_can_be_prepared_and_not_completed(house):
    key = house.drafted()
    save(house, key, complete=False)
    with pytest.raises(Refused, match="once the version is submitted"):
        save(house, key)


def test_a_changed_data_map_takes_it_out_of_service_and_shows_the_change(house):
    key = house.running()
    assert house.serving(key).may_serve

    element = DataElement.objects.get(pk="recency")
    catalogue.save_element(
        by=house["petra"], now=house.now, key="recency", recipients=["A broker"]
    )

    assert house.serving(key).may_serve.code != ""
    found = judged(key)
    assert found.need("dpia").state == "outdated"
    version = UseCaseVersion.objects.get()
    (change,) = queries.written(version, "dpia", found.context).changes
    assert (change.old, change.new) == ([], ["A broker"])

    catalogue.save_element(
        by=house["petra"], now=house.now, key="recency", recipients=element.recipients
    )
    assert house.serving(key).may_serve


def test_a_longer_retention_is_told_as_an_outdated_assessment(house):
    key = house.running()
    catalogue.save_element(
        by=Actor.system(), now=house.now, key="recency", ttl_days=399
    )
    assert house.serving(key).may_serve.code == "governance.assessment_outdated"

    save(house, key)

    assert house.serving(key).may_serve


def test_the_next_version_starts_from_the_answers_and_has_to_confirm_them(house):
    key = house.running()
    content = house.content(reach={"max_contacts": 5})
    use_cases.save_draft(by=house["mara"], now=house.now, key=key, content=content)
    house.assess(key)
    use_cases.submit(by=house["mara"], now=house.now, key=key, references=REFERENCES)

    found = judged(key)
    assert found.need("dpia").state == "outdated"
    version = UseCaseVersion.objects.get(number=2)
    before = queries.written(version, "dpia", found.context)
    assert before.answers["nature"] == IMPACT["nature"]
    assert [(c.field, c.old, c.new) for c in before.changes] == [
        ("reach.max_contacts", 3, 5)
    ]
    assert house.serving(key).may_serve

    save(house, key, answers={})
    assert judged(key).need("dpia").state == "complete"


def test_what_differs_in_words_only_stays_assessed(house):
    key = house.running()
    content = house.content(cosmetic={"name": "Welcome back"})
    use_cases.save_draft(by=house["mara"], now=house.now, key=key, content=content)
    use_cases.submit(by=house["mara"], now=house.now, key=key, references=REFERENCES)

    assert judged(key).need("dpia").state == "complete"


def test_screening_is_raised_by_hand_and_stays_raised(house):
    key = house.submitted()
    raise_to = {"by": house["petra"], "now": house.now, "key": key}
    actions.raise_screening(
        **raise_to, level="full", reason="The press wrote about such mails."
    )
    assert judged(key).screening.level == "full"
    for level in ("none", "short", "full"):
        with pytest.raises(Invalid):
            actions.raise_screening(
                **raise_to, level=level, reason="It should be less, I think."
            )
    save(house, key, answers=IN_FULL, level="short")
    assert Assessment.objects.get().level == "full"


def test_a_large_audience_raises_it_for_good(house):
    key = house.submitted()
    save(house, key, answers={}, complete=False, audience_size=12_000)
    assert judged(key).screening.level == "full"


def test_a_risk_that_is_left_makes_it_high_risk_and_a_high_one_blocks(house):
    key = house.submitted()
    left = {**RISK, "residual": "medium"}
    save(house, key, answers={**IMPACT, "risks": [left]})
    assert UseCaseVersion.objects.get().risk_tier == "T3"
    assert judged(key).need("dpia").state == "complete"

    worse = {**RISK, "severity": "serious", "residual": "high"}
    save(house, key, answers={**IMPACT, "risks": [worse]})
    assert judged(key).answer.code == "governance.assessment_blocked"


def insert(version, **changes):
    row = {
        "version": version,
        "kind": "lia",
        "answers": BALANCE,
        "is_complete": True,
        "config_hash": version.config_hash,
        "context_digest": "d" * 64,
        "written_by_id": version.author_id,
        **changes,
    }
    with transaction.atomic():
        return Assessment.objects.create(**row)


def test_the_database_refuses_to_date_back(house):
    house.submitted()
    version = UseCaseVersion.objects.get()
    for at in (house.now - timedelta(days=3), house.now + timedelta(days=3)):
        with pytest.raises(DatabaseError, match="retro_dated"):
            insert(version, written_at=at)
    with pytest.raises(DatabaseError, match="hash_differs"):
        insert(version, written_at=house.now, config_hash="e" * 64)
    insert(version, written_at=house.now)
    with pytest.raises(DatabaseError):
        Assessment.objects.update(answers={})


def test_interests_are_not_balanced_after_the_signature(house):
    house.running()
    version = UseCaseVersion.objects.get()
    with pytest.raises(DatabaseError, match="too_late"):
        insert(version, written_at=house.now)


def test_interests_that_were_balanced_beforehand_can_be_renewed(house):
    uses = house.content()["data_uses"]
    key = house.submitted(
        data_uses=[{**use, "role": "eligibility"} for use in uses], **BY_INTEREST
    )
    assert judged(key).need("lia").state == "missing"
    save(house, key, kind="lia", answers=BALANCE)
    house.sign_all(key)
    assert UseCase.objects.get().state == "ready"
    catalogue.save_element(
        by=Actor.system(), now=house.now, key="recency", ttl_days=399
    )
    assert judged(key).need("lia").state == "outdated"

    save(house, key, kind="lia", answers={})

    assert judged(key).need("lia").state == "complete"


PRICED = {"logic": {"price_varies": True}}


def test_safeguards_name_people_who_can_change_the_outcome(house):
    key = house.drafted()
    pack = {"message": "A computer alone chose this."}
    for reviewers in ([], [house["mara"].id], [house["sam"].id, 999_999]):
        with pytest.raises(Invalid) as refused:
            actions.safeguards_for_all(
                by=house["petra"],
                now=house.now,
                is_on=True,
                reviewers=reviewers,
                reason="When in doubt, for all of them.",
            )
        assert "reviewers" in refused.value.fields
    save(
        house,
        key,
        kind="safeguards",
        answers={**pack, "reviewers": [house["sam"].id]},
        complete=False,
    )
    actions.safeguards_for_all(
        by=house["petra"],
        now=house.now,
        is_on=True,
        reviewers=[house["sam"].id],
        reason="When in doubt, for all of them.",
    )
    assert queries.house_pack().is_on


def test_without_a_data_sheet_it_is_not_submitted(house):
    catalogue.save_element(
        by=Actor.system(),
        now=house.now,
        key="shoe_size",
        label="Shoe size",
        plain_description="The size of shoe they take.",
        phrase="told us your size",
        source_type="zero_party",
        provenance="declared",
        field="trait.shoe_size",
        value_type="number",
        collected_where="The sign-up form",
        lawful_purposes=["direct_marketing"],
        ttl_days=365,
    )
    uses = house.content()["data_uses"]
    key = house.drafted(data_uses=[*uses, {**uses[0], "element": "shoe_size"}])
    house.assess(key)
    by = {"by": house["mara"], "now": house.now, "key": key}
    use_cases.transition(transition="to_data_needs", **by)
    with pytest.raises(Refused, match="Data sheet of “shoe_size”"):
        use_cases.submit(references=REFERENCES, **by)

    sheet = dict.fromkeys(
        ("motivation", "composition", "collection", "caveats"), "Said by themselves."
    )
    actions.write_sheet(
        by=house["ana"], now=house.now, part="element", key="shoe_size", answers=sheet
    )

    assert use_cases.submit(references=REFERENCES, **by).status == "in_review"
