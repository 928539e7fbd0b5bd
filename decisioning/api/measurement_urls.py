from django.urls import path

from decisioning.api import measurement as views

app_name = "measurement"

urlpatterns = [
    path("experiments", views.Experiments.as_view(), name="experiments"),
    path("experiments/<slug:key>", views.Experiment.as_view(), name="experiment"),
    path("experiments/<slug:key>/readout", views.ReadOut.as_view(), name="readout"),
    path("holdouts", views.Holdouts.as_view(), name="holdouts"),
    path("scores", views.Scores.as_view(), name="scores"),
    path("scores/<slug:key>", views.Score.as_view(), name="score"),
    path("scorecards/<slug:scope>", views.Scorecard.as_view(), name="scorecard"),
]
