"""The API held against its own description: schemathesis finds no answer that `/openapi.json` does not tell."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance

from jinbao.web.accounts.sessions import make_token

pytestmark = pytest.mark.slow

RULES_OF_THE_LAW = {"POST": [positive_data_acceptance]}
"""An action may refuse what its schema allows: no schema knows a check digit, a layout of files, a case's state."""


@pytest.mark.parametrize("name", ["ministry", "clerk41"])
def test_every_answer_is_one_that_the_description_tells(application, users, name):
    described = schemathesis.openapi.from_asgi("/openapi.json", application.asgi)
    headers = {"Authorization": f"Bearer {make_token(users, name)}"}
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) >= 2
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(max_examples=20, deadline=None, database=None, derandomize=True, suppress_health_check=HealthCheck)
        def hold(case: Case) -> None:
            case.call_and_validate(headers=headers, excluded_checks=RULES_OF_THE_LAW.get(case.method, []))

        hold()
