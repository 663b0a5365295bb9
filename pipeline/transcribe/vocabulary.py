"""Names and products that a call centre says and a recogniser does not know. `docs/vocabulary.md` explains the file."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from pipeline.authored import Document
from pipeline.canonical import fingerprint
from pipeline.errors import AuthoredFileError, Problem
from pipeline.records import Recording
from pipeline.text import tokens
from pipeline.transcribe.common_words import is_common

MAX_WORDS = 6
MAX_PROMPT_CHARACTERS = 600  # about 200 of Whisper's tokens: it reads 223, and a name costs one per three letters
SITE = "site"


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """A name as it is written, and how else it is heard."""

    text: str
    sounds_like: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """The terms that hold for a call, those of its own queue and site first."""

    terms: tuple[Term, ...] = ()

    def prompt(self) -> str | None:
        """Return the terms as a text that biases Whisper's decoding (``hotwords``, ``initial_prompt``).

        As many whole terms as fit into `MAX_PROMPT_CHARACTERS`; the rest is only corrected. None without terms.
        """
        chosen: list[str] = []
        length = 0
        for term in self.terms:
            length += len(term.text) + 2
            if length > MAX_PROMPT_CHARACTERS:
                break
            chosen.append(term.text)
        return ", ".join(chosen) + "." if chosen else None

    @property
    def fingerprint(self) -> str:
        """The hash of what may change a call's words."""
        return fingerprint("terms-1", [[term.text, list(term.sounds_like)] for term in self.terms])


NO_TERMS = Terms()


@dataclass(frozen=True, kw_only=True, slots=True)
class TermList:
    """Terms of certain queues and sites; an empty tuple does not restrict."""

    terms: tuple[Term, ...]
    queues: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()

    def holds_for(self, recording: Recording) -> bool:
        """Tell whether the list is about a call; one whose queue is not known is none of a certain queue's."""
        return _among(recording.queue, self.queues) and _among(recording.metadata.get(SITE), self.sites)


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """All lists. Without any, nothing is biased and nothing corrected."""

    lists: tuple[TermList, ...] = ()

    def for_recording(self, recording: Recording) -> Terms:
        """Return the terms that hold for a call, each once."""
        holding = sorted(
            (each for each in self.lists if each.holds_for(recording)),
            key=lambda each: -(bool(each.queues) + bool(each.sites)),
        )
        once: dict[tuple[str, ...], Term] = {}
        for each in holding:
            for term in each.terms:
                once.setdefault(_key(term.text), term)
        return Terms(terms=tuple(once.values()))

    @property
    def fingerprint(self) -> str:
        """The hash of everything in the file that may change the words of any call."""
        data = [
            {
                "queues": sorted(queue.casefold() for queue in each.queues),
                "sites": sorted(site.casefold() for site in each.sites),
                "terms": [[term.text, list(term.sounds_like)] for term in each.terms],
            }
            for each in self.lists
        ]
        return fingerprint("vocabulary-1", data)


NO_VOCABULARY = Vocabulary()


def _among(value: str | None, allowed: Collection[str]) -> bool:
    return not allowed or (value is not None and value.strip().casefold() in {each.casefold() for each in allowed})


def _key(text: str) -> tuple[str, ...]:
    return tuple(token.folded for token in tokens(text))


def _term_text(value: str) -> str:
    value = " ".join(unicodedata.normalize("NFC", value).split())
    if not any(char.isalpha() for char in value):
        raise PydanticCustomError("no_letters", "a term holds at least one letter")
    if len(value.split()) > MAX_WORDS:
        raise PydanticCustomError("too_long", "a term has at most {most} words", {"most": MAX_WORDS})
    return value


def _not_empty(value: tuple[Any, ...]) -> tuple[Any, ...]:
    if not value:
        raise PydanticCustomError("list_empty", "this list must not be empty; leave the key out or list something")
    return value


def _plain_term(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


Text = Annotated[str, AfterValidator(_term_text)]
Name = Annotated[str, Field(min_length=1)]
NotEmpty = AfterValidator(_not_empty)


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TermForm(_Form):
    """One term as written; a plain text stands for ``text`` alone."""

    text: Text
    sounds_like: Annotated[tuple[Text, ...], NotEmpty] = ()


class ListForm(_Form):
    """One list as written."""

    queues: Annotated[tuple[Name, ...], NotEmpty] = ()
    sites: Annotated[tuple[Name, ...], NotEmpty] = ()
    terms: Annotated[tuple[Annotated[TermForm, BeforeValidator(_plain_term)], ...], NotEmpty]


class VocabularyForm(_Form):
    """The whole file."""

    vocabulary: Literal[1]
    lists: Annotated[tuple[ListForm, ...], NotEmpty]


def load_vocabulary(path: Path | None) -> Vocabulary:
    """Read and check a vocabulary file; None gives the empty one.

    Raises:
        AuthoredFileError: With every problem, each at its line.
    """
    if path is None:
        return NO_VOCABULARY
    document = Document(path)
    form = document.validate(VocabularyForm)
    problems = [problem for i, each in enumerate(form.lists) for problem in _problems(document, i, each)]
    if problems:
        raise AuthoredFileError(str(path), problems)
    return Vocabulary(
        lists=tuple(
            TermList(
                queues=each.queues,
                sites=each.sites,
                terms=tuple(Term(text=term.text, sounds_like=term.sounds_like) for term in each.terms),
            )
            for each in form.lists
        )
    )


def _problems(document: Document, i: int, form: ListForm) -> Iterator[Problem]:
    """Yield what one list says twice, or would do to words that mean themselves."""
    taken: dict[tuple[str, ...], str] = {}
    for t, term in enumerate(form.terms):
        at: tuple[int | str, ...] = ("lists", i, "terms", t)
        if _key(term.text) in taken:
            yield document.problem("duplicate-term", at, f"{term.text!r} stands in this list already; keep one")
        taken[_key(term.text)] = term.text
    for t, term in enumerate(form.terms):
        for k, heard in enumerate(term.sounds_like):
            at = ("lists", i, "terms", t, "sounds_like", k)
            words = _key(heard)
            if words in taken:
                message = f"{heard!r} stands for {taken[words]!r} already; it can stand for one term"
                yield document.problem("duplicate-term", at, message)
            elif _ordinary(words):
                message = (
                    f"{heard!r} is an ordinary word and would be replaced wherever somebody means it; leave it out"
                )
                yield document.problem("ordinary-word", at, message)
            taken.setdefault(words, term.text)


def _ordinary(words: Iterable[str]) -> bool:
    words = tuple(words)
    return len(words) == 1 and is_common(words[0])
