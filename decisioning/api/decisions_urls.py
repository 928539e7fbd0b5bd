from django.urls import path

from decisioning.api import decisions

urlpatterns = [
    path("decisions", decisions.DecisionsView.as_view(), name="decisions"),
    path("decisions/batch", decisions.BatchView.as_view(), name="decisions_batch"),
    path(
        "decisions/<uuid:decision_id>", decisions.TraceView.as_view(), name="decision"
    ),
    path(
        "decisions/<uuid:decision_id>/explanation",
        decisions.ExplanationView.as_view(),
        name="decision_explanation",
    ),
]
