"""A server between a client and another server, which can be told to answer no more: as one that hangs."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing

HOST = "127.0.0.1"


class Relay:
    """Hands bytes on, both ways. While `frozen`, connections are accepted and stay, and nothing moves."""

    def __init__(self, target: tuple[str, int] | None) -> None:
        self.target, self.frozen, self.ended = target, target is None, False
        self.listener = socket.create_server((HOST, 0), backlog=200)
        self.port = int(self.listener.getsockname()[1])
        self.sockets = ExitStack()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.ended = True
        self.listener.close()
        self.sockets.close()

    def _accept(self) -> None:
        while not self.ended:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.sockets.enter_context(closing(client))
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        # ValueError: what a selector says of a socket that `close` has closed meanwhile.
        with contextlib.suppress(OSError, ValueError):
            self._wait_until_thawed()
            if self.target is None:
                return
            server = self.sockets.enter_context(closing(socket.create_connection(self.target)))
            with selectors.DefaultSelector() as ready:
                ready.register(client, selectors.EVENT_READ, server)
                ready.register(server, selectors.EVENT_READ, client)
                self._hand_on(ready, client, server)

    def _hand_on(self, ready: selectors.BaseSelector, *ends: socket.socket) -> None:
        while not self.ended:
            for key, _ in ready.select(0.1):
                self._wait_until_thawed()
                source: socket.socket = key.fileobj  # type: ignore[assignment]
                data = source.recv(65_536)
                if not data:
                    for end in ends:
                        end.close()
                    return
                key.data.sendall(data)

    def _wait_until_thawed(self) -> None:
        pause = threading.Event()
        while self.frozen and not self.ended:
            pause.wait(0.05)


@contextlib.contextmanager
def relay(target: tuple[str, int] | None = None) -> Iterator[Relay]:
    """To `target`; without one it is a server that accepts and never answers."""
    made = Relay(target)
    try:
        yield made
    finally:
        made.close()
