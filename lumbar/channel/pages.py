"""The widget, the demo page and the description of the API."""

import gzip
from mimetypes import guess_type
from pathlib import Path

import minify
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from lumbar.settings import ROOT

WIDGET = ROOT / "widget"
SECONDS_KEPT = 300


def add_pages(web: Blueprint) -> None:
    """Serve each file from memory, so that no request decides which file is read."""
    _add(web, "/lumbar-chat.js", "text/javascript", widget())
    _add(web, "/api/openapi.yml", "text/yaml", Path(__file__).with_name("openapi.yml").read_bytes())
    _add(web, "/demo/", "text/html", (WIDGET / "demo" / "index.html").read_bytes())
    for file in (WIDGET / "demo").iterdir():
        _add(web, f"/demo/{file.name}", guess_type(file.name)[0] or "", file.read_bytes())


def widget() -> bytes:
    """Return the widget's script with its styles in it, made small."""
    style = minify.string("text/css", (WIDGET / "lumbar-chat.css").read_text(encoding="utf-8"))
    script = (WIDGET / "lumbar-chat.js").read_text(encoding="utf-8")
    return minify.string("text/javascript", script).replace("/* style */", style).encode()


def _add(web: Blueprint, path: str, kind: str, content: bytes) -> None:
    packed = gzip.compress(content, mtime=0)
    headers = {"Cache-Control": f"public, max-age={SECONDS_KEPT}", "Vary": "Accept-Encoding"}

    async def serve(request: Request) -> HTTPResponse:
        if "gzip" in request.headers.get("accept-encoding", ""):
            return raw(packed, content_type=kind, headers={**headers, "Content-Encoding": "gzip"})
        return raw(content, content_type=kind, headers=headers)

    web.add_route(serve, path, name=f"file {path}", methods=("GET", "HEAD"))
