"""What is worth a second try, and when: exponential back-off with some chance in it."""

from __future__ import annotations

import logging

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from ingestion.transports.remote import PassingError, Patience

log = logging.getLogger(__name__)

# A server that wants to be left alone for longer than this is left until the next run.
LONGEST_OBEYED = 300.0


def retrying(patience: Patience) -> Retrying:
    """Try again after a PassingError, and after nothing else; the last one is raised as it is."""
    usual = wait_exponential_jitter(
        multiplier=patience.first_wait, max=patience.longest_wait, jitter=patience.first_wait
    )

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.after if isinstance(error, PassingError) and error.after is not None else 0.0
        return max(usual(state), min(asked, LONGEST_OBEYED))

    return Retrying(
        retry=retry_if_exception_type(PassingError),
        stop=stop_after_attempt(patience.attempts),
        wait=wait,
        before_sleep=_say,
        reraise=True,
    )


def _say(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0.0
    log.warning("%s Try %d in %.0f s.", error, state.attempt_number + 1, wait)
