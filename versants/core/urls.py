from django.urls import URLPattern, URLResolver, include, path

from versants.core.web import audit, jobs, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("components/", views.components, name="components"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("privacy/", views.privacy, name="privacy"),
    path("legal/", views.legal, name="legal"),
    path("jobs/<uuid:uid>/", jobs.job, name="job"),
    path("jobs/<uuid:uid>/stop/", jobs.job_stop, name="job_stop"),
    path("audit/", audit.audit, name="audit"),
    path("help/<slug:role>/", views.guide, name="help"),
]
