"""What the component page shows: each component with a French and an Arabic text. Everybody in it is fictional."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.forms import CheckRows, Labelled, Phone, Rows
from versants.core.svg.bars import Cell, Chart, Group, Series
from versants.core.svg.timeline import Block, Grid, Row, build


@dataclass(frozen=True)
class Sample:
    """One component: left to right in French; right to left in Arabic, when it has words of its own."""

    title: Any
    fr: SafeString
    ar: SafeString | None = None
    wide: bool = False


class _Fields(forms.Form):
    """A form that came back with an error: what was typed is still there."""

    place = forms.CharField(label="Lieu", help_text="Commune ou nom du centre.")
    end = forms.CharField(label="Heure de fin", widget=forms.TextInput(attrs={"dir": "ltr"}))
    mode = forms.ChoiceField(label="Manière", choices=[("site", "sur place"), ("phone", "par téléphone")])
    note = forms.CharField(label="Note du coordinateur", widget=forms.Textarea, required=False)

    def clean_end(self) -> str:
        hour, _sep, minute = self.cleaned_data["end"].partition(":")
        if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
            raise forms.ValidationError("L’heure va de 0:00 à 23:59. Ce que vous avez tapé est gardé.")
        return f"{hour}:{minute}"


class _FieldsRtl(forms.Form):
    phone = forms.CharField(label="الرقم", help_text="رقم يرد عليه أحد الليلة.", widget=Phone)
    end = forms.CharField(label="الساعة", widget=forms.TextInput(attrs={"dir": "ltr"}))
    note = forms.CharField(label="رسالة إلى الفريق", widget=forms.Textarea)

    def clean_end(self) -> str:
        raise forms.ValidationError("الساعة بين 0:00 و 23:59. ما كتبته محفوظ.")


class _Choices(forms.Form):
    what = forms.ChoiceField(
        label="Que s’est-il passé\u202f?",
        widget=Rows,
        choices=[
            ("done", Labelled("La visite a eu lieu", "compte pour une intervention")),
            ("nobody", "Personne n’est venu"),
        ],
        initial="done",
    )
    languages = forms.MultipleChoiceField(
        label="Langues possibles",
        widget=CheckRows(two=True),
        choices=[
            ("tir", Labelled("Tigrinya", "ትግርኛ", lang="ti")),
            ("pus", Labelled("Pachto", "پښتو", lang="ps")),
        ],
        initial=["tir"],
        required=False,
    )
    warn = forms.BooleanField(
        label="Prévenir le centre", help_text="un message sans nom", required=False, initial=True
    )


class _ChoicesRtl(forms.Form):
    who = forms.ChoiceField(
        label="من يتصل بك؟",
        widget=Rows,
        choices=[("woman", Labelled("امرأة", "إن أمكن")), ("any", "لا فرق")],
        initial="woman",
    )
    late = forms.BooleanField(label="بعد الساعة السادسة فقط", required=False, initial=True)


def chart() -> Chart:
    """Figures of a made-up programme, with one cell too small to show and one that does not exist."""
    groups = [Group(f"{y}-{s}", f"{y}-{s}") for y in (2023, 2024, 2025) for s in (1, 2)]
    groups.append(Group("2026-1", "2026-1", note="jusqu’au 24 mars", open=True))
    series = [
        Series("hauts-de-france", "Hauts-de-France"),
        Series("wallonie", "Wallonie"),
        Series("west-vlaanderen", "Flandre-Occidentale"),
    ]
    values = {
        "hauts-de-france": (38, 47, 61, 66, 78, 83, 91),
        "wallonie": (31, 44, 52, 70, 74, 88, 97),
        "west-vlaanderen": (None, 3, 26, 33, 41, 39, 52),
    }
    cells = {
        (group.key, key): Cell(value, url="#chart", hidden=value is not None and value < 5)
        for key, row in values.items()
        for group, value in zip(groups, row, strict=True)
    }
    label = "Diagramme en barres : interventions par semestre et versant, de 2023-1 à 2026-1."
    return Chart("sample", label, groups, series, cells, noun=lambda n: f"{n} interventions")


def grid() -> Grid:
    """Half a day of three people, with every kind of block."""
    day = date(2026, 11, 24)

    def at(hour: int, minute: int = 0) -> Any:
        return clock.at(day, hour, minute)

    first = Block(
        at(9), at(10, 30), "visit", "Mouscron", "#board", 1, sign="fixed", state="ne bouge pas", id="v1"
    )
    asked = Block(at(11), at(12), "visit", "Menen", "#board", 3, "wait", "wait", "attend une réponse")
    loose = Block(at(10, 30), at(12), "visit", "Tournai", "#board", 9, "draft", "move", "peut bouger")
    crisis = Block(at(11, 30), at(12, 45), "visit", "Mouscron", "#board", 2, "crisis", "crisis", "crise")
    clash = Block(at(11, 45), at(13), "visit", "Mons", "#board", 8, "cut", "warn", "conflit")
    rows = [
        Row(group="Équipe wallonne"),
        Row(
            "Élise Dumoulin",
            "psychologue, 31:10 h",
            blocks=[
                Block(at(8, 35), at(9), "travel"),
                first,
                Block(at(11), at(12, 30), "busy", "supervision"),
            ],
        ),
        Row(
            "Lien Verhaeghe",
            "psychologue, 24:30 h",
            blocks=[Block(at(8), at(9, 30), "off"), Block(at(10, 25), at(11), "travel"), asked],
        ),
        Row(group="Interprètes"),
        Row("Selam Tesfay", "tigrinya, C1", blocks=[first, loose]),
        Row("Zahra Mohseni", "dari, C1", blocks=[crisis, clash]),
    ]
    return build(rows, at(8), at(14))


def samples(request: HttpRequest) -> list[Sample]:
    """All samples, rendered: the French side in French whatever the reader's language."""

    def one(template: str, language: str = "fr", **context: Any) -> SafeString:
        with translation.override(language):
            return render_to_string(template, context, request=request)

    def many(template: str, items: list[dict[str, Any]], language: str = "fr") -> SafeString:
        drawn = [one(template, language, **item) for item in items]
        return one("samples/stack.html", language, items=drawn, tight=template == "components/mark.html")

    def pair(title: Any, template: str, fr: dict[str, Any], ar: dict[str, Any]) -> Sample:
        return Sample(title, one(template, **fr), one(template, "ar", **ar))

    def pairs(title: Any, template: str, fr: list[dict[str, Any]], ar: list[dict[str, Any]]) -> Sample:
        return Sample(title, many(template, fr), many(template, ar, "ar"))

    states = ["crisis", "urgent", "plan", "new", "wait", "ok", "no", "fixed", "move"]
    arabic = ["أزمة", "عاجل", "مخطط له", "جديد", "بانتظار الرد", "مؤكد", "مرفوض", "لا يُنقل", "يمكن نقله"]
    typed = {
        "place": "Le Refuge, Mouscron",
        "end": "26:30",
        "mode": "site",
        "note": "Préférer Selam, même pour plus tard.",
    }
    typed_ar = {"phone": "056 00 24 10", "end": "26:30", "note": "أفضّل أن تأتي لين وسميرة."}
    now = clock.now()
    page = Paginator(range(212), 50).page(2)
    job = SimpleNamespace(uid="sample", progress_pct=62, state="running", is_over=False, result_url="")
    numbers = [SimpleNamespace(number="112", what="Ambulance, pompiers")]
    numbers_ar = [SimpleNamespace(number="112", what="إسعاف وإطفاء")]

    def step(at: str, text: str, state: str = "") -> SimpleNamespace:
        return SimpleNamespace(at=at, text=text, state=state)

    return [
        Sample(_("Colours"), one("samples/swatches.html"), wide=True),
        Sample(_("Type"), one("samples/type_fr.html"), one("samples/type_ar.html", "ar")),
        pairs(
            _("States"),
            "components/mark.html",
            [{"state": state} for state in states],
            [{"state": state, "word": word} for state, word in zip(states, arabic, strict=True)],
        ),
        Sample(_("Versants and keys"), one("samples/versants.html"), wide=True),
        pair(
            _("Buttons"),
            "samples/buttons.html",
            {"labels": ["Proposer", "Préciser", "Demander une précision", "Refuser", "Hors service"]},
            {"labels": ["إرسال", "تعديل", "أريد أن يتصل بي أحد", "إلغاء", "غير متاح"]},
        ),
        pair(
            _("Fields"),
            "samples/form.html",
            {"form": _Fields(typed)},
            {"form": _FieldsRtl(typed_ar, auto_id="ar_%s")},
        ),
        pair(
            _("Choices"),
            "samples/form.html",
            {"form": _Choices(auto_id="c_%s")},
            {"form": _ChoicesRtl(auto_id="car_%s")},
        ),
        pair(
            _("Filters, views, pages"),
            "samples/filters.html",
            {"page": page, "options": ["mon équipe", "toutes les langues"], "views": ["Jour", "Semaine"]},
            {
                "page": page,
                "options": ["فريقي", "كل اللغات"],
                "views": ["يوم", "أسبوع"],
                "named": "تصفية",
                "label": "صفحات",
                "word_previous": "السابق",
                "word_next": "التالي",
                "word_span": "من 51 إلى 100 من أصل 212",
            },
        ),
        Sample(
            _("Age and promise"),
            one(
                "samples/promise.html",
                lines=[
                    (now - timedelta(hours=6), now + timedelta(days=3)),
                    (now - timedelta(hours=6), now + timedelta(hours=1, minutes=30)),
                    (now - timedelta(days=1, hours=6), now - timedelta(minutes=40)),
                ],
            ),
        ),
        Sample(_("Tables"), one("samples/table_fr.html"), one("samples/table_ar.html", "ar")),
        pairs(
            _("Notes"),
            "components/note.html",
            [
                {"title": "À savoir", "text": "Sa note ne se lit que dans votre équipe."},
                {
                    "kind": "good",
                    "title": "Envoyé à 17:42",
                    "text": "Élise et Selam ont jusqu’à 17:55 pour répondre.",
                    "role": "status",
                },
                {
                    "kind": "warn",
                    "title": "Selam vient d’être placée ailleurs",
                    "text": "Rien n’est perdu. Trois possibilités :",
                    "url": "#notes",
                    "action": "Voir les trois",
                },
                {
                    "kind": "alarm",
                    "title": "L’envoi n’est pas parti",
                    "text": "Le réseau manque. Le texte reste ici ; il repart dès que le réseau revient.",
                },
            ],
            [
                {"title": "للعلم", "text": "لا يقرأ هذا إلا فريقك."},
                {
                    "kind": "good",
                    "title": "وصلت رسالتك",
                    "text": "يرد عليك أحد قبل الساعة السادسة.",
                    "role": "status",
                },
                {"kind": "alarm", "title": "لم تُرسل الرسالة", "text": "لا توجد شبكة. النص محفوظ هنا."},
            ],
        ),
        pair(
            _("Work under way"),
            "components/progress.html",
            {
                "job": job,
                "title": "Planifier le mardi 24 novembre",
                "doing": "améliore les tournées de l’après-midi",
                "stop_url": "#job",
            },
            {
                "job": SimpleNamespace(**{**job.__dict__, "uid": "sample-ar"}),
                "title": "إعداد نسخة من بياناتك",
                "word_leave": "يمكنك مغادرة هذه الصفحة.",
            },
        ),
        pair(
            _("Nothing yet"),
            "components/empty.html",
            {
                "title": "Aucune demande n’attend",
                "text": "La dernière est partie à 16:20. Une demande reçue par téléphone se note en trente secondes.",
                "url": "#empty",
                "action": "Noter une demande",
                "level": 3,
            },
            {"title": "لا يوجد موعد الآن", "text": "إذا أردت أن تتكلم مع أحد، نتصل بك.", "level": 3},
        ),
        pair(
            _("Steps"),
            "components/steps.html",
            {
                "steps": [
                    step("17:09", "SMS : garde du soir", "done"),
                    step("17:40", "À vous. Ensuite, l’équipe française", "now"),
                    step("18:09", "délai promis"),
                ]
            },
            {"steps": [step("17:09", "أُرسلت", "done"), step("17:40", "الآن: يقرأها الفريق", "now")]},
        ),
        pair(
            _("Toast"),
            "components/toast.html",
            {"text": "Déplacé à 14:30", "url": "#toast", "action": "Annuler"},
            {"text": "تم التغيير", "url": "#toast", "action": "تراجع"},
        ),
        pair(
            _("Facts"),
            "components/facts.html",
            {
                "facts": [
                    ("Lieu", "Le Refuge, Mouscron"),
                    ("Langue", "tigrinya ; à défaut amharique"),
                    ("Danger", ""),
                ]
            },
            {"facts": [("المكان", "موسكرون"), ("اللغة", "التغرينية")]},
        ),
        pair(
            _("Call first"),
            "components/calls.html",
            {"title": "Une vie est en danger ? Appelez d’abord.", "numbers": numbers},
            {"title": "حياة في خطر؟ اتصل أولًا.", "numbers": numbers_ar, "id": "call-first-ar"},
        ),
        pair(
            _("Figures of a team"),
            "components/numbers.html",
            {
                "numbers": [
                    ("Ensemble sur place", "18:32", ""),
                    ("Route ajoutée", "34", "min"),
                    ("Semaine", "31:10", "h"),
                ]
            },
            {"numbers": [("معًا في المكان", "18:32", ""), ("طريق إضافي", "34", "")]},
        ),
        pair(
            _("Confirm"),
            "components/confirm.html",
            {
                "action_url": "#confirm",
                "title": "Annuler la visite de mardi ?",
                "text": "Le centre et Selam sont prévenus tout de suite.",
                "button": "Annuler la visite",
                "alarm": True,
                "cancel_url": "#confirm",
            },
            {"action_url": "#confirm", "title": "إلغاء الموعد؟", "button": "إلغاء", "alarm": True},
        ),
        pair(
            _("Day"),
            "samples/stop.html",
            {
                "yes": "Oui, j’y vais",
                "no": "Non",
                "state": "proposition",
                "place": "Menen, centre",
                "who": "Avec Gulalai (pachto, B2).",
                "leg": "38 min, 31 km",
            },
            {
                "yes": "نعم، سأذهب",
                "no": "لا",
                "state": "عرض",
                "place": "مينين، المركز",
                "who": "مع غولالاي (بشتو).",
                "leg": "38 دقيقة",
            },
        ),
        Sample(
            _("Sums"),
            one(
                "components/sum.html",
                sums=[
                    ("Interventions depuis le début", "1\u202f327", "dont 198 ce semestre"),
                    ("Personnes accompagnées", "641", "comptées une fois sur six partenaires"),
                    ("Avec interprète sur place", "78\u00a0%", "14\u00a0% à distance"),
                    ("Non pourvues", "112", "surtout tigrinya et pachto le soir"),
                ],
            ),
            wide=True,
        ),
        Sample(
            _("Chart"),
            one(
                "components/figure.html",
                chart=chart(),
                sentence="En Wallonie, les interventions ont triplé en trois ans. Valeurs inférieures à 5 non montrées.",
            ),
            wide=True,
        ),
        Sample(
            _("Timeline"),
            one("components/timeline.html", grid=grid(), caption="Planning de 8 à 14 heures"),
            wide=True,
        ),
        Sample(_("Map"), one("samples/map.html"), wide=True),
        Sample("Tigrinya", one("samples/tigrinya.html"), wide=True),
    ]
