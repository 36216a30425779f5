"""Every route of an application, and the right that it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from controller.access.roles import Right

VALUES = {"profile": "mini", "file": "manifest.json", "name": "erase", "tag": "R-000001"}


@dataclass(frozen=True, kw_only=True)
class Door:
    """One method of one route."""

    method: str
    path: str
    right: Right | None  # None: no right of a person is asked for
    summary: str
    in_schema: bool

    @property
    def address(self) -> str:
        """Its path with something in each place."""
        return re.sub(r"\{(\w+)(:\w+)?\}", lambda m: VALUES.get(m[1], "1"), self.path)


def doors(app: FastAPI) -> list[Door]:
    """Every method of every route, by path."""
    found = []
    for context in iter_route_contexts(app.routes):
        if not isinstance(context.original_route, APIRoute):
            continue
        for method in context.methods or ():
            found.append(
                Door(
                    method=method,
                    path=context.path or "",
                    right=right_of(context.dependant),
                    summary=(context.endpoint.__doc__ or "").strip() if context.endpoint else "",
                    in_schema=bool(context.include_in_schema),
                )
            )
    return sorted(found, key=lambda door: (door.path, door.method))


def others(app: FastAPI) -> list[tuple[str, str]]:
    """What is no ordinary route: kind and path."""
    return sorted(
        (type(context.original_route).__name__, context.path or "")
        for context in iter_route_contexts(app.routes)
        if not isinstance(context.original_route, APIRoute)
    )


def right_of(dependant: Dependant) -> Right | None:
    """The right that a route's dependencies ask for (``controller.web.deps.need``)."""
    for inner in dependant.dependencies:
        for cell in getattr(inner.call, "__closure__", None) or ():
            if isinstance(cell.cell_contents, Right):
                return cell.cell_contents
        found = right_of(inner)
        if found:
            return found
    return None
