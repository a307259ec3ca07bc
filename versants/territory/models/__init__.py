from versants.territory.models.places import Commune, ReceptionCentre, Versant, versant_code
from versants.territory.models.sources import DataSource
from versants.territory.models.words import EmergencyNumber, Language

__all__ = [
    "Commune",
    "DataSource",
    "EmergencyNumber",
    "Language",
    "ReceptionCentre",
    "Versant",
    "versant_code",
]
