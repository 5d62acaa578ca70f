"""What operators watch: lines without personal data, whoever writes them, and figures."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from config.settings import Logs
from gateway.watch import Metrics, fault_fields, start_logs

SECRET = "Jane Doe, MRN 4471"


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Put back what `start_logs` changes for the whole process."""
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    before = [(one, one.level, list(one.handlers), one.propagate) for one in loggers]
    yield
    for logger, level, handlers, propagate in before:
        logger.setLevel(level)
        logger.handlers = handlers
        logger.propagate = propagate
    structlog.reset_defaults()


Lines = list[dict[str, Any]]


def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    out, err = capsys.readouterr()
    assert not out, "stdout is data"
    assert SECRET not in err
    return [json.loads(line) for line in err.splitlines()]


def failed(cause: Exception | None = None) -> BaseException:
    with pytest.raises(ValueError, match="cannot open") as caught:
        raise ValueError(f"cannot open {SECRET}.pdf") from cause
    return caught.value


@pytest.mark.usefixtures("logging_as_before")
class TestLog:
    def test_a_fault_is_told_by_class_and_place_never_by_its_text(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        start_logs(Logs())
        structlog.get_logger().error("letter.failed", **fault_fields(failed(OSError(SECRET))))
        (line,) = lines(capsys)
        assert (line["event"], line["level"]) == ("letter.failed", "error")
        assert (line["fault"], line["cause"]) == ("ValueError", "OSError")
        assert line["places"][-1].startswith("failed:")

    @pytest.mark.parametrize("library", ["dbos", "sqlalchemy.engine", "pikepdf", "asyncio"])
    def test_a_librarys_warning_is_a_line_of_ours_without_its_words(
        self, library: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        start_logs(Logs(level="debug"))
        logging.getLogger(library).warning("took %s", SECRET)
        logging.getLogger(library).error("lost", exc_info=failed())
        warned, lost = lines(capsys)
        assert (warned["event"], warned["library"]) == ("library.warned", library)
        assert "fault" not in warned
        assert lost["fault"] == "ValueError"

    @pytest.mark.parametrize("library", ["mail.log", "weasyprint", "fontTools.subset", "pypdf"])
    def test_who_quotes_what_it_reads_is_not_heard(
        self, library: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        start_logs(Logs(level="debug"))
        logging.getLogger(library).error("DATA: %s", SECRET)
        assert lines(capsys) == []

    def test_a_value_cannot_begin_a_line_of_its_own(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        start_logs(Logs())
        structlog.get_logger().info("letter.ended", state='x"}\n{"event": "forged"}\r\n\x1b[2J')
        (line,) = lines(capsys)
        assert line["event"] == "letter.ended"

    def test_a_level_leaves_out_what_is_below(self, capsys: pytest.CaptureFixture[str]) -> None:
        start_logs(Logs(level="warning"))
        structlog.get_logger().info("page.answered")
        structlog.get_logger().warning("letter.again")
        assert [line["event"] for line in lines(capsys)] == ["letter.again"]

    def test_people_read_the_same_in_words(self, capsys: pytest.CaptureFixture[str]) -> None:
        start_logs(Logs(format="console"))
        structlog.get_logger().info("letter.ended", receipt="7KQ4M2XD")
        assert "7KQ4M2XD" in capsys.readouterr().err


def test_a_fault_that_was_never_raised_has_no_places() -> None:
    assert fault_fields(OSError(SECRET)) == {"fault": "OSError", "cause": None, "places": []}
    assert sys.exc_info() == (None, None, None)


def test_the_figures_are_counted_and_read() -> None:
    metrics = Metrics()
    metrics.letter_ended("smtp", "filed")
    metrics.smtp_reply(250)
    metrics.mail_sent("receipt", "sent")
    metrics.conversion_failed("image/png", "file_damaged")
    with pytest.raises(ValueError), metrics.stage("read"):  # noqa: PT011  # raised right here
        raise ValueError
    metrics.read_gauges_from(lambda: {"casebridge_queue_depth": 3.0})
    text = metrics.text().decode()
    for line in (
        'casebridge_packages_total{door="smtp",outcome="filed"} 1.0',
        'casebridge_smtp_replies_total{code="250"} 1.0',
        'casebridge_receipts_total{kind="receipt",outcome="sent"} 1.0',
        'casebridge_conversion_failures_total{from_type="image/png",reason="file_damaged"} 1.0',
        'casebridge_stage_seconds_count{stage="read"} 1.0',
        "casebridge_queue_depth 3.0",
    ):
        assert f"{line}\n" in text
