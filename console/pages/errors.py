"""The pages for what goes wrong, with a status and a way on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from governance.types import Gone


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "errors/403.html", {"csrf_reason": reason}, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/400.html", {"message": str(exception)}, status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/403.html", {"message": str(exception)}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    gone = exception.__cause__
    context = {"message": gone.message} if isinstance(gone, Gone) else {}
    return render(request, "errors/404.html", context, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Needs neither database nor session: both may be what failed."""
    request_id = request.headers.get("X-Request-ID", "")
    return HttpResponse(
        render_to_string("errors/500.html", {"request_id": request_id}), status=500
    )
