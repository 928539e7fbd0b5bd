"""A stand-in for the product on loopback: random arms, everything remembered."""

import gzip
import json
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Shop:
    """Splits customers by a hash; ``choose`` names the offer of the treated."""

    def __init__(self, choose: Any = None, share_treated: float = 0.5) -> None:
        self.choose = choose or (lambda user_id, placement: "free-delivery")
        self.share_treated = share_treated
        self.lock = threading.Lock()
        self.events: dict[str, dict[str, Any]] = {}
        self.batches: list[int] = []
        self.requests: list[tuple[str, str | None]] = []
        self.asked: list[tuple[str, int]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.placements: set[str] | None = None

    def is_treated(self, user_id: str, placement: str) -> bool:
        point = zlib.crc32(f"salt:{placement}:{user_id}".encode()) / 2**32
        return point < self.share_treated

    def ingest(self, batch: list[dict[str, Any]]) -> dict[str, Any]:
        with self.lock:
            fresh = [e for e in batch if e["messageId"] not in self.events]
            self.events.update({e["messageId"]: e for e in fresh})
        return {
            "success": True,
            "accepted": len(fresh),
            "duplicates": len(batch) - len(fresh),
            "rejected": [],
        }

    def decide(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        placement = body["placement"]
        with self.lock:
            self.asked.append((placement, len(body["customers"])))
        return [self._decision(c["userId"], placement) for c in body["customers"]]

    def _decision(self, user_id: str, placement: str) -> dict[str, Any]:
        treated = self.is_treated(user_id, placement)
        offer = self.choose(user_id, placement) if treated else None
        return {
            "decisionId": f"{placement}-{user_id}",
            "placement": placement,
            "mode": "personalised" if treated else "control",
            "items": [{"offer": offer, "content": {}}],
        }

    def named(self, name: str) -> list[dict[str, Any]]:
        return [e for e in self.events.values() if e.get("event") == name]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shop: Shop

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        shop = self.shop
        shop.requests.append((self.path, self.headers.get("Authorization")))
        if shop.answers:
            status, headers = shop.answers.pop(0)
            return self._answer(status, {"code": "told"}, headers)
        body = json.loads(raw)
        if self.path == "/v1/batch":
            shop.batches.append(len(raw))
            return self._answer(200, shop.ingest(body["batch"]), {})
        if shop.placements is not None and body["placement"] not in shop.placements:
            return self._answer(404, {"code": "unknown_placement"}, {})
        return self._answer(200, shop.decide(body), {})

    def _answer(self, status: int, body: Any, headers: dict[str, str]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(shop: Shop) -> Iterator[str]:
    handler = type("ShopHandler", (Handler,), {"shop": shop})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = False
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
