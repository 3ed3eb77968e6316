"""One process on one port and one folder; it ends when told to."""

import asyncio
import socket
import threading
import time
from contextlib import closing

import pytest

from finobs.embedded import server


def test_a_port_in_use_is_refused_with_what_to_do():
    with closing(socket.socket()) as taken:
        taken.bind((server.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(server.AddressInUse, match=f"Port {port} is in use.*PORT="):
            server.claim_port(port)


def test_a_free_port_is_held(free_port):
    with server.claim_port(free_port) as held:
        assert held.getsockname() == (server.HOST, free_port)


@pytest.fixture
def free_port():
    with closing(socket.socket()) as probe:
        probe.bind((server.HOST, 0))
        return probe.getsockname()[1]


def test_a_folder_has_one_finobs(tmp_path):
    with server.claim_data(tmp_path / "var"), pytest.raises(server.AddressInUse, match="FINOBS_VAR_DIR"):
        server.claim_data(tmp_path / "var")
    server.claim_data(tmp_path / "var").close()


def test_the_first_signal_ends_it_softly_and_the_second_at_once():
    import uvicorn

    running = server.Server(uvicorn.Config("unused:app"))
    running._end(15, None)
    assert (running.should_exit, running.force_exit) == (True, False)
    running._end(15, None)
    assert running.force_exit


def test_what_a_caller_says_of_their_address_is_not_believed():
    """Else five failures from one address are as many as one likes, with another X-Forwarded-For each."""
    asked = []

    async def application(scope, receive, send):
        asked.append(scope["client"])

    config = server.server_config(application)
    config.load()
    scope = {
        "type": "http",
        "client": ("127.0.0.1", 1),
        "headers": [(b"x-forwarded-for", b"9.9.9.9")],
        "scheme": "http",
    }
    asyncio.run(config.loaded_app(scope, None, None))
    assert asked == [("127.0.0.1", 1)]


def test_the_embedded_server_announces_only_what_answers(free_port):
    """Nobody listens: nothing is said, and the thread ends with the server."""
    import uvicorn

    said = []
    running = server.Server(uvicorn.Config("unused:app"))
    thread = threading.Thread(target=server._announce, args=(running, free_port, lambda: said.append(1)))
    thread.start()
    time.sleep(0.3)
    running.should_exit = True
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert said == []
