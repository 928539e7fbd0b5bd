from django.urls import path

from console.pages.datamap import views

app_name = "datamap"
urlpatterns = [
    path("", views.data_map, name="list"),
    path("<str:key>/", views.element, name="element"),
]
