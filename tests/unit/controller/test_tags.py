"""Asset tags as people scan and type them."""

from __future__ import annotations

import pytest

from controller.errors import RecyclerieError
from controller.machines.tags import PATTERN, read_tag


@pytest.mark.parametrize("text", ["R-000123", "r-000123", "R000123", "r-123", "123", " R-000123 ", "R-123\n", "000123"])
def test_read(text: str) -> None:
    assert read_tag(text) == "R-000123"
    assert PATTERN.fullmatch(read_tag(text))


@pytest.mark.parametrize("text", ["", "R-", "R-1234567", "X-000123", "R-12a", "R--1", "-5", "R-000123 R-000124", "٣"])
def test_refused(text: str) -> None:
    with pytest.raises(RecyclerieError):
        read_tag(text)
