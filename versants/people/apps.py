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

        self._register_accounts()
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

    def _register_accounts(self) -> None:
        """What ends with a role, what is written down about accounts, and the pages by which access is given."""
        from versants.core.access.classes import GIVING_ROLES, RECOVERING_ROLES, Role
        from versants.core.access.install import append_only, register_sql
        from versants.core.registries import NavEntry, OpenWork, nav, open_work
        from versants.core.web.audit import name_actions
        from versants.people import signals
        from versants.people.services import roles

        signals.connect()
        register_sql(roles.END_GRANTS)
        register_sql(roles.REFERENT_OF)
        append_only("people_authoritydemand")
        append_only("people_demandanswer")
        open_work.add(OpenWork("referent", _("persons whose referent they are"), roles.referents, order=10))
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
