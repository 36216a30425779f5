"""No text makes a parser raise, or believe more than it may."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.collectors.erase_facts import hdparm_identify, hdparm_sanitize, hdparm_sizes, nvme_json
from agent.collectors.erase_facts.asking import parse_version
from agent.collectors.erase_facts.mmc import can_erase, can_sanitize, parse_ext_csd
from agent.collectors.erase_facts.openseachest import parse_info
from agent.collectors.erase_facts.sg_opcodes import parse_opcodes
from agent.collectors.erase_facts.smartctl import parse_seen
from tests.unit.agent.erase_records import SAMPLES

RECORDS = [path.read_text() for path in sorted(SAMPLES.iterdir())]


@st.composite
def rotten(draw: st.DrawFn) -> str:
    """A record with pieces cut out, doubled or replaced: the likeliest rot."""
    said = draw(st.sampled_from(RECORDS))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(said)))
        end = draw(st.integers(start, min(len(said), start + 400)))
        said = (
            said[:start]
            + draw(st.sampled_from(["", "\0", "0x", "\n", "9" * 30, "²٣", said[start:end] * 2]))
            + said[end:]
        )
    return said


def parse_all(said: str) -> None:
    found = hdparm_identify.parse_identify(said)
    if found is not None:
        facts = found.security
        assert facts is None or not (facts["locked"] and not facts["enabled"])
        hdparm_identify.sanitize_features(found)
        for bridge in (False, True):
            hdparm_identify.doubts(found, {"serial": "X", "size_bytes": 512}, bridge=bridge)
            hdparm_identify.doubts(found, {}, bridge=bridge)
    sizes = hdparm_sizes.parse_max_sectors(said, 1465149168)
    assert sizes is None or (sizes.visible == 1465149168 <= sizes.native)
    real = hdparm_sizes.parse_dco_sectors(said, 1000)
    assert real is None or real >= 1000
    _, progress = hdparm_sanitize.parse_sanitize_status(said, said)
    assert progress is None or 0 <= progress <= 1
    nvme_json.parse_controller(said)
    nvme_json.parse_namespaces(said)
    nvme_json.parse_namespace_bytes(said)
    log = nvme_json.parse_sanitize_log(said)
    assert log is None or log.progress is None or 0 <= log.progress <= 1
    can_sanitize(parse_ext_csd(said))
    can_erase(said)
    parse_info(said)
    parse_opcodes(said)
    parse_seen(said)
    parse_version(said)


@given(st.text())
def test_any_text(said: str) -> None:
    parse_all(said)


@settings(max_examples=400)
@given(rotten())
def test_rotten_records(said: str) -> None:
    parse_all(said)


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from("oacs fna sanicap nsid_list nsid nvme0 sprog sstat status lbafs flbas nsze ds mn sn device "
                        "protocol smartctl version serial_number user_capacity bytes time_block_erase".split()),
        inner, max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=300)
@given(JSON)
def test_any_json(value: Any) -> None:
    parse_all(json.dumps(value))
    parse_all("[" * 5000)
