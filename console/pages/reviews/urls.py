from django.urls import path

from console.pages.reviews import views

app_name = "reviews"
urlpatterns = [
    path("", views.queue, name="queue"),
    path("<slug:key>/", views.review, name="review"),
    path("<slug:key>/conditions/", views.close_condition, name="condition"),
]
