from django.urls import path

from console.pages.styleguide import views

app_name = "styleguide"
urlpatterns = [path("", views.gallery, name="gallery")]
