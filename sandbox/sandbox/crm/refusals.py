"""What CRMOffice answers when it refuses a request by a fault."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.crm.problems import ProblemError, unauthorized

if TYPE_CHECKING:
    from sandbox.faults import Fault

_DETAILS = {
    400: "The request is invalid.",
    403: "The client may not do this.",
    404: "There is no such record.",
    409: "The record was changed or is in use.",
    422: "One or more properties are invalid.",
    429: "Too many requests.",
}
_INVALID = {400, 422}
_RETRY_AFTER = 1


def refusal(fault: Fault) -> ProblemError:
    """Return the answer to a request that meets a fault."""
    if fault.status == HTTPStatus.UNAUTHORIZED:
        return unauthorized(fault.message or "The access token is invalid.")
    detail = _DETAILS.get(fault.status, "The server failed.")
    errors = None
    if fault.property and fault.status in _INVALID:
        errors = {fault.property: [fault.message or "Is invalid."]}
    elif fault.message:
        detail = fault.message
    wait = fault.retry_after
    if wait is None and fault.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = _RETRY_AFTER
    headers = {} if wait is None else {"Retry-After": str(wait)}
    return ProblemError(fault.status, detail, errors, headers)
