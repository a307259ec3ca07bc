"""A sealed file opens whole for the right key, or not at all."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from versants.launch import files
from versants.launch.backup import envelope
from versants.launch.backup.envelope import CHUNK, BrokenFile, Opener, Sealer
from versants.launch.errors import InputError, SurroundingsError
from versants.launch.paths import PROJECT


@pytest.fixture
def pair(tmp_path: Path):
    envelope.make_keys(tmp_path / "public", tmp_path / "private")
    return envelope.read_public(tmp_path / "public"), envelope.read_private(tmp_path / "private")


def seal(key, plain: bytes, **told: str) -> bytes:
    out = io.BytesIO()
    sealer = Sealer(out, key, **told)
    for start in range(0, len(plain), 300_001):
        sealer.write(plain[start : start + 300_001])
    sealer.close()
    return out.getvalue()


def opened(key, sealed: bytes) -> bytes:
    return b"".join(Opener(io.BytesIO(sealed), key, "it"))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7])
def test_what_is_sealed_opens(pair, size):
    public, private = pair
    plain = os.urandom(size)
    sealed = seal(public, plain, kind="backup")
    assert opened(private, sealed) == plain
    assert Opener(io.BytesIO(sealed), private, "it").told["kind"] == "backup"


def test_cut_lengthened_changed_or_reordered_it_does_not_open(pair):
    public, private = pair
    sealed = seal(public, os.urandom(2 * CHUNK + 7), kind="backup")
    begins = len(sealed) - (2 * CHUNK + 7 + 3 * 16)
    one, two = begins + CHUNK + 16, begins + 2 * (CHUNK + 16)
    broken = {
        "cut after a chunk": sealed[:two],
        "cut before the last byte": sealed[:-1],
        "cut to its head": sealed[:begins],
        "lengthened": sealed + b"x",
        "two chunks swapped": sealed[:begins] + sealed[one:two] + sealed[begins:one] + sealed[two:],
        "a chunk left out": sealed[:one] + sealed[two:],
        "the preamble": sealed.replace(b'"kind": "backup"', b'"kind": "bakcup"'),
    }
    broken |= {
        f"byte {at}": sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        for at in (30, begins - 1, begins, one + 5, len(sealed) - 1)
    }
    for what, content in broken.items():
        try:
            opened(private, content)
        except InputError:
            continue
        pytest.fail(what)


def test_another_key_is_named_and_does_not_open(pair, tmp_path):
    envelope.make_keys(tmp_path / "public2", tmp_path / "private2")
    with pytest.raises(InputError) as refused:
        opened(envelope.read_private(tmp_path / "private2"), seal(pair[0], b"secret"))
    assert refused.value.code == "key.other"
    assert pair[0].key_id in str(refused.value)


def test_who_knows_only_what_is_public_cannot_forge(pair, tmp_path):
    """Somebody who can write where backups lie, and read the sealing half, has another signature."""
    envelope.make_keys(tmp_path / "public2", tmp_path / "private2")
    forger = envelope.PublicKey(pair[0].key_id, pair[0].seal, envelope.read_public(tmp_path / "public2").sign)
    with pytest.raises(BrokenFile):
        opened(pair[1], seal(forger, b"forged"))


def test_the_half_that_stays_does_not_open_and_both_are_private(pair, tmp_path):
    stays = json.loads((tmp_path / "public").read_text())
    assert set(stays) == {"format", "id", "seal", "sign"}
    assert (tmp_path / "private").stat().st_mode & 0o077 == 0
    assert (tmp_path / "public").stat().st_mode & 0o077 == 0
    with pytest.raises(InputError):
        envelope.read_private(tmp_path / "public")
    with pytest.raises(InputError) as refused:
        envelope.make_keys(tmp_path / "public", tmp_path / "private3")
    assert refused.value.code == "key.exists"
    assert not (tmp_path / "private3").exists()


def test_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(SurroundingsError) as refused, files.whole(tmp_path / "it") as file:
        file.write(b"x" * 5_000_000)
    assert refused.value.code == "disk.full"
    assert list(tmp_path.iterdir()) == []


def test_killed_writer_leaves_no_file_of_that_name_and_the_next_one_goes_through(tmp_path):
    program = (
        "import sys, time; from pathlib import Path; from versants.launch import files\n"
        "with files.whole(Path(sys.argv[1])) as file:\n"
        "    file.write(b'half' * 1000000); file.flush(); print('half', flush=True); time.sleep(60)\n"
    )
    target = tmp_path / "it"
    writer = subprocess.Popen(
        [sys.executable, "-c", program, str(target)], stdout=subprocess.PIPE, cwd=PROJECT, text=True
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "half\n"
    with pytest.raises(SurroundingsError) as busy, files.whole(target):
        pass
    assert busy.value.code == "file.busy"
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    assert not target.exists()

    with files.whole(target) as file:
        file.write(b"whole")

    assert target.read_bytes() == b"whole"
    assert [path.name for path in tmp_path.iterdir()] == ["it"]
    with pytest.raises(InputError), files.whole(target):
        pass
    assert target.read_bytes() == b"whole"


@pytest.mark.parametrize("name", ["/etc/it", "../it", "a/../../it", "a link"])
def test_archive_writes_nothing_outside_its_folder(tmp_path, name):
    member = tarfile.TarInfo(name)
    if name == "a link":
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(member)
    packed.seek(0)
    with tarfile.open(fileobj=packed) as tar, pytest.raises(InputError) as refused:
        files.unpack(tar, tar.next(), tmp_path / "into")
    assert refused.value.code == "tar.outside"
    assert list(tmp_path.iterdir()) == []
