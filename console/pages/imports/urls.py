from django.urls import path

from console.pages.imports import views

app_name = "imports"

urlpatterns = [
    path("", views.listing, name="list"),
    path("new/", views.new, name="new"),
    path("rejects/<uuid:job_id>/", views.rejects, name="rejects"),
    path("undo/<uuid:job_id>/", views.undo, name="undo"),
    path("<slug:token>/", views.file, name="file"),
]
