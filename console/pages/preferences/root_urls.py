from django.urls import path

from console.pages.preferences import views

urlpatterns = [
    path("unsubscribe/<str:token>", views.unsubscribe, name="unsubscribe"),
    path(".well-known/gpc.json", views.gpc, name="gpc"),
]
