import pytest

from config.media import MediaFault, catalogue, read


def test_every_row_that_converts_names_an_engine_and_an_extension() -> None:
    for name, row in catalogue().types.items():
        if row.treat == "convert" and not name.endswith("*"):
            assert row.engine is not None, name
            assert row.extension is not None, name


def test_a_type_without_a_row_is_spoken_for_by_its_kind_then_by_the_rest() -> None:
    media = catalogue()
    assert media.treatment("video/quicktime").treat == "keep"
    assert media.treatment("text/x-unheard-of").engine == "text"
    assert media.treatment("application/x-unheard-of").treat == "keep"


@pytest.mark.parametrize(
    "extension",
    [
        ".bat",
        ".CMD",
        ".ps1",
        ".vbs",
        ".js",
        ".jar",
        ".lnk",
        ".scr",
        ".hta",
        ".exe",
        ".msi",
        ".desktop",
        ".sh",
    ],
)
def test_the_extension_of_a_program_stands_for_a_refused_type(extension: str) -> None:
    named = catalogue().named(extension)
    assert named is not None
    assert catalogue().is_program(named)


@pytest.mark.parametrize(
    "row",
    [
        'treat = "burn"\nlabel = "x"',
        'treat = "convert"\nlabel = "x"',
        'treat = "keep"\nengine = "text"\nlabel = "x"',
        'treat = "keep"\nlabel = "x"\nextention = ".x"',
        'treat = "keep"\nlabel = "x"\nextension = "X"',
        'treat = "keep"',
    ],
)
def test_a_row_that_cannot_be_used_is_named(row: str) -> None:
    with pytest.raises(MediaFault, match="a/b"):
        read(f'["*"]\ntreat = "keep"\nlabel = "rest"\n["a/b"]\n{row}\n')


def test_one_extension_stands_for_one_type() -> None:
    with pytest.raises(MediaFault, match=r"\.x stands for a/a"):
        read(
            '["*"]\ntreat="keep"\nlabel="r"\n'
            '["a/a"]\ntreat="keep"\nlabel="a"\nnamed=[".x"]\n'
            '["a/b"]\ntreat="keep"\nlabel="b"\nnamed=[".x"]\n'
        )


def test_a_catalogue_must_speak_for_the_rest() -> None:
    with pytest.raises(MediaFault, match=r"rest|without one"):
        read('["a/a"]\ntreat="keep"\nlabel="a"\n')
