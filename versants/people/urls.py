from django.urls import URLPattern, path

from versants.people.views import membership

urlpatterns: list[URLPattern] = [
    path("membership/", membership.switch, name="membership"),
]
