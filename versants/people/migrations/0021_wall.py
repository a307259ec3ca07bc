"""In a public authority's house nobody holds a role that reads files; in the lead partner's, walled roles only.

Kept by the database, whoever writes: the service that gives roles refuses before, with a sentence. A desk run by a
province sees logistics, as every desk does, and never for whom.
"""

from django.db import migrations

WALL = """
CREATE OR REPLACE FUNCTION people_wall() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE house bigint;
BEGIN
  house := coalesce(to_jsonb(NEW)->>'organisation_id', to_jsonb(NEW)->>'id');
  IF EXISTS (
    SELECT 1 FROM people_organisation o JOIN people_membership m ON m.organisation_id = o.id
    WHERE o.id = house AND (
      (o.kind = 'authority' AND m.role IN ('coordinator', 'clinician', 'practitioner'))
      OR (o.is_lead AND m.role NOT IN
          ('lead_authority', 'funder', 'administrator', 'programme_officer', 'controller', 'dpo')))
  ) THEN
    RAISE EXCEPTION 'a public authority holds no role that reads files'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_behind_the_wall';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER people_wall AFTER INSERT OR UPDATE OF role, organisation_id ON people_membership
  FOR EACH ROW EXECUTE FUNCTION people_wall();
CREATE TRIGGER people_wall AFTER UPDATE OF kind, is_lead ON people_organisation
  FOR EACH ROW EXECUTE FUNCTION people_wall();
"""
DOWN = """
DROP TRIGGER people_wall ON people_organisation;
DROP TRIGGER people_wall ON people_membership;
DROP FUNCTION people_wall();
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0020_accounts")]
    operations = [migrations.RunSQL(WALL, DOWN)]
