"""A load generator in a process of its own: one thread, one socket for each client, requests built beforehand.

Reads a plan from standard input, {"host", "port", "runs": [{"name", "clients", "seconds", "method", "path",
"headers", "bodies"}]}, and where there is "headers_in_turn", each request adds the next ones of these; writes {name:
{"seconds", "latencies", "statuses"}} as JSON. Knows nothing of Django: what it spends, the server lacks.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from time import perf_counter
from typing import Any

END_OF_HEAD = b"\r\n\r\n"


class Client:
    """One connection with one request under way."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = b""
        self.begun = 0.0

    def send(self, request: bytes) -> None:
        self.got, self.begun = b"", perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int:
        """The status once the whole answer is here, 0 before."""
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError(f"the server hung up after {self.got[:200]!r}")
        self.got += part
        head, found, body = self.got.partition(END_OF_HEAD)
        if not found or len(body) < _length(head):
            return 0
        return int(head[9:12])


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def requests(run: dict[str, Any], host: str) -> Iterator[bytes]:
    head = [f"{run['method']} {run['path']} HTTP/1.1", f"Host: {host}", "Content-Type: application/json"]
    head += [f"{name}: {value}" for name, value in run["headers"].items()]
    in_turn = cycle(run.get("headers_in_turn") or [{}])
    for body, more in zip(run["bodies"], in_turn, strict=False):
        content, own = body.encode(), [f"{name}: {value}" for name, value in more.items()]
        yield "\r\n".join([*head, *own, f"Content-Length: {len(content)}", "", ""]).encode() + content


def load(run: dict[str, Any], host: str, port: int) -> dict[str, Any]:
    """Keep every client busy until the time is over or the bodies are used up."""
    waiting = iter(list(requests(run, host)))
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    with selectors.DefaultSelector() as selector:
        for _ in range(run["clients"]):
            made = Client(host, port)
            selector.register(made.socket, selectors.EVENT_READ, made)
        begun = perf_counter()
        for key in list(selector.get_map().values()):
            key.data.send(next(waiting))
        over = begun + run["seconds"]
        busy = run["clients"]
        while busy:
            for key, _ in selector.select(30):
                client: Client = key.data
                if not (status := client.receive()):
                    continue
                now = perf_counter()
                latencies.append(now - client.begun)
                statuses[status] += 1
                request = next(waiting, None) if now < over else None
                if request is None:
                    selector.unregister(client.socket)
                    client.socket.close()
                    busy -= 1
                else:
                    client.send(request)
        spent = perf_counter() - begun
    return {"seconds": spent, "latencies": latencies, "statuses": dict(statuses)}


def main() -> None:
    plan = json.load(sys.stdin)
    json.dump({run["name"]: load(run, plan["host"], plan["port"]) for run in plan["runs"]}, sys.stdout)


if __name__ == "__main__":
    main()
