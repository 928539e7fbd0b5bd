"""Read-outs, scores and scorecards as JSON that a program can check."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any, ClassVar

from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from decisioning.experiments import queries as experiments
from decisioning.scorecards import queries as scorecards
from decisioning.scoring import queries as scores
from decisioning.types import Period
from governance.access.core import Permission as P
from governance.installation.queries import now
from governance.types import Invalid

PAGE = 50
CURSOR = OpenApiParameter("cursor", int, description="`next` of the page before.")
SINCE = OpenApiParameter("from", OpenApiTypes.DATE, description="First day or moment.")
UNTIL = OpenApiParameter(
    "to", OpenApiTypes.DATE, description="Last day, which belongs to it, or moment."
)


class Experiments(APIView):
    permissions: ClassVar[Mapping[str, P]] = {"GET": P.EXPERIMENTS_READ}

    @extend_schema(
        operation_id="experiments_list",
        summary="Experiments, newest first",
        parameters=[
            OpenApiParameter("useCase", str, description="Key of a use case."),
            OpenApiParameter(
                "state", str, enum=["draft", "running", "stopped", "finished"]
            ),
            CURSOR,
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        rows = experiments.catalogue(
            use_case_key=request.query_params.get("useCase", ""),
            state=request.query_params.get("state", ""),
        )
        start = _cursor(request)
        page = rows[start : start + PAGE]
        following = start + PAGE if len(rows) > start + PAGE else None
        results = [_experiment(row) for row in page]
        return Response({"results": results, "next": following})


class Experiment(APIView):
    permissions: ClassVar[Mapping[str, P]] = {"GET": P.EXPERIMENTS_READ}

    @extend_schema(
        operation_id="experiments_read",
        summary="One experiment: its design and how many customers are in each arm",
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, key: str) -> Response:  # noqa: ARG002
        row = experiments.experiment(key)
        told = _experiment(row) | {
            "hypothesis": row.hypothesis,
            "metrics": row.metrics,
            "notRecorded": row.not_recorded,
            "customers": experiments.arm_counts(row),
        }
        return Response(told)


class ReadOut(APIView):
    permissions: ClassVar[Mapping[str, P]] = {"GET": P.EXPERIMENTS_READ}

    @extend_schema(
        operation_id="experiments_readout",
        summary="What each arm did against the control, with intervals and a verdict",
        description="`alwaysValid` holds however often it is looked at; `interval` is "
        "there only once the planned end is reached.",
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, key: str) -> Response:  # noqa: ARG002
        return Response(experiments.as_json(key, now()))


class Holdouts(APIView):
    permissions: ClassVar[Mapping[str, P]] = {"GET": P.HOLDOUTS_READ}

    @extend_schema(
        operation_id="holdouts_list",
        summary="Who is left alone for comparison, by use case",
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        results = [
            {
                "useCase": row.use_case_key or None,
                "experiment": row.key,
                "arm": row.control,
                "share": experiments.design_of(row).control.share,
                "customers": experiments.arm_counts(row)[row.control],
                "state": row.state,
                "isImported": row.is_imported,
            }
            for row in experiments.catalogue()
        ]
        return Response({"results": results})


class Scores(APIView):
    permissions: ClassVar[Mapping[str, P]] = {"GET": P.MODELS_READ}

    @extend_schema(
        operation_id="scores_list",
        summary="Models that score customers, and the scores there are",
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        return Response(
            {
                "results": [scores.as_json(row) for row in scores.reports()],
                "scores": [
                    {
                        "key": each.key,
                        "customers": each.n,
                        "mean": each.mean,
                        "computedAt": each.computed_at.isoformat(),
                    }
                    for each in scores.score_keys()
                ],
            }
        )


class Score(APIView):
    permissions: ClassVar[Mapping[str, P]] = {"GET": P.MODELS_READ}

    @extend_schema(
        operation_id="scores_read",
        summary="One model: parameters, report and versions",
        parameters=[OpenApiParameter("version", int)],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, key: str) -> Response:
        row = scores.report(key, _whole(request, "version"))
        told = scores.as_json(row, is_full=True)
        told["versions"] = [scores.as_json(each) for each in scores.versions(key)]
        return Response(told)


class Scorecard(APIView):
    permissions: ClassVar[Mapping[str, P]] = {"GET": P.SCORECARDS_READ}

    @extend_schema(
        operation_id="scorecards_read",
        summary="Treated against left alone, for a use case, an import or `all`",
        parameters=[SINCE, UNTIL],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, scope: str) -> Response:
        at = now()
        card = scorecards.scorecard(scope, _period(request, at), at)
        base_url = request.build_absolute_uri("/").rstrip("/")
        return Response(scorecards.as_json(card, base_url=base_url))


def _experiment(row: experiments.Experiment) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "state": row.state,
        "useCase": row.use_case_key or None,
        "isImported": row.is_imported,
        "source": row.source,
        "unit": row.unit,
        "arms": row.arms,
        "control": row.control,
        "plannedCustomers": row.planned_n,
        "plannedDays": row.planned_days,
        "startedAt": row.started_at.isoformat() if row.started_at else None,
        "endedAt": row.ended_at.isoformat() if row.ended_at else None,
    }


def _cursor(request: Request) -> int:
    return _whole(request, "cursor") or 0


def _whole(request: Request, field: str) -> int | None:
    given = request.query_params.get(field)
    if not given:
        return None
    if not given.isdecimal() or len(given) > 9:
        raise Invalid({field: "Give a whole number, or leave it out."})
    return int(given)


def _period(request: Request, at: datetime) -> Period:
    usual = scorecards.default_period(at)
    starts = _moment(request, "from", is_last_day=False) or usual.starts_at
    ends = _moment(request, "to", is_last_day=True) or usual.ends_at
    if ends is not None and ends <= starts:
        raise Invalid({"to": "The period must end after it starts."})
    return Period(starts, ends)


def _moment(request: Request, field: str, *, is_last_day: bool) -> datetime | None:
    """A day, of which the last belongs to the period, or a moment with its zone."""
    given = request.query_params.get(field)
    if not given:
        return None
    try:
        day = parse_date(given)
        if day is not None:
            edge = scorecards.day_after(day) if is_last_day else day
            return datetime.combine(edge, time(), UTC)
        moment = parse_datetime(given.replace(" ", "+"))
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise Invalid({field: "Give a day such as 2026-03-02, or a moment with zone."})
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
