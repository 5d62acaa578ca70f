"""Scripts: what firms' clients write in is shown by the fonts that the set-up installs."""

from __future__ import annotations

import pytest

from converters import fonts
from converters.fault import Unreadable

SCRIPTS = {
    "Greek": "Ιατρικό ιστορικό",
    "Cyrillic": "История болезни",
    "Hebrew": "תיק רפואי",
    "Arabic": "السجل الطبي",
    "Vietnamese": "Hồ sơ bệnh án",
    "Chinese": "病历摘要 病歷摘要",
    "Japanese": "診療記録のコピー",
    "Korean": "진료 기록",
    "Hindi": "चिकित्सा अभिलेख",
    "Thai": "บันทึกการรักษา",
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_installed_font_has_the_script(script: str) -> None:
    assert not fonts.unshown(SCRIPTS[script])


def test_what_no_font_has_is_unreadable_and_no_page_of_boxes() -> None:
    with pytest.raises(Unreadable):
        fonts.unshown("\U00013000\U00013001\U00013002")  # Egyptian hieroglyphs
