from versants.territory.models.places import Commune, ReceptionCentre, Versant, versant_code
from versants.territory.models.sources import DataSource
from versants.territory.models.words import EmergencyNumber, Language, spoken

__all__ = [
    "Commune",
    "DataSource",
    "EmergencyNumber",
    "Language",
    "ReceptionCentre",
    "Versant",
    "spoken",
    "versant_code",
]
