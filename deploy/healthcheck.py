"""Ask a server of this container whether it can serve: exit 0 or 1. Sends a host name that finobs answers to."""

import os
import sys
import urllib.request

host = os.environ["ALLOWED_HOSTS"].split(",")[0].strip()
address = f"http://127.0.0.1:{sys.argv[1]}/readyz"
try:
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Host": host}), timeout=3) as answer:
        sys.exit(answer.status != 200)
except OSError:
    sys.exit(1)
