from __future__ import annotations

import pytest

from phlo.config.layers import COMMAND_LINE, LAYERS, PROCESS, ROLE_DEFAULTS, Candidate, Variables, scalar_text
from phlo.errors import ConfigError
from phlo.values import Secret, Source


def candidate(layer: str, text: str | None, name: str = "X", service: str | None = None) -> Candidate:
    return Candidate(name=name, text=text, source=Source(layer=layer, path=layer, line=1), service=service)


def in_file_layers() -> list[Candidate]:
    return [candidate(layer, layer) for layer in LAYERS if layer not in (PROCESS, COMMAND_LINE)]


@pytest.mark.parametrize("top", range(len(LAYERS)))
def test_the_highest_layer_that_knows_a_name_wins(top: int) -> None:
    known = LAYERS[: top + 1]
    candidates = [candidate(layer, layer) for layer in reversed(known) if layer != PROCESS]
    value = Variables(candidates, environ={"X": PROCESS} if PROCESS in known else {}).value("X")
    assert value is not None
    assert value.text == LAYERS[top]
    assert [text for text, _ in value.losers] == list(known[:-1])
    assert [source.layer for _, source in value.losers] == list(known[:-1])


def test_an_empty_variable_of_the_process_counts_as_set() -> None:
    assert Variables(in_file_layers(), environ={"X": ""}).text("X") == ""


def test_a_name_without_a_text_is_not_set_but_known() -> None:
    variables = Variables([candidate(ROLE_DEFAULTS, None)], environ={})
    assert variables.value("X") is None
    variables.unset("X", "phlo.yaml:1")
    variables.unset("Y", "phlo.yaml:2 services.a.image")
    assert variables.warnings == (
        (
            "phlo.yaml:2 services.a.image: the variable Y is not set; an empty text takes its place. "
            "Set it in .phlo/.env, or write ${Y:-} where it may be empty."
        ),
    )


def test_a_service_sees_its_own_default_before_those_of_others() -> None:
    variables = Variables(
        [
            candidate(ROLE_DEFAULTS, "80", service="a"),
            candidate(ROLE_DEFAULTS, "90", service="b"),
            candidate(ROLE_DEFAULTS, "70", service="c"),
        ],
        environ={},
    )
    assert [variables.text("X", service) for service in "abc"] == ["80", "90", "70"]


def test_a_value_may_refer_to_other_variables() -> None:
    candidates = [candidate("phlo.yaml", "${Y}/x"), candidate(".phlo/.env", "${Z:-z}", "Y")]
    assert Variables(candidates, environ={}).text("X") == "z/x"
    assert Variables(candidates, environ={"Z": "$kept"}).text("X") == "$kept/x"


def test_a_value_that_refers_to_itself_means_the_one_it_hides() -> None:
    candidates = [candidate("phlo.yaml", "low"), candidate(".phlo/.env", "${X}+high")]
    assert Variables(candidates, environ={}).text("X") == "low+high"
    assert Variables(candidates[1:], environ={}).text("X") == "+high"


def test_values_that_need_each_other_are_an_error() -> None:
    candidates = [candidate("phlo.yaml", "$Y"), candidate("phlo.yaml", "$Z", "Y"), candidate("phlo.yaml", "$X", "Z")]
    with pytest.raises(ConfigError, match="need each other: X -> Y -> Z -> X"):
        Variables(candidates, environ={}).text("X")


def test_a_secret_name_gives_a_secret_from_every_layer() -> None:
    for layer in LAYERS[1:]:
        environ = {"X": "v"} if layer == PROCESS else {}
        candidates = [] if layer == PROCESS else [candidate(layer, "v")]
        assert Variables(candidates, environ=environ, secret_names={"X"}).text("X") == Secret("v")


def test_a_secret_that_nobody_gave_is_asked_for_once_and_hides_the_published_default() -> None:
    asked: list[str] = []

    def want(name: str) -> tuple[Secret, Source]:
        asked.append(name)
        return Secret("made"), Source(layer=".phlo/.env.local")

    variables = Variables([candidate(ROLE_DEFAULTS, "minio123")], environ={}, secret_names={"X"}, want_secret=want)
    value = variables.value("X")
    assert value is not None
    assert value.text == variables.text("X") == Secret("made")
    assert value.losers[0][0] == Secret("minio123")
    assert asked == ["X"]


def test_an_empty_secret_that_was_given_is_not_made() -> None:
    variables = Variables([candidate(".phlo/.env", "")], environ={}, secret_names={"X"}, want_secret=None)
    assert variables.text("X") == Secret("")


def test_names_that_were_looked_for_in_the_process_environment_are_kept() -> None:
    variables = Variables([candidate("phlo.yaml", "$HOME")], environ={"HOME": "/h", "PATH": "/bin"})
    variables.text("X")
    assert variables.environment_read == ("HOME", "X")


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (1, "1"), (1.5, "1.5"), ("x", "x"), (None, None)])
def test_a_scalar_becomes_the_text_it_was_written_as(value: object, text: str | None) -> None:
    assert scalar_text(value) == text
