"""From calls a day to machines and cost: the formula of docs/capacity.md.

    core seconds a call   = core_s_per_call + core_s_per_minute * minutes
    cores                 = calls a day / 86,400 * peak * core seconds a call / utilisation
    machines              = cores / cores of a machine, rounded up
    GPUs                  = calls a day / 86,400 * peak * minutes * 60 / speed / utilisation, rounded up
    cost a month          = (machines * their cores * price of a core-hour + GPUs * price of a GPU-hour) * 730

`peak`: how many times the calls of the day's mean hour the busiest one brings; they are scored as fast as they come.
Beside a GPU, the processor does everything but recognition.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from benchmarks.capacity.figures import HERE, Figures

DOCS = HERE.parents[1] / "docs" / "capacity.md"
BEGINNING, END = "<!-- sheet -->", "<!-- end of the sheet -->"
HOURS_A_MONTH = 730
CALLS_A_DAY = (1_000, 20_000, 120_000)


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """A published speed of recognition: minutes of audio in a minute of one GPU."""

    model: str
    speed: float
    source: str


GPUS = (
    Gpu(
        model="large-v2",
        speed=13 * 60 / 54,
        source="13 minutes in 54 s on a Tesla V100S, beam 5, fp16, one file at a time (faster-whisper's README)",
    ),
    Gpu(
        model="large-v3-turbo",
        speed=13 * 60 / 19.155,
        source="13 minutes in 19.2 s on an RTX 2080 Ti, beam 5, fp16, one file at a time (faster-whisper's issue 1030)",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Site:
    """What a centre brings and pays; the defaults of prices are assumptions, to be replaced by one's own.

    Attributes:
        peak: The busiest hour over the mean hour of the day; 1 where the night may catch up.
        utilisation: Share of the cores that is planned for: the rest is for repairs, rescores and people.
        cores_per_machine: Cores of a worker machine.
        price_core_hour: Of one core, in any currency.
        price_gpu_hour: Of one GPU, in the same.
        price_gb_month: Of a gigabyte of disk, in the same.
        keep_days: How long transcripts and scores are kept.
    """

    calls_per_day: int
    minutes: float = 6.0
    peak: float = 3.0
    utilisation: float = 0.7
    cores_per_machine: int = 16
    price_core_hour: float = 0.04
    price_gpu_hour: float = 1.0
    price_gb_month: float = 0.1
    keep_days: int = 365

    def __post_init__(self) -> None:
        """Refuse what no centre has.

        Raises:
            ValueError: A figure is not above nothing, or more is planned for than there is.
        """
        for field in fields(self):
            if not getattr(self, field.name) > 0 and not field.name.startswith("price"):
                raise ValueError(f"{field.name} is {getattr(self, field.name)}: it must be more than 0")
        if self.utilisation > 1:
            raise ValueError(f"utilisation is {self.utilisation}: it is a share, at most 1")


@dataclass(frozen=True, kw_only=True)
class Needed:
    """What a centre needs."""

    cores: float
    machines: int
    gpus: int
    database_gb: float
    cost_month: float


def by_processor(site: Site, figures: Figures) -> Needed:
    """Return what it takes where processors recognise, with the model `base` that was measured."""
    core_s = figures.core_s_per_call + figures.core_s_per_minute * site.minutes
    return _needed(site, figures, core_s=core_s, gpus=0)


def by_gpu(site: Site, figures: Figures, gpu: Gpu) -> Needed:
    """Return what it takes where GPUs recognise, and processors do the rest."""
    core_s = figures.rest_s_per_call + figures.rest_s_per_minute * site.minutes
    audio_s_per_s = _calls_per_s(site) * site.minutes * 60
    return _needed(site, figures, core_s=core_s, gpus=math.ceil(audio_s_per_s / gpu.speed / site.utilisation))


def _calls_per_s(site: Site) -> float:
    return site.calls_per_day / 86_400 * site.peak


def _needed(site: Site, figures: Figures, *, core_s: float, gpus: int) -> Needed:
    cores = _calls_per_s(site) * core_s / site.utilisation
    machines = math.ceil(cores / site.cores_per_machine)
    per_call = figures.bytes_per_call + figures.bytes_per_minute * site.minutes
    database_gb = site.calls_per_day * site.keep_days * per_call / 1e9
    hourly = machines * site.cores_per_machine * site.price_core_hour + gpus * site.price_gpu_hour
    cost = hourly * HOURS_A_MONTH + database_gb * site.price_gb_month
    return Needed(cores=cores, machines=machines, gpus=gpus, database_gb=database_gb, cost_month=cost)


def table(sites: list[Site], figures: Figures) -> str:
    """Return machines and cost as Markdown, a line for each way to recognise."""
    lines = [
        "| calls a day | minutes | recognition | cores | machines | GPUs | database, GB | cost a month |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for site in sites:
        ways = [("processor, `base`", by_processor(site, figures))]
        ways += [(f"GPU, `{gpu.model}`", by_gpu(site, figures, gpu)) for gpu in GPUS]
        for name, needed in ways:
            cores = math.ceil(needed.cores * 10) / 10  # never fewer than are needed
            lines.append(
                f"| {site.calls_per_day:,} | {site.minutes:g} | {name} | {cores:,.1f} | {needed.machines} "
                f"| {needed.gpus or '–'} | {needed.database_gb:,.0f} | {needed.cost_month:,.0f} |"
            )
    return "\n".join(lines)


def sheet(sites: list[Site], figures: Figures) -> str:
    """Return machines and cost with where the figures are from."""
    sources = [f"- `{gpu.model}`: {gpu.source}: {gpu.speed:.0f} minutes of audio a minute" for gpu in GPUS]
    lines = [table(sites, figures), "", f"Cores and database: measured {figures.made}.", ""]
    return "\n".join([*lines, "GPUs: not measured here; published speeds.", "", *sources])
