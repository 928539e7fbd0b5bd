from django.urls import path

from console.pages.usecases import acting, backlog, intake_views, views

app_name = "usecases"
urlpatterns = [
    path("", views.board, name="board"),
    path("table/", views.table, name="table"),
    path("backlog/", backlog.backlog, name="backlog"),
    path("new/", views.new, name="new"),
    path("<slug:key>/", views.detail, name="detail"),
    path("<slug:key>/edit/", intake_views.edit, name="edit"),
    path("<slug:key>/edit/check/", intake_views.check, name="check"),
    path("<slug:key>/assessments/", acting.assess, name="assess"),
    path("<slug:key>/attestations/", acting.attest, name="attest"),
    path("<slug:key>/drills/", acting.drill, name="drill"),
    path("<slug:key>/transitions/", acting.transition, name="transition"),
    path("<slug:key>/pause/", acting.pause, name="pause"),
    path("<slug:key>/stop/", acting.stop, name="stop"),
    path("<slug:key>/exposure/", acting.exposure, name="exposure"),
    path("<slug:key>/live-edits/", acting.apply_now, name="apply_now"),
]
