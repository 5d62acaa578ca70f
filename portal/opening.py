"""Opening hours as people read them: `Monday to Friday, 8:00 am to 6:00 pm`."""

from __future__ import annotations

from config.calendar import Hours, Span

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def opening(hours: Hours) -> tuple[str, ...]:
    """Return a line for each run of days with the same hours; closed days are left out."""
    runs: list[list[int]] = []
    for day, spans in enumerate(hours.week):
        if runs and hours.week[runs[-1][-1]] == spans:
            runs[-1].append(day)
        else:
            runs.append([day])
    return tuple(
        f"{_run(run)}, {' and '.join(_span(one) for one in hours.week[run[0]])}"
        for run in runs
        if hours.week[run[0]]
    )


def _run(days: list[int]) -> str:
    first, last = _DAYS[days[0]], _DAYS[days[-1]]
    if len(days) == 1:
        return first
    return f"{first} and {last}" if len(days) == 2 else f"{first} to {last}"


def _span(span: Span) -> str:
    if span == (0, 24 * 60):
        return "day and night"
    return f"{_hour(span[0])} to {_hour(span[1])}"


def _hour(minutes: int) -> str:
    hour, minute = divmod(minutes, 60)
    if hour == 24:
        return "midnight"
    return f"{hour % 12 or 12}:{minute:02} {'am' if hour < 12 else 'pm'}"
