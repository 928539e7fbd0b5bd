from django.urls import path

from console.pages.people import views

app_name = "people"

urlpatterns = [
    path("", views.listing, name="list"),
    path("new/", views.add, name="add"),
    path("<str:username>/", views.detail, name="detail"),
    path("<str:username>/roles/", views.roles, name="roles"),
    path("<str:username>/activity/", views.activity, name="activity"),
]
