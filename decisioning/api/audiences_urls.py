from django.urls import path

from decisioning.api import audiences as views

app_name = "audiences"

urlpatterns = [
    path("audiences", views.Audiences.as_view(), name="audiences"),
    path("audiences/<int:audience_id>", views.AudienceView.as_view(), name="audience"),
]
