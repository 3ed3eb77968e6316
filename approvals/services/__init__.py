"""Every write of approvals. Requests themselves are made by the guard, when a gated service is called."""

from .expire_due import expire_due
from .policy_set import policy_set
from .request_decide import request_decide
from .request_withdraw import request_withdraw

__all__ = ["expire_due", "policy_set", "request_decide", "request_withdraw"]
