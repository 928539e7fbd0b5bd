from django.urls import path

from decisioning.api.customers import CustomerView

urlpatterns = [
    path("customers/<str:user_id>", CustomerView.as_view(), name="api-customer"),
]
