"""What only BuildKit understands is found in a Dockerfile, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.images.dockerfile import BuildKitOnly, find_buildkit_only
from tests.unit.packages.test_packages_alike import ROOT


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FROM a\nRUN --mount=type=cache,target=/x make\n", BuildKitOnly(2, "RUN --mount")),
        ("FROM a\nrun --network=none make\n", BuildKitOnly(2, "RUN --network")),
        ("FROM a\nCOPY --chown=1:1 --link a /a\n", BuildKitOnly(2, "COPY --link")),
        ("FROM a\nADD --checksum=sha256:1 http://x /x\n", BuildKitOnly(2, "ADD --checksum")),
        ("FROM a\n\nRUN <<EOF\nmake\nEOF\n", BuildKitOnly(3, "RUN with a here-document")),
        ("FROM a\nCOPY <<-'END' /x\nhello\n\tEND\n", BuildKitOnly(2, "COPY with a here-document")),
        ("FROM a\nCOPY --from=b --chown=1:1 --chmod=644 a /a\n", None),
        ("FROM a\nRUN make \\\n  --mount=x \\\n  --network=none\n", None),
        ("FROM a\nRUN echo $((1<<3)) && cat <<< x && tool --link\n", None),
        ("FROM a\nRUN cat <<EOF\n", None),
        ("# RUN --mount=type=cache x\nFROM a\n", None),
        ("", None),
    ],
)
def test_what_only_buildkit_understands_is_found(text: str, found: BuildKitOnly | None) -> None:
    assert find_buildkit_only(text) == found


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("packages/*/src/*/image/*ockerfile")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_recipe_of_a_package_needs_buildkit(path: Path) -> None:
    assert find_buildkit_only(path.read_text()) is None
