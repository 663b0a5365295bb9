"""Every exception that Earmark raises on purpose.

::

    EarmarkError                    base: catch this at the edge; its text is fit for a user
    |-- ConfigError                 a setting is unknown, missing or out of range
    |   `-- NotInForceError         no rubric scores calls of that day
    |-- UnknownNameError            no engine, rubric or rule of that name (says which there are)
    |-- SourceError                 an address of recordings cannot be used (says which can)
    |-- MediaAwayError              where a recording lies does not answer; it may come back
    |-- IntakeError                 a recording cannot be taken in; carries a defect code
    |-- ModelError                  model weights are missing or are not the ones they should be
    |-- EngineError                 a recogniser or sentiment engine failed on one input
    |-- AuthoredFileError           a rubric, rule pack or settings file has problems (all of them, with line numbers)
    |-- TranscriptFileError         a transcript file cannot be read
    |-- ServerError                 Prefect's temporary server does not start
    |-- UnexpectedError             something failed that nobody foresaw; only its kind and place are told
    |-- NotFoundError               no such call, score or flag in this workspace
    |-- BackupError                 a back-up cannot be made, or an archive is damaged (says which part)
    |-- ReportError                 a report cannot be written where it should go
    |-- JudgeError                  the language model could not be asked; it is asked again
    |-- AnswerError                 an answer is none that a question can have (says which there are)
    |-- QueryError                  a search cannot be meant like this (says what is allowed)
    |-- ReviewError                 a review, dispute or calibration session cannot be made like this (says why)
    `-- StoreError                  the database cannot be reached or is of another version
        `-- SealedError             what is stored is sealed with a key that is not at hand, or was changed

A message says what happened, where, what was allowed and what to do next. It never holds words of a call.
"""

from __future__ import annotations

import dataclasses
import difflib
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

_TOLD_NAMES = 40


class EarmarkError(Exception):
    """Base of all errors that Earmark raises on purpose; ``str(error)`` is fit for a user."""


class ConfigError(EarmarkError):
    """A setting is unknown, missing or out of range."""


class NotInForceError(ConfigError):
    """No rubric scores calls of that day."""


class UnknownNameError(EarmarkError):
    """A name that is not registered, with what there is, the nearest first."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, listed_by: str = "") -> None:
        """Keep what was asked for and what there is; `listed_by` is the command that tells it, said in its place."""
        self.kind, self.name, self.known = kind, name, sorted(known)
        told = [*(near := _nearest(name, self.known, n=3)), *(each for each in self.known if each not in near)]
        more = f" and {len(told) - _TOLD_NAMES} more" if len(told) > _TOLD_NAMES else ""
        there_are = f"there are: {', '.join(told[:_TOLD_NAMES])}{more}" if told else "there are none"
        if listed_by:
            there_are = f"{'nearest: ' + ', '.join(near) + '; ' if len(near) > 1 else ''}all of them: {listed_by}"
        super().__init__(f"unknown {kind} {name!r}{did_you_mean(name, self.known)}; {there_are}")


class SourceError(EarmarkError):
    """An address of recordings cannot be used; the message says why, and repeats nothing that may be a secret."""


class MediaAwayError(EarmarkError):
    """The server or object store in which a recording lies does not answer, or lets nobody in: it may come back."""


class IntakeError(EarmarkError):
    """A recording cannot be taken in.

    Args:
        code: Stable defect code, such as ``"unreadable"``.
        message: Plain reason and what to do about it.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class ModelError(EarmarkError):
    """Model weights are missing or are not the ones they should be."""


class EngineError(EarmarkError):
    """A recogniser or sentiment engine failed on one input."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One problem in a file that a person wrote.

    Attributes:
        code: Stable code, such as ``"duplicate-key"``.
        where: Path inside the file, such as ``sections.0.criteria.2.points``; empty for the whole file.
        line: Line number from 1, or None where it is not known.
        message: What is wrong, what is allowed, what to do.
        file: The file, where an error tells of several; None for the one that the error names.
    """

    code: str
    message: str
    where: str = ""
    line: int | None = None
    file: str | None = None

    def in_file(self, file: str) -> Problem:
        """Return the problem with its file, to be told together with those of other files."""
        return dataclasses.replace(self, file=file)


class AuthoredFileError(EarmarkError):
    """A rubric, rule pack or settings file has problems; all of them are listed at once."""

    def __init__(self, path: str, problems: Sequence[Problem]) -> None:
        self.path, self.problems = path, tuple(problems)
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """Return one line per problem: ``file:line: [code] where: message``."""
        return [
            f"{problem.file or self.path}:{problem.line or 1}: [{problem.code}] "
            + (f"{problem.where}: " if problem.where else "")
            + problem.message
            for problem in self.problems
        ]

    def located(self) -> list[Problem]:
        """Return the problems, each with its file."""
        return [problem.in_file(problem.file or self.path) for problem in self.problems]


class TranscriptFileError(EarmarkError):
    """A transcript file cannot be read."""


class ServerError(EarmarkError):
    """Prefect's temporary server does not start."""


class UnexpectedError(EarmarkError):
    """Something failed that nobody foresaw. Its message may hold words of a call, so only kind and place are told."""

    def __init__(self, error: BaseException) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        super().__init__(f"unexpected {type(error).__name__}{place}; it is tried again on the next run")


class NotFoundError(EarmarkError):
    """No such call, score or flag in this workspace."""


class BackupError(EarmarkError):
    """A back-up cannot be made, read or restored; of a damaged one the damaged part is named."""


class ReportError(EarmarkError):
    """A report cannot be written where it should go."""


class JudgeError(EarmarkError):
    """The language model could not be asked; it is asked again on the next run."""


class AnswerError(EarmarkError):
    """An answer is none that a question can have; the message says which there are."""


class ReviewError(EarmarkError):
    """A review, dispute or calibration session cannot be made like this; the message says why and what can be done."""


class QueryError(EarmarkError):
    """A search cannot be meant like this, or takes too long; the message says what is allowed."""


class StoreError(EarmarkError):
    """The database cannot be reached or is of another version."""


class SealedError(StoreError):
    """What is stored is sealed with a key that is not at hand (the message names it), or was changed since."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the nearest known name, or an empty string."""
    close = _nearest(name, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _nearest(name: str, known: Iterable[str], *, n: int) -> list[str]:
    """Return at most n known names like this one, the nearest first; capitals make no difference."""
    folded: dict[str, list[str]] = {}
    for each in known:
        folded.setdefault(each.casefold(), []).append(each)
    close = difflib.get_close_matches(name.casefold(), list(folded), n=n)
    return [each for match in close for each in folded[match]][:n]
