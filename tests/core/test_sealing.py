"""The log under seal: nothing lost, every kind of tampering found, pruning no tampering."""

from __future__ import annotations

import hashlib
import io
import json
import random
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from tests.world import actor
from versants.core import audit, pruning, sealing, verifying, witness
from versants.core.access.scope import acting
from versants.core.models import AuditEvent, Seal, UnsealedEvent

pytestmark = pytest.mark.usefixtures("heads")


@pytest.fixture
def heads(witness, world, monkeypatch):
    """Some seals of a few events each, as the sealer leaves them."""
    monkeypatch.setattr(verifying, "LAG", timedelta(0))
    for batch in (3, 1, 4, 2):
        _work(world, batch)
        assert _seal() == batch
    return witness


@pytest.fixture
def keyfile(settings, tmp_path, heads, monkeypatch):
    """The key file, copied: what is written there is this test's alone."""
    copy = tmp_path / "keys" / "keys.json"
    copy.parent.mkdir()
    copy.write_text(settings.KEYS_FILE.read_text())
    settings.KEYS_FILE = copy
    return copy


def _work(world, n, action="person.read"):
    with acting(actor(world.coordinator)):
        for number in range(n):
            audit.record(
                action, subject=world.person, person_code=world.person.code, é=number, share=0.1, nothing=None
            )


def _seal(most=sealing.MOST) -> int:
    """As the worker does, under the application's role; what follows the commit follows here."""
    before = sealing.state()["seals"]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE versants_app")
        n = sealing.seal(most)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE NONE")
    if sealing.state()["seals"] > before:
        with connection.cursor() as cursor:
            head, signature = sealing.newest(cursor)
        witness.append(sealing.HEADS, [sealing.line(head, signature)])
    return n


def _sql(text, *params):
    with connection.cursor() as cursor:
        cursor.execute(text, params)


def _broken(kind, *, seal=None, event=None):
    """Both ways of verifying find the same break."""
    found = [verifying.verify(), verifying.verify(verifying.leaves_by_function)]
    for one in found:
        assert one["holds"] is False
        assert one["first_break"]["kind"] == kind, one["first_break"]
        assert one["first_break"]["seal"] == seal
        assert one["first_break"]["event"] == event


def test_what_is_committed_is_sealed_and_holds(world):
    found = verifying.verify()
    assert found["holds"], found
    assert (found["seals"], found["events"], found["segments"]) == (4, AuditEvent.objects.count(), 1)
    assert found["sealed_up_to"] is not None
    assert (found["unsealed"], found["oldest_unsealed_s"]) == (0, None)
    _work(world, 2)
    found = verifying.verify()
    assert found["holds"]
    assert found["unsealed"] == 2
    assert found["oldest_unsealed_s"] >= 0


def test_a_batch_has_its_limit_and_the_rest_follows(world):
    _work(world, 5)
    assert [_seal(2), _seal(2), _seal(2), _seal(2)] == [2, 2, 1, 0]
    assert verifying.verify()["holds"]


def test_what_commits_late_is_sealed_late_and_never_passed_over(world):
    """An event whose number is lower than those sealed already still waits in the queue."""
    late = AuditEvent.objects.order_by("-pk").first().pk + 1
    _sql(
        "SELECT setval(pg_get_serial_sequence('core_auditevent', 'id'), %s)", late
    )  # the late one has its number
    _work(world, 1)
    assert _seal() == 1
    AuditEvent.objects.create(pk=late, action="person.read", actor_kind="membership")
    assert list(UnsealedEvent.objects.values_list("event_id", flat=True)) == [late]
    assert _seal() == 1
    assert Seal.objects.order_by("-number").first().event_ids == [late]
    assert verifying.verify()["holds"]


def test_an_action_that_was_rolled_back_leaves_nothing_to_seal(world):
    before = transaction.savepoint()
    _work(world, 1)
    transaction.savepoint_rollback(before)
    assert _seal() == 0


def test_the_application_may_not_touch_queue_or_seals(world):
    with acting(actor(world.coordinator)), connection.cursor() as cursor:
        for statement in (
            "DELETE FROM core_unsealedevent",
            "UPDATE core_seal SET n = 1",
            "DELETE FROM core_seal",
            "INSERT INTO core_seal SELECT * FROM core_seal",
            "SELECT app.event_leaf(e) FROM core_auditevent e LIMIT 0; DELETE FROM core_auditevent",
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                cursor.execute(statement)
        with pytest.raises(DatabaseError, match="do not wait"), transaction.atomic():
            cursor.execute(
                "SELECT app.add_seal(99, '2026-11', now(), ARRAY[1]::bigint[], '', '', '', ''::bytea)"
            )


# -- tampering ----------------------------------------------------------------------------------------------------------


def _second_of_third() -> int:
    return Seal.objects.get(pk=3).event_ids[1]


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "action = 'person.opened'",
        "actor_kind = 'job'",
        "membership_id = membership_id + 1",
        "account_id = NULL",
        "organisation_id = coalesce(organisation_id, 0) + 1",
        "team_id = NULL",
        "role = 'desk'",
        "subject_kind = ''",
        "subject_uid = ''",
        "person_code = ''",
        """facts = facts || '{"é": 7}'""",
        "role = '', subject_kind = role || subject_kind",
    ],
)
def test_a_changed_field_is_found(change):
    event = _second_of_third()
    _sql(f"UPDATE core_auditevent SET {change} WHERE id = %s", event)
    _broken("changed", seal=3, event=event)


def test_a_removed_row_is_found():
    event = _second_of_third()
    _sql("DELETE FROM core_auditevent WHERE id = %s", event)
    _broken("removed", seal=3, event=event)


def test_an_inserted_row_is_found():
    _sql("ALTER TABLE core_auditevent DISABLE TRIGGER event_waits_for_seal")
    slipped = AuditEvent.objects.create(action="person.read", actor_kind="membership").pk
    _broken("inserted", event=slipped)


def test_a_row_taken_from_the_queue_is_found(world):
    _work(world, 1)
    event = UnsealedEvent.objects.get().pk
    _sql("DELETE FROM core_unsealedevent")
    _broken("inserted", event=event)


def test_swapped_rows_are_found():
    first, second = Seal.objects.get(pk=3).event_ids[:2]
    columns = "at, action, actor_kind, membership_id, role, subject_uid, person_code, facts"
    _sql(
        f"UPDATE core_auditevent a SET ({columns}) = (SELECT {columns} FROM core_auditevent b"
        " WHERE b.id = %s + %s - a.id) WHERE a.id IN (%s, %s)",
        first,
        second,
        first,
        second,
    )
    _broken("changed", seal=3, event=first)


def test_swapped_numbers_in_a_seal_are_found():
    seal = Seal.objects.get(pk=3)
    first, second, *rest = seal.event_ids
    Seal.objects.filter(pk=3).update(event_ids=[second, first, *rest])
    _broken("changed", seal=3, event=second)


def test_an_event_taken_out_of_its_seal_is_found():
    seal = Seal.objects.get(pk=3)
    kept = [bytes(seal.leaves)[i * 32 : i * 32 + 32] for i in (0, 2, 3)]
    event = seal.event_ids.pop(1)
    _sql("DELETE FROM core_auditevent WHERE id = %s", event)
    Seal.objects.filter(pk=3).update(event_ids=seal.event_ids, leaves=b"".join(kept))
    _broken("changed", seal=3)
    Seal.objects.filter(pk=3).update(n=3, root=sealing.merkle_root(kept))
    _broken("signature", seal=3)


def test_a_seal_from_the_middle_or_the_beginning_is_missed():
    for number in (2, 1):
        Seal.objects.filter(pk=number).delete()
        _broken("removed", seal=number)


def test_the_last_segment_cut_off_is_found():
    seal = Seal.objects.get(pk=4)
    _sql("DELETE FROM core_auditevent WHERE id = ANY(%s)", seal.event_ids)
    seal.delete()
    _broken("head", seal=4)


def test_a_chain_signed_again_by_another_key_is_found():
    """Whoever owns the database but not the key file writes another history, whole and linked."""
    other, before = Ed25519PrivateKey.generate(), sealing.FIRST
    _sql("UPDATE core_auditevent SET role = 'desk' WHERE id = %s", _second_of_third())
    for seal in Seal.objects.order_by("number"):
        leaves = verifying.leaves_from_rows(seal.event_ids)
        packed = [leaves[event] for event in seal.event_ids]
        head = sealing.Head(seal.number, seal.segment, seal.at, seal.n, sealing.merkle_root(packed), before)
        signature = other.sign(head.message())
        Seal.objects.filter(pk=seal.pk).update(
            leaves=b"".join(packed), root=head.root, previous=before, signature=signature
        )
        before = head.hash(signature)
    _broken("signature", seal=1)


def test_a_chain_signed_again_by_the_same_key_is_found_by_its_heads():
    """The key was stolen too: the file of heads still knows what was there."""
    key, before = sealing.signer(), sealing.FIRST
    _sql("UPDATE core_auditevent SET role = 'desk' WHERE id = %s", _second_of_third())
    for seal in Seal.objects.order_by("number"):
        leaves = verifying.leaves_from_rows(seal.event_ids)
        packed = [leaves[event] for event in seal.event_ids]
        head = sealing.Head(seal.number, seal.segment, seal.at, seal.n, sealing.merkle_root(packed), before)
        signature = key.sign(head.message())
        Seal.objects.filter(pk=seal.pk).update(
            leaves=b"".join(packed), root=head.root, previous=before, signature=signature
        )
        before = head.hash(signature)
    _broken("head", seal=3)


def test_a_head_file_that_is_older_or_gone_is_found():
    path = witness.path_of(sealing.HEADS)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:2]))
    _broken("head", seal=3)
    path.unlink()
    _broken("head", seal=1)


def test_a_head_file_with_a_line_cut_out_is_found():
    path = witness.path_of(sealing.HEADS)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:1] + lines[2:]))
    _broken("head", seal=2)


def test_the_one_head_a_killed_sealer_did_not_write_is_written_and_a_gap_is_not(world):
    path = witness.path_of(sealing.HEADS)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:3]) + lines[3][:40])  # killed in the middle of the line
    assert _seal() == 0
    assert verifying.verify()["holds"]
    path.write_text("".join(lines[:2]))
    assert _seal() == 0
    assert len(list(witness.read(sealing.HEADS))) == 2
    _broken("head", seal=3)


def test_after_a_restore_the_log_goes_on_once_somebody_says_so(world):
    """The database is older than the file of heads: a break, until the restore is written down and signed."""
    _sql("DELETE FROM core_auditevent WHERE id = ANY(%s)", Seal.objects.get(pk=4).event_ids)
    Seal.objects.filter(pk=4).delete()
    _broken("head", seal=4)
    forged = {"resume": 3, "hash": "00", "at": "now", "because": "nothing happened", "signature": "00"}
    witness.append(sealing.HEADS, [forged])
    _broken("head", seal=4)
    out = io.StringIO()
    call_command("audit", "resume", "--because", "restored", "--json", stdout=out, stderr=io.StringIO())
    assert json.loads(out.getvalue())["resume"] == 3
    assert verifying.verify()["resumed"] == 1
    assert verifying.verify()["holds"]
    _work(world, 2)
    assert _seal() == 2
    assert verifying.verify()["holds"]
    Seal.objects.filter(pk=4).delete()
    assert verifying.verify()["first_break"]["kind"] == "head"


# -- pruning ------------------------------------------------------------------------------------------------------------


def _age(months=40):
    """Everything sealed so long ago: signed again, since the instant is signed too."""
    key, before = sealing.signer(), sealing.FIRST
    witness.path_of(sealing.HEADS).unlink()
    for seal in Seal.objects.order_by("number"):
        at = seal.at - timedelta(days=31 * months)
        head = sealing.Head(seal.number, f"{at:%Y-%m}", at, seal.n, bytes(seal.root), before)
        signature = key.sign(head.message())
        Seal.objects.filter(pk=seal.pk).update(
            at=at, segment=head.segment, previous=before, signature=signature
        )
        before = head.hash(signature)
        witness.append(sealing.HEADS, [sealing.line(head, signature)])


def _prune() -> int:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE versants_app")
        n = pruning.prune(3)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE NONE")
    return n


def test_readings_past_their_period_go_and_the_log_still_holds(world):
    _work(world, 2, "visit.assigned")
    _work(world, 1)
    _seal()
    _age()
    _work(world, 1)
    _seal()
    before = AuditEvent.objects.count()
    assert _prune() == before - 3
    assert sorted(AuditEvent.objects.values_list("action", flat=True)) == [
        "person.read",
        "visit.assigned",
        "visit.assigned",
    ]
    for leaves in (verifying.leaves_from_rows, verifying.leaves_by_function):
        found = verifying.verify(leaves)
        assert found["holds"], found
        assert (found["pruned"], found["events"], found["segments"]) == (before - 3, before, 2)
    assert Seal.objects.get(pk=1).event_ids is None
    assert _prune() == 0


def test_nothing_goes_before_its_time(world, settings):
    _age(13)
    settings.AUDIT_READ_MONTHS = 36
    assert _prune() == 0
    settings.AUDIT_READ_MONTHS = 12
    assert _prune() > 0


def test_the_database_itself_refuses_to_prune_what_is_young(world):
    event = _second_of_third()
    with pytest.raises(DatabaseError, match="may not go"), transaction.atomic():
        _sql("SELECT app.prune(3, %s::bigint[], false, '')", [event])


def test_a_temporary_table_of_the_caller_is_not_taken_for_the_seals(world):
    """In a database that was made by hand everybody may make temporary tables, and PostgreSQL looks there first."""
    event = _second_of_third()
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT TEMPORARY ON DATABASE {connection.settings_dict['NAME']} TO versants_app")
    with pytest.raises(DatabaseError, match="may not go"), transaction.atomic():
        _prune_by_seals_of_ones_own(event)


def _prune_by_seals_of_ones_own(event):
    _sql("SET LOCAL ROLE versants_app")
    _sql("CREATE TEMPORARY TABLE core_seal AS SELECT * FROM public.core_seal")
    _sql("UPDATE core_seal SET at = '2000-01-01'")
    _sql("GRANT ALL ON core_seal TO PUBLIC")
    _sql("SELECT app.prune(3, %s::bigint[], false, '')", [event])


def test_every_function_of_the_owner_looks_among_our_tables_first():
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, proconfig FROM pg_proc WHERE prosecdef ORDER BY proname")
        found = cursor.fetchall()
    assert {"prune", "busy", "end_grants_of", "event_waits_for_seal", "facts_add_up"} <= {
        name for name, _ in found
    }
    assert [name for name, said in found if "search_path=public, pg_temp" not in (said or ())] == []


def test_after_pruning_a_removed_or_changed_row_is_still_found(world):
    _work(world, 2, "visit.assigned")
    _work(world, 1)
    _seal()
    _age()
    _prune()
    kept = list(
        AuditEvent.objects.filter(action="visit.assigned").order_by("pk").values_list("pk", flat=True)
    )
    mutant = transaction.savepoint()
    _sql("UPDATE core_auditevent SET role = 'desk' WHERE id = %s", kept[1])
    _broken("changed", seal=5, event=kept[1])
    transaction.savepoint_rollback(mutant)
    _sql("DELETE FROM core_auditevent WHERE id = %s", kept[0])
    _broken("removed", seal=5, event=kept[0])
    # Said to be pruned, without the key.
    seal = Seal.objects.get(pk=5)
    Seal.objects.filter(pk=5).update(pruned_ids=[*seal.pruned_ids, kept[0]])
    _broken("removed", seal=5)
    Seal.objects.filter(pk=5).update(event_ids=None, leaves=None)
    _broken("removed", seal=5)


# -- the command, the tree ------------------------------------------------------------------------------------------------


def test_the_command_says_no_with_its_exit_code(world):
    out = io.StringIO()
    call_command("audit", "verify", "--json", stdout=out)
    assert json.loads(out.getvalue())["holds"] is True
    event = _second_of_third()
    _sql("DELETE FROM core_auditevent WHERE id = %s", event)
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("audit", "verify", "--json", stdout=out)
    assert ended.value.code == 1
    assert json.loads(out.getvalue())["first_break"]["event"] == event
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("audit", "verify", stdout=out)
    assert f"event {event}" in out.getvalue()


def test_roots_are_those_of_rfc_6962():
    """Against the RFC's own recursive words, and its known hash of one empty leaf."""

    def mth(leaves):
        if len(leaves) == 1:
            return leaves[0]
        k = 1
        while k * 2 < len(leaves):
            k *= 2
        return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()

    chance = random.Random(1)
    for n in range(1, 70):
        leaves = [chance.randbytes(32) for _ in range(n)]
        assert sealing.merkle_root(leaves) == mth(leaves)
    with pytest.raises(ValueError, match="at least one"):
        sealing.merkle_root([])


def test_both_ways_hash_an_event_alike():
    ids = list(AuditEvent.objects.values_list("pk", flat=True))
    assert verifying.leaves_from_rows(ids) == verifying.leaves_by_function(ids)
    assert len(ids) == 10


@pytest.mark.parametrize("more", [["--retire"], ["--holder", "house"]])
def test_changing_the_signing_key_takes_no_other_wish(keyfile, more):
    before = sealing.public_key()
    with pytest.raises(CommandError, match="nothing else"):
        call_command("keys", "rotate", "--signing", *more, stderr=io.StringIO())
    assert sealing.public_key() == before


def test_another_key_signs_from_the_next_seal_on_and_the_whole_log_still_holds(world, keyfile):
    before = sealing.public_key()
    out = io.StringIO()
    call_command("keys", "rotate", "--signing", "--json", stdout=out, stderr=io.StringIO())
    changed = json.loads(out.getvalue())
    assert (changed["old"], changed["until"]) == (before.hex(), 4)
    assert sealing.public_key().hex() == changed["new"] != changed["old"]
    _work(world, 2)
    assert _seal() == 2
    sealing.renew_signer()
    _work(world, 1)
    assert _seal() == 1
    found = verifying.verify()
    assert (found["holds"], found["keys"], found["seals"]) == (True, 3, 6)
    assert verifying.verify(verifying.leaves_by_function)["holds"]


def test_the_key_from_before_signs_nothing_new(world, keyfile):
    """Stolen and replaced, it is worth nothing for what comes after."""
    stolen = sealing.signer()
    sealing.renew_signer()
    _work(world, 2)
    assert _seal() == 2
    newest = Seal.objects.get(pk=5)
    head = sealing.Head(5, newest.segment, newest.at, newest.n, bytes(newest.root), bytes(newest.previous))
    Seal.objects.filter(pk=5).update(signature=stolen.sign(head.message()))
    _broken("signature", seal=5)


@pytest.mark.parametrize("name", ["old", "new", "until", "at", "by_old", "by_new"])
def test_a_handover_written_by_hand_is_found(name, keyfile):
    sealing.renew_signer()
    content = json.loads(keyfile.read_text())
    held = content["handovers"][0]
    other = {"until": 2, "at": "2026-01-01T00:00:00+00:00"}
    held[name] = other.get(name, "00" * (64 if name.startswith("by") else 32))
    keyfile.write_text(json.dumps(content))
    _broken("signature")


def test_without_its_handover_the_key_before_is_unknown(keyfile):
    sealing.renew_signer()
    content = json.loads(keyfile.read_text())
    content["handovers"] = []
    keyfile.write_text(json.dumps(content))
    _broken("signature", seal=1)


def test_what_was_resumed_under_the_key_before_still_counts(world, keyfile):
    verifying.resume("restored")
    sealing.renew_signer()
    assert (verifying.verify()["holds"], verifying.verify()["resumed"]) == (True, 1)


def test_restored_to_before_a_change_of_key_the_log_goes_on_with_the_key_in_use(world, keyfile):
    """The numbers after the restore were the old key's once; now the new one signs them, and may be changed again."""
    stolen = sealing.signer()
    sealing.renew_signer()
    _sql("DELETE FROM core_auditevent WHERE id = ANY(%s)", Seal.objects.get(pk=4).event_ids)
    Seal.objects.filter(pk=4).delete()
    verifying.resume("restored")
    _work(world, 2)
    assert _seal() == 2
    assert verifying.verify()["holds"]
    sealing.renew_signer()
    _work(world, 1)
    assert _seal() == 1
    assert verifying.verify()["holds"]
    newest = Seal.objects.get(pk=5)
    head = sealing.Head(5, newest.segment, newest.at, newest.n, bytes(newest.root), bytes(newest.previous))
    Seal.objects.filter(pk=5).update(signature=stolen.sign(head.message()))
    _broken("signature", seal=5)
