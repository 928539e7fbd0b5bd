from django.urls import path

from console.pages.offers import placement_views, views

app_name = "offers"

urlpatterns = [
    path("", views.listing, name="list"),
    path("new/", views.new, name="new"),
    path("placements/", placement_views.listing, name="placements"),
    path("placements/new/", placement_views.new, name="new_placement"),
    path("placements/<str:key>/", placement_views.edit, name="placement"),
    path("<slug:key>/", views.edit, name="edit"),
    path("<slug:key>/creatives/", views.creative, name="creative"),
    path(
        "<slug:key>/creatives/<int:pk>/retirement/",
        views.retire_creative,
        name="retire_creative",
    ),
    path("<slug:key>/retirement/", views.retire, name="retire"),
]
