"""Signed clinical words may go under their team's own key, once, and nothing else of them may change.

The trigger of 0005 stays as it is but for this: key and ciphertext of a clinical row, from a key that is no team's to
one that is.
"""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION signed_record_stays() RETURNS trigger LANGUAGE plpgsql AS $$
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
    {apart}
    SELECT r.rolsuper OR c.relowner = r.oid INTO keeper
      FROM pg_roles r, pg_class c WHERE r.rolname = current_user AND c.oid = TG_RELID;
    IF TG_OP = 'UPDATE' OR NOT keeper THEN
      RAISE EXCEPTION 'a signed record stays as it is' USING ERRCODE = '23001', CONSTRAINT = 'record_signed_stays';
    END IF;
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""
APART = """
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME IN ('mobile_clinicalnote', 'mobile_clinicaladdition') THEN
      IF to_jsonb(NEW) - 'key_id' - 'text' = to_jsonb(OLD) - 'key_id' - 'text'
         AND (SELECT position('/' IN k.holder) = 0 FROM core_datakey k WHERE k.id = OLD.key_id)
         AND (SELECT position('/' IN k.holder) > 0 FROM core_datakey k WHERE k.id = NEW.key_id) THEN
        RETURN NEW;
      END IF;
    END IF;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0010_keys_of_holders"),
        ("mobile", "0035_plan_pieces"),
        ("people", "0010_clinical_key"),
    ]
    operations = [migrations.RunSQL(FUNCTION.replace("{apart}", APART), FUNCTION.replace("{apart}", ""))]
