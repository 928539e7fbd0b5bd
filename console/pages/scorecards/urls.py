from django.urls import path

from console.pages.scorecards import views

app_name = "scorecards"

urlpatterns = [
    path("", views.overall, name="overall"),
    path("<slug:key>/", views.use_case, name="use_case"),
    path("<slug:scope>/scorecard.csv", views.csv_file, name="csv"),
    path("<slug:scope>/rows/<slug:metric>/", views.rows, name="rows"),
]
