"""Where in a body a reader stopped, in words that the sender can act on."""

from __future__ import annotations

TOO_DEEP = "lists and objects are nested too deeply (at `$`)"
UNREADABLE = (ValueError, RecursionError)


def place_of(error: ValueError | RecursionError, body: bytes) -> str:
    """What a reader said, with the place that some of its sentences lack."""
    if isinstance(error, RecursionError):
        return TOO_DEEP
    if isinstance(error, UnicodeDecodeError):
        return _not_utf8(body)
    told = str(error)
    if "truncated" in told:
        return f"it ends too early (byte {len(body)})"
    return told if "byte " in told or "`$" in told else f"{told} (at `$`)"


def _not_utf8(body: bytes) -> str:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 (byte {error.start})"
    return "a text is not UTF-8 (at `$`)"
