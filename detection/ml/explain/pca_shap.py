"""Exact SHAP values of a PCA reconstruction error, in closed form.

With z the standardised row, m and M the mean and the second moment of the standardised training rows, and
err = z'Qz, Q = P W P / F, P = I - V'V: phi_j = z_j (Qz)_j + z_j (Qm)_j - m_j (Qz)_j - (QM)_jj, base = tr(QM), the
mean error of the training rows. This is interventional SHAP with the training rows as background; where m = 0 it is
z_j (Qz)_j - (QS)_jj. Checked against all coalitions in the tests.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class PcaShap:
    """The PCA member of a model, from its metadata: `mean`, `scale`, `projector` (F, F), `weights`, `second_moment`
    and, where they are there, `background_mean`, `clip` (of standardised values) and `divide` (F unless told)."""

    def __init__(self, metadata: dict[str, Any]) -> None:
        self.mean, self.scale = np.array(metadata["mean"], dtype=float), np.array(metadata["scale"], dtype=float)
        size = len(self.mean)
        self.clip = metadata.get("clip")
        residual = np.array(metadata["projector"], dtype=float).reshape(size, size)
        self.weights = np.array(metadata.get("weights", [1] * size), dtype=float) / float(metadata.get("divide", size))
        self.keep = np.eye(size) - residual
        self.form: NDArray[np.float64] = residual.T @ np.diag(self.weights) @ residual
        self.centre = np.array(metadata.get("background_mean", [0] * size), dtype=float)
        self.offsets = (self.form * np.array(metadata["second_moment"], dtype=float)).sum(axis=1)
        self.pulled = self.form @ self.centre

    @property
    def base(self) -> float:
        return float(self.offsets.sum())

    def standardised(self, row: NDArray[np.float32]) -> NDArray[np.float64]:
        """A value that is not known counts as the mean."""
        z = (row.astype(float) - self.mean) / self.scale
        z = np.where(np.isnan(z), 0.0, z)
        return z if self.clip is None else np.clip(z, -float(self.clip), float(self.clip))

    def attribute(self, row: NDArray[np.float32]) -> NDArray[np.float64]:
        """Each feature's contribution to the error; they and `base` add up to that of the row."""
        z = self.standardised(row)
        bent = self.form @ z
        values: NDArray[np.float64] = z * bent + z * self.pulled - self.centre * bent - self.offsets
        return values

    def error(self, row: NDArray[np.float32]) -> float:
        z = self.standardised(row)
        return float(z @ self.form @ z)

    def reconstructed(self, row: NDArray[np.float32]) -> NDArray[np.float64]:
        """The row as the components alone give it, in the features' own units."""
        values: NDArray[np.float64] = self.mean + self.scale * (self.keep @ self.standardised(row))
        return values

    def errors(self, row: NDArray[np.float32]) -> NDArray[np.float64]:
        """Each feature's weighted squared difference to its reconstruction. They add up to the error too, but put
        what one feature did on those that go with it."""
        z = self.standardised(row)
        values: NDArray[np.float64] = self.weights * (z - self.keep @ z) ** 2
        return values
