from __future__ import annotations

import pytest

from tests.bench.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--peers", "compose,kamal"], "unknown: kamal. Known: compose, ansible, pyinfra"),
        (["--cases", "warm"], "unknown: warm. Known: noop, chain, cold, change, down, help"),
    ],
)
def test_an_unknown_name_is_refused_with_those_known(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)

    assert message in capsys.readouterr().err
