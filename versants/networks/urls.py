from django.urls import URLPattern, path

from versants.networks.views import studies

urlpatterns: list[URLPattern] = [
    path("mesh/", studies.studies_page, name="studies"),
    path("mesh/<uuid:uid>/", studies.study, name="study"),
    path("mesh/<uuid:uid>/front/", studies.study_front, name="study_front"),
    path("mesh/<uuid:uid>/report.pdf", studies.study_pdf, name="study_pdf"),
    path("mesh/<uuid:uid>/annex.xlsx", studies.study_xlsx, name="study_xlsx"),
]
