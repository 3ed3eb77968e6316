"""Every write of detection. `assess` is the one decision path."""

from .assess import assess

__all__ = ["assess"]
