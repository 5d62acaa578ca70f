"""What machines ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import SampleDesk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = open_desk(tmp_path)
    yield opened
    opened.close()


def test_health_does_not_need_the_database(desk: SampleDesk) -> None:
    browser = desk.browser()
    with desk.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE sessions RENAME TO gone")
    assert browser.get("/healthz").text == "ok\n"


def test_ready_where_every_check_passes(desk: SampleDesk) -> None:
    desk.checks |= {"database": lambda: None, "storage": lambda: None}
    answer = desk.browser().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "checks": [
            {"name": "database", "problem": None},
            {"name": "storage", "problem": None},
        ],
    }


def test_not_ready_names_each_check_that_fails_and_one_that_breaks(desk: SampleDesk) -> None:
    def breaks() -> str | None:
        raise OSError("/secret/path")

    desk.checks |= {
        "database": lambda: None,
        "storage": lambda: "7 bytes are free",
        "queue": breaks,
    }
    answer = desk.browser().get("/readyz")
    assert answer.status_code == 503
    assert {one["name"]: one["problem"] for one in answer.json()["checks"]} == {
        "database": None,
        "storage": "7 bytes are free",
        "queue": "The check itself failed (OSError)",
    }
    assert "secret" not in answer.text


def test_metrics_are_in_prometheus_text_format(desk: SampleDesk) -> None:
    answer = desk.browser().get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.text == "casebridge_sample 1.0\n"
