from django.urls import URLPattern, URLResolver, path

from versants.mobile.views import (
    api,
    board,
    follow_up,
    inbox,
    links,
    offers,
    plans,
    records,
    times,
    today,
    triage,
    who,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("requests/", inbox.show, name="inbox"),
    path("requests/new/", inbox.by_phone, name="request_by_phone"),
    path("requests/places/", inbox.places, name="request_places"),
    *(
        path(f"requests/export.{kind}", inbox.export, {"kind": kind}, name="requests_export")
        for kind in inbox.CONTENT_TYPES
    ),
    path("requests/<uuid:uid>/", inbox.show, name="request"),
    *(
        path(f"requests/<uuid:uid>/{action}/", inbox.answer, {"action": action}, name="request_answer")
        for action in inbox.ANSWERS
    ),
    path("requests/<uuid:uid>/triage/", triage.plan, name="triage"),
    path("links/", links.index, name="links"),
    path("links/send/", links.send, name="links_send"),
    path("links/<uuid:uid>/renew/", links.renew, name="link_renew"),
    path("links/<uuid:uid>/revoke/", links.revoke, name="link_revoke"),
    path("visits/<uuid:uid>/change/", triage.change, name="visit_change"),
    path("api/v1/", api.api.urls),
    path("board/", board.board, name="board"),
    path("board/plan/", plans.start, name="board_plan"),
    path("board/repair/", plans.repair, name="board_repair"),
    path("board/undo/<uuid:uid>/", board.undo_move, name="board_undo"),
    path("plans/<uuid:uid>/", plans.plan, name="plan"),
    path("visits/<uuid:uid>/place/", board.place, name="visit_place"),
    path("visits/<uuid:uid>/who/", who.who, name="visit_who"),
    path("visits/<uuid:uid>/assign/", who.assign, name="visit_assign"),
    path("visits/<uuid:uid>/release/", who.release, name="visit_release"),
    path("today/", today.today, name="today"),
    path("today/<uuid:uid>/answer/", today.answer, name="today_answer"),
    path("o/<str:token>/", offers.offer, name="offer"),
    path("visits/<uuid:uid>/record/", records.record, name="visit_record"),
    path("visits/<uuid:uid>/record/draft/", records.autosave, name="visit_record_draft"),
    path("visits/<uuid:uid>/record/add/", records.add, name="visit_record_add"),
    path("visits/<uuid:uid>/attempt/", records.attempt, name="visit_attempt"),
    path("today/times/", times.times, name="times"),
    path("follow-up/", follow_up.follow_up, name="follow_up"),
    path("follow-up/<uuid:uid>/done/", follow_up.done, name="follow_up_done"),
]
