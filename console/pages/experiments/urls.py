from django.urls import path

from console.pages.experiments import policy_views, views

app_name = "experiments"

urlpatterns = [
    path("", views.listing, name="list"),
    path("off-policy/", policy_views.off_policy, name="off_policy"),
    path("<slug:key>/", views.detail, name="detail"),
    path("<slug:key>/readout.csv", views.csv_file, name="csv"),
    path("<slug:key>/print/", views.printable, name="print"),
    path("<slug:key>/start/", views.start, name="start"),
    path("<slug:key>/stop/", views.stop, name="stop"),
    path("<slug:key>/finish/", views.finish, name="finish"),
]
