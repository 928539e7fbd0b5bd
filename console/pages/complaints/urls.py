from django.urls import path

from console.pages.complaints import views

app_name = "complaints"

urlpatterns = [
    path("", views.listing, name="list"),
    path("new/", views.take, name="take"),
    path("<int:complaint_id>/", views.detail, name="detail"),
    path("<int:complaint_id>/acknowledgement/", views.acknowledge, name="acknowledge"),
    path("<int:complaint_id>/closing/", views.close, name="close"),
]
