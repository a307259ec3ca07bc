from django.urls import URLPattern, path

from versants.portal.views import ask, own, public

urlpatterns: list[URLPattern] = [
    path("", public.home, name="home"),
    path("call-me/", public.call_me, name="call_me"),
    path("call-me/<uuid:uid>/", public.call_me_sent, name="call_me_sent"),
    path("ask/", own.ask, name="ask"),
    path("ask/<uuid:uid>/", own.follow, name="ask_own_follow"),
    path("r/<str:token>/", ask.ask, name="ask_link"),
    path("r/<str:token>/draft/", ask.draft, name="ask_draft"),
    path("r/<str:token>/<uuid:uid>/", ask.follow, name="ask_follow"),
]
