"""What may go wrong with a request, beside what Earmark's own errors say."""

from __future__ import annotations

from app.web.access.rights import Permission
from pipeline.errors import EarmarkError


class RequestError(EarmarkError):
    """A request that is not answered as it was meant; ``status`` is HTTP's."""

    status = 400


class SignInNeededError(RequestError):
    """Nobody is signed in."""

    status = 401

    def __init__(self) -> None:
        super().__init__("sign in first")


class ForbiddenError(RequestError):
    """The visitor may not do this; or they may, but the token that they came with may not."""

    status = 403

    def __init__(self, permission: Permission, *, of_token: bool = False) -> None:
        lacks = "which this token was not given; make another under /account/tokens"
        super().__init__(
            f"this needs the right {permission.value!r}, {lacks if of_token else 'which your role does not have'}"
        )


class PasswordChangeNeededError(RequestError):
    """The visitor's password is one that somebody else has set."""

    status = 403

    def __init__(self) -> None:
        super().__init__("choose a password of your own first, on the page /account")


class ForgedError(RequestError):
    """A change was sent by something else than a form of this site for this visitor."""

    status = 403

    def __init__(self) -> None:
        super().__init__("this form is not of your present stay: go back, load the page again, and send it once more")


class TooManyAttemptsError(RequestError):
    """Too many wrong passwords; ``key`` is by what they were counted, where that is told."""

    status = 429

    def __init__(self, wait_minutes: int, key: str = "") -> None:
        super().__init__(f"too many attempts: try again in {wait_minutes} minutes")
        self.wait_minutes = wait_minutes
        self.key = key


class BodyTooLargeError(RequestError):
    """More was sent than is read here."""

    status = 413

    def __init__(self, most_bytes: int) -> None:
        super().__init__(f"this is too large: at most {most_bytes // 1000} kB are read here")


class BadRequestError(RequestError):
    """Something in the request cannot be read; the message says what is allowed."""
