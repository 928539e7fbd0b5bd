from django.urls import path

from console.pages.audit import views

app_name = "audit"

urlpatterns = [
    path("", views.listing, name="list"),
    path("verification/", views.verify, name="verify"),
    path("entries.csv", views.csv_file, name="csv"),
    path("<int:seq>/", views.detail, name="detail"),
]
