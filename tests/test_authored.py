from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from pipeline.authored import Document
from pipeline.errors import AuthoredFileError, Problem


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Word(Form):
    kind: Literal["word"]
    text: str


class Number(Form):
    kind: Literal["number"]
    number: float
    exact: Annotated[bool, Field(strict=True)] = False


class Inner(Form):
    name: str
    items: tuple[Annotated[Word | Number, Field(discriminator="kind")], ...] = ()
    note: Word | None = None
    by_name: dict[str, Inner] = {}


class Outer(Form):
    title: str
    inner: tuple[Inner, ...] = ()
    colour: Literal["red", "green"] = "red"


def document(tmp_path: Path, text: str) -> Document:
    path = tmp_path / "form.yaml"
    path.write_text(text, encoding="utf-8")
    return Document(path)


def complaints(tmp_path: Path, text: str) -> list[str]:
    """Each problem as ``line: [code] where: message``."""
    with pytest.raises(AuthoredFileError) as caught:
        document(tmp_path, text).validate(Outer)
    assert caught.value.path == str(tmp_path / "form.yaml")
    return [line.removeprefix(f"{caught.value.path}:") for line in caught.value.lines()]


def test_document_gives_a_form_of_what_stands_in_it(tmp_path: Path) -> None:
    text = "title: A\ninner:\n  - name: x\n    items: [{kind: word, text: hi}, {kind: number, number: 2}]\n"
    form = document(tmp_path, text).validate(Outer)
    assert form.inner[0].items == (Word(kind="word", text="hi"), Number(kind="number", number=2))


@pytest.mark.parametrize(
    ("yaml", "value"), [("no", "no"), ("yes", "yes"), ("on", "on"), ("12:30", "12:30"), ('"5"', "5"), ("|\n  x", "x\n")]
)
def test_document_reads_words_as_words(tmp_path: Path, yaml: str, value: str) -> None:
    form = document(tmp_path, f"title: {yaml}\n").validate(Outer)
    assert form.title == value


@pytest.mark.parametrize(
    ("yaml", "read_as"), [("5", "a number"), ("1.5", "a number"), ("true", "true or false"), ("2026-01-01", "a date")]
)
def test_document_asks_for_quotes_where_text_reads_as_something_else(tmp_path: Path, yaml: str, read_as: str) -> None:
    (complaint,) = complaints(tmp_path, f"title: {yaml}\n")
    assert complaint.startswith("1: [string-type] title: text is wanted, and YAML reads ")
    assert complaint.endswith(f"as {read_as}; put it in quotes")


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        (
            "titel: A\ntitle: A\n",
            "1: [extra-forbidden] titel: unknown key 'titel' (did you mean 'title'?); there are: ",
        ),
        ("inner: []\n", "1: [missing] title: the key 'title' is missing"),
        (
            "title: A\ncolour: gren\n",
            "2: [literal-error] colour: unknown value 'gren' (did you mean 'green'?); there are: ",
        ),
        ("title: A\ninner: x\n", "2: [tuple-type] inner: a list is wanted; write [x]"),
        ("title: A\ninner:\n- x\n", "3: [model-type] inner.0: a mapping is wanted: `key: value` lines"),
        (
            "title: A\ninner:\n- nam: x\n  name: y\n",
            "3: [extra-forbidden] inner.0.nam: unknown key 'nam' (did you mean",
        ),
        ("title:\n  - A\n", "1: [string-type] title: text is wanted"),
        ("title: A\n5: x\n", "2: [invalid-key] 5: Keys should be strings"),
    ],
)
def test_document_complains_with_line_place_and_suggestion(tmp_path: Path, yaml: str, expected: str) -> None:
    (complaint,) = complaints(tmp_path, yaml)
    assert complaint.startswith(expected)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("{kind: word}", "[missing] inner.0.items.0.text: the key 'text' is missing"),
        (
            "{kind: word, txt: a, text: b}",
            "[extra-forbidden] inner.0.items.0.txt: unknown key 'txt' (did you mean 'text'?); ",
        ),
        (
            "{kind: wrd}",
            "[union-tag-invalid] inner.0.items.0.kind: unknown kind 'wrd' (did you mean 'word'?); "
            "there are: word, number",
        ),
        ("{text: a}", "[union-tag-not-found] inner.0.items.0: the key 'kind' is missing; it is one of: number, word"),
        ("{kind: number, number: '2'}", None),
        ("{kind: number, number: two}", "[float-parsing] inner.0.items.0.number: "),
        (
            "{kind: number, number: [2]}",
            "[float-type] inner.0.items.0.number: a number is wanted, without quotes and units",
        ),
        (
            "{kind: number, number: 1, exact: yes}",
            "[bool-type] inner.0.items.0.exact: write true or false without quotes, ",
        ),
        (
            "{kind: word, text: a, word: b}",
            "[extra-forbidden] inner.0.items.0.word: unknown key 'word'; there are: kind, text",
        ),
    ],
)
def test_document_tells_the_tags_of_unions_from_keys(tmp_path: Path, item: str, expected: str | None) -> None:
    text = f"title: A\ninner:\n  - name: x\n    items:\n      - {item}\n"
    if expected is None:
        assert document(tmp_path, text).validate(Outer)
        return
    (complaint,) = complaints(tmp_path, text)
    assert complaint.startswith(f"5: {expected}")


def test_document_names_the_line_of_a_wrong_tag_and_not_of_what_it_tags(tmp_path: Path) -> None:
    text = "title: A\ninner:\n  - name: x\n    items:\n      - text: a\n        kind: wrd\n"
    (complaint,) = complaints(tmp_path, text)
    assert complaint.startswith("6: [union-tag-invalid] inner.0.items.0.kind: ")


def test_document_takes_a_tab_inside_quotes(tmp_path: Path) -> None:
    assert document(tmp_path, "title: 'a\tb'\n").validate(Outer).title == "a\tb"


def test_document_finds_its_way_through_optional_and_named_values(tmp_path: Path) -> None:
    note, named = "{kind: word, txt: y, text: z}", "{nam: q, name: r}"
    text = f"title: A\ninner:\n  - name: x\n    note: {note}\n    by_name:\n      one: {named}\n"
    assert [complaint.split(";")[0] for complaint in complaints(tmp_path, text)] == [
        "4: [extra-forbidden] inner.0.note.txt: unknown key 'txt' (did you mean 'text'?)",
        "6: [extra-forbidden] inner.0.by_name.one.nam: unknown key 'nam' (did you mean 'name'?)",
    ]


def test_document_tells_every_problem_at_once(tmp_path: Path) -> None:
    text = "titel: A\ninner:\n  - items: [{kind: wrd}]\ncolour: blue\n"
    assert len(complaints(tmp_path, text)) == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", ":3: [duplicate-key] the key 'a' stands in this mapping already; keep one of the two"),
        ("a: b: c\n", ":1: [yaml] mapping values are not allowed here; put text that holds a colon and a space in"),
        ('a: 1\nb: "x\nc: 2\n', ":2: [yaml] the quote that opens here is never closed; close it, or put ' around"),
        ("a: 1\nb: x\0y\n", ":2: [yaml] a character stands here that text cannot hold (U+0000); remove it"),
        ("x: {a: 1, a: 1}\n", ":1: [duplicate-key]"),
        ("a: [1\nb: 2\n", ":2: [yaml] while parsing a flow sequence, expected ',' or ']'"),
        ("a: [x {b}]\n", "but got '{'; inside [ ] and { } put text that holds a brace, bracket or comma in quotes"),
        ("a: {b: x {c}}\n", "but got '{'; inside [ ] and { } put text that holds a brace"),
        ("a: 1\n\tb: 2\n", ":2: [yaml] a tab stands here, and YAML allows none outside quotes; use spaces"),
        ("a: 1\nb:\n \t- 2\n", ":3: [yaml] a tab stands here"),
        ("a: 1\n---\nb: 2\n", ":2: [yaml] expected a single document in the stream, but found another document"),
        ("", ":1: [not-a-mapping]"),
        ("- a\n", ":1: [not-a-mapping]"),
        ("just words\n", ":1: [not-a-mapping]"),
    ],
)
def test_document_refuses_what_is_no_mapping(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(AuthoredFileError) as caught:
        document(tmp_path, text)
    assert expected in str(caught.value).partition("form.yaml")[2]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nday: 2026-02-31\n", 2, "2026-02-31: day is out of range for month"),
        ("a:\n  - x\n  - {b: 2, day: 2026-13-01}\n", 3, "2026-13-01: month must be in 1..12"),
        ("a: 1\nb:\n  2026-02-30: x\n", 3, "2026-02-30: day is out of range for month"),
        ("a: 1\nat: 2026-02-28T25:00:00\n", 2, "2026-02-28T25:00:00: hour must be in 0..23"),
        ("a: 1\nn: !!int x\n", 2, "x: invalid literal for int()"),
    ],
)
def test_document_names_the_line_of_a_day_or_number_that_is_none(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    with pytest.raises(AuthoredFileError) as caught:
        document(tmp_path, text)
    (complaint,) = caught.value.lines()
    assert f"form.yaml:{line}: [yaml] {said}" in complaint
    assert complaint.endswith("put text in quotes")


def test_document_reads_days_that_are(tmp_path: Path) -> None:
    assert document(tmp_path, "a: 2028-02-29\n").data["a"] == date(2028, 2, 29)


def test_document_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(AuthoredFileError, match=r"\[unreadable\] No such file"):
        Document(tmp_path / "missing.yaml")
    (tmp_path / "form.yaml").write_bytes("title: é\n".encode("latin-1"))
    with pytest.raises(AuthoredFileError, match=r"form.yaml:1: \[yaml\] this is no UTF-8 text"):
        Document(tmp_path / "form.yaml")


def test_document_names_the_line_of_what_is_no_utf_8(tmp_path: Path) -> None:
    (tmp_path / "form.yaml").write_bytes("a: 1\nb: é\n".encode() + "title: é\n".encode("latin-1"))
    with pytest.raises(AuthoredFileError) as caught:
        Document(tmp_path / "form.yaml")
    (complaint,) = caught.value.lines()
    assert complaint.endswith("form.yaml:3: [yaml] this is no UTF-8 text (byte 0xe9); save the file as UTF-8")


def test_document_reads_a_file_that_begins_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert document(tmp_path, "\ufefftitle: A\n").validate(Outer).title == "A"


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ((), 1),
        (("base",), 1),
        (("list", 1), 6),
        (("list", 1, "b"), 7),
        (("list", 9), 4),
        (("other", "x"), 8),
        (("no",), 1),
    ],
)
def test_document_line_is_that_of_the_nearest_value(tmp_path: Path, location: tuple[str | int, ...], line: int) -> None:
    text = "base: &base\n  x: 1\n  y: 2\nlist:\n  - a: 1\n  - a: 2\n    b: 3\nother:\n  <<: *base\n  z: 4\n"
    assert document(tmp_path, text).line(location) == line


def test_authored_file_error_names_the_file_of_each_problem() -> None:
    mine = Problem(code="c", message="m", where="w", line=3)
    error = AuthoredFileError("folder", [mine, mine.in_file("folder/b.yaml")])
    assert error.lines() == ["folder:3: [c] w: m", "folder/b.yaml:3: [c] w: m"]
    assert str(error) == "\n".join(error.lines())


def test_document_refuses_aliases_that_grow_without_end(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    with pytest.raises(AuthoredFileError, match=r"its aliases .* would be too long written out"):
        document(tmp_path, "\n".join(lines))


def test_document_takes_aliases_that_repeat_a_little(tmp_path: Path) -> None:
    assert document(tmp_path, "a: &a [1, 2]\nb: *a\nc: {d: *a}\n").data["c"] == {"d": [1, 2]}
