"""What the API answers about spare parts and grades."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Part(BaseModel):
    """One heap of equal parts."""

    id: int
    kind: str = Field(description="memory, ssd, hdd, battery, charger, wifi, webcam, keyboard or other")
    label: str
    size_bytes: int = Field(description="of memory modules and drives, else 0")
    memory_type: str
    form_factor: str
    interface: str
    fits: str
    origin: str = Field(description="donated, bought or machine")
    origin_machine_id: int | None
    cost_cents: int = Field(description="of one")
    place: str
    state: str = Field(description="new, good or untried")
    count: int = Field(description="how many are there")
    added_at: str


class PartMove(BaseModel):
    """One change of a heap's count."""

    id: int
    part_id: int
    kind: str = Field(description="added, taken, returned, counted or discarded")
    delta: int
    left: int = Field(description="the count after it")
    machine_id: int | None = Field(description="into or out of which")
    reason: str
    returns_id: int | None = Field(description="the taking that it undoes")
    moved_at: str
    moved_by: str


class PartWithMoves(Part):
    """A heap and what became of it."""

    moves: list[PartMove]


class Fit(BaseModel):
    """Whether a machine is fit for one use."""

    use: str = Field(description="light, office or video")
    fit: bool | None = Field(description="null: not known")
    why: list[str] = Field(description="what is wrong, or what isn't known")


class Finding(BaseModel):
    """What was found of one part."""

    part: str
    tone: str = Field(description="good, waiting (worn), alert (failing) or quiet (not known)")
    texts: list[str]


class Piece(BaseModel):
    """One part to put in."""

    kind: str
    what: str
    cents: int = Field(description="what it cost, or about costs")
    part_id: int | None = Field(description="where it is in stock; null: to be found")


class Lift(BaseModel):
    """Parts that make more of a machine."""

    use: str | None
    grade: str | None
    sentence: str
    cents: int = Field(description="still to be spent")
    in_stock: bool
    pieces: list[Piece]
    not_known: list[str]


class Assessment(BaseModel):
    """What is said of a machine as it stands."""

    machine_id: int
    grade: str | None = Field(description="A to D; null: too little is known")
    use: str | None = Field(description="the most that it is fit for: video, office, light or parts")
    sentence: str
    tested: bool
    fits: list[Fit]
    lowered_by: list[str] = Field(description="what lowers the grade although the machine does its work")
    findings: list[Finding]
    lifts: list[Lift]
    fitted: list[PartMove] = Field(description="parts taken for it")
