"""No library of ours calls its vendor: what each process imports and runs opens no socket and writes no file.

Native code does not pass Python's audit hooks: where strace is installed, the system calls themselves are looked at.
"""

from __future__ import annotations

import ast
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from finobs.settings import vendors
from finobs.settings.env import BASE_DIR

# Telemetry sends in the background: a process that ends at once would pass.
SECONDS_TO_LISTEN = 3
ROOMS = ("finobs", "transactions", "approvals", "detection", "cases", "exports", "agents", "tests")
SETUP = "import django; django.setup()"
SCORE = f"""
{SETUP}
import time
import numpy, onnx
from onnx import TensorProto, helper
value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("features", "score")]
graph = helper.make_graph([helper.make_node("Relu", ["features"], ["score"])], "g", value[:1], value[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
from detection.ml import scoring
LISTEN
session = scoring.open_session(model.SerializeToString())
assert scoring.score_matrix(session, numpy.ones((3, 1), dtype="float32")) == [1.0, 1.0, 1.0]
time.sleep({SECONDS_TO_LISTEN})
"""
# Modules of a locked distribution that are no library but a command, or another system's.
NOT_IMPORTABLE = re.compile(r"__main__|_win|win32|^_distutils_hack$|^pkg_resources$|^setuptools$|^uvloop$")
IMPORTS = """
import importlib, importlib.metadata, re, sys, time
import django
django.setup()
locked = re.findall(r"^([A-Za-z0-9._-]+)==", open("requirements/production.txt").read(), re.MULTILINE)
assert len(locked) > 40
canonical = lambda name: re.sub(r"[-_.]+", "-", name).lower()
wanted = {canonical(name) for name in locked}
count = 0
for module, distributions in sorted(importlib.metadata.packages_distributions().items()):
    if wanted & {canonical(name) for name in distributions} and not re.search(NOT_IMPORTABLE, module):
        try:
            importlib.import_module(module)
            count += 1
        except ImportError:
            pass
assert count > 40, count
time.sleep(LISTEN)
"""
HOOK = """
import sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.__new__"):
        raise SystemExit(f"{event} {arguments}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        raise SystemExit(f"writes {arguments[0]}")
sys.addaudithook(hook)
"""
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def environment(home: Path) -> dict[str, str]:
    """As on a machine where nobody thought of it: no opt-out, and no CI, which some libraries take for one."""
    (home / "var" / "static").mkdir(parents=True)
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "finobs.settings.local",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FINOBS_VAR_DIR": str(home / "var"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(home),
    }


def run(code: str, home: Path, *prefix: str) -> None:
    done = subprocess.run(
        [*prefix, sys.executable, "-c", code], env=environment(home), cwd=BASE_DIR, capture_output=True, text=True,
        timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def files_in(home: Path) -> list[str]:
    return [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()]


def test_an_inference_session_asks_python_for_no_socket_and_no_file(tmp_path):
    run(SCORE.replace("LISTEN", HOOK), tmp_path / "home")
    assert files_in(tmp_path / "home") == []


def traced_calls(code: str, tmp_path: Path) -> list[str]:
    """Sockets of any network, and files opened to be written, by any thread of a process that runs `code`."""
    trace = tmp_path / "trace"
    calls = "trace=socket,connect,sendto,sendmmsg,openat,mkdir,mkdirat,unlink"
    run(code, tmp_path / "home", "strace", "-f", "-qq", "-o", str(trace), "-e", calls)
    lines = trace.read_text().splitlines()
    assert any("openat" in line for line in lines)
    return [
        line
        for line in lines
        if re.search(r"socket\(AF_(INET|UNIX)|connect\(|sendm?m?s?g?to\(|O_WRONLY|O_RDWR|O_CREAT|mkdir", line)
        # The last: Python tries whether it can write where temporary files go.
        and not re.search(r"/dev/(null|shm|tty)|ENOENT|EEXIST|EROFS|/home/[a-z0-9_]{8}\"", line)
    ]


@needs_strace
def test_an_inference_session_makes_no_system_call_that_opens_a_socket_or_writes(tmp_path):
    assert traced_calls(SCORE.replace("LISTEN", ""), tmp_path) == []
    assert files_in(tmp_path / "home") == []


@needs_strace
def test_importing_each_library_of_production_opens_no_network_and_leaves_no_file(tmp_path):
    code = IMPORTS.replace("NOT_IMPORTABLE", repr(NOT_IMPORTABLE.pattern)).replace("LISTEN", str(SECONDS_TO_LISTEN))
    calls = traced_calls(code, tmp_path)
    assert [line for line in calls if "AF_INET" in line] == []
    assert files_in(tmp_path / "home") == []


@pytest.mark.parametrize("mode", ["local", "production", "test"])
def test_every_mode_turns_telemetry_off_before_anything_else(mode):
    text = (BASE_DIR / "finobs" / "settings" / "base.py").read_text()
    assert text.index("vendors.silence()") < text.index("INSTALLED_APPS")
    assert "from finobs.settings.base import" in (BASE_DIR / "finobs" / "settings" / f"{mode}.py").read_text()


def test_what_an_operator_set_does_not_turn_it_on_again(monkeypatch):
    for name in vendors.TELEMETRY_OFF:
        monkeypatch.setenv(name, "0")
    vendors.silence()
    assert {name: os.environ[name] for name in vendors.TELEMETRY_OFF} == vendors.TELEMETRY_OFF


def importers(library: str) -> list[str]:
    """Files of ours that import `library`, anywhere in them."""
    found = []
    for room in ROOMS:
        for path in sorted((BASE_DIR / room).rglob("*.py")):
            nodes = list(ast.walk(ast.parse(path.read_text())))
            names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
            names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
            calls = [node for node in nodes if isinstance(node, ast.Call) and node.args]
            names += [
                str(call.args[0].value)
                for call in calls
                if isinstance(call.args[0], ast.Constant) and "import_module" in ast.unparse(call.func)
            ]
            if any(name.split(".")[0] == library for name in names):
                found.append(str(path.relative_to(BASE_DIR)))
    return found


def test_one_place_imports_onnxruntime():
    assert importers("onnxruntime") == ["detection/ml/scoring.py"]
