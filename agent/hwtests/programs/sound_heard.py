# /// recyclerie-test
# name = "sound-heard"
# title = "Sound: speakers and headphones"
# subsystem = "sound"
# runs = "parallel"
# limit_seconds = 1800
# usual_seconds = 40
# hands = true
# needs = ["tool:aplay", "path:/dev/snd/pcm*p"]
# ///
"""Sound: notes on the left, then on the right; on the speakers, then in headphones."""

from __future__ import annotations

from agent.hands_on.findings import Finding, skipped
from agent.hands_on.person import Again, Person, Skipped
from agent.hands_on.tones import play, playback_device


def hands_on(person: Person) -> list[Finding]:
    """Speakers, then headphones; each can be passed over by itself."""
    place = playback_device(person.root)
    if place is None:
        return [Finding("skipped", "The sound card has no way out that can be played on.")]
    found = []
    for target in ("speakers", "headphones"):
        try:
            if target == "headphones":
                person.go_on(person.say("sound-heard.plug"))
            found.append(_listen(person, target, place))
        except Skipped as passed:
            found.append(skipped(passed.reason, target))
    return found


def judge(target: str, *, both: bool, one: bool, problem: str = "") -> Finding:
    """``both``: heard well on both sides; ``one``: in part. ``problem``: why nothing could be played."""
    if problem:
        return Finding("fail", f"No sound could be played: {problem}.", {}, target)
    if both:
        return Finding("pass", "", {}, target)
    if one:
        return Finding("degraded", f"The sound of the {target} is heard on one side only, or crackles.", {}, target)
    return Finding("fail", f"Nothing is heard from the {target}.", {}, target)


def _listen(person: Person, target: str, place: tuple[int, int]) -> Finding:
    told = person.say("sound-heard.speakers" if target == "speakers" else "sound-heard.phones")
    while True:
        person.show(person.page(told, figure=person.say("sound-heard.playing"), small=""))
        problem = play(*place)
        if problem:
            return judge(target, both=False, one=False, problem=problem)
        try:
            if person.ask(person.say("sound-heard.speakers.heard"), told, again=person.say("sound-heard.small")):
                return judge(target, both=True, one=False)
            one = person.ask(
                person.say("sound-heard.one"),
                yes=person.say("sound-heard.one.yes"),
                no=person.say("sound-heard.one.no"),
                again=person.say("sound-heard.small"),
            )
        except Again:
            continue
        return judge(target, both=False, one=one)
