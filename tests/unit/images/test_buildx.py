"""What only BuildKit can build goes to the program buildx; the one of these tests notes what it was given."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from phlo.errors import OperationError
from phlo.hosts.connect import open_engine
from phlo.hosts.host import Host
from phlo.image_source import BuildRecipe, BuildSecret, BuildSettings
from phlo.images.build import build
from phlo.images.buildx import find_buildx, why_buildkit
from phlo.images.recipe import content_tag
from phlo.values import Secret

_PROGRAM = """\
#!/usr/bin/env python3
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
(here / "seen.json").write_text(json.dumps({"argv": sys.argv[1:], "environment": dict(os.environ)}))
(here / "context.tar").write_bytes(sys.stdin.buffer.read())
print((here / "says").read_text(), end="")
sys.exit(int((here / "status").read_text()))
"""

_GOES_WELL = """\
#0 building with "default" instance using docker driver

#1 [internal] load remote build context
#1 DONE 0.1s

#4 [one 1/2] FROM docker.io/phlo/base:1
#4 CACHED

#5 [one 2/2] RUN cat /run/secrets/token
#5 0.746 sesame-open
#5 ...

#6 [stage-1 1/1] COPY a /a
#6 DONE 0.0s

#5 [one 2/2] RUN cat /run/secrets/token
#5 1.760 more
#5 DONE 1.9s

#8 exporting to image
#8 exporting layers 0.1s done
#8 DONE 0.1s
"""
_FAILS = """\
#5 [web 2/3] RUN make all
#5 0.300 no rule
#5 ERROR: process "/bin/sh -c make all" did not complete successfully: exit code: 2
------
 > [web 2/3] RUN make all:
0.300 no rule
------
ERROR: failed to solve: process "/bin/sh -c make all" did not complete successfully: exit code: 2
"""


class Buildx:
    """folder: of the plugins. says, status: what the program prints and ends with."""

    def __init__(self, config: Path) -> None:
        self.folder = config / "cli-plugins"
        self.folder.mkdir(parents=True)
        program = self.folder / "docker-buildx"
        program.write_text(_PROGRAM)
        program.chmod(0o755)
        self.answer(_GOES_WELL, 0)

    def answer(self, says: str, status: int) -> None:
        (self.folder / "says").write_text(says)
        (self.folder / "status").write_text(str(status))

    @property
    def argv(self) -> list[str]:
        found: list[str] = json.loads((self.folder / "seen.json").read_text())["argv"]
        return found

    @property
    def environment(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.folder / "seen.json").read_text())["environment"]
        return found

    def options(self, name: str) -> list[str]:
        return [value for option, value in zip(self.argv, self.argv[1:], strict=False) if option == name]


@pytest.fixture
def buildx(tmp_path: Path) -> Buildx:
    return Buildx(tmp_path / "docker")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"DOCKER_CONFIG": str(tmp_path / "docker"), "PATH": "/usr/bin:/bin", "DOCKER_HOST": "unix:///elsewhere"}


@pytest.fixture
def recipe(tmp_path: Path) -> BuildRecipe:
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM a\nRUN --mount=type=secret,id=token cat /run/secrets/token\n")
    (context / "a").write_text("1")
    return BuildRecipe(name="lake/web:1", context=context)


class Said:
    """What a host was told: steps, output, and the logs that it kept."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.output: list[str] = []
        self.kept: dict[str, str] = {}

    def keep(self, name: str, text: str) -> str:
        self.kept[name] = text
        return f".phlo/runs/1.{name}.log"


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def host(tmp_path: Path, said: Said) -> Host:
    """A host whose engine nobody asks anything."""
    engine = open_engine(f"unix://{tmp_path}/none", name="local", environ={})
    return Host(name="local", engine=engine, progress=said.steps.append, output=said.output.append, keep_log=said.keep)


def test_buildx_gets_all_settings_and_the_context(
    recipe: BuildRecipe, host: Host, buildx: Buildx, environ: dict[str, str]
) -> None:
    settings = BuildSettings(
        labels={"team": Secret("lake")},
        tags=("web:latest",),
        no_cache=True,
        pull=True,
        network="host",
        extra_hosts=("db:10.0.0.1",),
        shm_size=1 << 20,
        ulimits=({"Name": "nofile", "Soft": 5, "Hard": 6},),
        contexts={"docs": str(recipe.context), "alpine": "docker-image://alpine:3"},
        ssh=("default",),
        cache_from=("type=local,src=c",),
        cache_to=("type=local,dest=c",),
        entitlements=("network.host",),
    )
    recipe = replace(recipe, args={"WORD": "x", "PATH": "/opt"}, target="one", settings=settings)

    tag = build(recipe, host, base=None, environ=environ, platform="linux/arm64")

    assert tag == content_tag(recipe)
    assert buildx.argv[:4] == ["build", "--load", "--progress", "plain"]
    assert buildx.argv[-1] == "-"
    assert {"--no-cache", "--pull"} <= set(buildx.argv)
    labels = buildx.options("--label")
    assert {name: buildx.options(f"--{name}") for name in ("tag", "file", "target", "platform", "network")} == {
        "tag": [tag, "web:latest"],
        "file": ["Dockerfile"],
        "target": ["one"],
        "platform": ["linux/arm64"],
        "network": ["host"],
    }
    assert {"team=lake", "phlo.image=lake/web:1"} <= set(labels)
    assert buildx.options("--build-arg") == ["WORD", "PATH=/opt"]
    assert buildx.environment["WORD"] == "x"
    assert buildx.environment["PATH"] == environ["PATH"]
    assert buildx.options("--add-host") == ["db:10.0.0.1"]
    assert buildx.options("--shm-size") == ["1048576"]
    assert buildx.options("--ulimit") == ["nofile=5:6"]
    assert buildx.options("--build-context") == [f"docs={recipe.context}", "alpine=docker-image://alpine:3"]
    assert buildx.options("--ssh") == ["default"]
    assert buildx.options("--allow") == ["network.host"]
    assert buildx.options("--cache-from") == ["type=local,src=c"]
    assert buildx.options("--cache-to") == ["type=local,dest=c"]
    with tarfile.open(fileobj=io.BytesIO((buildx.folder / "context.tar").read_bytes())) as archive:
        assert archive.getnames() == ["Dockerfile", "a"]


def test_buildx_reaches_the_engine_of_the_host_and_no_other(
    recipe: BuildRecipe, host: Host, buildx: Buildx, environ: dict[str, str]
) -> None:
    build(recipe, host, base=None, environ={**environ, "DOCKER_CONTEXT": "prod", "DOCKER_TLS_VERIFY": "1"})

    assert buildx.environment["DOCKER_HOST"].endswith("/engine.sock")
    assert not {"DOCKER_CONTEXT", "DOCKER_TLS_VERIFY"} & set(buildx.environment)


def test_secrets_of_a_build_are_in_no_argument_tag_or_output(
    recipe: BuildRecipe, host: Host, buildx: Buildx, environ: dict[str, str], said: Said
) -> None:
    def with_secret(text: str) -> BuildRecipe:
        secret = BuildSecret(id="token", source="api", content=Secret(text))
        return replace(recipe, settings=BuildSettings(secrets=(secret,)))

    build(with_secret("sesame-open"), host, base=None, environ=environ)

    assert buildx.options("--secret") == ["id=token,env=PHLO_BUILD_SECRET_0"]
    assert buildx.environment["PHLO_BUILD_SECRET_0"] == "sesame-open"
    assert "sesame-open" not in str((buildx.argv, said.steps, said.output, said.kept))
    assert content_tag(with_secret("sesame-open")) == content_tag(with_secret("another"))


def test_steps_are_progress_and_the_whole_output_is_kept(
    recipe: BuildRecipe, host: Host, buildx: Buildx, environ: dict[str, str], said: Said
) -> None:
    build(recipe, host, base=None, environ=environ)

    assert said.steps == [
        "[one 1/2] FROM docker.io/phlo/base:1",
        "[one 2/2] RUN cat /run/secrets/token",
        "[stage-1 1/1] COPY a /a",
    ]
    assert said.output == ["[one 2/2] sesame-open", "[one 2/2] more"]
    (log,) = said.kept.items()
    assert log[0] == "build-lake-web-1"
    assert log[1].splitlines()[1:3] == ["[one 2/2] RUN cat /run/secrets/token", "[one 2/2] sesame-open"]


def test_a_failed_build_shows_the_step_and_its_last_lines_once(
    recipe: BuildRecipe, host: Host, buildx: Buildx, environ: dict[str, str]
) -> None:
    buildx.answer(_FAILS, 1)

    with pytest.raises(OperationError, match=r"could not be built at \[web 2/3\] RUN make all \(exit status 2\)") as it:
        build(recipe, host, base=None, environ=environ)

    kept = "the whole output: .phlo/runs/1.build-lake-web-1.log"
    assert list(it.value.detail) == ["[web 2/3] RUN make all", "no rule", kept]


@pytest.mark.parametrize(
    "says",
    [
        "ERROR: failed to solve: unsupported frontend capability moby.buildkit.frontend.contexts\n",
        "ERROR: failed to solve: dockerfile parse error line 3: unknown instruction: HELLO\n",
    ],
)
def test_an_engine_that_is_too_old_for_the_dockerfile_is_named(
    says: str, recipe: BuildRecipe, host: Host, buildx: Buildx, environ: dict[str, str]
) -> None:
    buildx.answer(says, 1)

    with pytest.raises(OperationError, match="use Docker 23 or newer"):
        build(recipe, host, base=None, environ=environ)


@pytest.mark.parametrize(
    ("settings", "what", "where"),
    [
        (BuildSettings(secrets=(BuildSecret(id="a", source="a"),)), "`build.secrets`", "lake/web:1"),
        (BuildSettings(ssh=("default",)), "`build.ssh`", "lake/web:1"),
        (BuildSettings(contexts={"a": "docker-image://a"}), "`build.additional_contexts`", "lake/web:1"),
        (BuildSettings(dockerfile_text="FROM a\nCOPY --link a a\n"), "COPY --link", "lake/web:1 dockerfile_inline:2"),
        (BuildSettings(), "RUN --mount", "{context}/Dockerfile:2"),
    ],
)
def test_without_buildx_a_build_that_needs_it_is_refused_by_name(
    settings: BuildSettings, what: str, where: str, recipe: BuildRecipe, host: Host, tmp_path: Path
) -> None:
    recipe = replace(recipe, settings=settings)

    with pytest.raises(OperationError, match="there is no buildx here") as caught:
        build(recipe, host, base=None, environ={"DOCKER_CONFIG": str(tmp_path), "PATH": str(tmp_path)})

    assert caught.value.what.startswith(f"{what} needs BuildKit")
    assert str(caught.value.where) == where.format(context=recipe.context)


def test_a_build_without_such_parts_needs_no_buildkit(recipe: BuildRecipe) -> None:
    plain = replace(recipe, settings=BuildSettings(dockerfile_text="FROM a\nRUN make\n", cache_from=("b",)))
    assert why_buildkit(plain) is None


def test_the_users_own_plugin_goes_before_the_path(buildx: Buildx, environ: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "bin"
    other.mkdir()
    (other / "docker-buildx").write_text("#!/bin/sh\n")
    (other / "docker-buildx").chmod(0o755)

    assert find_buildx({**environ, "PATH": str(other)}) == str(buildx.folder / "docker-buildx")


def test_a_secret_that_is_no_text_is_refused(
    recipe: BuildRecipe, host: Host, buildx: Buildx, environ: dict[str, str]
) -> None:
    secret = BuildSecret(id="store", source="store", content=b"\xff\x00")

    with pytest.raises(OperationError, match="a secret of the build is not a text"):
        build(replace(recipe, settings=BuildSettings(secrets=(secret,))), host, base=None, environ=environ)
