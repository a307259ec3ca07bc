"""The question of a study: everything is chosen before a result is shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from versants.core.forms import CheckRows, Labelled, Rows
from versants.networks.fields import Between, Euros, Folded, Peaks
from versants.networks.services import roads, studies
from versants.networks.words import (
    arrondissement_word,
    language_word,
    number,
    order,
    roads_word,
    versant_word,
)
from versants.territory.models import Versant
from versants_libs.coverage.needs import Register, expected, language_mix, without
from versants_libs.coverage.study import TravelSource

MEANINGS = (
    ("sum", Labelled(_("All talks count the same"), _("as many as possible are served, wherever they are"))),
    (
        "worst_language",
        Labelled(
            _("No language left behind"),
            _(
                "the languages that are served worst, a third of those anybody could interpret, weigh as much again"
            ),
        ),
    ),
    (
        "worst_versant",
        Labelled(_("No versant left behind"), _("the versant that is served worst weighs as much again")),
    ),
)
KINDS = (
    ("helper", Labelled(_("Language helpers"), _("volunteers, simple prepared talks, three months"))),
    ("certified", Labelled(_("Certified interpreters"), _("paid by the hour, any talk, five months"))),
)
PEOPLE = (
    ("public", Labelled(_("Public figures"), _("as many as they give, spread over languages like demand"))),
    (
        "register",
        Labelled(
            _("The desks’ register"),
            _("counted by language and place, never fewer than five people together, nobody’s address"),
        ),
    ),
)
SIMPLE = {10: "low", 25: "middle", 40: "high"}  # per cent
MOST_LANGUAGES = 40
STANDARD = {"phone_answer": 10, "fill": 0.9}

DEMANDS = (
    (
        "auto",
        Labelled(
            _("Whichever source says more"),
            _(
                "the desk’s register, if it holds a quarter at least of what public figures expect; never a mixture"
            ),
        ),
    ),
    ("public", Labelled(_("Public figures"), _("talks by population, languages by asylum applications"))),
    ("register", Labelled(_("The desk’s register"), _("requests of the last twelve months, met or not"))),
)


class Source(Rows):
    """Who does not say where figures come from means ``first``, as before one could choose."""

    def __init__(self, first: str) -> None:
        super().__init__()
        self.first = first

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return super().value_from_datadict(data, files, name) or self.first


class QuestionForm(forms.Form):
    """Territory, languages, people, standard, budget, and what "equitable" means."""

    area = forms.ChoiceField(label=_("Territory"), choices=lambda: areas())
    meaning = forms.ChoiceField(
        label=_("What “equitable” means here"),
        choices=MEANINGS,
        widget=Rows,
        help_text=_("Chosen now, before results are shown; kept with its date."),
    )
    n_languages = Between(
        1,
        MOST_LANGUAGES,
        label=_("Languages"),
        initial=30,
        help_text=_("the most asked for, 1 to 40; does not count where you name them"),
    )
    languages = forms.MultipleChoiceField(
        label=_("Which languages"),
        choices=lambda: languages(),
        required=False,
        widget=Folded(_("Name them yourself instead")),
    )
    demand = forms.ChoiceField(label=_("Needs"), choices=DEMANDS, initial="auto", widget=Source("auto"))
    people = forms.ChoiceField(
        label=_("Those who interpret today"), choices=PEOPLE, initial="public", widget=Source("public")
    )
    kinds = forms.MultipleChoiceField(label=_("Who may be recruited"), choices=KINDS, widget=CheckRows)
    budget = Euros(
        most=studies.MOST_BUDGET,
        label=_("Budget in euros a year"),
        required=False,
        help_text=_("empty: no such limit; what interpreters are paid by the hour comes on top"),
    )
    number = Between(0, studies.MOST_PEOPLE, slider=True, label=_("People to recruit"), initial=6)
    minutes = Between(
        15, 120, slider=True, step=5, label=_("Minutes on the road at most, one way"), initial=60
    )
    roads = forms.ChoiceField(label=_("Travel times"), widget=Source(roads.NAMED))
    peak = Peaks(
        0,
        100,
        said=_("Add time for traffic"),
        label=_("Longer at rush hour, per cent"),
        help_text=_(
            "counted on every way to a talk there; 0: roads without traffic, nobody has measured it here"
        ),
    )
    phone_answer = Between(
        1, 60, label=_("A call is answered within, minutes"), initial=STANDARD["phone_answer"]
    )
    fill = Between(
        50,
        100,
        label=_("Talks to be held in each language, per cent"),
        initial=round(STANDARD["fill"] * 100),
        help_text=_("the standard a language is measured against"),
    )
    phone_share = Between(
        0,
        100,
        slider=True,
        label=_("Talks by telephone or video, per cent"),
        initial=round(studies.PHONE_SHARE * 100),
        help_text=_(
            "58 in the Netherlands, 86 in France; left at 72, your desk’s own share counts where its register is used and "
            "tells it"
        ),
    )
    discouraged = Between(
        0,
        50,
        slider=True,
        step=5,
        label=_("Added for those who no longer ask, per cent"),
        initial=0,
        help_text=_("nobody has measured it"),
    )
    simple = Between(
        min(SIMPLE),
        max(SIMPLE),
        slider=True,
        step=15,
        label=_("Talks a helper may take, per cent"),
        initial=25,
        help_text=_("10 few, 25 in between, 40 many; nobody has measured it"),
    )

    def clean_meaning(self) -> str:
        """No versant can be left behind where there is one only."""
        meaning = str(self.cleaned_data["meaning"])
        if meaning == "worst_versant" and self.cleaned_data.get("area", "all") != "all":
            raise forms.ValidationError(
                _("This territory lies in one versant: choose another meaning, or all three versants.")
            )
        return meaning

    def __init__(self, *args: Any, register: Register | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register = register
        if register is not None:
            self._field("demand").choices = demands(register)
        source = roads.named()
        if source is None:
            del self.fields["roads"]
        else:
            self._field("roads").choices = roads_choices(source)
            self.fields["roads"].initial = roads.NAMED

    def _field(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    def clean_simple(self) -> str:
        """Which end of the range is planned with."""
        share = self.cleaned_data["simple"]
        if share not in SIMPLE:
            raise forms.ValidationError(_("10, 25 or 40."), "invalid")
        return SIMPLE[share]

    def clean_languages(self) -> list[str]:
        """Those named, no more than a study takes."""
        named = sorted(self.cleaned_data["languages"])
        if len(named) > MOST_LANGUAGES:
            raise forms.ValidationError(
                _("%(n)s languages chosen; 40 at most."), "max_length", {"n": len(named)}
            )
        return named

    def clean(self) -> dict[str, Any]:
        """The register must hold something of each versant of the territory, if it alone is to say what is needed."""
        said = super().clean() or self.cleaned_data
        if said.get("demand") == "register" and said.get("area") and self.register is not None:
            missing = without(studies.territory(), studies.area(said), self.register)
            if missing:
                self.add_error(
                    "demand",
                    _(
                        "The register holds nothing of this territory, or too little to be told, in: %(where)s."
                    )
                    % {"where": ", ".join(versant_word(one) for one in missing)},
                )
        return said

    def seen(self) -> QuestionForm:
        """The same, beside results: what is chosen now is chosen after them, and the next study says so."""
        self.fields["meaning"].help_text = _(
            "Results of this territory have been shown: if you choose another meaning, the next study says so, with dates."
        )
        return self

    def question(self) -> dict[str, Any]:
        """What is kept of a valid form."""
        said = dict(self.cleaned_data)
        said["phone_share"] = said["phone_share"] / 100
        said["discouraged"] = said["discouraged"] / 100
        said["fill"] = said["fill"] / 100
        return said

    def area_name(self) -> str:
        """The territory in words, in the reader's language; it names the study."""
        return area_words()[self.cleaned_data["area"]]


def initial_of(question: dict[str, Any]) -> dict[str, Any]:
    """The form as it was sent."""
    said = {"people": "public", "demand": "auto", "peak": {}, "roads": roads.MODEL, **STANDARD, **question}
    said |= {name: round(said[name] * 100) for name in ("phone_share", "discouraged", "fill")}
    return said | {"simple": {word: share for share, word in SIMPLE.items()}[question["simple"]]}


def roads_choices(source: TravelSource) -> list[tuple[str, Labelled]]:
    """What this installation names, and the shipped model."""
    day = source.date or "–"
    told = (
        _("A table of minutes, of %(date)s")
        if source.provider == "matrix"
        else roads_word(source.provider) + ", %(date)s"
    )
    hint = (
        _("those of the table; nobody goes a way it does not name")
        if source.provider == "matrix"
        else _("asked for once before the work begins, and kept with the study")
    )
    model = Labelled(
        _("The fitted model, 2022"),
        _("from kilometres as the crow flies; within 60 km it is 4 minutes off on average"),
    )
    return [(roads.NAMED, Labelled(told % {"date": day}, hint)), (roads.MODEL, model)]


def demands(register: Register) -> list[tuple[str, Labelled]]:
    """Where needs are counted, with what the register holds and what public figures expect beside it."""
    held = ", ".join(
        f"{number(n) if n >= register.minimum else gettext('fewer than five')} ({versant_word(code)})"
        for code in Versant.values
        for n in [register.foreign(code)]
    )
    whole = ", ".join(
        f"{number(n)} ({versant_word(code)})" for code, n in expected(studies.territory().towns).items()
    )
    told = {
        "public": gettext("expected a year: %(numbers)s") % {"numbers": whole},
        "register": gettext("in the last twelve months, met or not: %(numbers)s") % {"numbers": held},
    }
    return [(key, Labelled(said.label, told.get(key, said.hint))) for key, said in DEMANDS]


def languages() -> list[tuple[str, str]]:
    """Languages that somebody is likely to ask for, in the reader's order."""
    known = studies.territory()
    asked = {code for versant in Versant.values for code in language_mix(known, versant)}
    found = [(code, language_word(known.languages[code])) for code in asked if code in known.languages]
    return sorted(found, key=lambda pair: order(pair[1]))


def area_words() -> dict[str, str]:
    """Each territory in the reader's language, by what a question calls it."""
    return {key: str(label) for _group, pairs in areas() for key, label in pairs}


def areas() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Choices: everything, each versant, each arrondissement under its versant."""
    found: list[tuple[Any, list[tuple[str, Any]]]] = [
        (
            _("Whole"),
            [("all", _("The three versants")), *((str(code), label) for code, label in Versant.choices)],
        )
    ]
    for code, label in Versant.choices:
        towns = studies.territory().towns
        names = {town.arrondissement for town in towns if town.versant == code}
        said = sorted(
            ((arrondissement_word(name, code, towns), name) for name in names), key=lambda one: order(one[0])
        )
        found.append((label, [(f"{code}:{name}", word) for word, name in said]))
    return found
