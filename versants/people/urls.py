from django.urls import URLPattern, path

from versants.people.views import (
    access,
    demands,
    entering,
    erasing,
    imports,
    membership,
    naming,
    oidc,
    persons,
    private,
    rights,
    sessions,
)

urlpatterns: list[URLPattern] = [
    path("membership/", membership.switch, name="membership"),
    # In the place of allauth's own, with signed tokens always verified.
    path("account/oidc/<slug:provider_id>/login/", oidc.login, name="openid_connect_login"),
    path("account/oidc/<slug:provider_id>/login/callback/", oidc.callback, name="openid_connect_callback"),
    path("account/invited/<str:token>/", entering.invited, name="invited"),
    path("account/back/<str:token>/", entering.recovered, name="recovered"),
    path("account/second-factor/", sessions.second_factor, name="second_factor"),
    path("account/sessions/", sessions.sessions, name="sessions"),
    path("account/kept/", sessions.held_form, name="held_form"),
    path("roles/", access.role_list, name="roles"),
    path("roles/<uuid:uid>/", access.role, name="role"),
    path("invitations/", access.invitation_list, name="invitations"),
    path("invitations/<uuid:uid>/again/", access.invitation_again, name="invitation_again"),
    path("invitations/<uuid:uid>/withdraw/", access.invitation_withdraw, name="invitation_withdraw"),
    path("recoveries/", access.recovery_list, name="recoveries"),
    path("recoveries/<uuid:uid>/confirm/", access.recovery_confirm, name="recovery_confirm"),
    path("recoveries/<uuid:uid>/stop/", access.recovery_stop, name="recovery_stop"),
    path("rights/", rights.rights, name="rights"),
    path("demands/", demands.demand_list, name="demands"),
    path("demands/<uuid:uid>/answer/", demands.demand_answer, name="demand_answer"),
    path("imports/", imports.index, name="imports"),
    path("imports/model/", imports.model, name="import_model"),
    path("imports/<uuid:uid>/", imports.one, name="import"),
    path("imports/<uuid:uid>/confirm/", imports.confirm, name="import_confirm"),
    path("imports/<uuid:uid>/discard/", imports.discard, name="import_discard"),
    path("imports/<uuid:uid>/undo/", imports.undo, name="import_undo"),
    path("imports/<uuid:uid>/left/", imports.left, name="import_left"),
    path("people/", persons.people, name="people"),
    path("people/new/", persons.new, name="person_new"),
    path("people/named/", naming.named, name="person_named"),
    path("people/opened/", persons.openings, name="identity_openings"),
    path("people/opened/<uuid:uid>/review/", persons.opening_review, name="identity_opening_review"),
    path("people/<str:code>/", persons.person, name="person"),
    path("people/<str:code>/open/", persons.open_identity, name="person_open"),
    path("people/<str:code>/notes/", private.notes, name="private_notes"),
    path("people/<str:code>/notes/<uuid:uid>/", private.note, name="private_note"),
    path(
        "people/<str:code>/notes/<uuid:uid>/throw-away/", private.throw_away, name="private_note_throw_away"
    ),
    path("people/<str:code>/erase/", erasing.erase, name="person_erase"),
    path("people/<str:code>/consents/new/", persons.consent_new, name="consent_new"),
    path(
        "people/<str:code>/consents/<uuid:uid>/withdraw/", persons.consent_withdraw, name="consent_withdraw"
    ),
]
