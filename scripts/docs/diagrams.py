"""The pictures of the documentation: graphviz draws `diagrams/NAME.dot` into `docs/images/NAME.svg`.

A picture remembers what it was drawn from, because versions of graphviz draw alike but not the same bytes.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

SOURCES = Path(__file__).with_name("diagrams")
PICTURES = Path(__file__).resolve().parents[2] / "docs" / "images"
# Dark on a light ground of their own, so that they can be read on light pages and on dark ones.
_STYLE = """
  graph [bgcolor="#f6f8fa" pad=0.3 nodesep=0.35 ranksep=0.45 fontname="Helvetica" fontsize=12 fontcolor="#57606a"]
  graph [color="#8c959f" style="rounded,dashed" labelloc=b]
  node [shape=box style="rounded,filled" fillcolor="#ffffff" color="#57606a" fontcolor="#1f2328"]
  node [fontname="Helvetica" fontsize=12 margin="0.15,0.09"]
  edge [color="#57606a" fontcolor="#57606a" fontname="Helvetica" fontsize=11 arrowsize=0.7]
"""
_CLASSES = {
    "given": 'fillcolor="#f6f8fa" color="#8c959f" style="rounded,dashed,filled"',
    "engine": 'fillcolor="#ddf4ff" color="#0969da"',
    "service": 'fillcolor="#ffffff" color="#0f766e"',
    "question": 'shape=hexagon style=filled fillcolor="#fff8c5" color="#9a6700"',
    "good": 'fillcolor="#dafbe1" color="#1a7f37"',
    "bad": 'fillcolor="#ffebe9" color="#cf222e"',
}


def sources() -> list[Path]:
    return sorted(SOURCES.glob("*.dot"))


def picture_of(source: Path) -> Path:
    return PICTURES / f"{source.stem}.svg"


def styled(source: Path) -> str:
    """What graphviz is given: the source with the style of all pictures."""
    text = re.sub(r"class=(\w+)", lambda found: _CLASSES[found[1]], source.read_text(encoding="utf-8"))
    head, brace, rest = text.partition("{")
    return f"{head}{brace}{_STYLE}{rest}"


def mark_of(source: Path) -> str:
    """What a picture says of what it was drawn from."""
    return f"<!-- drawn from {source.name} {hashlib.sha256(styled(source).encode()).hexdigest()[:16]} -->"


def is_current(source: Path) -> bool:
    picture = picture_of(source)
    return picture.is_file() and mark_of(source) in picture.read_text(encoding="utf-8")


def draw() -> None:
    """Draw the pictures whose source or style changed; needs graphviz's program `dot`."""
    for source in sources():
        if is_current(source):
            continue
        argv = ["dot", "-Tsvg"]
        done = subprocess.run(argv, input=styled(source), capture_output=True, text=True, check=True)
        # The head names graphviz's version and the picture's page; only the picture itself is wanted.
        svg = re.sub(r"<!--.*?-->\n?", "", done.stdout[done.stdout.index("<svg") :], flags=re.DOTALL)
        picture_of(source).write_text(f"{svg.rstrip()}\n{mark_of(source)}\n", encoding="utf-8")
