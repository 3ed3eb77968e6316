"""Detection's benchmarks."""

from .bench_decide import decide

__all__ = ["decide"]
