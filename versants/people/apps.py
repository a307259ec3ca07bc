from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "versants.people"
    label = "people"

    def ready(self) -> None:
        from versants.people.pages import declare_all

        declare_all()
        from versants.core.access.classes import TEAM_ROLES
        from versants.core.access.shield import leave_open
        from versants.core.registries import NavEntry, TimelineSource, nav, timeline
        from versants.people import timeline as own

        nav.add(
            NavEntry("people", _("Persons"), "people", roles=TEAM_ROLES, order=40, icon="two", pocket=True)
        )
        timeline.add(TimelineSource("registered", own.registered, order=0))
        timeline.add(TimelineSource("consents", own.consents, order=10))

        leave_open(
            "people_account",
            "sign-in happens before anyone is known; holds no data about persons accompanied",
        )
        leave_open("people_membership", "read to find out who acts, before a scope can exist")
        leave_open("people_organisation", "legal bodies are public")
        leave_open("people_team", "teams, their telephone and hours are public")
        leave_open("people_site", "places of organisations are public; private addresses are identity")
        leave_open(
            "core_datakey", "keys are wrapped: useless without the key file, which is not in the database"
        )
