"""Read a YAML file that a person wrote and check all of it: every problem at once, with its line and a suggestion.

YAML 1.2 is read, so ``no`` stays a word and ``12:30`` stays text; of two equal keys neither is silently dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

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
                line = node.lc.key(key)[0] + 1
            elif isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node):
                line = node.lc.item(key)[0] + 1
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
        """Turn pydantic's complaints into problems with lines; unknown keys get the nearest known one."""
        found = []
        for detail in error.errors():
            location = [part for part in detail["loc"] if self._authored(part, detail["loc"])]
            message = detail["msg"].removeprefix("Value error, ")
            if detail["type"] == "extra_forbidden":
                known = _keys_at(model, detail["loc"][:-1])
                message = f"unknown key {str(location[-1])!r}{did_you_mean(str(location[-1]), known)}"
                message += f"; there are: {', '.join(known)}" if known else ""
            found.append(self.problem(detail["type"].replace("_", "-"), location, message))
        return found

    def _authored(self, part: int | str, location: tuple[int | str, ...]) -> bool:
        """Tell whether a part of pydantic's location stands in the file (tags of unions do not)."""
        node = self.data
        for key in location[: location.index(part)]:
            try:
                node = node[key]
            except (KeyError, IndexError, TypeError):
                continue
        return isinstance(part, int) or not isinstance(node, CommentedMap) or part in node or part == location[-1]


def _parse(path: Path) -> Any:
    try:
        data = YAML(typ="rt", pure=True).load(path.read_text(encoding="utf-8"))
    except DuplicateKeyError as error:
        raise AuthoredFileError(str(path), [_marked("duplicate-key", error)]) from None
    except MarkedYAMLError as error:
        raise AuthoredFileError(str(path), [_marked("yaml", error)]) from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise AuthoredFileError(str(path), [Problem(code="yaml", message=str(error))]) from None
    except OSError as error:
        raise AuthoredFileError(str(path), [Problem(code="unreadable", message=error.strerror or str(error))]) from None
    if not isinstance(data, CommentedMap):
        raise AuthoredFileError(
            str(path), [Problem(code="not-a-mapping", message="the file must hold `key: value` lines")]
        )
    return data


def _marked(code: str, error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    first_line = (error.problem or error.context or "no YAML").splitlines()[0]
    return Problem(code=code, line=mark.line + 1 if mark else None, message=first_line)


def _keys_at(model: Any, location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that a pydantic model allows at a location, as far as that can be told."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    node: Any = schema

    def resolved(part: Any) -> Any:
        return definitions[part["$ref"].rsplit("/", 1)[-1]] if "$ref" in part else part

    for key in location:
        node = resolved(node)
        if isinstance(key, int):
            node = node.get("items", {})
        elif key in node.get("properties", {}):
            node = node["properties"][key]
        else:  # the tag of a union: take the variant with that constant
            variants = [resolved(variant) for variant in node.get("oneOf", node.get("anyOf", []))]
            node = next((v for v in variants if key in {p.get("const") for p in v.get("properties", {}).values()}), {})
    return list(resolved(node).get("properties", {}))
