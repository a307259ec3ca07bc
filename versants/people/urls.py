from django.urls import URLPattern, path

from versants.people.views import membership, persons

urlpatterns: list[URLPattern] = [
    path("membership/", membership.switch, name="membership"),
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
