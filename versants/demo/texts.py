"""Sentences of the demonstration world, short and dry as professionals write them. Nobody real is meant."""

from __future__ import annotations

PRESENTS = {
    "wallonie": {
        "fr": (
            "Psychologues, psychomotriciens, travailleurs sociaux et médiateurs. Nous venons là où vous "
            "êtes, avec un interprète, en Wallonie et de l’autre côté de la frontière. C’est gratuit et "
            "confidentiel."
        ),
        "nl": (
            "Psychologen, psychomotorisch therapeuten, maatschappelijk werkers en bemiddelaars. We komen "
            "naar u toe, met een tolk, in Wallonië en over de grens. Gratis en vertrouwelijk."
        ),
        "en": (
            "Psychologists, psychomotor therapists, social workers and mediators. We come to where you "
            "are, with an interpreter, in Wallonia and across the border. Free and confidential."
        ),
    },
    "hauts-de-france": {
        "fr": (
            "Psychologues, infirmiers, juristes, médiateurs et ambassadeurs de l’intégration. Nous venons "
            "là où vous êtes, avec un interprète, dans les Hauts-de-France et de l’autre côté de la "
            "frontière. C’est gratuit et confidentiel."
        ),
        "nl": (
            "Psychologen, verpleegkundigen, juristen, bemiddelaars en integratieambassadeurs. We komen "
            "naar u toe, met een tolk, in Hauts-de-France en over de grens. Gratis en vertrouwelijk."
        ),
        "en": (
            "Psychologists, nurses, legal specialists, mediators and integration ambassadors. We come to "
            "where you are, with an interpreter, in Hauts-de-France and across the border. Free and "
            "confidential."
        ),
    },
    "desk-wal": {
        "fr": (
            "Des interprètes en milieu social, sur place, par téléphone ou par vidéo. Demandés par les "
            "services, gratuits pour la personne."
        ),
        "nl": (
            "Sociaal tolken, ter plaatse, per telefoon of video. Aangevraagd door de diensten, gratis "
            "voor de persoon."
        ),
        "en": (
            "Community interpreters on site, by telephone or by video. Asked for by services, free for "
            "the person."
        ),
    },
    "desk-wvl": {
        "fr": "Interprètes sociaux et aides linguistiques en Flandre occidentale, sur place ou par téléphone.",
        "nl": "Sociaal tolken en taalhulpen in West-Vlaanderen, ter plaatse of per telefoon.",
        "en": "Community interpreters and language helpers in West Flanders, on site or by telephone.",
    },
}

REQUEST_WORDS = {
    "crisis": (
        "Elle pleure depuis hier soir et ne mange plus. La nuit a été courte pour tout le monde.",
        "Il a crié une partie de la nuit. Calme maintenant, mais très agité dès qu’on parle de la lettre.",
        "Crise d’angoisse dans le réfectoire, deuxième fois cette semaine. Le médecin est passé.",
        "Ze sluit zich op sinds het bericht over haar broer. Ze wil praten, niet met iemand van het centrum.",
        "Il ne dort plus depuis la convocation. Le voisin de chambre s’inquiète.",
    ),
    "urgent": (
        "Ne dort presque plus. Demande quelqu’un qui comprenne sa langue.",
        "Depuis l’appel de la famille, il ne sort plus de la chambre.",
        "Hij komt niet meer naar de les en eet alleen ’s nachts. Hij is akkoord met een gesprek.",
        "Dispute répétée entre deux familles pour la cuisine. Les deux acceptent qu’on vienne.",
        "Elle parle de son enfant resté là-bas et s’arrête au milieu des phrases.",
    ),
    "planned": (
        "Suivi demandé par la personne après un premier entretien au centre.",
        "Besoin de comprendre la procédure, très inquiet depuis le rendez-vous à l’office.",
        "Ze vraagt een gesprek over haar kinderen, liefst in de voormiddag.",
        "L’équipe voudrait reprendre ce qui s’est passé en novembre avec quelqu’un d’extérieur.",
        "Plusieurs résidents demandent un endroit pour parler, entre eux et dans leur langue.",
    ),
}

SITUATIONS = {
    "fr": (
        "Arrivée il y a quelques mois, seule. Logée au centre, suit les cours de français le matin.",
        "Vit au centre avec ses deux enfants. L’aîné est scolarisé depuis septembre.",
        "Procédure en cours, entretien passé. Attend, dort mal, travaille un peu à la cuisine du centre.",
        "Reconnu réfugié ce printemps, cherche un logement avec l’aide du CPAS.",
        "Jeune, tuteur nommé. Va à l’école, foot le mercredi.",
    ),
    "nl": (
        "Enkele maanden geleden aangekomen, alleen. Verblijft in het centrum, volgt Nederlandse les.",
        "Woont met twee kinderen in het centrum. De oudste gaat sinds september naar school.",
        "Procedure loopt, gesprek is geweest. Wacht, slaapt slecht, helpt in de keuken.",
        "Erkend sinds dit voorjaar, zoekt een woning met hulp van het OCMW.",
        "Jongere, voogd aangesteld. Gaat naar school, voetbal op woensdag.",
    ),
}
PLANS = {
    "fr": (
        "Trois entretiens, puis point avec le centre.",
        "Lien avec le service de santé mentale ; accompagner au premier rendez-vous.",
        "Reprendre le sommeil, puis voir si un groupe de parole convient.",
        "Démarches : attestation, médecin traitant, inscription scolaire.",
    ),
    "nl": (
        "Drie gesprekken, daarna overleg met het centrum.",
        "Doorverwijzing naar het CGG; meegaan naar de eerste afspraak.",
        "Eerst slapen, dan zien of een praatgroep past.",
        "Stappen: attest, huisarts, inschrijving op school.",
    ),
}
CLINICAL_SUMMARIES = {
    "fr": (
        "Troubles du sommeil, reviviscences, pas d’idées suicidaires à ce jour. Bonnes ressources sociales.",
        "Tristesse liée à la séparation, appétit revenu. À revoir.",
        "Anxiété forte autour de la procédure. Exercices d’ancrage repris à la maison.",
        "Deuil récent. Parole possible en présence de l’interprète habituelle.",
    ),
    "nl": (
        "Slaapproblemen, herbelevingen, geen suïcidegedachten vandaag. Goed omringd.",
        "Verdriet om de scheiding, eetlust is terug. Op te volgen.",
        "Veel angst rond de procedure. Grondingsoefeningen lukken thuis.",
        "Recent verlies. Praten lukt met de vaste tolk erbij.",
    ),
}
SOCIAL_NOTES = {
    "fr": (
        "Entretien calme. La personne a posé ses questions sur l’école. On reprend le dossier logement la fois prochaine.",
        "Venue à l’heure, a demandé à rester avec la même interprète. Prochain rendez-vous fixé avec l’accueil.",
        "Point avec l’éducatrice en fin de visite, en présence de la personne. Elle accepte d’être accompagnée au CPAS.",
        "Les deux familles ont accepté un horaire pour la cuisine. À vérifier dans deux semaines.",
        "Inscription chez le médecin faite. Reste la carte de transport.",
        "Groupe de sept, deux nouveaux. Thème choisi par eux : attendre.",
    ),
    "nl": (
        "Rustig gesprek. Vragen over de school. Volgende keer het woondossier.",
        "Op tijd, vraagt om dezelfde tolk te houden. Volgende afspraak met het onthaal vastgelegd.",
        "Op het einde kort overleg met de begeleidster, met de persoon erbij. Akkoord om samen naar het OCMW te gaan.",
        "Beide families gaan akkoord met een uurrooster voor de keuken. Over twee weken nakijken.",
        "Ingeschreven bij de huisarts. De vervoerskaart volgt nog.",
        "Groep van zeven, twee nieuwe. Thema door hen gekozen: wachten.",
    ),
}
CLINICAL_NOTES = {
    "fr": (
        "Contact plus aisé. Le sommeil revient par nuits de cinq heures. Respiration reprise ensemble.",
        "Évoque pour la première fois la traversée, s’arrête. On ne pousse pas. Ancrage en fin de séance.",
        "Pas d’idées noires aujourd’hui, question posée directement. Plan de sécurité relu.",
        "Fatigue importante, plaintes somatiques. Orientation vers le médecin, accord donné.",
        "Larmes, puis soulagement dit. Souhaite continuer.",
    ),
    "nl": (
        "Contact loopt vlotter. Slaapt weer vijf uur. Samen ademhaling geoefend.",
        "Spreekt voor het eerst over de overtocht, stopt. Niet aandringen. Gronding op het einde.",
        "Vandaag geen sombere gedachten, rechtstreeks gevraagd. Veiligheidsplan herlezen.",
        "Erg moe, lichamelijke klachten. Doorverwezen naar de huisarts, akkoord.",
        "Tranen, daarna opluchting. Wil voortdoen.",
    ),
}
ADDITIONS = {
    "fr": ("Précision : la durée comprend l’attente de l’interprète, vingt minutes.",),
    "nl": ("Verduidelijking: in de duur zit twintig minuten wachten op de tolk.",),
}
WHY_NOT = (
    "Elle dort enfin, on ne la réveille pas.",
    "Le tuteur doit d’abord être joint.",
    "Hij is op school tot 16 uur.",
)
WHO_CALLS_BACK = (
    "accueil",
    "accueil de nuit",
    "bureau social",
    "onthaal",
    "sociale dienst",
    "éducateur de garde",
)
ACCESS_NOTES = {
    "fr": (
        "S’annoncer à l’accueil ; la salle est au rez-de-chaussée.",
        "Entrée par la cour ; parking pour deux voitures.",
        "Accueil ouvert jusqu’à 20 heures, ensuite appeler.",
    ),
    "nl": (
        "Melden aan het onthaal, lokaal 12, gelijkvloers.",
        "Onthaal open tot 20 uur, nadien bellen.",
    ),
}
MANDATE_BASES = {
    "FR": ("convention de partenariat", "inscription professionnelle (FR)", "contrat de travail"),
    "BE": ("convention de partenariat", "agrément (BE)", "arbeidsovereenkomst", "vrijwilligersovereenkomst"),
}
