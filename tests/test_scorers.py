"""What is decided is scored in one place: whoever else can score is known by name, and decides nothing by it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.test_walls import trees

SCORING: Final = "detection.ml.scoring"
# What scores, and what makes something that scores. The rest of the module are shapes and checks of artefacts.
ABLE: Final = frozenset({"score_version", "score_matrix", "session_of", "open_session"})
SCORERS: Final[Mapping[str, set[str]]] = {
    # The pipeline: all that is decided.
    "detection/pipeline/batch_assessment.py": {"score_version"},
    # Whether what was decided comes out again, and what it is explained by.
    "detection/pipeline/replay.py": {"open_session", "score_matrix"},
    "detection/pipeline/explanations.py": {"open_session", "score_matrix"},
    # A version that is being made, before anybody can put it in force.
    "detection/ml/training/anomaly.py": {"open_session", "score_matrix"},
    "detection/ml/training/supervised.py": {"open_session", "score_matrix"},
    "detection/ml/explain/explainability_check.py": {"open_session", "score_matrix"},
}


def imports(path: Path, tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(what is imported, in full; what it is called here) of every import in a module."""
    package = path.parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((each.name, each.asname or each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((f"{module}.{each.name}", each.asname or each.name) for each in node.names)


def used(path: Path, tree: ast.AST) -> set[str]:
    """What a module uses of the one that scores; "*" where it cannot be told."""
    names: set[str] = set()
    for full, here in imports(path, tree):
        if full == SCORING:
            names |= {
                node.attr
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute) and ast.unparse(node.value) == here
            }
        elif full.rpartition(".")[0] == SCORING:
            names.add(full.rpartition(".")[2])
        elif full == SCORING.rpartition(".")[0]:
            names.add("*")
    return names


def test_every_way_to_import_what_scores_is_seen() -> None:
    path = Path("detection/pipeline/late/some.py")
    for code, names in {
        "from ...ml import scoring\nscoring.score_version(a, b)": {"score_version"},
        "from ...ml.scoring import score_matrix as rate": {"score_matrix"},
        "import detection.ml.scoring as rater\nrater.open_session(b'')": {"open_session"},
        "from detection.ml import scoring as other\nother.session_of(a)": {"session_of"},
        "from detection.ml.scoring import *": {"*"},
        "from ... import ml": {"*"},
        "from ..scoring import score_matrix": set(),
    }.items():
        assert used(path, ast.parse(code)) == names, code


def test_nothing_scores_but_the_pipeline_and_those_who_are_named() -> None:
    able = {str(path): used(path, tree) & (ABLE | {"*"}) for path, tree in trees()}
    assert {path: names for path, names in able.items() if names} == SCORERS


def test_only_the_scoring_module_runs_models() -> None:
    """By its library: of scikit-learn's, fitting and publishing alone know estimators."""
    running = {
        str(path) for path, tree in trees() for full, _ in imports(path, tree) if full.split(".")[0] == "onnxruntime"
    }
    assert running == {"detection/ml/scoring.py"}
