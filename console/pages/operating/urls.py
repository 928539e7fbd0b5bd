from django.urls import path

from console.pages.operating import views

app_name = "operating"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("questions/", views.questions, name="questions"),
    path("record/", views.record, name="record"),
    path("record.csv", views.record_csv, name="record_csv"),
    path("references/<slug:key>/", views.reference, name="reference"),
]
