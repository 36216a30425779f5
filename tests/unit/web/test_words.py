"""Names and phrases of the pages: pure rules as tables of cases."""

from __future__ import annotations

import pytest

from controller.errors import RecyclerieError
from controller.i18n import said, set_language
from controller.web.routes.machine_actions import read_weight
from controller.web.routes.session import safe_back
from controller.web.views.authorise import read_keys
from controller.web.views.drives import evidence_words, medium, smart_words
from controller.web.views.names import model_name
from controller.web.views.progress import Progress, together
from controller.web.views.words import Words, counted, words


@pytest.mark.parametrize(
    ("manufacturer", "product", "expected"),
    [
        ("Dell Inc.", "Latitude E5470", "Dell Latitude E5470"),
        ("HP", "HP ProBook 450 G5", "HP ProBook 450 G5"),
        ("Hewlett-Packard", "HP Compaq 8200 Elite", "HP Compaq 8200 Elite"),
        ("LENOVO", "ThinkPad T480s", "Lenovo ThinkPad T480s"),
        ("ASUSTeK COMPUTER INC.", "X550CA", "Asus X550CA"),
        ("Intel Corporation", "NUC7i5BNH", "Intel NUC7i5BNH"),
        ("Apple Inc.", "iMac14,2", "Apple iMac14,2"),
        ("Micro-Star International Co., Ltd.", "MS-7A15", "MSI MS-7A15"),
        ("SAMSUNG ELECTRONICS CO., LTD.", "300E5C", "Samsung 300E5C"),
        ("", "OptiPlex", "OptiPlex"),
        ("Dell Inc.", "", "Dell"),
        ("", "", ""),
    ],
)
def test_model_names(manufacturer: str, product: str, expected: str) -> None:
    assert model_name(manufacturer, product) == expected


def test_a_parameter_that_is_a_message_is_translated_too() -> None:
    reason = said("The drive returned read errors ({n}), the first at byte {offset}.", n=3, offset=81920)
    text = words("{before} → {after}: {reason}", before="erasing", after="on hold", reason=reason)
    assert str(text).startswith("effacement → mise de côté\u00a0: Le disque a renvoyé des erreurs de lecture (3)")
    set_language("en")
    assert str(text) == "erasing → on hold: The drive returned read errors (3), the first at byte 81920."


def test_text_that_is_no_message_is_shown_as_it_came() -> None:
    assert str(Words(id="{text}", params={"text": "Le {clavier} colle"})) == "Le {clavier} colle"
    assert str(Words(id="a {brace} from a tool")) == "a {brace} from a tool"
    assert str(Words(id="{n} min", params={"other": 1})) == "{n}\u00a0min"


def test_plurals() -> None:
    assert str(counted("{n} entry", "{n} entries", 1)) == "1\u00a0inscription"
    assert str(counted("{n} entry", "{n} entries", 0)) == "0\u00a0inscription"
    set_language("en")
    assert str(counted("{n} entry", "{n} entries", 0)) == "0 entries"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"transport": "sata", "rotational": True}, "hard disk"),
        ({"transport": "sata", "rotational": False}, "SSD"),
        ({"transport": "sata", "rotational": None}, "SSD"),
        ({"transport": "nvme"}, "NVMe SSD"),
        ({"transport": "mmc"}, "eMMC"),
        ({"transport": "usb", "rotational": True}, "USB"),
    ],
)
def test_media(facts: dict[str, object], expected: str) -> None:
    assert medium(facts) == expected


def test_health_figures_are_told_without_a_verdict() -> None:
    said_, worrying = smart_words({"available": True, "passed": True, "power_on_hours": 12345, "pending_sectors": 67})
    assert worrying
    assert [str(w) for w in said_] == ["heures d’usage\u00a0: 12\u202f345", "secteurs devenus illisibles\u00a0: 67"]
    assert smart_words({"available": False})[1] is False
    assert smart_words({"available": True, "passed": False})[1] is True


def test_evidence_in_words() -> None:
    evidence = {
        "writer": {"tool": "w", "version": "1", "bytes_written": 1000, "errors": []},
        "validator": {"tool": "r", "version": "2", "bytes_read": 1000, "nonzero": [{"offset": 3}], "errors": [{}]},
    }
    assert [str(w) for w in evidence_words(evidence)] == [
        "1\u202f000\u00a0octets écrasés par des zéros avec w 1",
        "1\u202f000\u00a0octets relus avec r 2",
        "anciennes données trouvées à 1\u00a0endroit",
        "le disque a renvoyé 1\u00a0erreur",
    ]
    assert evidence_words({}) == ()
    assert evidence_words({"writer": None, "validator": "?"}) == ()


def test_what_the_drive_did_itself_in_words() -> None:
    evidence = {
        "attempts": [
            {"technique": "ata-sanitize-block", "outcome": "refused"},
            {"technique": "ata-security-erase-enhanced", "outcome": "completed"},
            {"technique": "overwrite-zero", "outcome": "failed"},  # told by its bytes
            {"technique": "magic", "outcome": "completed"},
            {"technique": "ata-sanitize-crypto", "outcome": "vanished"},
            "junk",
        ],
        "validator": {"tool": "r", "version": "2", "bytes_read": 1000, "nonzero": [], "canaries_found": [0, 4096]},
    }
    assert [str(w) for w in evidence_words(evidence)] == [
        "ATA Sanitize, effacement des blocs (block erase)\u00a0: refusé",
        "ATA Security Erase, renforcé (enhanced)\u00a0: fait",
        "1\u202f000\u00a0octets relus avec r 2",
        "anciennes données trouvées à 2\u00a0endroits",
    ]
    assert evidence_words({"attempts": "x"}) == ()


def test_several_at_once_end_with_the_slowest() -> None:
    both = together(
        [
            Progress(done=10, total=100, unit="bytes", eta_seconds=5, rate_per_second=2),
            Progress(done=30, total=100, unit="bytes", eta_seconds=50, rate_per_second=3),
        ]
    )
    assert both is not None
    assert (both.fraction, both.eta_seconds, both.rate_per_second) == (0.2, 50, 5)
    unknown = together([Progress(done=1, total=0), Progress(done=1, total=2)])
    assert unknown is not None
    assert unknown.fraction is None
    assert together([]) is None


@pytest.mark.parametrize(("text", "kg"), [("7,5", 7.5), ("7.5 kg", 7.5), (" 12KG ", 12.0)])
def test_weights_as_typed(text: str, kg: float) -> None:
    assert read_weight(text) == kg


@pytest.mark.parametrize("text", ["", "sept", "7,5,5"])
def test_weights_that_are_none(text: str) -> None:
    with pytest.raises(RecyclerieError):
        read_weight(text)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/machines/3?tab=run", "/machines/3?tab=run"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_going_back_stays_on_this_site(url: str, expected: str) -> None:
    assert safe_back(url) == expected


def test_what_the_authorisation_form_sends_back() -> None:
    assert read_keys(["3:SN:WITH:COLONS", "4:", "x:SN", "99999999999:SN"]) == [(3, "SN:WITH:COLONS"), (4, "")]
