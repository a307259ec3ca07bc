from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _install_row_security(sender: object, using: str = "default", **kwargs: object) -> None:
    from versants.core.access.install import install

    install()


class CoreConfig(AppConfig):
    name = "versants.core"
    label = "core"

    def ready(self) -> None:
        from versants.core.access.shield import leave_open

        for table, why in (
            ("django_migrations", "names of migrations; the application's role may only read it"),
            ("django_content_type", "names of models"),
            ("django_session", "opaque keys; a session is found only by its 128-bit cookie"),
            ("auth_", "Django's own groups and permissions, unused: roles are memberships"),
            ("account_", "e-mail addresses for sign-in, read before anyone is known"),
            ("mfa_", "second factors, read before anyone is known; secrets are encrypted"),
            ("procrastinate_", "jobs carry ids only, never content"),
            ("core_cache", "rate limits and page fragments without persons"),
        ):
            leave_open(table, why, prefix=table.endswith("_"))
        # Once per migrate run: the last app's signal would do, the first is enough as tables of all apps exist by then.
        post_migrate.connect(_install_row_security, sender=self, dispatch_uid="versants.core.row_security")
