from typing import ClassVar

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from governance.access.doors import PUBLIC


class Schema(SpectacularAPIView):
    permissions: ClassVar[dict[str, str]] = {"GET": PUBLIC}


class Docs(SpectacularSwaggerView):
    permissions: ClassVar[dict[str, str]] = {"GET": PUBLIC}


urlpatterns = [
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(url_name="schema"), name="docs"),
]
