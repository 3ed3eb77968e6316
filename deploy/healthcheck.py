"""Ask a process of this container whether it is well: exit 0 or 1, with the reason in words.

healthcheck.py 8000     a server, by its port: /readyz, under a host name that finobs answers to
healthcheck.py sealer   a process that answers nobody, by its heartbeat (beat, sealer)
"""

import http.client
import os
import sys
import tempfile
import time
from pathlib import Path

MAX_AGE_SECONDS = 60


def server(port: str) -> str:
    host = os.environ["ALLOWED_HOSTS"].split(",")[0].strip()
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=3)
    try:
        connection.request("GET", "/readyz", headers={"Host": host})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"port {port} does not answer: {error}"
    return "" if status == 200 else f"/readyz answers {status}"


def process(name: str) -> str:
    path = Path(os.environ.get("HEARTBEAT_DIR") or tempfile.gettempdir()) / f"finobs-{name}.heartbeat"
    try:
        age, trouble = time.time() - path.stat().st_mtime, path.read_text()
    except OSError:
        return f"{name} has given no sign of life"
    return f"{name} was last heard of {age:.0f} s ago" if age > MAX_AGE_SECONDS else trouble


what = sys.argv[1]
# None is 0, and words are 1.
sys.exit((server(what) if what.isdecimal() else process(what)) or None)
