from django.urls import path

from decisioning.api import ingest

urlpatterns = [
    path("batch", ingest.batch, name="ingest-batch"),
    *(path(kind, view, name=f"ingest-{kind}") for kind, view in ingest.CALLS.items()),
]
