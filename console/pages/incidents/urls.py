from django.urls import path

from console.pages.incidents import views

app_name = "incidents"

urlpatterns = [
    path("", views.listing, name="list"),
    path("<int:incident_id>/", views.detail, name="detail"),
    path("<int:incident_id>/closing/", views.close, name="close"),
]
