from django.urls import path

from console.pages.jobs import views

app_name = "jobs"

urlpatterns = [
    path("", views.listing, name="list"),
    path("<uuid:job_id>/", views.detail, name="detail"),
    path("<uuid:job_id>/progress/", views.progress, name="progress"),
    path("<uuid:job_id>/cancellation/", views.cancel, name="cancel"),
]
