"""The OpenAPI page at /docs, whose script and style come from this server alone."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

_ICON = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"
_INLINE = "'self' 'unsafe-inline'"
_POLICY = f"default-src 'self'; script-src {_INLINE}; style-src {_INLINE}; img-src 'self' data:"


def add_docs(app: FastAPI, assets: Path) -> None:
    """Serve the page, with `swagger-ui-bundle.js` and `swagger-ui.css` out of the folder `assets`."""
    app.mount("/docs/assets", StaticFiles(directory=assets, check_dir=False), name="docs-assets")

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=app.title,
            swagger_js_url="/docs/assets/swagger-ui-bundle.js",
            swagger_css_url="/docs/assets/swagger-ui.css",
            swagger_favicon_url=_ICON,
        )
        page.headers["Content-Security-Policy"] = _POLICY
        return page
