"""Pages of approvals."""

from .inbox import inbox
from .panel import panel
from .request import request_decide, request_detail, request_withdraw

__all__ = ["inbox", "panel", "request_decide", "request_detail", "request_withdraw"]
