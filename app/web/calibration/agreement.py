"""The machine beside people, question by question, as `earmark rubrics agreement` has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.web.calibration.sight import calls_in_scope
from app.web.site import Site
from app.web.snapshots import Snapshot, snapshot
from pipeline.records import Scope
from pipeline.score.diff.named import rubric_named
from pipeline.store.overviews import values_in_use

if TYPE_CHECKING:
    from pipeline.agreement.report import AgreementReport

Against = Literal["reviews", "experts"]


@dataclass(frozen=True, kw_only=True, slots=True)
class AgreementPage:
    """Agreement of one rubric with people.

    Attributes:
        rubrics: To choose from: those that scored any call that the visitor may see.
        shot: The figures; None where there is no rubric to tell of.
    """

    rubrics: list[str]
    rubric: str | None
    against: Against
    shot: Snapshot[AgreementReport] | None


def agreement_page(site: Site, scope: Scope, *, rubric: str | None, against: Against) -> AgreementPage:
    """Return how far the machine agrees with people; the figures are computed beside requests."""
    with site.store.read() as connection:
        rubrics = values_in_use(connection, "rubric_id", scope)
    chosen = rubric if rubric in rubrics else next(iter(rubrics), None)
    shot = None
    if chosen is not None:
        named = chosen
        shot = snapshot(
            site, ("machine and people", named, against, scope), lambda: _report(site, scope, named, against)
        )
    return AgreementPage(rubrics=rubrics, rubric=chosen, against=against, shot=shot)


def _report(site: Site, scope: Scope, rubric_id: str, against: Against) -> AgreementReport:
    from pipeline.agreement.report import report_agreement  # noqa: PLC0415 - imports numpy
    from pipeline.rescoring.backtest import stored_pairs  # noqa: PLC0415

    rubric = rubric_named(rubric_id, site.settings.score.rubrics_dir)
    with site.store.read() as connection:
        pairs = stored_pairs(connection, rubric, blind_only=against == "experts")
        seen = calls_in_scope(connection, [pair.call_id for pair in pairs], scope)
    return report_agreement([pair for pair in pairs if pair.call_id in seen], rubric, seed=0)
