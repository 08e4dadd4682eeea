"""The interactive documentation at /docs, with every asset served from here: the bank's network is closed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.requests import Request
from starlette.responses import HTMLResponse

from service.api import access, links
from service.api.problems import Problem
from service.api.record_examples import batch_schemas

ASSETS = "/docs/assets"
PARAMETERS = {
    "validatorUrl": None,
    "defaultModelsExpandDepth": 0,
    "displayRequestDuration": True,
    "tryItOutEnabled": True,
}


def with_problems(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """The OpenAPI document with the schema of a problem, which no route returns as its own model."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = original()
            schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            nested = schema.pop("$defs")
            document["components"]["schemas"].update({**nested, "Problem": schema, **batch_schemas()})
            drop_framework_refusals(document)
            access.document(app, document)
            links.document(document)
        return original()

    return openapi


def drop_framework_refusals(document: dict[str, Any]) -> None:
    """FastAPI declares its own form of 422 for every route with parameters; here that form is never sent."""
    for path in document["paths"].values():
        for operation in path.values():
            answer = operation["responses"].get("422", {})
            if "application/json" in answer.get("content", {}):
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)


def install(app: FastAPI) -> None:
    """Serve Swagger UI from the files that the package fastapi-offline brings."""
    app.openapi = with_problems(app)  # type: ignore[method-assign]
    app.mount(ASSETS, StaticFiles(directory=Path(str(files("fastapi_offline") / "static"))), name="docs-assets")

    @app.get("/docs", include_in_schema=False)
    def documentation(request: Request) -> HTMLResponse:
        """The page itself."""
        root = request.scope.get("root_path", "")
        return get_swagger_ui_html(
            openapi_url=f"{root}{app.openapi_url}",
            title=app.title,
            swagger_js_url=f"{root}{ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{root}{ASSETS}/favicon.png",
            swagger_ui_parameters=PARAMETERS,
        )
