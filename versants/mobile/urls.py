from django.urls import URLPattern, path

from versants.mobile.views import records

urlpatterns: list[URLPattern] = [
    path("visits/<uuid:uid>/record/", records.record, name="visit_record"),
    path("visits/<uuid:uid>/record/draft/", records.autosave, name="visit_record_draft"),
    path("visits/<uuid:uid>/record/add/", records.add, name="visit_record_add"),
    path("visits/<uuid:uid>/attempt/", records.attempt, name="visit_attempt"),
]
