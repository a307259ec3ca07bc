import logging

from django import forms
from django.apps import AppConfig
from django.core.signals import got_request_exception
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def _install_row_security(sender: object, using: str = "default", **kwargs: object) -> None:
    from versants.core.access.install import install

    install()


def _log_unexpected(sender: object, **kwargs: object) -> None:
    # The formatter keeps the error's type and places, never its text: that may hold what somebody typed.
    logging.getLogger("versants.web").error("unexpected", exc_info=True)


class CoreConfig(AppConfig):
    name = "versants.core"
    label = "core"

    def ready(self) -> None:
        from versants.core import deployment, diagnoses, ending, pruning, sealing
        from versants.core.access.install import register_sql
        from versants.core.access.shield import leave_open

        for sql in (
            sealing.LEAF,
            sealing.TAKE,
            sealing.ADD,
            ending.NOTE,
            pruning.LOOK,
            pruning.PRUNE,
            pruning.LEAVES,
        ):
            register_sql(sql)
        diagnoses.add_all()
        deployment.add_all()

        # Django's own sentence blames; ours says what is left to do.
        forms.Field.default_error_messages["required"] = _("An answer is missing here.")
        got_request_exception.connect(_log_unexpected, dispatch_uid="versants.core.unexpected")

        for table, why in (
            ("django_migrations", "names of migrations; the application's role may only read it"),
            ("django_content_type", "names of models"),
            ("django_session", "opaque keys; a session is found only by its 128-bit cookie"),
            ("auth_", "Django's own groups and permissions, unused: roles are memberships"),
            ("account_", "e-mail addresses for sign-in, read before anyone is known"),
            ("mfa_", "second factors, read before anyone is known; secrets are encrypted"),
            ("procrastinate_", "jobs carry ids only, never content"),
            ("core_cache", "rate limits and page fragments without persons"),
            (
                "core_unsealedevent",
                "numbers of events; the application's role changes it through functions only",
            ),
            ("core_seal", "hashes and signatures; the application's role may only read them"),
            ("core_logcheck", "what verifications of the log found: figures and numbers of events"),
            ("core_wrappingkey", "names of keys that are not in the database, and whose they are"),
            ("core_keyrotation", "when keys were changed"),
            ("core_ending", "ids and instants of what ended; noted by a trigger of the owner alone"),
            ("core_erasure", "codes of persons who were erased and names of keys that are gone"),
        ):
            leave_open(table, why, prefix=table.endswith("_"))
        from versants.core.access.classes import ASKING_ROLES, TEAM_ROLES, Role
        from versants.core.registries import NavEntry, nav
        from versants.core.web.pages import declare

        declare("healthz readyz metrics components accessibility privacy legal help", public=True)
        declare("set_language", public=True, methods="POST")
        declare(
            "account_login account_reset_password account_reset_password_done account_reset_password_from_key"
            " account_reset_password_from_key_done account_signup account_inactive account_reauthenticate"
            " account_confirm_login_code mfa_authenticate mfa_reauthenticate account_confirm_email"
            " account_email_verification_sent socialaccount_login_cancelled socialaccount_login_error"
            " socialaccount_signup",
            public=True,
            methods="GET POST",
        )
        declare(
            "account_logout account_change_password account_set_password account_email mfa_index mfa_activate_totp"
            " mfa_deactivate_totp mfa_generate_recovery_codes mfa_view_recovery_codes mfa_download_recovery_codes"
            " mfa_list_webauthn mfa_add_webauthn mfa_remove_webauthn mfa_edit_webauthn mfa_reauthenticate_webauthn"
            " socialaccount_connections",
            public=True,  # allauth asks for the login itself, for a person without a membership too
            methods="GET POST",
        )
        # Those without a team see what they asked for themselves.
        declare("job", ASKING_ROLES, subject="job", by_grant=ASKING_ROLES - TEAM_ROLES)
        declare("job_stop", ASKING_ROLES, subject="job", methods="POST", by_grant=ASKING_ROLES - TEAM_ROLES)
        declare("audit", [Role.DPO], data_class="logistic")
        nav.add(NavEntry("audit", _("Log"), "audit", roles=frozenset({Role.DPO}), order=10))
        # Once per migrate run: the last app's signal would do, the first is enough as tables of all apps exist by then.
        post_migrate.connect(_install_row_security, sender=self, dispatch_uid="versants.core.row_security")
