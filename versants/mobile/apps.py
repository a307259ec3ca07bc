from django.apps import AppConfig

# Busy times across organisations: who and when, never why or where. Runs as the tables' owner on purpose.
BUSY = """
CREATE OR REPLACE FUNCTION app.busy(professionals bigint[], span tstzrange)
RETURNS TABLE (professional_id bigint, held tstzrange) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public AS
$$ SELECT a.professional_id, a.held FROM mobile_assignment a
   WHERE a.professional_id = ANY(professionals) AND a.held && span AND a.state IN ('offered', 'accepted', 'done')
   UNION ALL
   SELECT b.professional_id, b.held FROM people_absence b
   WHERE b.professional_id = ANY(professionals) AND b.held && span $$;
"""


class MobileConfig(AppConfig):
    name = "versants.mobile"
    label = "mobile"

    def ready(self) -> None:
        from versants.core.access.install import register_sql
        from versants.core.access.shield import leave_open

        register_sql(BUSY)
        leave_open("mobile_figuredefinition", "what counts is public")
