from django.urls import path

from console.pages.why import views

app_name = "why"

urlpatterns = [
    path("<str:token>", views.page, name="page"),
    path("<str:token>/how", views.how, name="how"),
]
