from django.urls import path

from console.pages.fairness import views

app_name = "fairness"

urlpatterns = [
    path("", views.overview, name="list"),
    path("<slug:key>/", views.use_case, name="detail"),
    path("<slug:key>/audits/", views.run, name="run"),
    path("<slug:key>/answers/", views.answer, name="answer"),
]
