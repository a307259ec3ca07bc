"""What counts as an intervention, as dated data: the programme's own definition, valid from its first day."""

from datetime import date

from django.db import migrations

DEFINITIONS = [
    {
        "key": "intervention",
        "valid_from": date(2018, 4, 1),
        "text_en": (
            "One visit that took place counts for one, however many professionals came. Not counted: visits where "
            "nobody came, the person refused or there was no interpreter; they are attempts."
        ),
        "text_fr": (
            "Une visite qui a eu lieu compte pour une, quel que soit le nombre d’intervenants. Ne comptent pas : "
            "celles où personne n’est venu, où la personne a refusé ou sans interprète ; ce sont des tentatives."
        ),
        "text_nl": (
            "Eén bezoek dat plaatsvond telt voor één, met hoeveel hulpverleners ook. Niet geteld: wie niet kwam, "
            "weigerde of geen tolk kreeg; dat zijn pogingen."
        ),
        "counts": {"record_state": "signed", "attempts": False, "day": "began_at", "versant": "place"},
        "source": "Versants, 2026",
    },
    {
        "key": "person",
        "valid_from": date(2018, 4, 1),
        "text_en": (
            "A person counts once, on the day of the first signed record that names their code, whatever the team. "
            "People present without a code count as contacts only."
        ),
        "text_fr": (
            "Une personne compte une seule fois, le jour du premier compte rendu signé qui porte son code, quelle que "
            "soit l’équipe. Les présents sans code ne comptent que comme contacts."
        ),
        "text_nl": (
            "Een persoon telt één keer, op de dag van het eerste getekende verslag met zijn code, bij welk team ook. "
            "Aanwezigen zonder code tellen alleen als contact."
        ),
        "counts": {"sum": "n_first_contacts"},
        "source": "Versants, 2026",
    },
    {
        "key": "unmet",
        "valid_from": date(2018, 4, 1),
        "text_en": (
            "A request refused for want of a person or an interpreter, or a visit that failed for want of an "
            "interpreter or of a team."
        ),
        "text_fr": (
            "Une demande refusée faute de personne ou d’interprète, ou une visite manquée faute d’interprète ou "
            "d’équipe."
        ),
        "text_nl": (
            "Een aanvraag die geweigerd werd bij gebrek aan iemand of aan een tolk, of een bezoek dat niet doorging "
            "zonder tolk of team."
        ),
        "counts": {
            "refused": ["no_capacity", "no_interpreter"],
            "attempt": ["no_interpreter", "team_prevented"],
        },
        "source": "Versants, 2026",
    },
]


def write(apps, schema_editor):
    definition = apps.get_model("mobile", "FigureDefinition")
    for values in DEFINITIONS:
        definition.objects.get_or_create(key=values["key"], valid_from=values["valid_from"], defaults=values)


class Migration(migrations.Migration):
    dependencies = [("mobile", "0005_signed_records_stay")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop, elidable=False)]
