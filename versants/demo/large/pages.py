"""Lines of text for COPY: which columns each table gets, how a value is written, which number a row has."""

from __future__ import annotations

import json
import random
from typing import Any

COLUMNS = {
    "core_datakey": "id uid holder wrapped_by wrapped created_at destroyed_at",
    "people_person": "id uid code key_id team_id versant household_id gender age_group created_at",
    "people_personlanguage": "id person_id language_id rank reads needs_interpreter",
    "people_identity": "id uid team_id key_id person_id name first_name birth_date phone address address_protected",
    "people_namehash": "id person_id team_id digest layers",
    "people_socialsheet": "id uid team_id key_id person_id situation plan saved_at",
    "people_clinicalsheet": "id uid team_id key_id person_id summary saved_at",
    "people_consent": (
        "id uid person_id team_id purpose receiving_versant period mode language_id collected_by collected_at"
        " withdrawn_at withdrawn_how"
    ),
    "mobile_request": (
        "id uid team_id key_id number channel link_id site_id site_organisation_id elsewhere_id asked_by_membership"
        " language_of_answer state urgency audience n_people gender_wish mode window duration_min asked_at promised_at"
        " answered_at closed_at digest version"
    ),
    "mobile_requestmatter": (
        "id uid team_id key_id request_id categories danger agreement why_not why_may_lack interpreted_by refusal"
    ),
    "mobile_requestnote": "id uid team_id key_id request_id summary callback_phone callback_who",
    "mobile_requestperson": "id request_id person_id code_given team_id",
    "mobile_requestlanguage": "id request_id language_id rank",
    "mobile_requestevent": "id request_id at code facts for_requester",
    "mobile_need": "id uid request_id team_id kind series created_at",
    "mobile_visit": (
        "id uid need_id request_id team_id kind urgency site_id commune_id versant country mode gender_wish complexity"
        " window duration_min held state pin series_rank cancel_reason version created_at"
    ),
    "mobile_slot": (
        "id uid visit_id rank discipline language_id second_languages level gender gender_required mode after_min"
        " duration_min"
    ),
    "mobile_assignment": (
        "id uid slot_id visit_id professional_id held travel_min state answer_by answered_at offer_token_hash"
        " created_at"
    ),
    "mobile_record": (
        "id uid visit_id team_id kind mode state began_at duration_min n_persons n_professionals done with_interpreter"
        " steps written_by saved_at signed_at signed_by version"
    ),
    "mobile_recordperson": "id record_id person_id team_id",
    "mobile_socialnote": "id uid team_id key_id visit_id text saved_at",
    "mobile_clinicalnote": "id uid team_id key_id visit_id text saved_at",
    "mobile_followup": "id uid visit_id person_id team_id step due_on by_professional_id done_at created_at",
    "mobile_attempt": "id visit_id team_id reason by at",
    "mobile_confirmedhours": (
        "id assignment_id professional_id organisation_id began_at minutes travel_min confirmed_at"
    ),
    "mobile_interventionfact": (
        "id day semester team_id versant commune_id kind language_id mode delivered attempted n_persons"
        " n_first_contacts n_professionals minutes with_interpreter part_of_day imported"
    ),
    "mobile_unmetneed": (
        "id day semester team_id versant commune_id language_id urgency origin reason part_of_day"
    ),
    "core_grant": (
        "id subject_kind subject_id holder_kind holder_id data_class period because because_id consent_id"
        " given_by_team created_at"
    ),
    "core_auditevent": (
        "id at action actor_kind membership_id account_id organisation_id team_id role subject_kind subject_uid"
        " person_code facts"
    ),
}
NULL = "\\N"
_VERSION = (4 << 76) | (2 << 62)
_MASK = ((1 << 128) - 1) ^ ((0xF << 76) | (3 << 62))


class Pages:
    """Rows written and not yet in the database, by table; ``first``: the number of the first row of each."""

    def __init__(self, first: dict[str, int], rng: random.Random) -> None:
        self.lines: dict[str, list[str]] = {table: [] for table in COLUMNS}
        self.first = {table: first.get(table, 1) for table in COLUMNS}
        self.next = dict(self.first)
        self._bits = rng.getrandbits

    def number(self, table: str) -> int:
        """The number of the next row of ``table``, taken now."""
        found = self.next[table]
        self.next[table] = found + 1
        return found

    def n(self, table: str) -> int:
        """How many rows of ``table`` were numbered so far."""
        return self.next[table] - self.first[table]

    def uid(self) -> str:
        """A random version 4 identifier, as text with its dashes."""
        h = f"{self._bits(128) & _MASK | _VERSION:032x}"
        return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"

    def take(self) -> dict[str, str]:
        """What was written since the last time, as text for COPY, and the pages are empty again."""
        found = {}
        for table, lines in self.lines.items():
            if lines:
                found[table] = "\n".join(lines) + "\n"
                self.lines[table] = []
        return found


def raw(content: bytes | memoryview | None) -> str:
    """Bytes for a bytea column."""
    return NULL if content is None else f"\\\\x{bytes(content).hex()}"


def as_json(value: Any) -> str:
    """JSON without anything COPY would read as its own."""
    return json.dumps(value, ensure_ascii=True).replace("\\", "\\\\")
