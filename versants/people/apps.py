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

        self._register_keys()
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

    def _register_keys(self) -> None:
        """Whose keys are whose, and what files from before still need."""
        from versants.core.access.install import register_sql
        from versants.core.crypto.holders import HolderNames, KeyChore, chores, holder_names
        from versants.core.web.audit import name_actions
        from versants.people.services import erasure, keys

        register_sql(erasure.FORGET_NAME)
        name_actions({"person.erased": _("file erased")})
        holder_names.add(HolderNames("people", keys.names))
        chores.add(
            KeyChore(
                "people.assign",
                "keys of files that do not say whose they are",
                keys.assign_files,
                keys.files_unassigned,
                order=10,
            )
        )
        chores.add(
            KeyChore(
                "people.part",
                "clinical sheets under the key of the identity",
                keys.part_sheets,
                keys.sheets_together,
                order=20,
            )
        )
