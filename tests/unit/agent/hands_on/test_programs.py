"""What each test makes of what was seen, heard and pressed; the sockets and sound cards of recorded machines."""

from __future__ import annotations

import wave
from pathlib import Path
from types import ModuleType

import pytest

from agent.hands_on.canvas import GREY, Canvas
from agent.hands_on.findings import skipped
from agent.hands_on.keyboard_state import KeyboardState
from agent.hands_on.person import SKIP_REASONS
from agent.hands_on.pointer_state import CORNERS, PointerState
from agent.hands_on.shades import draw_shades, luma_of_yuyv, shades
from agent.hands_on.tones import NOTES, RATE, playback_device, write_wave
from agent.hands_on.usb_sockets import Plugged, plugged, socket_of
from agent.hwtests.catalogue import PROGRAMS, hands_on_tests
from agent.hwtests.programs import camera_seen, keyboard, pointer, screen, sound_heard, usb_ports


@pytest.mark.parametrize(
    ("dots", "lines", "stains", "outcome", "words"),
    [
        (0, 0, False, "pass", ""),
        (1, 0, False, "degraded", "1 dead dot"),
        (3, 0, True, "degraded", "3 dead dots, stains"),
        (0, 1, False, "fail", "1 line"),
        (2, 4, False, "fail", "4 lines on the screen, 2 dead dots"),
    ],
)
def test_screen(dots: int, lines: int, stains: bool, outcome: str, words: str) -> None:
    found = screen.judge(dots, lines, stains=stains)
    assert found.outcome == outcome
    assert words in found.reason
    assert (found.figures["dead_dots"], found.figures["dead_lines"]) == (dots, lines)


def test_each_picture_covers_the_whole_screen() -> None:
    grounds = set()
    for name in screen.PICTURES:
        canvas = screen.picture(Canvas(80, 25), name)
        cells = {cell for row in canvas.cells for cell in row}
        assert len(cells) == 1, name
        grounds.add(cells.pop())
    assert len(grounds) == len(screen.PICTURES)
    assert screen.picture(Canvas(2, 2), "white").cells[1][1].ground == GREY  # made white by the palette


@pytest.mark.parametrize(
    ("pressed", "missing", "stuck", "outcome", "words"),
    [
        ({1, 30}, [], [], "pass", ""),
        ({1, 30}, [59, 88], [], "degraded", "do not answer: F1, F12"),
        ({1, 30}, [71], [], "degraded", "pavé 7"),
        ({1, 30}, [16, 59], [], "fail", "do not answer: A, F1"),
        ({1, 30}, [], [57], "fail", "stay down: Espace"),
        (set(), [1, 30], [], "fail", "No key"),
    ],
)
def test_keyboard(pressed: set[int], missing: list[int], stuck: list[int], outcome: str, words: str) -> None:
    found = keyboard.judge(KeyboardState(pressed=pressed, device="AT"), missing, stuck, "fr")
    assert found.outcome == outcome
    assert words in found.reason
    assert found.target == "AT"


@pytest.mark.parametrize(
    ("corners", "buttons", "outcome", "words"),
    [
        (4, {"left", "right"}, "pass", ""),
        (4, {"left"}, "degraded", "its right button does not"),
        (4, {"right"}, "degraded", "its left button does not"),
        (4, set(), "degraded", "neither"),
        (2, {"left", "right"}, "fail", "2 of 4 corners"),
        (0, set(), "fail", "does not move"),
    ],
)
def test_pointer(corners: int, buttons: set[str], outcome: str, words: str) -> None:
    state = PointerState("mouse", corners=set(CORNERS[:corners]), buttons=buttons)
    found = pointer.judge(state, "A mouse")
    assert (found.outcome, found.target) == (outcome, "A mouse")
    assert words in found.reason


@pytest.mark.parametrize(
    ("both", "one", "problem", "outcome", "words"),
    [
        (True, False, "", "pass", ""),
        (False, True, "", "degraded", "one side"),
        (False, False, "", "fail", "Nothing is heard from the speakers"),
        (False, False, "aplay: exit status 1: busy", "fail", "busy"),
    ],
)
def test_sound(both: bool, one: bool, problem: str, outcome: str, words: str) -> None:
    found = sound_heard.judge("speakers", both=both, one=one, problem=problem)
    assert (found.outcome, found.target) == (outcome, "speakers")
    assert words in found.reason


@pytest.mark.parametrize(
    ("total", "working", "outcome", "words"),
    [(3, 3, "pass", ""), (3, 2, "degraded", "2 of 3 USB ports answer"), (3, 0, "fail", "No USB port")],
)
def test_usb(total: int, working: int, outcome: str, words: str) -> None:
    found = usb_ports.judge(total, {f"1-{n}": Plugged(f"1-{n}", "Stick", 480) for n in range(working)})
    assert found.outcome == outcome
    assert words in found.reason
    assert found.figures["working_ports"] == working


def test_each_figure_that_a_header_promises_is_there() -> None:
    good = {
        "screen": screen.judge(0, 0, stains=False),
        "keyboard": keyboard.judge(KeyboardState(pressed={1}), [], [], "fr"),
        "pointer": pointer.judge(PointerState("mouse", corners=set(CORNERS), buttons={"left", "right"}), "m"),
        "usb-ports": usb_ports.judge(1, {"1-1": Plugged("1-1", "", None)}),
        "sound-heard": sound_heard.judge("speakers", both=True, one=False),
    }
    headers = {header.name: header for header in hands_on_tests()}
    for name, found in good.items():
        assert found.outcome == "pass"
        assert set(headers[name].figures) <= set(found.figures), name


@pytest.mark.parametrize("program", [camera_seen, keyboard, pointer, screen, sound_heard, usb_ports])
def test_a_program_opens_no_drive(program: ModuleType) -> None:
    text = (PROGRAMS / f"{program.__name__.rpartition('.')[2]}.py").read_text()
    assert "/dev/sd" not in text
    assert "hands = true" in text


def test_every_reason_for_passing_over_has_its_words() -> None:
    reasons = [skipped(reason) for reason in SKIP_REASONS]
    assert len({finding.reason for finding in reasons}) == len(SKIP_REASONS)
    assert {finding.outcome for finding in reasons} == {"skipped"}


def usb_tree(root: Path) -> Path:
    """USB 2 and USB 3, the first ports of both one socket; a hub in socket 2; a built-in camera."""
    devices = root / "sys/bus/usb/devices"

    def device(path: str, removable: str = "unknown", kind: str = "08", **more: str) -> Path:
        (devices / f"{path}:1.0").mkdir(parents=True)
        (devices / f"{path}:1.0/bInterfaceClass").write_text(kind)
        (devices / f"{path}:1.0/bInterfaceSubClass").write_text("00")
        (devices / f"{path}:1.0/bInterfaceProtocol").write_text("00")
        for name, value in {"idVendor": "1234", "removable": removable, **more}.items():
            (devices / path).mkdir(exist_ok=True)
            (devices / path / name).write_text(value)
        return devices / path

    for bus in (1, 2):
        for port in (1, 2, 3):
            (devices / f"usb{bus}/{bus}-0:1.0/usb{bus}-port{port}").mkdir(parents=True)
    for here, there in ((1, 2), (2, 1)):
        peer = devices / f"usb{here}/{here}-0:1.0/usb{here}-port1/peer"
        peer.symlink_to(devices / f"usb{there}/{there}-0:1.0/usb{there}-port1")
    device("1-3", removable="fixed", kind="0e", product="Camera")
    device("1-2", kind="09", bDeviceClass="09")
    device("1-2.4", product="Mouse", speed="1.5", kind="03")
    device("2-1", product="Stick", speed="5000")
    return root


def test_sockets(tmp_path: Path) -> None:
    root = usb_tree(tmp_path)
    assert plugged(root) == [Plugged("1-2.4", "Mouse", 1), Plugged("1-1", "Stick", 5000)]
    # The same socket, with a stick of the other speed.
    assert socket_of(root, "1-1") == socket_of(root, "2-1") == "1-1"
    assert socket_of(root, "nonsense") == "nonsense"


PCM = """00-03: HDMI 0 : HDMI 0 : playback 1
00-00: ALC269VC Analog : ALC269VC Analog : playback 1 : capture 1
01-00: USB Audio : USB Audio : capture 1
"""


def test_the_analogue_way_out_comes_first(tmp_path: Path) -> None:
    (tmp_path / "proc/asound").mkdir(parents=True)
    (tmp_path / "proc/asound/pcm").write_text(PCM)
    assert playback_device(tmp_path) == (0, 0)
    (tmp_path / "proc/asound/pcm").write_text("01-07: HDMI 1 : HDMI 1 : playback 1\n")
    assert playback_device(tmp_path) == (1, 7)
    (tmp_path / "proc/asound/pcm").write_text("")
    assert playback_device(tmp_path) is None


def test_the_notes_are_on_one_side_then_on_the_other(tmp_path: Path) -> None:
    write_wave(tmp_path / "notes.wav")
    with wave.open(str(tmp_path / "notes.wav")) as stream:
        assert (stream.getnchannels(), stream.getframerate(), stream.getsampwidth()) == (2, RATE, 2)
        frames = stream.readframes(stream.getnframes())
    half = len(frames) // 2
    left = [
        max(map(abs, memoryview(part).cast("h")[side::2])) for part in (frames[:half], frames[half:]) for side in (0, 1)
    ]
    assert left[0] > 10000
    assert left[3] > 10000
    assert left[1] == left[2] == 0
    assert min(NOTES) > 400  # small speakers have nothing below


def test_a_picture_keeps_its_shape_and_its_light() -> None:
    # Dark on the left, bright on the right, a white square in the middle, as YUYV.
    width, height = 64, 48
    data = bytearray()
    for y in range(height):
        for x in range(width):
            inside = 24 <= x < 40 and 16 <= y < 32
            data += bytes([250 if inside else 20 + 2 * x, 128])
    rows = luma_of_yuyv(bytes(data), width, height)
    lines = shades(rows, 78, 12)
    assert (len(lines), len(lines[0])) == (12, 32)
    assert lines[0][0] == " "
    assert lines[6][16] == "█"
    assert lines[0][16] in "░▒"
    canvas = Canvas(80, 14)
    draw_shades(canvas, 1, lines)
    assert canvas.cells[7][24 + 16].character == "█"
    assert luma_of_yuyv(bytes(data[:-100]), width, height) == rows[:-1]
    assert shades([], 10, 10) == []
    assert set("".join(shades([b"\x05" * 10] * 10, 5, 5))) == {" "}


def test_camera() -> None:
    assert camera_seen.judge("/dev/video0", seen=True).outcome == "pass"
    assert camera_seen.judge("/dev/video0", seen=False).outcome == "fail"
