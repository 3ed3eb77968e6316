"""What a graph carries about itself so that its scores can be explained: metadata keys "ensemble" and "boosted"."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ENSEMBLE_KEY = "ensemble"
BOOSTED_KEY = "boosted"


def ensemble_metadata(
    *,
    sample: int,
    mean: Floats,
    scale: Floats,
    projector: Floats,
    weights: Floats,
    second_moment: Floats,
    forest_centre: tuple[float, float],
    pca_centre: tuple[float, float],
    forest_weight: float,
    least_error: float,
) -> str:
    """z = forest_weight * z(2^-x) + (1 - forest_weight) * z(log(error + least_error)), shown as 1/2 + z / 2(1 + |z|).

    error = sum of weights * (projector @ standardised)^2; `second_moment` (F, F) is of the standardised training
    rows; centres are (mean, standard deviation). Goes into the graph's metadata under KEY, beside "features", the
    comma-separated names of the columns that the model looks at, in the order of these arrays.
    """
    metadata: dict[str, Any] = {
        "sample": int(sample), "mean": mean.tolist(), "scale": scale.tolist(), "projector": projector.tolist(),
        "weights": weights.tolist(), "divide": 1, "second_moment": second_moment.tolist(),
        "if": {"of": "score", "mean": float(forest_centre[0]), "sd": float(forest_centre[1])},
        "pca": {
            "of": "log", "epsilon": float(least_error), "mean": float(pca_centre[0]), "sd": float(pca_centre[1]),
        },
        "combine": {"if": float(forest_weight), "pca": 1 - float(forest_weight)},
        "display": {"kind": "fold"},
    }  # fmt: skip
    return json.dumps(metadata, allow_nan=False, sort_keys=True)


def boosted_metadata(leaf_rows: Sequence[int]) -> str:
    """How many training rows came to each leaf, in the order in which the graph has its leaves; those of a split are
    their sum. Goes into the graph's metadata under BOOSTED, beside "features"."""
    return json.dumps({"leaf_rows": " ".join(str(int(count)) for count in leaf_rows)})


def leaf_rows(text: str) -> list[int]:
    """What `boosted_metadata` wrote. Raises ValueError or KeyError for anything else."""
    return [int(count) for count in json.loads(text)["leaf_rows"].split()]


def medians(matrix: NDArray[np.float32], names: tuple[str, ...]) -> dict[str, str]:
    """The median of each feature over the training rows, as text; parameter "typical" of a model version."""
    values_by_name = {name: column[~np.isnan(column)] for name, column in zip(names, matrix.T, strict=True)}
    return {name: str(np.float32(np.median(values))) for name, values in values_by_name.items() if len(values)}


# Of the training rows: how far out a value is can be told from these.
QUANTILES = (0.001, 0.01, 0.1, 0.9, 0.99, 0.999)


def quantiles(matrix: NDArray[np.float32], names: tuple[str, ...]) -> dict[str, str]:
    """QUANTILES of each feature over the training rows, as text; parameter "spread" of a model version."""
    values_by_name = {name: column[~np.isnan(column)] for name, column in zip(names, matrix.T, strict=True)}
    return {
        name: " ".join(str(np.float32(each)) for each in np.quantile(values, QUANTILES, method="inverted_cdf"))
        for name, values in values_by_name.items()
        if len(values)
    }
