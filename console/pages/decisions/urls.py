from django.urls import path

from console.pages.decisions import views

app_name = "decisions"

urlpatterns = [
    path("", views.listing, name="list"),
    path("<uuid:decision_id>/", views.detail, name="detail"),
]
