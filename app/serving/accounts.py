"""Names and passwords of those who may sign in, from a file."""

from __future__ import annotations

from pathlib import Path

from cmpagl.errors import UsageError

__all__ = ["read_accounts"]

MOST = 1_000_000  # bytes


def read_accounts(path: Path) -> tuple[tuple[str, str], ...]:
    """Read a file of lines ``NAME:PASSWORD``; empty lines and those that begin with # are left out.

    Raises:
        UsageError: it cannot be read, others may read it, or a line is not of that form.
    """
    try:
        if not path.is_file() and path.exists():
            raise UsageError(f"--auth: '{path}' is no file.")
        if path.stat().st_size > MOST:
            raise UsageError(f"--auth: the file '{path}' is larger than {MOST:,} bytes.")
        if path.stat().st_mode & 0o077:
            raise UsageError(
                f"--auth: others than its owner may read '{path}': run 'chmod 600 {path}'."
            )
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise UsageError(f"--auth: the file '{path}' cannot be read: {why}.") from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, password = line.partition(":")
        if not (name.strip() and colon and password) or name.strip() in found:
            raise UsageError(
                f"--auth: line {number} of '{path}' is not NAME:PASSWORD, each name once."
            )
        found[name.strip()] = password
    if not found:
        raise UsageError(f"--auth: the file '{path}' has no line NAME:PASSWORD.")
    return tuple(found.items())
