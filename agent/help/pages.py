"""The pages of the window: what about, what exactly, sent; and the code. One at a time, large, few words."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from gi.repository import GLib, Gtk

from agent.help import style
from agent.help import words_of_desk as desk
from agent.help.counter import question
from agent.help.frame import Frame
from agent.help.words import (
    BACK,
    CLOSE,
    CODE_MEANS,
    CODE_OVER,
    GOES_ALONG,
    LATER,
    NEW_CODE,
    NEXT,
    ON_THE_PHONE,
    OPTIONAL,
    READ_OUT,
    SEND,
    SENDING,
    SENT,
    TOPICS,
    WHAT_ABOUT,
    YOUR_PHONE,
    YOUR_WORDS,
    spaced,
)
from agent.locales import RIGHT_TO_LEFT

COLUMNS = 3


class HelpWindow(Frame):
    """The window of *Ask for help*. ``show`` puts it on the screen; closing it ends the program."""

    def __init__(self, language: str) -> None:
        self.topic = ""
        self.text, self.phone = "", ""  # kept when the language changes, or on the way back
        self.last: dict[str, Any] = {}
        self.code_until = 0.0
        super().__init__(language, self.topics)
        self.window.connect("key-press-event", self.on_key)

    # -- pages: each fills the body and returns what has the focus -------------------------------------

    def topics(self) -> Any:
        """What is it about?"""
        self.heading(WHAT_ABOUT)
        grid = Gtk.Grid(row_spacing=12, column_spacing=12, column_homogeneous=True, row_homogeneous=True)
        first = None
        for number, (topic, label) in enumerate(TOPICS.items()):
            button = style.picture_button(topic, self.say(label))
            button.connect("clicked", self.on_topic, topic)
            grid.attach(button, number % COLUMNS, number // COLUMNS, 1, 1)
            first = first or button
        self.body.pack_start(grid, True, True, 0)
        phone = style.wide_button("phone", self.say(ON_THE_PHONE))
        phone.connect("clicked", lambda *_: self.ask_code())
        self.body.pack_start(phone, False, False, 0)
        self.add_status()
        return first

    def form(self) -> Any:
        """What exactly?"""
        self.heading(TOPICS[self.topic])
        self.body.pack_start(style.label(self.say(YOUR_WORDS), width=62), False, False, 0)
        text = Gtk.TextView(accepts_tab=False, wrap_mode=Gtk.WrapMode.WORD_CHAR)
        text.get_style_context().add_class("written")
        text.get_buffer().set_text(self.text)
        text.get_buffer().connect("changed", self.on_text)
        frame = Gtk.ScrolledWindow(min_content_height=120, min_content_width=560)
        frame.get_style_context().add_class("frame")
        frame.add(text)
        self.body.pack_start(frame, True, True, 0)
        label = style.label(self.say(YOUR_PHONE), width=62)
        entry = Gtk.Entry(text=self.phone, max_length=desk.MAX_PHONE, width_chars=20, halign=Gtk.Align.START)
        entry.set_input_purpose(Gtk.InputPurpose.PHONE)
        entry.set_direction(Gtk.TextDirection.LTR)
        if self.language in RIGHT_TO_LEFT:
            entry.set_halign(Gtk.Align.END)  # its own direction is the other one
        entry.connect("changed", self.on_phone)
        entry.connect("activate", lambda *_: self.send())
        label.set_mnemonic_widget(entry)
        self.body.pack_start(label, False, False, 0)
        self.body.pack_start(entry, False, False, 0)
        self.body.pack_start(style.label(self.say(OPTIONAL), "quiet", width=70), False, False, 0)
        self.body.pack_start(style.label(self.say(GOES_ALONG), "quiet", width=70), False, False, 0)
        self.buttons((BACK, lambda: self.fill(self.topics)), (SEND, self.send))
        return text

    def waiting(self) -> Any:
        """Until the agent has answered."""
        self.heading(SENDING)
        spinner = Gtk.Spinner(active=True, width_request=48, height_request=48)
        self.body.pack_start(spinner, True, True, 24)
        return None

    def sent(self) -> Any:
        """It is away, or will be."""
        self.heading(SENT if self.last.get("linked") else LATER)
        self.body.pack_start(style.label(self.say(NEXT), width=62), False, False, 0)
        self.add_status()
        return self.buttons((BACK, lambda: self.fill(self.topics)), (CLOSE, self.window.destroy))

    def code(self) -> Any:
        """Six digits to read out."""
        self.heading(READ_OUT)
        figures = style.label(spaced(str(self.last.get("code", ""))), "figures")
        figures.set_xalign(0.5)
        figures.set_selectable(False)
        self.body.pack_start(figures, True, True, 12)
        left = style.label("")
        left.set_xalign(0.5)
        self.body.pack_start(left, False, False, 0)
        self.body.pack_start(style.label(self.say(CODE_MEANS), "quiet", width=62), False, False, 0)
        again = self.buttons((BACK, lambda: self.fill(self.topics)), (NEW_CODE, self.ask_code))

        def tick() -> bool:
            if self.page != self.code or left.get_toplevel() is not self.window:
                return False
            seconds = round(self.code_until - time.monotonic())
            left.set_text(self.words.left(seconds) if seconds > 0 else self.say(CODE_OVER))
            if seconds <= 0:
                figures.set_text("–\u2003–")
            return seconds > 0

        self.body.show_all()
        left.set_text(self.words.left(round(self.code_until - time.monotonic())))
        GLib.timeout_add(500, tick)
        return again

    def fault(self) -> Any:
        """It did not work, and what to do."""
        self.body.pack_start(style.label(self.words.fault(self.last.get("code")), "heading", width=44), True, True, 0)
        return self.buttons((BACK, lambda: self.fill(self.topics)), (CLOSE, self.window.destroy))

    # -- what happens --------------------------------------------------------------------------------

    def on_topic(self, _: Any, topic: str) -> None:
        """A topic was chosen."""
        self.topic = topic
        self.fill(self.form)

    def on_text(self, buffer: Any) -> None:
        """Something was written; never more than is taken."""
        start, end = buffer.get_bounds()
        self.text = buffer.get_text(start, end, False)
        if len(self.text) > desk.MAX_TEXT:
            buffer.delete(buffer.get_iter_at_offset(desk.MAX_TEXT), end)

    def on_phone(self, entry: Any) -> None:
        """The number."""
        self.phone = entry.get_text()

    def on_key(self, _: Any, event: Any) -> bool:
        """Escape goes back, and out of the first page."""
        if event.keyval == 0xFF1B:
            if self.page in (self.topics, self.sent):
                self.window.destroy()
            elif self.page != self.waiting:
                self.fill(self.topics)
            return True
        return False

    def send(self) -> None:
        """Off it goes."""
        if self.page == self.form:
            more = {"topic": self.topic, "text": self.text, "phone": self.phone, "language": self.language}
            self.ask(self.on_sent, desk.ASK, **more)

    def on_sent(self, answer: dict[str, Any]) -> None:
        """The agent has it, or not."""
        if answer.get("ok"):
            self.text = ""
            self.ask_state()
        self.fill(self.sent if answer.get("ok") else self.fault)

    def ask_code(self) -> None:
        """A new code."""
        self.ask(self.on_code, desk.CODE)

    def on_code(self, answer: dict[str, Any]) -> None:
        """Six digits, or why not."""
        self.code_until = time.monotonic() + float(answer.get("seconds") or 0)
        self.fill(self.code if answer.get("ok") else self.fault)

    def ask(self, then: Callable[[dict[str, Any]], None], do: str, **more: Any) -> None:
        """Ask the agent in a thread of its own; the window goes on living."""
        self.fill(self.waiting)

        def answered(answer: dict[str, Any]) -> bool:
            self.last = answer
            then(answer)
            return False

        threading.Thread(target=lambda: GLib.idle_add(answered, question(do, **more)), daemon=True).start()
