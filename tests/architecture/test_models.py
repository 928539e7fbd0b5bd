"""Every table is listed as append-only or as one that may change, by hand."""

import pytest
from django.apps import apps
from django.db import models

from governance.append_only import AppendOnly, append_only_tables

OURS = ("governance", "decisioning")
APPEND_ONLY = {
    "governance.Approval",
    "governance.Assessment",
    "governance.Attestation",
    "governance.AuditEntry",
    "governance.ConsentEvent",
    "governance.ErasureRecord",
    "governance.FairnessAnswer",
    "governance.FairnessAudit",
    "governance.Incident",
    "governance.IncidentClosing",
    "governance.Notice",
    "governance.Removal",
    "governance.RollbackDrill",
    "governance.Seal",
    "governance.SafeguardsForAll",
    "governance.ScreeningRaise",
    "governance.Sheet",
    "governance.StateChange",
    "governance.StrategicAssessment",
    "governance.VersionEditor",
    "decisioning.Decision",
    "decisioning.Revision",
    "decisioning.ServedTable",
}
EDITABLE = {
    "governance.ApiKey",
    "governance.Complaint",
    "governance.ConsentHead",
    "governance.DataElement",
    "governance.Hearing",
    "governance.Installation",
    "governance.Job",
    "governance.Letter",
    "governance.MonitoringTrait",
    "governance.Purpose",
    "governance.RegulatoryReference",
    "governance.RightsRequest",
    "governance.RoleAssignment",
    "governance.ServingVersion",
    "governance.SilencedKind",
    "governance.Suppression",
    "governance.Unsealed",
    "governance.UseCase",
    "governance.UseCaseVersion",
    "governance.User",
    "decisioning.ArmStatistics",
    "decisioning.Assignment",
    "decisioning.Audience",
    "decisioning.AudienceDelivery",
    "decisioning.AudienceMember",
    "decisioning.Budget",
    "decisioning.Cap",
    "decisioning.CountedUntil",
    "decisioning.Contact",
    "decisioning.Creative",
    "decisioning.Customer",
    "decisioning.CustomerFeatures",
    "decisioning.CustomerIdentity",
    "decisioning.CustomerTally",
    "decisioning.DeadLetter",
    "decisioning.Event",
    "decisioning.Experiment",
    "decisioning.IdempotentAnswer",
    "decisioning.IdentityMerge",
    "decisioning.MessageLedger",
    "decisioning.ModelVersion",
    "decisioning.Offer",
    "decisioning.Outcome",
    "decisioning.Placement",
    "decisioning.Product",
    "decisioning.QualityAlert",
    "decisioning.QualityThreshold",
    "decisioning.RepeatedMessages",
    "decisioning.SavedMapping",
    "decisioning.SignalDay",
    "decisioning.SignalField",
    "decisioning.Score",
    "decisioning.ScorecardSnapshot",
    "decisioning.Segment",
    "decisioning.SegmentBuild",
    "decisioning.SegmentMembership",
    "decisioning.SegmentVersion",
    "decisioning.StandingDecision",
}
ALL = [model for app in OURS for model in apps.get_app_config(app).get_models()]


def test_every_table_is_listed_once():
    assert {model._meta.label for model in ALL} == APPEND_ONLY | EDITABLE
    assert not APPEND_ONLY & EDITABLE


def test_what_is_listed_as_append_only_is():
    found = {model._meta.label for model in ALL if issubclass(model, AppendOnly)}

    assert found == APPEND_ONLY
    assert len(append_only_tables()) == len(APPEND_ONLY)


@pytest.mark.parametrize("model", ALL, ids=lambda model: model._meta.label)
def test_constraints_and_indexes_carry_the_name_of_their_app(model):
    named = [*model._meta.constraints, *model._meta.indexes]

    assert all(item.name.startswith(model._meta.app_label) for item in named)


@pytest.mark.parametrize("model", ALL, ids=lambda model: model._meta.label)
def test_no_table_hides_an_order(model):
    assert not model._meta.ordering


@pytest.mark.parametrize("model", ALL, ids=lambda model: model._meta.label)
def test_moments_are_named_at_and_days_date(model):
    for field in model._meta.get_fields():
        if isinstance(field, models.DateTimeField):
            allowed = ("_at", "_until", "_by")
            known = field.name in ("date_joined", "last_login")
            assert field.name.endswith(allowed) or known, field.name
