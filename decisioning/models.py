"""All tables of the app, from their concept folders."""

from decisioning.caps.models import Budget, Cap, Contact
from decisioning.customers.models import Customer, CustomerIdentity, IdentityMerge
from decisioning.engine.models import Decision, IdempotentAnswer, StandingDecision
from decisioning.events.models import DeadLetter, Event, MessageLedger
from decisioning.experiments.models import (
    ArmStatistics,
    Assignment,
    Experiment,
    Outcome,
)
from decisioning.features.models import CustomerFeatures
from decisioning.offers.models import Creative, Offer, Placement
from decisioning.revisions.models import Revision
from decisioning.scorecards.models import ScorecardSnapshot
from decisioning.scoring.models import ModelVersion, Score
from decisioning.segments.models import Segment

__all__ = [
    "ArmStatistics",
    "Assignment",
    "Budget",
    "Cap",
    "Contact",
    "Creative",
    "Customer",
    "CustomerFeatures",
    "CustomerIdentity",
    "DeadLetter",
    "Decision",
    "Event",
    "Experiment",
    "IdempotentAnswer",
    "IdentityMerge",
    "MessageLedger",
    "ModelVersion",
    "Offer",
    "Outcome",
    "Placement",
    "Revision",
    "Score",
    "ScorecardSnapshot",
    "Segment",
    "StandingDecision",
]
