"""Manifests: canonical, whole, of the right schema."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from images.manifest import OS_SCHEMA, canonical, file_entry, read_manifest, write_manifest


@pytest.mark.parametrize(
    "value",
    [{}, {"b": 1, "a": [True, None, 'é\n"\\/']}, {"z": {"y": 2**40, "x": "\u2028 ’"}}, {"n": [{"k": ""}, []]}],
)
def test_canonical_json_is_that_of_rfc_8785(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_fractions_are_refused() -> None:
    with pytest.raises(ValueError, match="fractions"):
        canonical({"chunks": [{"size": 1.5}]})


def test_written_hash_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "manifest.json"
    digest = write_manifest(path, {"schema": OS_SCHEMA, "profile": "mini"})
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_manifest(path, OS_SCHEMA) == {"schema": OS_SCHEMA, "profile": "mini"}
    assert [file.name for file in path.parent.iterdir()] == ["manifest.json"]


def test_another_schema_or_half_a_file_is_no_manifest(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    assert read_manifest(path, OS_SCHEMA) is None
    path.write_text('{"schema": "recyclerie.osimage/99"}')
    assert read_manifest(path, OS_SCHEMA) is None
    path.write_text('{"schema": "recy')
    assert read_manifest(path, OS_SCHEMA) is None


def test_file_entry(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert file_entry(tmp_path / "f") == {"size_bytes": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}
