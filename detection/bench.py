"""Detection's benchmarks."""

from .bench_decide import decide
from .bench_explain import explain

__all__ = ["decide", "explain"]
