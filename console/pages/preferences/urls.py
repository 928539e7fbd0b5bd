from django.urls import path

from console.pages.preferences import views

app_name = "preferences"

urlpatterns = [
    path("<str:token>", views.page, name="page"),
    path("<str:token>/data", views.data, name="data"),
    path("<str:token>/erasure", views.erasure, name="erasure"),
]
