from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# Files of imports that were not thrown away, and what was shown of them, after thirty days; what was written stays.
FORGET_IMPORTS = """
CREATE OR REPLACE FUNCTION app.forget_imports() RETURNS int LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public AS $$
DECLARE n int;
BEGIN
  UPDATE people_import SET content = NULL, report = NULL
    WHERE created_at < app.now() - interval '30 days' AND (content IS NOT NULL OR report IS NOT NULL);
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;
"""


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

        self._register_imports()
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

    def _register_imports(self) -> None:
        """What a team brings in from its own spreadsheet."""
        from versants.core.access.install import register_sql
        from versants.core.registries import NavEntry, nav
        from versants.core.web.audit import name_actions
        from versants.core.web.jobs import name_job
        from versants.people.models.imports import IMPORTING_ROLES
        from versants.people.services.importing import centres, professionals, working

        register_sql(FORGET_IMPORTS)
        centres.load()
        professionals.load()
        nav.add(
            NavEntry(
                "imports", _("Import"), "imports", roles=IMPORTING_ROLES, order=80, icon="down", pocket=False
            )
        )
        name_job(working.PREVIEW, _("Reading a file"))
        name_job(working.CONFIRM, _("Importing a file"))
        name_job(working.UNDO, _("Taking an import back"))
        name_actions(
            {
                "import.received": _("file sent for import"),
                "import.applied": _("file imported"),
                "import.discarded": _("file thrown away"),
                "import.undone": _("import taken back"),
                "import.returned": _("faulty rows of an import fetched"),
            }
        )
