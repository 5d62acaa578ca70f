"""Dividing: documents keep their order, and a submission takes as many of them as it holds."""

from __future__ import annotations

import pytest

from portal.dividing import divided


@pytest.mark.parametrize(
    ("sizes", "most", "places"),
    [
        ([], 10, [[]]),
        ([4, 6], 10, [[0, 1]]),
        ([4, 6, 1], 10, [[0, 1], [2]]),
        ([11, 1, 12, 0], 10, [[0], [1], [2], [3]]),
        ([11, 12], None, [[0, 1]]),
    ],
)
def test_a_document_goes_where_there_is_room(
    sizes: list[int], most: int | None, places: list[list[int]]
) -> None:
    assert [list(each) for each in divided(sizes, most)] == places
