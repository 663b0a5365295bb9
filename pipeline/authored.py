"""Read a YAML file that a person wrote and check all of it: every problem at once, with its line and a suggestion.

YAML 1.2 is read, so ``no`` stays a word and ``12:30`` stays text; of two equal keys neither is silently dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import ConstructorError, DuplicateKeyError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from pipeline.errors import AuthoredFileError, Problem, did_you_mean

Model = TypeVar("Model", bound=BaseModel)
Location = Sequence[int | str]


class Document:
    """One parsed YAML file that remembers on which line each value stands."""

    def __init__(self, path: Path) -> None:
        """Parse the file.

        Raises:
            AuthoredFileError: It cannot be read, is no YAML, is no mapping, or has a key twice.
        """
        self.path = path
        self.data: Any = _parse(path)

    def line(self, location: Location) -> int | None:
        """Return the line (from 1) of the value at a location, or of the nearest enclosing one."""
        node, line = self.data, 1
        for key in location:
            if isinstance(node, CommentedMap) and key in node:
                line = node.lc.key(key)[0] + 1 if key in node.lc.data else line  # a merged key stands elsewhere
            elif isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node):
                line = node.lc.item(key)[0] + 1 if node.lc.data else line  # of a tagged list nothing is known
            else:
                break
            node = node[key]
        return line

    def problem(self, code: str, location: Location, message: str) -> Problem:
        """Return a problem at a location of this file."""
        where = ".".join(str(part) for part in location)
        return Problem(code=code, where=where, line=self.line(location), message=message)

    def validate(self, model: type[Model]) -> Model:
        """Return the file's content as a pydantic model.

        Raises:
            AuthoredFileError: With every problem, each at its line.
        """
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            raise AuthoredFileError(str(self.path), self.problems(error, model)) from None

    def problems(self, error: ValidationError, model: type[BaseModel]) -> list[Problem]:
        """Turn pydantic's complaints into problems with lines; unknown names get the nearest known one."""
        schema = model.model_json_schema()
        found = []
        for detail in error.errors():
            last = detail["loc"][-1:]
            wrong_key = last if detail["type"] in ("extra_forbidden", "missing") else ()
            parts, node = _walk(schema, detail["loc"][:-1] if wrong_key else detail["loc"])
            wrong_value = (str(detail["ctx"]["discriminator"]).strip(_QUOTE),) if detail["type"] == _UNKNOWN_TAG else ()
            location = [*parts, *wrong_key, *wrong_value]
            found.append(self.problem(detail["type"].replace("_", "-"), location, _message(detail, node)))
        return found


class _Constructor(RoundTripConstructor):
    """Tells where a day or a number stands that is none, such as 2026-02-31; ruamel.yaml says no line of it."""

    def construct_non_recursive_object(self, node: Any, tag: str | None = None) -> Any:
        try:
            return super().construct_non_recursive_object(node, tag)
        except ValueError as error:
            said = f"{node.value}: {error}; put text in quotes"
            raise ConstructorError(problem=said[:300], problem_mark=node.start_mark) from None


def _parse(path: Path) -> Any:
    try:
        yaml = YAML(typ="rt", pure=True)
        yaml.Constructor = _Constructor
        text = path.read_text(encoding="utf-8")
        data = yaml.load(text)
    except DuplicateKeyError as error:
        raise AuthoredFileError(str(path), [_marked("duplicate-key", error)]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = f"this is no UTF-8 text (byte 0x{error.object[error.start]:02x}); save the file as UTF-8"
        raise AuthoredFileError(str(path), [Problem(code="yaml", line=line, message=message)]) from None
    except ReaderError as error:
        raise AuthoredFileError(str(path), [_unreadable_character(error, text)]) from None
    except MarkedYAMLError as error:
        raise AuthoredFileError(str(path), [_marked("yaml", error)]) from None
    except (YAMLError, ValueError) as error:
        raise AuthoredFileError(str(path), [Problem(code="yaml", message=str(error)[:300])]) from None
    except (RecursionError, AttributeError, TypeError):  # what the parser raises for knots: `a: &a {<<: *a}`
        problem = Problem(code="yaml", message="the file is nested too deeply, or refers to itself")
        raise AuthoredFileError(str(path), [problem]) from None
    except OSError as error:
        raise AuthoredFileError(str(path), [Problem(code="unreadable", message=error.strerror or str(error))]) from None
    if _length(data, {}) > _LONGEST:
        message = "its aliases (*name) repeat so much that it would be too long written out; write less of it by alias"
        raise AuthoredFileError(str(path), [Problem(code="yaml", message=message)])
    if not isinstance(data, CommentedMap):
        raise AuthoredFileError(
            str(path), [Problem(code="not-a-mapping", message="the file must hold `key: value` lines")]
        )
    return data


def _length(node: Any, known: dict[int, int]) -> int:
    """Return how many values a document has with all its aliases written out, without writing them out."""
    if id(node) not in known:
        known[id(node)] = _LONGEST  # one that holds itself has no end
        parts = node.values() if isinstance(node, CommentedMap) else node if isinstance(node, CommentedSeq) else ()
        known[id(node)] = 1 + sum(_length(part, known) for part in parts)
    return known[id(node)]


def _marked(code: str, error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    said = [part.splitlines()[0] for part in (error.context, error.problem) if part]
    if doubled := re.match(_DOUBLED, error.problem or ""):
        said = [f"the key {doubled[1]!r} stands in this mapping already; keep one of the two"]
    elif error.context and "quoted scalar" in error.context and "end of stream" in (error.problem or ""):
        mark = error.context_mark or mark
        said = ["the quote that opens here is never closed; close it, or put ' around text that begins with one"]
    elif error.problem and "mapping values are not allowed" in error.problem:
        said = ["mapping values are not allowed here; put text that holds a colon and a space in quotes"]
    elif error.problem and _TAB in error.problem:
        said = ["a tab stands here, and YAML allows none outside quotes; use spaces"]
    elif error.context and "flow" in error.context:
        said = [", ".join(said) + "; inside [ ] and { } put text that holds a brace, bracket or comma in quotes"]
    return Problem(code=code, line=mark.line + 1 if mark else None, message=", ".join(said) or "this is no YAML")


def _unreadable_character(error: ReaderError, text: str) -> Problem:
    message = f"a character stands here that text cannot hold (U+{error.character:04X}); remove it"
    return Problem(code="yaml", line=text.count("\n", 0, error.position) + 1, message=message)


def _message(detail: ErrorDetails, node: Mapping[str, Any]) -> str:
    """Say what is wrong and what is allowed, in words for somebody who has never heard of pydantic."""
    say = _MESSAGES.get(detail["type"])
    return say(detail, node) if say else detail["msg"].removeprefix("Value error, ")


def _unknown_key(detail: ErrorDetails, node: Mapping[str, Any]) -> str:
    key, known = str(detail["loc"][-1]), list(node.get("properties", {}))
    hint = "" if key != "at_most" else "; an upper edge is `below`" if "below" in known else _AT_MOST
    return _not_among("unknown key", key, known) + hint


def _missing_key(detail: ErrorDetails, node: Mapping[str, Any]) -> str:
    return f"the key {str(detail['loc'][-1])!r} is missing"


def _missing_tag(detail: ErrorDetails, node: Mapping[str, Any]) -> str:
    tags = ", ".join(node.get("discriminator", {}).get("mapping", {}))
    return f"the key {detail['ctx']['discriminator']} is missing" + (f"; it is one of: {tags}" if tags else "")


def _unknown_tag(detail: ErrorDetails, node: Mapping[str, Any]) -> str:
    context = detail["ctx"]
    return _not_among(
        f"unknown {str(context['discriminator']).strip(_QUOTE)}", context["tag"], context["expected_tags"]
    )


def _unknown_value(detail: ErrorDetails, node: Mapping[str, Any]) -> str:
    return _not_among("unknown value", str(detail["input"]), detail["ctx"]["expected"])


def _not_text(detail: ErrorDetails, node: Mapping[str, Any]) -> str:
    given = detail["input"]
    kinds: tuple[tuple[type, str], ...] = ((bool, "true or false"), (int, "a number"), (float, "a number"))
    read_as = next((words for kind, words in (*kinds, (date, "a date")) if isinstance(given, kind)), None)
    return f"text is wanted, and YAML reads {given} as {read_as}; put it in quotes" if read_as else "text is wanted"


def _no_list(detail: ErrorDetails, node: Mapping[str, Any]) -> str:
    given = detail["input"]
    return f"a list is wanted; write [{given}]" if isinstance(given, str) else "a list is wanted"


def _no_mapping(detail: ErrorDetails, node: Mapping[str, Any]) -> str:
    return "a mapping is wanted: `key: value` lines"


def _no_number(detail: ErrorDetails, node: Mapping[str, Any]) -> str:
    given, number = detail["input"], "a number" if detail["type"] == "float_type" else "a whole number"
    return f"{number} is wanted, without quotes and units" + (f", not {given!r}" if isinstance(given, str) else "")


def _no_bool(detail: ErrorDetails, node: Mapping[str, Any]) -> str:
    return f"write true or false without quotes, not {str(detail['input'])!r}"


_LONGEST = 100_000  # values; the longest rubric and pack have some thousands
_QUOTE = "'"
_DOUBLED = r'found duplicate key "([^"]*)"'
_AT_MOST = "; for at most two times write a rule with `at_least: 3` and `expect: absent` (docs/writing-rubrics.md)"
_TAB = r"'\t'"  # as ruamel.yaml spells the character that it found
_UNKNOWN_TAG = "union_tag_invalid"
_MESSAGES: dict[str, Callable[[ErrorDetails, Mapping[str, Any]], str]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing_key,
    "union_tag_not_found": _missing_tag,
    _UNKNOWN_TAG: _unknown_tag,
    "literal_error": _unknown_value,
    "enum": _unknown_value,
    "string_type": _not_text,
    "bool_type": _no_bool,
    "float_type": _no_number,
    "int_type": _no_number,
    **dict.fromkeys(("tuple_type", "list_type", "set_type", "frozen_set_type"), _no_list),
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), _no_mapping),
}


def _not_among(what: str, name: str, known: Sequence[str] | str) -> str:
    """Say which names there are; pydantic lists them as one text, each in quotes."""
    names = re.findall(r"'([^']*)'", known) if isinstance(known, str) else list(known)
    return f"{what} {name!r}{did_you_mean(name, names)}" + (f"; there are: {', '.join(names)}" if names else "")


def _walk(schema: Mapping[str, Any], location: Location) -> tuple[list[int | str], Mapping[str, Any]]:
    """Follow pydantic's location through a model's JSON schema.

    Returns:
        The parts that stand in the file, without the tags that pydantic puts in for the variants of a union, and the
        schema that was reached (empty where it cannot be told).
    """
    definitions = schema.get("$defs", {})

    def plain(node: Any) -> Any:
        """Resolve references and what is merely optional."""
        while True:
            variants = [v for v in node.get("anyOf", node.get("allOf", [])) if v.get("type") != "null"]
            if "$ref" in node:
                node = definitions[node["$ref"].rsplit("/", 1)[-1]]
            elif len(variants) == 1:
                node = variants[0]
            else:
                return node

    parts: list[int | str] = []
    node: Any = plain(schema)
    for part in location:
        variant = _variant(node, part, plain) if isinstance(part, str) else None
        if variant is not None:
            node = variant
            continue
        parts.append(part)
        below = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part)
        below = node.get("additionalProperties") if below is None and isinstance(part, str) else below
        node = plain(below) if isinstance(below, dict) else {}
    return parts, node


def _variant(node: Mapping[str, Any], tag: str, plain: Callable[[Any], Any]) -> Any:
    """Return the variant of a union that a tag stands for, or None where the part is no tag."""
    mapping = node.get("discriminator", {}).get("mapping", {})
    if tag in mapping:
        return plain({"$ref": mapping[tag]})
    variants = [plain(variant) for variant in node.get("oneOf", node.get("anyOf", []))]
    named = [variant for variant in variants if tag in (variant.get("title"), variant.get("type"))]
    return named[0] if named else ({} if variants else None)
