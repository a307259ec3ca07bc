"""PostgreSQL with one addition: a pooled connection is handed back without any scope left on it."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base


def _forget_scope(connection: Any) -> None:
    # A belt: scopes are transaction-local already. RESET ALL would also undo Django's time zone.
    connection.execute("RESET app.membership; RESET app.team; RESET app.role")
    if not connection.autocommit:
        connection.commit()


class DatabaseWrapper(base.DatabaseWrapper):
    @property
    def pool(self) -> Any:
        options = self.settings_dict["OPTIONS"]
        pool = options.get("pool")
        if isinstance(pool, dict) and "reset" not in pool:
            pool["reset"] = _forget_scope
        return super().pool
