from django.urls import path

from console.pages.search import views

app_name = "search"

urlpatterns = [path("", views.results, name="results")]
