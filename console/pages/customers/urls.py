from django.urls import path

from console.pages.customers import views

app_name = "customers"

urlpatterns = [
    path("", views.search, name="search"),
    path("<slug:pseudonym>/", views.detail, name="detail"),
    path("<slug:pseudonym>/preferences/", views.preferences, name="preferences"),
]
