"""finobs's RSGI application with addresses that stream, for a server that is a process of its own."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.urls import path

CHUNK = b"x" * 65_536
SECRET = "ana-4111111111111111"
made = [0]


def chunks(count: int, *, fails: bool = False) -> Iterator[bytes]:
    for _ in range(count):
        made[0] += 1
        yield CHUNK
    if fails:
        raise KeyError(SECRET)


def slowly() -> Iterator[bytes]:
    for _ in range(600):
        made[0] += 1
        time.sleep(0.05)
        yield b"x"


def many(request: HttpRequest, count: int) -> StreamingHttpResponse:
    return StreamingHttpResponse(chunks(count))


def failing(request: HttpRequest, count: int) -> StreamingHttpResponse:
    return StreamingHttpResponse(chunks(count, fails=True))


def endless(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(slowly())


def state(request: HttpRequest) -> HttpResponse:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return HttpResponse(f"{pages * resource.getpagesize() // 1024} {made[0]}")


def cookies(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(b"body")
    response.set_cookie("first", "1")
    response.set_cookie("second", "2")
    return response


urlpatterns = [
    path("many/<int:count>", many),
    path("failing/<int:count>", failing),
    path("endless", endless),
    path("state", state),
    path("cookies", cookies),
    path("unchanged", lambda _: HttpResponseNotModified()),
]
handler500 = "finobs.core.http.server_error"


def __getattr__(name: str) -> object:
    """`application`: made by the server only."""
    if name != "application":
        raise AttributeError(name)
    from finobs import rsgi

    return rsgi.application
