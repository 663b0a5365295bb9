"""Rubrics from YAML files: read, check, find by name, choose for a call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.authored import Document
from pipeline.config import ScoreSettings
from pipeline.errors import AuthoredFileError, Problem, UnknownNameError, did_you_mean
from pipeline.records import (
    AppliesIf,
    Band,
    Criterion,
    CriterionTest,
    ManualTest,
    MeasureTest,
    Recording,
    Role,
    Rubric,
    RuleTest,
    Section,
    SentimentTest,
)
from pipeline.records.language import UNDETERMINED, language_name
from pipeline.score.bands import low
from pipeline.score.fingerprints import rubric_fingerprint
from pipeline.score.form import BandForm, CriterionForm, MeasureForm, RubricForm, RuleForm, SectionForm, SentimentForm

SUFFIXES = (".yaml", ".yml")


def load_rubric(path: Path) -> Rubric:
    """Read and check one rubric file.

    Raises:
        AuthoredFileError: With every problem of the file, each at its line.
    """
    document = Document(path)
    problems = _doubled_ids(document)
    try:
        form = document.validate(RubricForm)
    except AuthoredFileError as error:
        problems = [*error.problems, *problems]
    if problems:
        raise AuthoredFileError(str(path), sorted(problems, key=lambda problem: problem.line or 0))
    sections = tuple(_section(section) for section in form.sections)
    return Rubric(
        id=form.id,
        version=form.version,
        title=form.title,
        sections=sections,
        fingerprint=rubric_fingerprint(form.id, form.pass_share, sections, form.languages),
        queues=form.queues,
        languages=form.languages,
        pass_share=form.pass_share,
        description=form.description,
        file=str(path),
    )


def load_rubrics(rubrics_dir: Path) -> tuple[Rubric, ...]:
    """Read and check every rubric that lies directly in a folder, sorted by id and version.

    Raises:
        AuthoredFileError: With the problems of all files at once; also for a missing folder, one without rubrics, an id
            that stands twice with the same version, and a queue that two rubrics claim.
    """
    paths = sorted(path for path in _files_in(rubrics_dir) if path.suffix in SUFFIXES)
    problems: list[Problem] = []
    loaded: list[tuple[Path, Rubric]] = []
    for path in paths:
        try:
            loaded.append((path, load_rubric(path)))
        except AuthoredFileError as error:
            problems += [problem.in_file(str(path)) for problem in error.problems]
    if not paths:
        problems.append(Problem(code="no-rubrics", message="no rubric (*.yaml, *.yml) lies in this folder"))
    problems += _clashes(loaded)
    if problems:
        raise AuthoredFileError(str(rubrics_dir), problems)
    return tuple(sorted((rubric for _, rubric in loaded), key=lambda rubric: (rubric.id, rubric.version)))


def find_rubric(id_or_path: str, rubrics_dir: Path) -> Rubric:
    """Return the rubric of an id (its latest version) or the one in a file.

    Raises:
        UnknownNameError: No such id, with the nearest one.
        AuthoredFileError: The file, or one in the folder, has problems.
    """
    if _is_path(id_or_path):
        return load_rubric(Path(id_or_path))
    return _by_id(id_or_path, load_rubrics(rubrics_dir))


def choose_rubric(
    rubrics: Sequence[Rubric], recording: Recording, settings: ScoreSettings, *, language: str = UNDETERMINED
) -> Rubric:
    """Return the rubric that scores a call: the one set for all calls, else its queue's, else the default.

    Of several versions the latest is taken, and of several rubrics of a queue the one that covers the call's language;
    where none does, the first, which then says so. Queue names are compared without regard to case.

    Raises:
        UnknownNameError: A setting names a rubric that there is not.
        AuthoredFileError: `settings.rubric` names a file that has problems.
    """
    if settings.rubric is not None:
        return load_rubric(Path(settings.rubric)) if _is_path(settings.rubric) else _by_id(settings.rubric, rubrics)
    if recording.queue is not None:
        queue = recording.queue.casefold()
        of_queue = [rubric for rubric in _latest(rubrics) if queue in {each.casefold() for each in rubric.queues}]
        if of_queue:
            return next((rubric for rubric in of_queue if rubric.covers(language)), of_queue[0])
    return _by_id(settings.default_rubric, rubrics)


def check_rule_references(rubrics: Iterable[Rubric], known_rule_ids: Collection[str]) -> list[Problem]:
    """Return a problem, with file and line, for every place where a rubric names a rule that there is not."""
    problems = []
    for rubric in rubrics:
        named = [(rule_id, where, at) for rule_id, where, at in _rules_named(rubric) if rule_id not in known_rule_ids]
        document = Document(Path(rubric.file)) if named and rubric.file else None
        for rule_id, where, at in named:
            message = f"unknown rule {rule_id!r}{did_you_mean(rule_id, known_rule_ids)}; it can never be answered"
            line = document.line(at) if document else None
            problems.append(Problem(code="unknown-rule", where=where, message=message, line=line, file=rubric.file))
    return problems


def _rules_named(rubric: Rubric) -> Iterator[tuple[str, str, tuple[int | str, ...]]]:
    """Yield each rule that a criterion names, once, with the criterion in words and the place in the file."""
    for s, section in enumerate(rubric.sections):
        for c, criterion in enumerate(section.criteria):
            where = f"rubric {rubric.id} version {rubric.version}, criterion {criterion.id}"
            tested = criterion.test.rules if isinstance(criterion.test, RuleTest) else ()
            keys = {("test", "rules"): tested, ("applies_if", "rules_present"): criterion.applies_if.rules_present}
            seen: set[str] = set()
            for key, rules in keys.items():
                for k, rule_id in enumerate(rules):
                    if rule_id not in seen:
                        yield rule_id, where, ("sections", s, "criteria", c, *key, k)
                    seen.add(rule_id)


def _files_in(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except OSError as error:
        problem = Problem(code="unreadable", message=error.strerror or "the folder cannot be read")
        raise AuthoredFileError(str(folder), [problem]) from None


def _is_path(id_or_path: str) -> bool:
    return Path(id_or_path).suffix in SUFFIXES or "/" in id_or_path or "\\" in id_or_path


def _latest(rubrics: Sequence[Rubric]) -> tuple[Rubric, ...]:
    latest: dict[str, Rubric] = {}
    for rubric in sorted(rubrics, key=lambda rubric: (rubric.id, rubric.version)):
        latest[rubric.id] = rubric
    return tuple(latest.values())


def _by_id(rubric_id: str, rubrics: Sequence[Rubric]) -> Rubric:
    known = {rubric.id: rubric for rubric in _latest(rubrics)}
    if rubric_id not in known:
        raise UnknownNameError("rubric", rubric_id, known)
    return known[rubric_id]


def _clashes(loaded: Sequence[tuple[Path, Rubric]]) -> list[Problem]:
    """Find two files that say they are the same version, and two rubrics that claim one queue."""
    problems: list[Problem] = []
    file_of = {(rubric.id, rubric.version): path for path, rubric in reversed(loaded)}
    for path, rubric in loaded:
        first = file_of[rubric.id, rubric.version]
        if first != path:
            message = f"{rubric.id!r} version {rubric.version} stands in {first.name} too; raise one version"
            problems.append(Problem(code="duplicate-rubric", where="version", message=message, file=str(path)))
    claimed: dict[tuple[str, str], Rubric] = {}
    latest = _latest([rubric for _, rubric in loaded])
    for path, rubric in loaded:
        for queue in rubric.queues if rubric in latest else ():
            others = [claimed.setdefault((queue.casefold(), language), rubric) for language in rubric.languages]
            other = next((other for other in others if other.id != rubric.id), None)
            if other is not None:
                shared = next(language for language in rubric.languages if language in other.languages)
                message = f"queue {queue!r} belongs to rubric {other.id!r} already; a queue has one rubric a language"
                message += f", and both cover {language_name(shared)}"
                problems.append(Problem(code="queue-claimed-twice", where="queues", message=message, file=str(path)))
    return problems


def _doubled_ids(document: Document) -> list[Problem]:
    """Find ids that stand twice; read from the raw file, so that other problems do not hide them."""
    problems: list[Problem] = []
    first_line: dict[tuple[str, Any], int | None] = {}

    def check(kind: str, node: Any, location: tuple[int | str, ...]) -> None:
        name = node.get("id") if isinstance(node, dict) else None
        if not isinstance(name, str):
            return
        line = document.line((*location, "id"))
        if (kind, name) in first_line:
            message = f"{kind} id {name!r} stands on line {first_line[kind, name]} already; ids are unique in a file"
            problems.append(document.problem(f"duplicate-{kind}", (*location, "id"), message))
        first_line.setdefault((kind, name), line)

    for s, section in enumerate(_items(document.data, "sections")):
        check("section", section, ("sections", s))
        for c, criterion in enumerate(_items(section, "criteria")):
            check("criterion", criterion, ("sections", s, "criteria", c))
    return problems


def _items(node: Any, key: str) -> list[Any]:
    value = node.get(key) if isinstance(node, dict) else None
    return value if isinstance(value, list) else []


def _section(form: SectionForm) -> Section:
    criteria = tuple(_criterion(criterion) for criterion in form.criteria)
    return Section(id=form.id, title=form.title, weight=form.weight, criteria=criteria)


def _criterion(form: CriterionForm) -> Criterion:
    return Criterion(
        id=form.id,
        title=form.title,
        points=form.points,
        test=_test(form.test),
        critical=form.critical,
        auto_fail=form.auto_fail,
        applies_if=AppliesIf(**form.applies_if.model_dump()),
        guidance=form.guidance,
        coaching=form.coaching,
    )


def _test(form: Any) -> CriterionTest:
    if isinstance(form, RuleForm):
        return RuleTest(rules=form.rules, require=form.require)
    if isinstance(form, MeasureForm):
        return MeasureTest(measure=form.measure, bands=_bands(form.bands))
    if isinstance(form, SentimentForm):
        return SentimentTest(role=Role(form.role), reading=form.reading, bands=_bands(form.bands))
    return ManualTest(question=form.question)


def _bands(forms: Sequence[BandForm]) -> tuple[Band, ...]:
    """Bands from low to high, so that their order in the file means nothing."""
    return tuple(Band(share=form.share, at_least=form.at_least, below=form.below) for form in sorted(forms, key=low))
