from django.urls import path

from governance.api import rights_views, views

urlpatterns = [
    path("use-cases", views.UseCases.as_view()),
    path("use-cases/<slug:key>", views.UseCase.as_view()),
    path("use-cases/<slug:key>/transition", views.UseCaseTransition.as_view()),
    path("use-cases/<slug:key>/stop", views.UseCaseStop.as_view()),
    path("sign-offs", views.SignOffs.as_view()),
    path("data-elements", views.DataElements.as_view()),
    path("data-elements/<slug:key>", views.DataElement.as_view()),
    path("purposes", views.Purposes.as_view()),
    path("consents", views.Consents.as_view()),
    path("complaints", rights_views.Complaints.as_view()),
    path("rights-requests", rights_views.RightsRequests.as_view()),
    path("rights-requests/<int:request_id>", rights_views.RightsRequestView.as_view()),
    path("rights-requests/<int:request_id>/steps", rights_views.RightsSteps.as_view()),
    path("fairness", views.Fairness.as_view()),
    path("fairness/<slug:key>", views.FairnessOfUseCase.as_view()),
    path("audit", views.AuditLog.as_view()),
    path("jobs/<uuid:job_id>", views.Job.as_view()),
]
