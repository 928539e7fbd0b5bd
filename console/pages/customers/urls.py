from django.urls import path

from console.pages.customers import rights_views, views

app_name = "customers"

urlpatterns = [
    path("", views.search, name="search"),
    path("<slug:pseudonym>/", views.detail, name="detail"),
    path("<slug:pseudonym>/preferences/", views.preferences, name="preferences"),
    path("<slug:pseudonym>/separations/", views.separation, name="separation"),
    path("<slug:pseudonym>/requests/", rights_views.requests, name="requests"),
    path("<slug:pseudonym>/rights/", rights_views.rights_page, name="rights"),
    path("<slug:pseudonym>/pack/", rights_views.pack, name="pack"),
    path("<slug:pseudonym>/erasure/", rights_views.erasure, name="erasure"),
]
