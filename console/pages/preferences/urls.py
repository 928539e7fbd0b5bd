from django.urls import path

from console.pages.preferences import views

app_name = "preferences"

urlpatterns = [path("<str:token>", views.page, name="page")]
