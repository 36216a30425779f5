"""The pages as they are drawn: what fits, what reads from afar, and the two languages, complete."""

from __future__ import annotations

import random
import string

import pytest

from agent.hands_on.big_letters import HEIGHT, draw, draw_centred, fitting_size, rows_of, width_of
from agent.hands_on.canvas import BLACK, GREEN, GREY, WHITE, Canvas, Cell, ansi, plain
from agent.hands_on.key_map import KEYS, OPTIONAL, PAD, REQUIRED, in_reading_order, name_of
from agent.hands_on.layout import Answer, Page, big_lines, bottom_rows, draw_page
from agent.hands_on.session import ORDER
from agent.hands_on.texts import TABLES, say
from agent.hwtests.catalogue import hands_on_tests
from tests.unit.agent.hands_on.glass import Glass

SIZES = [(80, 24), (80, 25), (100, 37), (160, 50)]
# Those that are drawn large, with the room of a page that has two answers and one paragraph of one line.
QUESTIONS = [
    "screen.clean",
    "screen.dots",
    "screen.lines",
    "screen.stains",
    "keyboard.pad",
    "keyboard.exist",
    "keyboard.stuck",
    "usb-ports.count",
    "sound-heard.speakers.heard",
    "sound-heard.one",
]


def test_both_languages_say_the_same_things() -> None:
    french, english = TABLES["fr"], TABLES["en"]
    assert french.keys() == english.keys()
    fields = {
        language: {
            key: sorted(name for _, name, _, _ in string.Formatter().parse(text) if name) for key, text in table.items()
        }
        for language, table in TABLES.items()
    }
    assert fields["fr"] == fields["en"]
    assert not [key for key in french if not french[key].strip()]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_text_is_in_the_console_s_own_font(language: str) -> None:
    for key, text in TABLES[language].items():
        assert plain(text).count("?") == text.count("?"), f"{key}: {text}"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_two_keys_mean_two_things(language: str) -> None:
    letters = [say(language, f"{name}.letter") for name in ("yes", "no", "skip", "back", "more")]
    assert len(set(letters)) == len(letters)
    # On a French keyboard with the kernel's own layout these are other letters.
    assert not set(letters) & set("AZQWM")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_test_has_its_words_in_both_languages(language: str) -> None:
    headers = hands_on_tests()
    assert {header.name for header in headers} == set(ORDER)
    for header in headers:
        assert f"{header.name}.title" in TABLES[language]


@pytest.mark.parametrize("key", QUESTIONS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_questions_are_drawn_large_on_the_smallest_screen(language: str, key: str) -> None:
    page = Page(
        head="x",
        title=say(language, f"{key.partition('.')[0]}.title"),
        body=("One line.",),
        question=say(language, key),
        answers=(Answer("O", "x"), Answer("N", "y")),
        small="z",
    )
    canvas = Canvas(80, 24)
    draw_page(canvas, page)
    lines = big_lines(page.question, 80)
    assert 1 <= len(lines) <= 3
    assert page.question not in canvas.text()
    # The last line of the question, dot for dot, somewhere in the picture.
    alone = Canvas(80, HEIGHT)
    draw_centred(alone, 0, lines[-1], WHITE, rows=HEIGHT)
    assert alone.text().strip("\n") in canvas.text()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_answers_and_small_keys_stay_below_the_text(language: str, size: tuple[int, int]) -> None:
    def words(key: str) -> str:
        return say(language, key, count=6, minutes=12)

    page = Page(
        head="x",
        title=words("start.title"),
        body=(words("start.body"),),
        note=words("start.running"),
        answers=(Answer("O", words("go"), words("yes.also")), Answer("N", words("leave"), words("no.also"))),
        small=words("start.small"),
    )
    canvas = Canvas(*size)
    free = draw_page(canvas, page)
    assert free <= canvas.rows - bottom_rows(page)
    flat = " ".join(canvas.text().split())
    for text in (*page.body, page.note, page.answers[0].says, page.answers[1].also, page.small):
        assert plain(text) in flat


@pytest.mark.parametrize("language", ["fr", "en"])
def test_one_line_texts_fit_in_one_line(language: str) -> None:
    lines = ["small", "choose", "number", "keyboard.body.fn", "keyboard.end", "keyboard.end.characters"]
    lines += ["pointer.small", "usb-ports.small", "sound-heard.small", "camera-seen.small"]
    for key in lines:
        assert len(plain(say(language, key, seconds=30))) <= 80, key


def test_large_letters_have_their_accents() -> None:
    assert rows_of("é")[2:9] == rows_of("E")[2:9]
    assert rows_of("é")[:2] != rows_of("è")[:2] != rows_of("E")[:2]
    assert rows_of("ç")[9] != rows_of("c")[9]
    assert all(len(row) == 5 for letter in "AÉÀÇ?0:" for row in rows_of(letter))
    assert len(rows_of("Ê")) == 2 * HEIGHT


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_large_letter_is_missing(language: str) -> None:
    """An unknown one is drawn as a question mark, which would make a question of a statement."""
    large = [*QUESTIONS, *(key for key in TABLES[language] if key.endswith((".title", ".playing", ".taking")))]
    letters = set("".join(TABLES[language][key] for key in large)) - {"?"}
    assert [letter for letter in sorted(letters) if rows_of(letter) == rows_of("?")] == []


def test_large_letters_grow_with_the_screen() -> None:
    assert fitting_size("CLAVIER", 80, 5) == 1
    assert fitting_size("CLAVIER", 160, 10) == 2
    assert fitting_size("A LONG LINE THAT DOES NOT FIT", 80, 5) == 0
    canvas = Canvas(80, 10)
    draw(canvas, 0, 0, "I", WHITE, size=2)
    assert {cell.character for row in canvas.cells for cell in row} <= set(" █▀▄")
    assert width_of("II", 2) == 22


def test_what_is_drawn_outside_is_left_out() -> None:
    canvas = Canvas(4, 2)
    canvas.put(-1, 0, "abcdefgh")
    canvas.put(0, 7, "below")
    canvas.fill(-3, -3, 50, 50, Cell("#", WHITE, BLACK))
    canvas.centre(1, "abcdefgh")
    assert canvas.text() == "####\ncdef"


def test_the_difference_makes_the_new_page_of_the_old_one() -> None:
    dice = random.Random(5)
    old = None
    glass = Glass(20, 6)
    for _ in range(50):
        new = Canvas(20, 6)
        for row in new.cells:
            for x in range(20):
                if dice.random() < 0.3:
                    row[x] = Cell(dice.choice("aé█ "), dice.randrange(16), dice.randrange(8))
        said = ansi(new, old)
        glass.feed(said.encode())
        assert glass.canvas.cells == new.cells
        old = new
        assert ansi(new, new) == ""
    assert not glass.scrolled


@pytest.mark.parametrize("keys", [KEYS, PAD])
def test_no_key_lies_on_another(keys: tuple[object, ...]) -> None:
    taken: set[tuple[int, int]] = set()
    for key in KEYS if keys is KEYS else PAD:
        places = {(key.row, place) for place in range(key.left, key.left + key.width)}
        assert not places & taken, key
        taken |= places
        assert key.left + key.width <= 76
    codes = [key.code for key in (*KEYS, *PAD)]
    assert len(codes) == len(set(codes))


def test_an_azerty_keyboard_is_what_is_drawn() -> None:
    # linux/input-event-codes.h: KEY_Q 16, KEY_A 30, KEY_Z 44, KEY_SEMICOLON 39, KEY_102ND 86.
    assert [name_of(code, "fr") for code in (16, 30, 44, 39, 86)] == ["A", "Q", "W", "M", "<"]
    assert [name_of(code, "en") for code in (16, 30, 44, 39)] == ["Q", "A", "Z", ";"]
    assert name_of(73, "fr") == "pavé 9"
    assert name_of(9, "fr") == "8"
    assert name_of(499, "fr") == "touche 499"
    assert REQUIRED.isdisjoint(OPTIONAL)
    assert {1, 28, 57, 103, 105, 106, 108, 111} <= REQUIRED
    assert in_reading_order({57, 30, 1, 71}) == [1, 30, 57, 71]


def test_a_box_keeps_its_colour() -> None:
    canvas = Canvas(80, 24)
    draw_page(canvas, Page(head="h", answers=(Answer("O", "Oui"), Answer("N", "Non", ground=GREY))))
    assert canvas.cells[22][3].ground == GREEN
    assert canvas.cells[22][70].ground == GREY
