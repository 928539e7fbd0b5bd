from django.urls import path

from console.pages.scores import views

app_name = "scores"

urlpatterns = [
    path("", views.listing, name="list"),
    path("new/chance/", views.train_propensity, name="train_propensity"),
    path("new/value/", views.train_clv, name="train_clv"),
    path("<slug:key>/", views.detail, name="detail"),
    path("<slug:key>/rescoring/", views.rescore, name="rescore"),
    path("<slug:key>/promotion/", views.promote, name="promote"),
]
