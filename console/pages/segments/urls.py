from django.urls import path

from console.pages.segments import views

app_name = "segments"

urlpatterns = [
    path("", views.listing, name="list"),
    path("new/", views.new, name="new"),
    path("preview/", views.preview, name="preview"),
    path("<slug:key>/", views.edit, name="edit"),
    path("<slug:key>/retirement/", views.retire, name="retire"),
]
