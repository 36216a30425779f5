"""The family's notice is on the machine's page and opens in three languages."""

from __future__ import annotations

import pytest

from tests.unit.web.conftest import Visitor


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_the_notice_opens_from_the_machines_page(amelie: Visitor, ids: dict[str, int], language: str) -> None:
    page = amelie.client.get(f"/machines/{ids['ready']}?tab=assist")
    address = f"/machines/{ids['ready']}/notice?language={language}"
    assert f'href="{address}"' in page.text
    answer = amelie.client.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("language", ["de", "xx"])
def test_another_language_is_told(amelie: Visitor, ids: dict[str, int], language: str) -> None:
    assert amelie.client.get(f"/machines/{ids['ready']}/notice?language={language}").status_code == 404
