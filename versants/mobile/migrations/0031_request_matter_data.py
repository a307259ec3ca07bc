"""What requests are about moves out of their logistics, in batches; the reasons in somebody's words are sealed.

Safe to run again: a request that has its matter is left alone. Going back needs no step: the columns of the request
come back empty, and nothing is copied into a row that others read.
"""

from contextlib import contextmanager

from django.db import migrations

from versants.core.crypto import vault
from versants.core.errors import VersantsError

BATCH = 500
TABLES = ("mobile_request", "mobile_requestmatter", "mobile_requestevent", "people_team")


@contextmanager
def unforced(schema_editor):
    """The owner sees every row while it moves them; tables that were protected from their owner are so again."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relforcerowsecurity", [list(TABLES)]
        )
        forced = [row[0] for row in cursor.fetchall()]
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in forced:
            cursor.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
        yield cursor
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in forced:
            cursor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')


def matter_of(model, request):
    """The new row of one old request."""
    matter = model(
        request_id=request.pk,
        team_id=request.team_id,
        key_id=request.key_id,
        categories=request.categories,
        danger=request.danger,
        agreement=request.agreement,
        interpreted_by=request.interpreted_by,
        refusal=request.refusal,
        why_may_lack=request.urgency == "crisis",
    )
    matter.key = request.key
    try:
        vault.write(matter, "why_not", request.agreement_why_not)
    except VersantsError:  # the key of a request that was erased: its words go dark with it
        matter.why_may_lack = True
    return matter


def move(apps, schema_editor):
    request, matter = apps.get_model("mobile", "Request"), apps.get_model("mobile", "RequestMatter")
    with unforced(schema_editor) as cursor:
        waiting = request.objects.filter(matters=None).select_related("key").order_by("pk")
        while batch := list(waiting[:BATCH]):
            matter.objects.bulk_create([matter_of(matter, one) for one in batch])
        # Why a team said no stood in a line that follows the request's logistics.
        cursor.execute("UPDATE mobile_requestevent SET facts = facts - 'reason' WHERE code = 'refused'")


class Migration(migrations.Migration):
    dependencies = [("mobile", "0030_request_matter")]
    operations = [migrations.RunPython(move, migrations.RunPython.noop, elidable=True)]
