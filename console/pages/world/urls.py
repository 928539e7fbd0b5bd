from django.urls import path

from console.pages.world import views

app_name = "world"

urlpatterns = [path("", views.world, name="switch")]
