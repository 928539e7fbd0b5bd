"""All tables of the app, from their concept folders."""

from decisioning.caps.models import Budget, Cap, Contact
from decisioning.customers.models import Customer, CustomerIdentity, IdentityMerge
from decisioning.engine.models import (
    Decision,
    IdempotentAnswer,
    SavedMapping,
    ServedTable,
    StandingDecision,
)
from decisioning.events.models import DeadLetter, Event, MessageLedger, Product
from decisioning.experiments.models import (
    ArmStatistics,
    Assignment,
    Experiment,
    Outcome,
)
from decisioning.features.models import CustomerFeatures, CustomerTally
from decisioning.offers.models import Creative, Offer, Placement
from decisioning.quality.models import (
    CountedUntil,
    QualityAlert,
    QualityThreshold,
    RepeatedMessages,
    SignalDay,
    SignalField,
)
from decisioning.revisions.models import Revision
from decisioning.scorecards.models import ScorecardSnapshot
from decisioning.scoring.models import ModelVersion, Score
from decisioning.segments.models import (
    Audience,
    AudienceDelivery,
    AudienceMember,
    Segment,
    SegmentBuild,
    SegmentMembership,
    SegmentVersion,
)

__all__ = [
    "ArmStatistics",
    "Assignment",
    "Audience",
    "AudienceDelivery",
    "AudienceMember",
    "Budget",
    "Cap",
    "Contact",
    "CountedUntil",
    "Creative",
    "Customer",
    "CustomerFeatures",
    "CustomerIdentity",
    "CustomerTally",
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
    "Product",
    "QualityAlert",
    "QualityThreshold",
    "RepeatedMessages",
    "Revision",
    "SavedMapping",
    "Score",
    "ScorecardSnapshot",
    "Segment",
    "SegmentBuild",
    "SegmentMembership",
    "SegmentVersion",
    "ServedTable",
    "SignalDay",
    "SignalField",
    "StandingDecision",
]
