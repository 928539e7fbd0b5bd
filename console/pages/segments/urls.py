from django.urls import path

from console.pages.segments import audience_views, insight_views, views

app_name = "segments"

urlpatterns = [
    path("", views.listing, name="list"),
    path("new/", views.new, name="new"),
    path("preview/", views.preview, name="preview"),
    path("look-alike/", insight_views.look_alike, name="look_alike"),
    path("<slug:key>/", views.edit, name="edit"),
    path("<slug:key>/members/", insight_views.members, name="members"),
    path("<slug:key>/audiences/", audience_views.listing, name="audiences"),
    path("<slug:key>/audiences/new/", audience_views.add, name="add_audience"),
    path(
        "<slug:key>/audiences/<int:audience_id>/stop/",
        audience_views.stop,
        name="stop_audience",
    ),
    path("<slug:key>/customers.csv", audience_views.csv_file, name="csv"),
    path("<slug:key>/rebuild/", insight_views.rebuild, name="rebuild"),
    path("<slug:key>/retirement/", views.retire, name="retire"),
]
