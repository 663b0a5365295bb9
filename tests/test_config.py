from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.config import FlagSettings, KpiSettings, Settings
from pipeline.errors import AuthoredFileError, ConfigError
from pipeline.load_settings import load_settings


def toml(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "earmark.toml"
    file.write_text(text, encoding="utf-8")
    return file


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(AuthoredFileError) as caught:
        load_settings(file=toml(tmp_path, text), environment={})
    return [line.removeprefix(str(tmp_path / "earmark.toml")) for line in caught.value.lines()]


def test_settings_without_any_place_are_the_defaults() -> None:
    assert load_settings(environment={}) == Settings()


def test_settings_take_file_then_environment_then_flags(tmp_path: Path) -> None:
    file = toml(tmp_path, '[transcribe]\nengine = "openai-whisper"\nmodel = "small"\nbeam_size = 5\n')
    environment = {"EARMARK_TRANSCRIBE__MODEL": "tiny", "EARMARK_TRANSCRIBE__BEAM_SIZE": "3"}
    settings = load_settings(file=file, environment=environment, flags={"transcribe.beam_size": 2})
    assert settings.transcribe.engine == "openai-whisper"
    assert settings.transcribe.model == "tiny"
    assert settings.transcribe.beam_size == 2
    assert settings.transcribe.device == "auto"


def test_settings_leave_flags_without_a_value_alone() -> None:
    settings = load_settings(environment={"EARMARK_WORKSPACE": "elsewhere"}, flags={"workspace": None})
    assert settings.workspace == Path("elsewhere")


def test_settings_find_their_file_through_the_environment(tmp_path: Path) -> None:
    named, given = toml(tmp_path, "workspace = 'named'\n"), tmp_path / "given.toml"
    given.write_text("workspace = 'given'\n", encoding="utf-8")
    environment = {"EARMARK_CONFIG": str(named)}
    assert load_settings(environment=environment).workspace == Path("named")
    assert load_settings(file=given, environment=environment).workspace == Path("given")


def test_settings_ignore_other_variables_and_empty_ones() -> None:
    environment = {"PATH": "/bin", "EARMARK_DATABASE_URL": "", "XEARMARK_NOPE": "1"}
    assert load_settings(environment=environment) == Settings()


@pytest.mark.parametrize("none", ["none", "None", " NONE "])
def test_settings_read_none_where_there_may_be_none(tmp_path: Path, none: str) -> None:
    from_environment = load_settings(environment={"EARMARK_TRANSCRIBE__LANGUAGE": none, "EARMARK_SCORE__RUBRIC": none})
    assert from_environment.transcribe.language is None
    assert from_environment.score.rubric is None
    from_file = load_settings(file=toml(tmp_path, f"[transcribe]\nlanguage = '{none}'\n"), environment={})
    assert from_file.transcribe.language is None


def test_settings_keep_the_word_none_where_a_value_is_wanted() -> None:
    assert load_settings(environment={"EARMARK_SCORE__DEFAULT_RUBRIC": "none"}).score.default_rubric == "none"


def test_settings_take_lists_and_tables_from_the_environment_as_json() -> None:
    environment = {"EARMARK_INTAKE__SUFFIXES": '[".wav"]', "EARMARK_INTAKE__AGENT_TEAMS": '{"maria.lopez": "north"}'}
    settings = load_settings(environment=environment)
    assert settings.intake.suffixes == (".wav",)
    assert settings.intake.agent_teams == {"maria.lopez": "north"}
    with pytest.raises(ConfigError, match="EARMARK_INTAKE__SUFFIXES: a list or table is written as JSON"):
        load_settings(environment={"EARMARK_INTAKE__SUFFIXES": "[.wav"})


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"EARMARK_TRANSCRIBE__ENGIN": "x"}, r"transcribe\.engin: unknown setting \(did you mean 'engine'\?\)"),
        ({"EARMARK_WORKSPASE": "x"}, r"workspase: unknown setting \(did you mean 'workspace'\?\)"),
        ({"EARMARK_FLAGS__BELOW_SHARE": "60"}, r"flags\.below_share: has to be at most 1"),
        ({"EARMARK_RUN__WORKERS": "two"}, r"run\.workers: has to be a whole number"),
        ({"EARMARK_RUN": "2"}, r"run: has to be a table"),
        ({"EARMARK_RUN__WORKERS": "0"}, r"run\.workers: has to be at least 1"),
        ({"EARMARK_KPIS__REPEAT_DAYS": "0"}, r"kpis\.repeat_days: has to be more than 0"),
        ({"EARMARK_KPIS__DURATION_UNIT": "h"}, r"kpis\.duration_unit: has to be 's', 'min' or 'ms'"),
        ({"EARMARK_REPORTS__QUOTES": "maybe"}, r"reports\.quotes: has to be true or false"),
        ({"EARMARK_REPORTS__PERIODS": "week"}, r"reports\.periods: has to be a list"),
        ({"EARMARK_KPIS__TIME_FORMAT": "%Q"}, r"kpis\.time_format: no format: 'Q' is a bad directive"),
        ({"EARMARK_SCORECARDS__TIMEZONE": "Berlin"}, r"scorecards\.timezone: unknown time zone 'Berlin'"),
    ],
)
def test_settings_refuse_a_bad_variable_and_say_what_is_allowed(environment: dict[str, str], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        load_settings(environment=environment)


def test_settings_refuse_a_bad_flag() -> None:
    with pytest.raises(ConfigError, match=r"transcribe\.beam_size"):
        load_settings(environment={}, flags={"transcribe.beam_size": 99})


def test_settings_file_problems_come_all_at_once_with_their_lines(tmp_path: Path) -> None:
    text = "\n".join(
        [
            "workspace = 'w'",
            "nonsense = 1",
            "[intake]",
            "site_timezone = 'America/New_Yorc'",
            "# min_duration_ms = -2",
            "min_duration_ms = -1",
            "[intake.file_name_patterns]",
            "agent_id = '_AGENT_(.*?_'",
            "[flags]",
            "below_shar = 0.5",
        ]
    )
    found = problems(tmp_path, text)
    assert [line.split(":")[1] for line in found] == ["2", "4", "6", "7", "10"]
    assert "nonsense: unknown setting" in found[0]
    assert "unknown time zone 'America/New_Yorc'; use an IANA name such as America/New_York" in found[1]
    assert "agent_id: no regular expression" in found[3]
    assert "unknown setting (did you mean 'below_share'?)" in found[4]


def test_settings_problems_have_codes_and_words_of_their_own(tmp_path: Path) -> None:
    text = "workspace = 3\nnope = 1\n[run]\nworkers = 'x'\n[reports]\nsmtp_host = 'a b'\n[kpis]\nencoding = 'x'\n"
    found = problems(tmp_path, text)
    assert [line.split(" ")[1] for line in found] == ["[setting]", "[unknown-setting]", *["[setting]"] * 3]
    told = "\n".join(found)
    for foreign in ("Value error", "Input should", "value_error", "<class", "pathlib"):
        assert foreign not in told


@pytest.mark.parametrize(
    "written",
    [
        "%d/%m/%Y %H:%M:%S",
        "%Y-%m-%d %I:%M %p",
        "%Y-%m-%dT%H:%M:%S.%f%z",
        "%y%m%d %H%M",
        "%Y-%j",
        "%d. %B %Y %H.%M",
        "%c",
    ],
)
def test_settings_take_formats_by_which_times_are_read_again(written: str) -> None:
    assert KpiSettings(time_format=written).time_format == written


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("%Q", "bad directive"),
        ("%Y-%m-%d %", "stray %"),
        ("%d/%d/%Y", "stands there twice"),
        ("%H:%M", "does not tell day, month and year"),
        ("%m/%Y", "does not tell day, month and year"),
        ("d/m/Y", "does not tell day, month and year"),
        ("%Y-%m-%d %I:%M", "morning from afternoon"),
        ("%Y-%m-%d %H:%M %Z", "%z reads"),
    ],
)
def test_settings_refuse_formats_by_which_no_time_is_read(written: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        KpiSettings(time_format=written)


def test_settings_refuse_a_zone_of_days() -> None:
    assert KpiSettings(day_format="%d/%m/%Y").day_format == "%d/%m/%Y"
    with pytest.raises(ValueError, match="a day has no zone"):
        KpiSettings(day_format="%d/%m/%Y %z")


@pytest.mark.parametrize(("table", "name"), [("transcribe", "vocabulary"), ("reports", "budget")])
def test_settings_file_names_files_beside_it(tmp_path: Path, table: str, name: str) -> None:
    def named(written: str) -> object:
        settings = load_settings(file=toml(tmp_path, f"[{table}]\n{name} = '{written}'\n"), environment={})
        return getattr(getattr(settings, table), name)

    assert named("own/table.csv") == tmp_path / "own" / "table.csv"
    assert named("/elsewhere/table.csv") == Path("/elsewhere/table.csv")
    assert named("none") is None
    from_environment = load_settings(environment={f"EARMARK_{table}__{name}".upper(): "table.csv"})
    assert getattr(getattr(from_environment, table), name) == Path("table.csv")


def test_settings_file_lines_are_found_for_dotted_keys_too(tmp_path: Path) -> None:
    assert problems(tmp_path, "\nrun.workers = 0\n")[0].startswith(":2: ")


def test_settings_file_that_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    assert problems(tmp_path, "a = 1\nb = = 2\n")[0].startswith(":2: [toml]")
    file = tmp_path / "earmark.toml"
    file.write_bytes(b"a = '\xff'\n")
    with pytest.raises(AuthoredFileError, match="not UTF-8"):
        load_settings(file=file, environment={})


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_settings_file_that_cannot_be_read_is_a_config_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"no such settings file|cannot be read"):
        load_settings(file=tmp_path / name, environment={})


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        FlagSettings().below_share = 0.1  # type: ignore[misc]


def test_settings_store_url_is_sqlite_in_the_workspace_unless_given(tmp_path: Path) -> None:
    assert Settings(workspace=tmp_path).store_url == f"sqlite:///{tmp_path.resolve() / 'earmark.db'}"
    assert Settings(database_url="postgresql://db/earmark").store_url == "postgresql://db/earmark"


def groups() -> list[tuple[str, Any]]:
    inner = [(name, field.annotation) for name, field in Settings.model_fields.items()]
    return [("settings", Settings), *((name, group) for name, group in inner if hasattr(group, "model_fields"))]


@pytest.mark.parametrize(("name", "group"), groups())
def test_settings_all_say_what_they_are_for(name: str, group: Any) -> None:
    silent = [
        key
        for key, field in group.model_fields.items()
        if not field.description and not hasattr(field.annotation, "model_fields")
    ]
    assert silent == []


def test_settings_defaults_pass_their_own_checks() -> None:
    assert Settings.model_validate(Settings().model_dump()) == Settings()


def test_settings_page_is_that_of_the_code() -> None:
    from tools.settings_page import PAGE, page

    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tools.settings_page"


def test_settings_page_names_every_setting_and_no_machine() -> None:
    from tools.settings_page import ROOT, page

    text = page()
    for name, group in groups():
        prefix = "" if group is Settings else f"{name}."
        inner = [key for key, field in group.model_fields.items() if not hasattr(field.annotation, "model_fields")]
        assert [key for key in inner if f"| `{prefix}{key}` |" not in text] == []
    assert str(ROOT) not in text
    assert str(Path.home()) not in text
