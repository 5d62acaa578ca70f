"""Sign-off: a line that nobody would sign with is read in the time of its length."""

from __future__ import annotations

import pytest

from config import apart, not_submissions
from gateway.road.sign_off import Known, SignOff
from tests.packages import package


@pytest.mark.parametrize("gap", [" ", "\t", "- ", ", "])
def test_a_very_long_line_signs_nothing_and_is_not_divided(gap: str) -> None:
    rules = not_submissions.rules()
    sign_off = SignOff(Known.of(package()), rules.thanks, apart.rules())
    assert sign_off.signs(["Pat Ames"])
    assert not sign_off.signs(["Pat" + gap * 400_000 + "Ames"])
