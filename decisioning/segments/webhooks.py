"""Messages to systems outside: signed by Standard Webhooks, sent to public hosts only.

The address is looked up once, every answer must be a public address, and the
connection goes to the very address that was checked, so that a name cannot point
elsewhere a moment later. There are no redirects, no proxies, and the answer's body is
never read.

References
----------
Standard Webhooks, https://www.standardwebhooks.com (signature scheme v1).
OWASP, Server-Side Request Forgery Prevention Cheat Sheet.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

TIMEOUT: Final = 10.0
PORT: Final = 443
HOST: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)+")
PATH: Final = re.compile(r"[!-~]*")


class Forbidden(ValueError):
    """An address that we do not send to, with the reason in words."""


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address: where to connect, and what to ask for there."""

    host: str
    path: str


def checked(url: str) -> Target:
    """What may be written into an audience's address.

    Raises
    ------
    Forbidden
        Anything but https to a named host on port 443, without user or fragment.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise Forbidden("This is not an address.") from error
    if parts.scheme != "https":
        raise Forbidden("The address must begin with https://.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Forbidden("Leave out user names, passwords and what follows a #.")
    if port not in (None, PORT):
        raise Forbidden("Only port 443 is allowed.")
    host = (parts.hostname or "").rstrip(".")
    if not HOST.fullmatch(host) or host.rpartition(".")[2].isdigit():
        raise Forbidden("Name a public host, such as hooks.example.com.")
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    if not PATH.fullmatch(path):
        raise Forbidden("Write the path in plain characters, the others as %-codes.")
    return Target(host, path)


def public_addresses(host: str) -> list[str]:
    """Addresses of a host, all of them public.

    Raises
    ------
    Forbidden
        If there is none, or any of them is private, local or reserved.
    """
    try:
        # The dot at the end keeps search domains out of it.
        found = socket.getaddrinfo(f"{host}.", PORT, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Forbidden("The host cannot be found.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses or not all(is_public(address) for address in addresses):
        raise Forbidden("The host does not lead to a public address.")
    return addresses


def is_public(address: str) -> bool:
    """Whether an address is a public unicast one, whatever it is wrapped in."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        in_nat64 = ip in ipaddress.ip_network("64:ff9b::/96")
        if inner or in_nat64:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


class _Pinned(http.client.HTTPSConnection):
    """Connects to the address that was checked; the certificate is the host's."""

    def __init__(self, host: str, address: str) -> None:
        self._context_used = ssl.create_default_context()
        super().__init__(host, PORT, timeout=TIMEOUT, context=self._context_used)
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, PORT), TIMEOUT)
        self.sock = self._context_used.wrap_socket(plain, server_hostname=self.host)


def post(url: str, headers: dict[str, str], body: bytes) -> int:
    """Send one message and give the status; the answer's body is not read.

    Raises
    ------
    Forbidden, OSError, http.client.HTTPException
        When the address is not allowed, or nothing was sent or answered.
    """
    target = checked(url)
    line = _Pinned(target.host, public_addresses(target.host)[0])
    try:
        line.request("POST", target.path, body, headers)
        return line.getresponse().status
    finally:
        line.close()


def secrets(salt: str) -> list[str]:
    """An audience's signing secret, and those from before the last change of keys.

    Drawn from the secret key and the audience's own salt, so that the database alone
    does not hold it.
    """
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [f"whsec_{base64.b64encode(_secret(key, salt)).decode()}" for key in keys]


def _secret(key: str | bytes, salt: str) -> bytes:
    known = key.encode() if isinstance(key, str) else key
    return hmac.new(known, f"audience\n{salt}".encode(), hashlib.sha256).digest()


def signed_headers(
    message_id: str, timestamp: int, body: bytes, secrets_in_use: Sequence[str]
) -> dict[str, str]:
    """Headers of Standard Webhooks; one signature for each secret in use."""
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = [_signature(secret, content) for secret in secrets_in_use]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Attune",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
