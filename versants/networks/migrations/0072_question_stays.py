"""What was chosen before results stays as it was chosen: neither the question nor its date changes, whoever asks."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION study_question_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the question of a study stays as it was chosen'
    USING ERRCODE = '23001', CONSTRAINT = 'study_question_stays';
END $$;

CREATE TRIGGER study_question_stays BEFORE UPDATE ON networks_studyrun FOR EACH ROW
  WHEN (OLD.question IS DISTINCT FROM NEW.question
        OR OLD.chosen_at IS DISTINCT FROM NEW.chosen_at
        OR OLD.finished_at IS NOT NULL AND OLD.finished_at IS DISTINCT FROM NEW.finished_at)
  EXECUTE FUNCTION study_question_stays();
"""
BACKWARD = """
DROP TRIGGER study_question_stays ON networks_studyrun;
DROP FUNCTION study_question_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("networks", "0070_studies")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
