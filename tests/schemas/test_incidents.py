"""Incidents: what is told of a failure, and what never is."""

from __future__ import annotations

from jinbao.schemas.incidents import Incident, incident_of

SECRET = "合成甲样本 11010519491231002X"


def _fail(depth: int) -> None:
    if depth:
        _fail(depth - 1)
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise ValueError(SECRET) from error


def _incident(depth: int = 0) -> Incident:
    try:
        _fail(depth)
    except ValueError as error:
        return incident_of(error)
    raise AssertionError


def test_class_causes_and_places_are_told_and_never_the_words() -> None:
    incident = _incident()
    assert incident.error == "ValueError <- KeyError"
    assert any("test_incidents.py" in place and "_fail" in place for place in incident.trace)
    assert SECRET not in repr(incident)
    assert "合成" not in repr(incident)


def test_the_same_failure_has_the_same_number_and_another_place_another() -> None:
    numbers = {_incident().number for _ in range(3)}
    assert len(numbers) == 1
    assert _incident(1).number not in numbers


def test_a_failure_in_depth_is_told_by_its_innermost_places() -> None:
    assert len(_incident(200).trace) < 100
