"""Spreadsheets made up for the tests: a fictional team of twelve with its forty centres."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter


def as_xlsx(rows: Sequence[Sequence[Any]], sheet: str = "Feuil1", **more: Sequence[Sequence[Any]]) -> bytes:
    """A workbook; ``more``: further sheets by name. Dates become date cells."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "dd/mm/yyyy"})
    for name, content in {sheet: rows, **more}.items():
        page = book.add_worksheet(name)
        for at, row in enumerate(content):
            for column, value in enumerate(row):
                if value is not None:
                    page.write(at, column, value)
    book.close()
    return buffer.getvalue()


def as_csv(rows: Sequence[Sequence[Any]], mark: str = ";", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=mark).writerows(rows)
    return text.getvalue().encode(encoding)


CENTRES = [
    ["Nom", "Organisme", "Type de centre", "Commune", "Code postal", "Adresse", "E-mail"],
    *[
        [
            f"Centre des Essais {n}",
            ("Accueil A", "Accueil B", "")[n % 3],
            "CADA",
            ("Mouscron", "Tournai", "Comines-Warneton", "Lille", "Saint-Omer")[n % 5],
            ("7700", "7500", "7780", "59000", "62500")[n % 5],
            f"Rue des Essais {n}",
            f"centre{n}@example.org",
        ]
        for n in range(1, 41)
    ],
]

_FIRST = (
    "Anne",
    "Bruno",
    "Chloé",
    "Dirk",
    "Emma",
    "Farid",
    "Greet",
    "Hugo",
    "Inès",
    "Jan",
    "Katrien",
    "Louis",
)
_WORK = ("psychologue", "infirmière", "assistant social", "médiatrice", "interprète", "interprète")
PROFESSIONALS = [
    ["Prénom", "Nom", "E-mail", "Tél", "Fonction", "Langue 1", "Niveau 1", "Langue 2", "Niveau 2",
     "Type d’interprète", "Habilitation Belgique du", "Habilitation BE au", "Habilitation France du"],
    *[
        [
            first,
            f"Essai{number}",
            f"{number}@example.org",
            f"+32 000 00 00 {number:02}",
            _WORK[number % 6],
            "français",
            "langue maternelle",
            "tigrigna" if number % 6 > 3 else "anglais",
            "C1",
            "certifié" if number % 6 > 3 else "",
            "01/01/2020",
            "31/12/2035",
            "15/01/2020",
        ]
        for number, first in enumerate(_FIRST)
    ],
]  # fmt: skip
REQUESTS = [
    ["Référence", "Centre", "Date de la demande", "Urgence", "Pour qui", "Langues", "Motif", "Accord"],
    ["1", "Centre des Essais 1", "01/06/2026", "urgent", "personne", "tigrigna", "sommeil", "oui"],
    ["2", "Centre des Essais 2", "15/06/2026", "non urgent", "famille", "arabe; anglais", "enfants", ""],
    ["3", "Centre des Essais 3", "", "urgent", "équipe", "", "", ""],
]
AGREEMENTS = [
    ["Centre", "Nature", "Jour", "De", "À", "Au", "Fréquence", "Intervenants", "Langue"],
    ["Centre des Essais 1", "permanence", "mardi", "13h30", "16h30", "30/11/2026", "2", "psychologue", ""],
    ["Centre des Essais 4", "groupe de parole", "jeudi", "14:00", "16:00", "31/10/2026", "", "", "tigrigna"],
]
PAST = [
    ["Mois", "Centre", "Commune", "Type", "Nombre", "Personnes", "Premiers contacts", "Heures"],
    ["01/2026", "Centre des Essais 1", "", "suivi", 12, 9, 4, "18,5"],
    ["01/2026", "", "Tournai", "crise", 3, 3, 3, "4"],
    ["février 2026", "Centre des Essais 1", "", "suivi", 14, 10, 2, "21"],
    ["2026-03", "", "Lille", "médiation", 6, 8, "", ""],
]
