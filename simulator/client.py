"""HTTP to the product: events in, decisions out, patient with a busy server."""

import base64
import gzip
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from simulator.errors import Refused, Unauthorised, UnknownPlacement, Unreachable

BATCH_BYTES = 480_000
BATCH_EVENTS = 1_000
DECISION_CUSTOMERS = 1_000
TRIES = 7
LONGEST_WAIT = 30.0
PATIENCE = (10, 120)
BUSY = frozenset({429, 502, 503, 504})


class Client:
    def __init__(
        self,
        url: str,
        *,
        write_key: str,
        api_key: str,
        workers: int = 2,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self.sleep = sleep
        self.session = requests.Session()
        self.session.trust_env = False
        adapter = HTTPAdapter(pool_maxsize=max(workers, 2))
        self.session.mount("http://", adapter)
        self.session.mount("https://", adapter)
        basic = base64.b64encode(f"{write_key}:".encode()).decode()
        self._ingest = {"Authorization": f"Basic {basic}", "Content-Encoding": "gzip"}
        self._decide = {"Authorization": f"Bearer {api_key}"}
        self.counts: Counter[str] = Counter()
        self.rejections: list[str] = []

    def close(self) -> None:
        self.session.close()

    def send(self, events: list[dict[str, Any]]) -> None:
        for body in batches(events):
            answer = self._post(
                "/v1/batch", gzip.compress(body, compresslevel=3), self._ingest
            )
            self._count(answer.json())

    def _count(self, answer: dict[str, Any]) -> None:
        for name in ("accepted", "duplicates"):
            self.counts[name] += int(answer.get(name, 0))
        rejected = answer.get("rejected", [])
        self.counts["rejected"] += len(rejected)
        for row in rejected[: 5 - len(self.rejections)]:
            self.rejections.append(
                f"{row.get('messageId')}: {row.get('code')}: {row.get('message')}"
            )

    def decide(
        self,
        placement: str,
        channel: str,
        user_ids: list[str],
        context: dict[str, Any],
    ) -> list[dict[str, Any]]:
        body = {
            "placement": placement,
            "channel": channel,
            "context": context,
            "customers": [{"userId": user_id} for user_id in user_ids],
        }
        answer = self._post(
            "/api/v1/decisions/batch", json.dumps(body).encode(), self._decide
        ).json()
        decisions = answer if isinstance(answer, list) else answer.get("decisions")
        if not isinstance(decisions, list) or len(decisions) != len(user_ids):
            raise Refused(
                f"/api/v1/decisions/batch was asked for {len(user_ids)} customers at "
                f"{placement} and did not answer with as many decisions."
            )
        return decisions

    def _post(
        self, path: str, body: bytes, headers: dict[str, str]
    ) -> requests.Response:
        headers = {**headers, "Content-Type": "application/json"}
        answer: requests.Response | None = None
        for attempt in range(1, TRIES + 1):
            if attempt > 1:
                self.counts["retries"] += 1
                self.sleep(_wait(answer, attempt - 1))
            answer = self._try(path, body, headers, is_last=attempt == TRIES)
            if answer is not None and answer.status_code not in BUSY:
                return _accepted(path, answer)
        raise Unreachable(
            f"{self.url}{path} was still busy after {TRIES} tries "
            f"(last answer {answer.status_code if answer is not None else 'none'}). "
            "Look at its log, then run the same command again."
        )

    def _try(
        self, path: str, body: bytes, headers: dict[str, str], *, is_last: bool
    ) -> requests.Response | None:
        try:
            return self.session.post(
                self.url + path, data=body, headers=headers, timeout=PATIENCE
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            if is_last or _is_refused(error):
                raise Unreachable(
                    f"Nothing answers at {self.url}. Start the server (make demo) or "
                    "correct --url, then run the same command again."
                ) from error
            return None
        except requests.RequestException as error:
            raise Unreachable(f"--url {self.url} cannot be used: {error}") from error


def batches(events: list[dict[str, Any]]) -> Iterator[bytes]:
    """Cut events into bodies that stay under the size limit of a batch."""
    chunk: list[bytes] = []
    size = 0
    for event in events:
        text = json.dumps(event, separators=(",", ":")).encode()
        if chunk and (size + len(text) > BATCH_BYTES or len(chunk) == BATCH_EVENTS):
            yield b'{"batch":[' + b",".join(chunk) + b"]}"
            chunk, size = [], 0
        chunk.append(text)
        size += len(text) + 1
    if chunk:
        yield b'{"batch":[' + b",".join(chunk) + b"]}"


def _is_refused(error: Exception) -> bool:
    words = str(error)
    return "refused" in words.lower() or "NameResolution" in words


def _wait(answer: requests.Response | None, attempt: int) -> float:
    asked = answer.headers.get("Retry-After") if answer is not None else None
    wait = _retry_after(asked) if asked else None
    return min(wait if wait is not None else 0.5 * 2 ** (attempt - 1), LONGEST_WAIT)


def _retry_after(text: str) -> float | None:
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max((at - datetime.now(UTC)).total_seconds(), 0.0)


def _accepted(path: str, answer: requests.Response) -> requests.Response:
    if answer.ok:
        return answer
    detail = answer.text[:300]
    if answer.status_code in {401, 403}:
        key = "--write-key" if path.startswith("/v1/") else "--api-key"
        raise Unauthorised(
            f"{path} answered {answer.status_code}: {key} is not accepted. "
            f"Create a key with the right scope and pass it as {key}. {detail}"
        )
    if answer.status_code == 404 and "decisions" in path:
        raise UnknownPlacement(detail)
    raise Refused(f"{path} answered {answer.status_code}: {detail}")
