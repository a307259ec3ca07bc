"""What is signed stays: the database refuses to change it, whoever asks.

The owner of the tables may load signed records with their parts (a world, a backup) and remove them when their time
is over; nobody, the owner included, changes one.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION signed_record_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  signed boolean;
  keeper boolean;
BEGIN
  IF TG_TABLE_NAME = 'mobile_record' THEN
    signed := OLD.state = 'signed';
  ELSIF TG_TABLE_NAME IN ('mobile_recordaddition', 'mobile_clinicaladdition') THEN
    signed := true;  -- an addition stands from the moment it is made
  ELSIF TG_TABLE_NAME = 'mobile_recordperson' THEN
    SELECT EXISTS (SELECT 1 FROM mobile_record r WHERE r.state = 'signed'
                   AND r.id = CASE WHEN TG_OP = 'INSERT' THEN NEW.record_id ELSE OLD.record_id END) INTO signed;
  ELSE
    SELECT EXISTS (SELECT 1 FROM mobile_record r WHERE r.state = 'signed'
                   AND r.visit_id = CASE WHEN TG_OP = 'INSERT' THEN NEW.visit_id ELSE OLD.visit_id END) INTO signed;
  END IF;
  IF signed THEN
    SELECT r.rolsuper OR c.relowner = r.oid INTO keeper
      FROM pg_roles r, pg_class c WHERE r.rolname = current_user AND c.oid = TG_RELID;
    IF TG_OP = 'UPDATE' OR NOT keeper THEN
      RAISE EXCEPTION 'a signed record stays as it is' USING ERRCODE = '23001', CONSTRAINT = 'record_signed_stays';
    END IF;
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER record_signed_stays BEFORE UPDATE OR DELETE ON mobile_record
  FOR EACH ROW EXECUTE FUNCTION signed_record_stays();
CREATE TRIGGER record_signed_stays BEFORE UPDATE OR DELETE ON mobile_recordaddition
  FOR EACH ROW EXECUTE FUNCTION signed_record_stays();
CREATE TRIGGER record_signed_stays BEFORE UPDATE OR DELETE ON mobile_clinicaladdition
  FOR EACH ROW EXECUTE FUNCTION signed_record_stays();
CREATE TRIGGER record_signed_stays BEFORE INSERT OR UPDATE OR DELETE ON mobile_recordperson
  FOR EACH ROW EXECUTE FUNCTION signed_record_stays();
CREATE TRIGGER record_signed_stays BEFORE INSERT OR UPDATE OR DELETE ON mobile_socialnote
  FOR EACH ROW EXECUTE FUNCTION signed_record_stays();
CREATE TRIGGER record_signed_stays BEFORE INSERT OR UPDATE OR DELETE ON mobile_clinicalnote
  FOR EACH ROW EXECUTE FUNCTION signed_record_stays();
"""

TABLES = (
    "mobile_record",
    "mobile_recordaddition",
    "mobile_clinicaladdition",
    "mobile_recordperson",
    "mobile_socialnote",
    "mobile_clinicalnote",
)
BACKWARD = "".join(f"DROP TRIGGER record_signed_stays ON {table};\n" for table in TABLES)
BACKWARD += "DROP FUNCTION signed_record_stays();"


class Migration(migrations.Migration):
    dependencies = [("mobile", "0004_record_steps_additions_hours_unmet")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
