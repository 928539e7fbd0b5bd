from django.urls import path

from console.pages.assessments import sheet_views, views

app_name = "assessments"
urlpatterns = [
    path("", views.listing, name="list"),
    path("for-all/set/", views.for_all, name="for_all"),
    path("sheets/<slug:part>/<str:key>/", sheet_views.sheet, name="sheet"),
    path("<slug:key>/", views.overview, name="overview"),
    path("<slug:key>/raise/", views.raise_level, name="raise"),
    path("<slug:key>/<slug:kind>/", views.form, name="form"),
]
