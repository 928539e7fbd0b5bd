"""Addresses that must not be written to, known only by their keyed hash."""

import hashlib
import hmac
import re
import unicodedata

NOT_IN_NUMBERS = re.compile(r"[^0-9+]")
NUMBERED = frozenset({"sms"})


def normalised(channel: str, address: str) -> str:
    """Write one address in one way, so that its hash meets itself again.

    Parameters
    ----------
    channel
        ``sms`` addresses are telephone numbers, all others text.
    address
        As somebody typed it.

    Returns
    -------
    str
        Telephone numbers as digits with a leading ``+`` for ``00``; else NFKC, case
        folded, without blanks around. Empty for an empty address.
    """
    text = unicodedata.normalize("NFKC", address).strip().casefold()
    if channel not in NUMBERED:
        return text
    digits = NOT_IN_NUMBERS.sub("", text)
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def keyed_hash(key: bytes, channel: str, address: str) -> str:
    """Hash an address so that nobody without the key can test a guess.

    Parameters
    ----------
    key
        From the secret store; it outlives every other key.
    channel, address
        What must not be written to.

    Returns
    -------
    str
        HMAC-SHA-256 over channel and normalised address, 64 hexadecimal digits.

    References
    ----------
    RFC 2104; FIPS 198-1.
    """
    message = f"{channel}\n{normalised(channel, address)}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()
