"""The API keeps what its OpenAPI document says, whatever is sent to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.web.authored import on_disk
from pipeline.store.people import forget_failed_sign_ins
from tests.web.api_tokens import token_of
from tests.web.conftest import Console

_EXAMPLES = 5
_NOT_ASKED = [positive_data_acceptance]  # which ids, cursors and answers there are, no schema says


@pytest.fixture
def console(open_console: Callable[..., Console]) -> Console:
    """A console under the name by which it is asked here."""
    return open_console(console__public_url="http://testserver")


@pytest.fixture
def document(console: Console) -> Any:
    """The API in this process, asked by an admin's token."""
    token = token_of(console, console.add("boss", "admin"))
    console.app.router.lifespan_context = _nothing_beside_requests
    assert on_disk(console.site, wait_s=120).value, "reading rubrics and rules takes a while; then requests find them"
    document = schemathesis.openapi.from_asgi("/api/v1/openapi.json", console.app)
    document.config.update(headers={"Authorization": f"Bearer {token}"})
    return document


@asynccontextmanager
async def _nothing_beside_requests(_: Any) -> AsyncIterator[None]:
    yield


def test_answers_are_as_the_document_says(console: Console, document: Any) -> None:
    wrong: dict[str, str] = {}
    operations = [each.ok() for each in document.get_all_operations()]
    for operation in operations:
        with console.store.begin() as connection:  # the wrong tokens that it tries are many
            forget_failed_sign_ins(connection, before=console.site.now() + timedelta(days=1))
        try:
            _asks(operation)
        except Exception as error:  # noqa: BLE001 - all of them are told together
            wrong[operation.label] = str(error)
    assert len(operations) > 30
    assert not wrong, "\n\n".join(f"{label}\n{told}" for label, told in wrong.items())


def _asks(operation: Any) -> None:
    @settings(
        max_examples=_EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def asks(case: Any) -> None:
        case.call_and_validate(excluded_checks=_NOT_ASKED)

    asks()
