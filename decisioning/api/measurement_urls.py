from django.urls import path

from decisioning.api import measurement as views
from decisioning.api import policies

app_name = "measurement"

urlpatterns = [
    path("experiments", views.Experiments.as_view(), name="experiments"),
    path("experiments/<slug:key>", views.Experiment.as_view(), name="experiment"),
    path("experiments/<slug:key>/readout", views.ReadOut.as_view(), name="readout"),
    path(
        "off-policy-evaluations",
        policies.OffPolicyEvaluations.as_view(),
        name="off_policy",
    ),
    path("holdouts", views.Holdouts.as_view(), name="holdouts"),
    path("scores", views.Scores.as_view(), name="scores"),
    path("scores/<slug:key>", views.Score.as_view(), name="score"),
    path("scorecards/<slug:scope>", views.Scorecard.as_view(), name="scorecard"),
]
