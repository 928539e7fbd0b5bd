from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from console.pages.styleguide import charts, forms, samples
from governance.access.core import Permission as P
from governance.access.doors import requires


@requires(get=P.HOME_READ)
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component in every state, in the theme of the reader."""
    shown = samples.load()
    return render(
        request,
        "pages/styleguide/gallery.html",
        {
            "samples": shown,
            "charts": charts.all_charts(),
            "form": forms.SampleForm(),
            "returned": forms.returned_form(),
            "locked": forms.locked_form(),
            "pages": Paginator(range(64), 12).page(2),
            "factor_rows": samples.factor_rows(shown),
            "legend": samples.legend(shown),
            "series": samples.series(),
            "now": timezone.now(),
        },
    )
