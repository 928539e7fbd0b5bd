"""All tables of the app, from their concept folders."""

from governance.access.models import ApiKey
from governance.assessments.models import (
    Assessment,
    Hearing,
    SafeguardsForAll,
    ScreeningRaise,
    Sheet,
)
from governance.audit.models import AuditEntry, Removal, Seal, Unsealed
from governance.catalogue.models import DataElement, Purpose
from governance.consent.models import (
    ConsentEvent,
    ConsentHead,
    Notice,
    Suppression,
)
from governance.fairness.models import (
    FairnessAnswer,
    FairnessAudit,
    MonitoringTrait,
)
from governance.incidents.models import Incident, IncidentClosing
from governance.installation.models import Installation, ServingVersion
from governance.jobs.models import Job
from governance.notices.models import Letter, SilencedKind
from governance.operating.models import RegulatoryReference
from governance.people.models import RoleAssignment, User
from governance.rights.models import Complaint, ErasureRecord, RightsRequest
from governance.signoffs.models import Approval
from governance.usecases.models import (
    Attestation,
    RollbackDrill,
    StateChange,
    StrategicAssessment,
    UseCase,
    UseCaseVersion,
    VersionEditor,
)

__all__ = [
    "ApiKey",
    "Approval",
    "Assessment",
    "Attestation",
    "AuditEntry",
    "Complaint",
    "ConsentEvent",
    "ConsentHead",
    "DataElement",
    "ErasureRecord",
    "FairnessAnswer",
    "FairnessAudit",
    "Hearing",
    "Incident",
    "IncidentClosing",
    "Installation",
    "Job",
    "Letter",
    "MonitoringTrait",
    "Notice",
    "Purpose",
    "RegulatoryReference",
    "Removal",
    "RightsRequest",
    "RoleAssignment",
    "RollbackDrill",
    "SafeguardsForAll",
    "ScreeningRaise",
    "Seal",
    "ServingVersion",
    "Sheet",
    "SilencedKind",
    "StateChange",
    "StrategicAssessment",
    "Suppression",
    "Unsealed",
    "UseCase",
    "UseCaseVersion",
    "User",
    "VersionEditor",
]
