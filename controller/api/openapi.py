"""The description of the API itself, for people who are signed in."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Request

from controller.web.deps import Viewer

router = APIRouter(prefix="/api", include_in_schema=False)


@router.get("/openapi.json")
def description(request: Request, _: Viewer) -> dict[str, Any]:
    """OpenAPI 3.1 of everything below ``/api``."""
    app: FastAPI = request.app
    return app.openapi()
