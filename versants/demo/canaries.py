"""Words that stand only in encrypted columns of the demonstration world.

Whoever finds one of them in a log, an export, a message, a page of somebody without the right, or in clear in the
database has found a leak.
"""

NAME = "Zzcanari"
IDENTITIES = (
    {
        "first_name": "Zzcanari",
        "name": "Testnom",
        "birth_date": "1901-02-03",
        "phone": "0000 0123 987",
        "address": "Zzrue du Canari 1",
    },
    {
        "first_name": "Zzkanarie",
        "name": "Testnaam",
        "birth_date": "1901-02-04",
        "phone": "0000 0123 988",
        "address": "Zzkanariestraat 2",
    },
    {
        "first_name": "Zzcanari",
        "name": "Testfamille",
        "birth_date": "1901-02-05",
        "phone": "0000 0123 989",
        "address": "Zzrue du Canari 3",
    },
)
SITUATION = "Zzsituation à ne lire que par l’équipe."
CLINICAL = "Zzclinique à ne lire que par les cliniciens."
SOCIAL_NOTE = "Zznote sociale à ne lire que par l’équipe."
CLINICAL_NOTE = "Zznote clinique à ne lire que par les cliniciens."
REQUEST_WORDS = "Zzdemande : mots du centre, à ne lire que par l’équipe qui les a reçus."
CALLBACK = "0000 0123 990"

# What to look for: no text outside the sealed columns holds any of these, whatever its case.
MARKS = ("zzcanari", "zzkanarie", "zzrue", "zzsituation", "zzclinique", "zznote", "zzdemande", "0000 0123 9")
