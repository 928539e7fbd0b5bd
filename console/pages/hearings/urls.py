from django.urls import path

from console.pages.hearings import views

app_name = "hearings"
urlpatterns = [
    path("", views.listing, name="list"),
    path("<int:hearing_id>/", views.detail, name="detail"),
]
