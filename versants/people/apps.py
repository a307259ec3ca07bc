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

        self._register_keys()
        self._register_accounts()
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
        for table, why in (
            ("people_signinlimit", "keyed hashes and counts, asked before anyone is known"),
            ("people_knowndevice", "hashes of random cookies, asked before anyone is known"),
            ("people_heldform", "sealed under a key of its own; found by account and a uid in the session"),
            (
                "socialaccount_",
                "which partner's sign-in belongs to which account, read before anyone is known",
            ),
            (
                "usersessions_",
                "where one's own account is signed in; a session key opens nothing without its cookie",
            ),
        ):
            leave_open(table, why, prefix=table.endswith("_"))

    def _register_keys(self) -> None:
        """Whose keys are whose, and what files from before still need."""
        from versants.core.crypto.holders import HolderNames, KeyChore, chores, holder_names
        from versants.core.web.audit import name_actions, name_reasons
        from versants.people.services import factors, keys, naming, persons, recoveries

        name_reasons("identity.opened", persons.REASONS)
        name_reasons("account.recovery_begun", recoveries.REASONS)

        name_actions(
            {
                "person.erased": _("file erased"),
                "person.looked_for": _("file looked for by name"),
                "private_note.read": _("own notes read"),
                "private_note.written": _("own note written"),
                "private_note.changed": _("own note changed"),
                "private_note.thrown_away": _("own note thrown away"),
            }
        )
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
        chores.add(
            KeyChore(
                "people.factors",
                "second factors under the key of accounts from before",
                factors.lock_anew,
                factors.locked_before,
                order=40,
            )
        )
        chores.add(
            KeyChore(
                "people.names",
                "hashes of names without the newest layer, or of somebody erased",
                naming.lay_over,
                naming.behind,
                order=50,
            )
        )

    def _register_accounts(self) -> None:
        """What ends with a role, what is written down about accounts, and the pages by which access is given."""
        from versants.core import ending
        from versants.core.access.classes import GIVING_ROLES, RECOVERING_ROLES, Role
        from versants.core.access.install import append_only, register_sql
        from versants.core.registries import NavEntry, OpenWork, Standing, nav, open_work, standings
        from versants.core.web.audit import name_actions
        from versants.people import signals
        from versants.people.services import roles, who

        signals.connect()
        ending.noted("role", "people_membership", "period")
        ending.noted("account", "people_account", "is_active")
        ending.noted("consent", "people_consent", "withdrawn_at")
        ending.noted("invitation", "people_invitation", "revoked_at")
        ending.noted("invitation_used", "people_invitation", "accepted_at")
        ending.noted("invitation_again", "people_invitation", "expires_at")  # sent again, under another token
        ending.noted("recovery", "people_recovery", "stopped_at")
        ending.noted("recovery_used", "people_recovery", "used_at")
        register_sql(roles.END_GRANTS)
        register_sql(roles.REFERENT_OF)
        append_only("people_authoritydemand")
        append_only("people_demandanswer")
        open_work.add(OpenWork("referent", _("persons whose referent they are"), roles.referents, order=10))
        standings.add(Standing("role", who.still_holds))
        nav.add(NavEntry("roles", _("Access"), "roles", roles=GIVING_ROLES, order=80, icon="two"))
        nav.add(
            NavEntry(
                "recoveries",
                _("Recoveries"),
                "recoveries",
                roles=frozenset(RECOVERING_ROLES - GIVING_ROLES),
                order=85,
                icon="lock",
            )
        )
        nav.add(NavEntry("demands", _("Authorities"), "demands", roles=frozenset({Role.DPO}), order=20))
        name_actions(
            {
                "account.signed_in": _("signed in"),
                "account.wrong_password": _("wrong password"),
                "account.partner_connected": _("account of a partner connected"),
                "account.factor_added": _("second factor added"),
                "account.factor_removed": _("second factor removed"),
                "account.invited": _("invited to a role"),
                "account.invited_again": _("invitation sent again"),
                "account.invitation_withdrawn": _("invitation withdrawn"),
                "account.invitation_accepted": _("invitation accepted"),
                "account.recovery_begun": _("recovery of an account begun"),
                "account.recovery_confirmed": _("recovery of an account confirmed"),
                "account.recovery_stopped": _("recovery of an account stopped"),
                "account.recovered": _("account open again"),
                "account.sessions_ended": _("sessions ended"),
                "role.ended": _("role ended"),
                "role.handed_over": _("role handed over"),
                "demand.written": _("demand by an authority written down"),
                "demand.answered": _("demand by an authority answered"),
            }
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
