"""The table of packages in docs/architecture.md: `python -m tests.support.packages` prints it as the code stands."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from dataclasses import dataclass, field

from finobs.settings.env import BASE_DIR

from ..test_import_cycles import MODULES, graph

# Packages whose files are rows of their room, not a subject of their own.
FOLDED = ("services", "views", "selectors", "management", "commands", "templatetags", "en")


@dataclass
class Package:
    """One row: what it holds, its size without tests and migrations, and what it imports of finobs."""

    holds: str = ""
    files: int = 0
    lines: int = 0
    knows: set[str] = field(default_factory=set)


def package_of(module: str) -> str:
    """The row that a module belongs to."""
    path = MODULES[module]
    parts = list(path.parent.relative_to(BASE_DIR).parts)
    while parts and parts[-1] in FOLDED:
        parts.pop()
    return ".".join(parts)


def packages() -> dict[str, Package]:
    """Each package with its figures."""
    rows: dict[str, Package] = defaultdict(Package)
    sources = {module: (path.read_text(), path.name == "__init__.py") for module, path in MODULES.items()}
    for module, (text, is_package) in sources.items():
        row = rows[package_of(module)]
        row.files += 1
        row.lines += text.count("\n")
        if is_package and module == package_of(module):
            row.holds = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0].replace("\n", " ")
    for module, targets in graph(sources).items():
        rows[package_of(module)].knows |= {package_of(target) for target in targets} - {package_of(module)}
    return dict(sorted(rows.items()))


def short(name: str, home: str) -> str:
    """A package as its neighbours call it: inside the same app without the app's name."""
    app = home.split(".")[0]
    return name.removeprefix(f"{app}.") if app != "finobs" else name.removeprefix("finobs.")


def table() -> str:
    """Markdown."""
    lines = ["| package | files | lines | holds | knows |", "| --- | ---: | ---: | --- | --- |"]
    for name, row in packages().items():
        knows = ", ".join(short(each, name) for each in sorted(row.knows)) or "nothing"
        lines.append(f"| `{name}` | {row.files} | {row.lines:,} | {row.holds} | {knows} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
