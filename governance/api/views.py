"""The console's governance objects as REST; the same actions, the same rules."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.core import Permission as P
from governance.access.queries import actor_of
from governance.api import pages, shapes
from governance.audit import queries as audit
from governance.catalogue import queries as catalogue
from governance.consent import queries as consents
from governance.fairness import queries as fairness
from governance.installation.queries import now as database_now
from governance.jobs import queries as jobs
from governance.people.models import User
from governance.signoffs import queries as signoffs
from governance.types import Actor, Invalid, NotFound
from governance.usecases import actions as use_case_actions
from governance.usecases import queries as use_cases
from governance.usecases.drafting import user_id_of

CHANNELS = ("web", "email", "app", "push", "sms")
CURSOR = [
    OpenApiParameter("cursor", str, description="The “next” of an earlier answer."),
    OpenApiParameter("limit", int, description="At most 200 rows; 50 by default."),
]
ETAG = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="Last ETag."
)


class PreconditionRequired(exceptions.APIException):
    status_code = 428
    default_code = "etag_required"
    default_detail = "Send the ETag you last saw as If-Match."


def actor(request: Request) -> Actor:
    assert isinstance(request.auth, Actor)
    return request.auth


def owner_of(request: Request) -> Actor:
    """The person who answers for the key; life-cycle steps are taken in their name."""
    owner = user_id_of(actor(request)) or 0
    user = User.objects.filter(pk=owner, is_active=True).first()
    if user is None:
        raise exceptions.PermissionDenied("The owner of this key has left.")
    return actor_of(user)


def given(shape: Any, request: Request) -> dict[str, Any]:
    read = shape(data=request.data)
    read.is_valid(raise_exception=True)
    unknown = sorted(set(request.data) - set(read.fields))
    if unknown:
        raise Invalid(dict.fromkeys(unknown, "There is no such field."))
    return dict(read.validated_data)


def card(key: str) -> Any:
    found = next((c for c in use_cases.board(database_now()) if c.key == key), None)
    if found is None:
        raise NotFound("There is no such use case.")
    return found


class UseCases(APIView):
    permissions: ClassVar[dict[str, P]] = {
        "GET": P.USE_CASES_READ,
        "POST": P.USE_CASES_WRITE,
    }

    @extend_schema(
        operation_id="listUseCases",
        parameters=[*CURSOR, OpenApiParameter("state", str)],
        responses=shapes.UseCaseShape(many=True),
    )
    def get(self, request: Request) -> Response:
        state = request.query_params.get("state", "")
        rows = use_cases.board(database_now())
        chosen = [row for row in rows if not state or row.state == state]
        return pages.by_key(request, chosen, shapes.UseCaseShape)

    @extend_schema(
        operation_id="createUseCase",
        request=shapes.NewUseCase,
        responses={201: shapes.UseCaseShape},
    )
    def post(self, request: Request) -> Response:
        case = use_case_actions.create(
            by=actor(request), now=database_now(), **given(shapes.NewUseCase, request)
        )
        return Response(shapes.UseCaseShape(card(case.key)).data, status=201)


class UseCase(APIView):
    permissions: ClassVar[dict[str, P]] = {
        "GET": P.USE_CASES_READ,
        "PATCH": P.USE_CASES_WRITE,
    }

    @extend_schema(operation_id="getUseCase", responses=shapes.VersionShape)
    def get(self, request: Request, key: str) -> Response:  # noqa: ARG002
        return self._shown(key)

    @extend_schema(
        operation_id="changeUseCaseDraft",
        parameters=[ETAG],
        request=shapes.DraftChange,
        responses={
            200: shapes.VersionShape,
            409: OpenApiResponse(description="Somebody else saved in the meantime."),
        },
    )
    def patch(self, request: Request, key: str) -> Response:
        expected = request.headers.get("If-Match", "")
        if not expected:
            raise PreconditionRequired
        change = given(shapes.DraftChange, request)
        standing = use_cases.version(key)
        use_case_actions.save_draft(
            by=actor(request),
            now=database_now(),
            key=key,
            content={**standing.content, **change["content"]},
            part=change["part"],
            expected=expected,
        )
        return self._shown(key)

    def _shown(self, key: str) -> Response:
        version = use_cases.version(key)
        body = {
            **shapes.UseCaseShape(card(key)).data,
            "draft": shapes.VersionShape(version).data,
        }
        return Response(body, headers={"ETag": use_cases.etag(version)})


class UseCaseTransition(APIView):
    permissions: ClassVar[dict[str, P]] = {"POST": P.API_MANAGE}

    @extend_schema(
        operation_id="moveUseCase",
        request=shapes.StepTaken,
        responses=shapes.UseCaseShape,
    )
    def post(self, request: Request, key: str) -> Response:
        use_case_actions.transition(
            by=owner_of(request),
            now=database_now(),
            key=key,
            **given(shapes.StepTaken, request),
        )
        return Response(shapes.UseCaseShape(card(key)).data)


class UseCaseStop(APIView):
    permissions: ClassVar[dict[str, P]] = {"POST": P.API_MANAGE}

    @extend_schema(
        operation_id="stopUseCase",
        request=shapes.StopAsked,
        responses=shapes.UseCaseShape,
    )
    def post(self, request: Request, key: str) -> Response:
        use_case_actions.stop(
            by=owner_of(request),
            now=database_now(),
            key=key,
            **given(shapes.StopAsked, request),
        )
        return Response(shapes.UseCaseShape(card(key)).data)


class SignOffs(APIView):
    """Read only: no key signs."""

    permissions: ClassVar[dict[str, P]] = {"GET": P.SIGNOFFS_READ}

    @extend_schema(
        operation_id="listSignOffs",
        parameters=[*CURSOR, OpenApiParameter("useCase", str)],
        responses=shapes.SignOffShape(many=True),
    )
    def get(self, request: Request) -> Response:
        rows = signoffs.signoffs(request.query_params.get("useCase", ""))
        return pages.by_number(request, rows, shapes.SignOffShape)


class DataElements(APIView):
    permissions: ClassVar[dict[str, P]] = {"GET": P.CATALOGUE_READ}

    @extend_schema(
        operation_id="listDataElements",
        parameters=CURSOR,
        responses=shapes.DataElementShape(many=True),
    )
    def get(self, request: Request) -> Response:
        return pages.by_key(request, catalogue.elements(), shapes.DataElementShape)


class DataElement(APIView):
    permissions: ClassVar[dict[str, P]] = {"GET": P.CATALOGUE_READ}

    @extend_schema(operation_id="getDataElement", responses=shapes.DataElementShape)
    def get(self, request: Request, key: str) -> Response:  # noqa: ARG002
        return Response(shapes.DataElementShape(catalogue.element(key)).data)


class Purposes(APIView):
    permissions: ClassVar[dict[str, P]] = {"GET": P.PURPOSES_READ}

    @extend_schema(
        operation_id="listPurposes",
        parameters=CURSOR,
        responses=shapes.PurposeShape(many=True),
    )
    def get(self, request: Request) -> Response:
        return pages.by_key(request, catalogue.purposes(), shapes.PurposeShape)


class Consents(APIView):
    permissions: ClassVar[dict[str, P]] = {"GET": P.PEOPLE_READ_MASKED}

    @extend_schema(
        operation_id="getConsents",
        parameters=[OpenApiParameter("personId", int, required=True)],
        responses=shapes.ConsentHeadShape,
    )
    def get(self, request: Request) -> Response:
        raw = request.query_params.get("personId", "")
        if not raw.isdigit() or len(raw) > 18:
            raise Invalid({"personId": "Give the person's number."})
        head = consents.head(int(raw))
        if head is None:
            raise NotFound("Nothing is known of this person's choices.")
        found = consents.standing(int(raw), CHANNELS, now=database_now())
        body = {
            "personId": int(raw),
            "version": head.version,
            "personalisationOff": head.personalisation_off,
            "channelsOff": sorted(head.channels_off),
            "standing": [
                {
                    "purpose": purpose,
                    "channel": channel,
                    "allowed": bool(answer),
                    "code": answer.code,
                }
                for (purpose, channel), answer in found.items()
            ],
        }
        return Response(shapes.ConsentHeadShape(body).data)


class Fairness(APIView):
    permissions: ClassVar[dict[str, P]] = {"GET": P.API_READ}

    @extend_schema(
        operation_id="listFairness",
        summary="Each use case and what its latest fairness audit says",
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        rows = [
            {
                "useCase": each.use_case.key,
                "verdict": each.audit.verdict if each.audit else None,
                "auditedAt": each.audit.audited_at if each.audit else None,
                "customers": each.audit.n_customers if each.audit else None,
            }
            for each in fairness.standing()
        ]
        return Response({"results": rows})


class FairnessOfUseCase(APIView):
    permissions: ClassVar[dict[str, P]] = {"GET": P.API_READ}

    @extend_schema(
        operation_id="readFairness",
        summary="A use case's fairness audits, newest first; small cells are hidden",
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, key: str) -> Response:  # noqa: ARG002
        rows = fairness.audits(key, limit=12)
        return Response({"results": [fairness.as_json(row) for row in rows]})


class AuditLog(APIView):
    """Entries about single people are left out: a key does not read people."""

    permissions: ClassVar[dict[str, P]] = {"GET": P.API_READ}

    @extend_schema(
        operation_id="listAudit",
        parameters=[*CURSOR, OpenApiParameter("type", str)],
        responses=shapes.AuditEntryShape(many=True),
    )
    def get(self, request: Request) -> Response:
        prefix = request.query_params.get("type", "")
        rows = audit.entries(type_prefix=prefix).exclude(subject_kind="person")
        return pages.by_number(request, rows, shapes.AuditEntryShape, field="seq")


class Job(APIView):
    permissions: ClassVar[dict[str, P]] = {"GET": P.JOBS_READ}

    @extend_schema(operation_id="getJob", responses=shapes.JobShape)
    def get(self, request: Request, job_id: str) -> Response:
        return Response(shapes.JobShape(jobs.job(actor(request), job_id)).data)
