from django.urls import path

from console.pages.caps import views

app_name = "caps"

urlpatterns = [
    path("", views.listing, name="list"),
    path("new/", views.new, name="new"),
    path("budgets/new/", views.new_budget, name="new_budget"),
    path("budgets/<slug:key>/", views.edit_budget, name="budget"),
    path("<slug:key>/", views.edit, name="edit"),
    path("<slug:key>/retirement/", views.retire, name="retire"),
]
