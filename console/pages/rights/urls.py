from django.urls import path

from console.pages.rights import views

app_name = "rights"

urlpatterns = [
    path("", views.listing, name="list"),
    path("<int:request_id>/", views.detail, name="detail"),
    path("<int:request_id>/steps/", views.take_step, name="step"),
]
