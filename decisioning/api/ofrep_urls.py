from django.urls import path

from decisioning.api import ofrep_views

urlpatterns = [
    path("evaluate/flags", ofrep_views.FlagsView.as_view(), name="ofrep_flags"),
    path(
        "evaluate/flags/<path:key>", ofrep_views.FlagView.as_view(), name="ofrep_flag"
    ),
]
