from django.urls import path

from console.pages.keys import views

app_name = "keys"

urlpatterns = [
    path("", views.listing, name="list"),
    path("new/", views.issue, name="issue"),
    path("<slug:public_id>/revocation/", views.revoke, name="revoke"),
]
