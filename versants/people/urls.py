from django.urls import URLPattern, path

from versants.people.views import imports, membership, persons

urlpatterns: list[URLPattern] = [
    path("membership/", membership.switch, name="membership"),
    path("imports/", imports.index, name="imports"),
    path("imports/model/", imports.model, name="import_model"),
    path("imports/<uuid:uid>/", imports.one, name="import"),
    path("imports/<uuid:uid>/confirm/", imports.confirm, name="import_confirm"),
    path("imports/<uuid:uid>/discard/", imports.discard, name="import_discard"),
    path("imports/<uuid:uid>/undo/", imports.undo, name="import_undo"),
    path("imports/<uuid:uid>/left/", imports.left, name="import_left"),
    path("people/", persons.people, name="people"),
    path("people/new/", persons.new, name="person_new"),
    path("people/opened/", persons.openings, name="identity_openings"),
    path("people/opened/<uuid:uid>/review/", persons.opening_review, name="identity_opening_review"),
    path("people/<str:code>/", persons.person, name="person"),
    path("people/<str:code>/open/", persons.open_identity, name="person_open"),
    path("people/<str:code>/consents/new/", persons.consent_new, name="consent_new"),
    path(
        "people/<str:code>/consents/<uuid:uid>/withdraw/", persons.consent_withdraw, name="consent_withdraw"
    ),
]
