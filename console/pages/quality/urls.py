from django.urls import path

from console.pages.quality import views

app_name = "quality"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("signal/", views.signal, name="signal"),
    path("thresholds/", views.thresholds, name="thresholds"),
    path(
        "alarms/<int:alert_id>/acknowledgement/", views.acknowledge, name="acknowledge"
    ),
]
