"""An RSGI request as a WSGI environ (PEP 3333)."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from io import BytesIO
from typing import Any, Final

NOT_PREFIXED: Final = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
# What may stand in several lines is one value, divided by this; all others by a comma (RFC 9110, section 5.3).
DIVIDERS: Final = {"cookie": "; "}


def environ_of(scope: Any, body: bytes) -> dict[str, Any]:
    host, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        # Bytes as latin-1, as WSGI wants them.
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.authority:
        environ["HTTP_HOST"] = scope.authority
    # A chunked body has no length of its own.
    return environ | _headers(scope.headers.items()) | {"CONTENT_LENGTH": str(len(body)) if body else ""}


def _headers(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in items:
        # X_Forwarded_For would be taken for X-Forwarded-For, which only the proxy may write.
        if "_" in name:
            continue
        key = NOT_PREFIXED.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        headers[key] = f"{headers[key]}{DIVIDERS.get(name, ',')}{value}" if key in headers else value
    return headers
