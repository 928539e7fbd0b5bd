from django.urls import path

from console.pages.home import views

app_name = "home"
urlpatterns = [path("", views.home, name="home")]
