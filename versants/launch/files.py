"""Files that are there whole or not at all, whatever is killed or full."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from versants.launch.errors import InputError, SurroundingsError


def write_private(path: Path, text: str) -> None:
    """Write a new file of mode 0600 and be sure it is on disk. Raises FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def replace_text(path: Path, text: str) -> None:
    """Replace a small file in one step."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(text)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the names in ``folder`` on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def whole(path: Path, *, replace: bool = False) -> Iterator[BinaryIO]:
    """A file of mode 0600 that gets its name only when everything is written and on disk.

    What a kill leaves is ``.NAME.partial``, which the next writer of that name takes over. Raises InputError
    ``file.exists``; SurroundingsError ``file.busy`` (another process writes it), ``disk.full``, ``file.denied``.
    """
    if path.exists() and not replace:
        raise InputError(f"{path} is there already: name another file.", code="file.exists")
    partial = path.with_name(f".{path.name}.partial")
    try:
        handle = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _refused(path, error) from error
    with os.fdopen(handle, "r+b", buffering=1 << 20) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SurroundingsError(
                f"Another process writes {path} at this moment.", code="file.busy"
            ) from error
        try:
            file.truncate(0)
            yield file
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            _give_up(file, partial)
            raise _refused(path, error) from error
        except BaseException:
            _give_up(file, partial)
            raise


def unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write one plain file or folder of ``tar`` under ``folder``, readable by its owner alone.

    Python before 3.11.4 has no filters of its own. Raises InputError ``tar.outside`` for anything else.
    """
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or not (member.isreg() or member.isdir()):
        raise InputError(
            f"“{member.name}” does not belong in this archive: nothing of it is used.", code="tar.outside"
        )
    target = folder / name
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source = tar.extractfile(member)
    assert source is not None
    with source, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
    os.utime(target, (member.mtime, member.mtime))


def _give_up(file: BinaryIO, partial: Path) -> None:
    with suppress(OSError):
        os.ftruncate(file.fileno(), 0)  # first: what the buffer still holds then fits on a full disk
    with suppress(OSError):
        file.close()
    partial.unlink(missing_ok=True)


def _refused(path: Path, error: OSError) -> SurroundingsError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SurroundingsError(
            f"The disk of {path.parent} is full: {path.name} was not written. Make room, or choose another place.",
            code="disk.full",
        )
    return SurroundingsError(
        f"Cannot write {path}: {(error.strerror or str(error)).lower()}.", code="file.denied"
    )
