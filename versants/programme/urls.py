from django.urls import URLPattern, path

from versants.programme.views import figures

urlpatterns: list[URLPattern] = [
    path("figures/", figures.figures, name="figures"),
    path("figures/records/", figures.records, name="figure_records"),
    path("figures/semester.xlsx", figures.semester_xlsx, name="semester_xlsx"),
]
