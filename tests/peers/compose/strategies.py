"""File sets that hypothesis generates: several files over each other, with every form of the values that have many."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.peers.compose.fileset import FileSet

GROUP = "generated"
_SEED, _COUNT = 20261130, 300

_WORDS = ("yes", "no", "on", "off", "y", "true", "null", "~", "a", "a-b", "A_1", "1.0", "010", "0o10", "0x1f", "22:22")
_WORDS += ("1000:50", "3.14", "1e3", "-1", "+1", ".5", "12e03", "10:20:30", "0b11", "=", "a=b", "x:y", "1_0")
# Every printable one-byte character that a double-quoted YAML text may have as it is, and a few others.
_TEXTS = st.text(alphabet=st.sampled_from("ab 1$#:'\"\\{}[],&*!|>%@`=-?/.é☃\t"), max_size=8)


def generated() -> list[FileSet]:
    """New file sets. Another version of hypothesis generates others, so that a recording keeps their files."""
    found: dict[str, FileSet] = {}

    @seed(_SEED)
    @settings(
        max_examples=_COUNT,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(_file_sets())
    def collect(data: dict[str, Any]) -> None:
        one = FileSet(group=GROUP, name="", **data)
        found[one.digest] = FileSet(group=GROUP, name=one.digest, **data)

    collect()
    return [found[digest] for digest in sorted(found)]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("$", "$$")


def _through_a_variable(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A text as it is, as the default of a variable that is not set, or inside a longer expression."""
    forms = ("{}", "{}", "${{NONE:-{}}}", "${{NONE-{}}}", "${{SET:+{}}}", "${{NONE:-${{ALSO:-{}}}}}")
    return st.builds(lambda form, text: form.format(text), st.sampled_from(forms), texts)


def _listed(texts: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(texts, min_size=1, max_size=most, unique=True).map(lambda items: f"[{', '.join(items)}]")


def _ports() -> st.SearchStrategy[str]:
    address = st.sampled_from(("", "", "127.0.0.1:", "0.0.0.0:", "[::1]:"))
    # A host port that two container ports share is refused by phlo and by the engine, so that it has its own here.
    pair = st.sampled_from(
        (("8080", "80"), ("8081", "81"), ("9000", "443"), ("8090-8092", "90-92"), ("8095-8097", "95"))
    )
    protocol = st.sampled_from(("", "/tcp", "/udp"))
    short = st.builds(lambda a, pair, p: f"{a}{pair[0]}:{pair[1]}{p}", address, pair, protocol)
    long = st.builds(
        lambda pair, p: f"{{target: {pair[1].partition('-')[0]}, published: '{pair[0].partition('-')[0]}'{p}}}",
        pair,
        st.sampled_from(("", ", protocol: udp", ", host_ip: 127.0.0.1", ", mode: host")),
    )
    return _listed(st.one_of(_through_a_variable(short).map(lambda text: f'"{text}"'), long))


def _volumes() -> st.SearchStrategy[str]:
    source = st.sampled_from(("./a", "./b/", "../c", "/abs", "~/h", ".", "data", "logs", "${DATA}", "${NONE:-./d}"))
    target = st.sampled_from(("/x", "/x/", "/y", "/y/../x", "/srv/app", "${TARGET}"))
    short = st.builds(lambda s, t, m: f'"{s}:{t}{m}"', source, target, st.sampled_from(("", ":ro", ":rw")))
    long = st.builds(
        lambda s, t, r: f"{{type: bind, source: {s}, target: {t}{r}}}",
        st.sampled_from(("./a", "../c", "/abs", "~/h")),
        st.sampled_from(("/x", "/y/", "/z")),
        st.sampled_from(("", ", read_only: true")),
    )
    anonymous = st.sampled_from(("/x", "/cache"))
    tmpfs = st.just("{type: tmpfs, target: /t, tmpfs: {size: 1m}}")
    return _listed(st.one_of(short, short, long, anonymous, tmpfs))


def _pairs(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    """A mapping, or a list of `NAME=value`, with bare, quoted and interpolated values."""
    value = st.one_of(
        st.sampled_from(_WORDS), _TEXTS.map(_quoted), st.sampled_from(('"${SET}"', "$DATA", '"${NONE:-a b}"'))
    )
    item = st.builds(
        lambda n, v: _quoted(f"{n}={v}"), st.sampled_from(names), st.one_of(st.sampled_from(_WORDS), _TEXTS)
    )
    as_map = st.dictionaries(st.sampled_from(names), value, min_size=1, max_size=4)
    return st.one_of(as_map.map(lambda d: "{" + ", ".join(f"{k}: {v}" for k, v in d.items()) + "}"), _listed(item))


def _sizes() -> st.SearchStrategy[str]:
    return st.builds("{}{}".format, st.integers(8, 512), st.sampled_from(("m", "M", "mb", "MB", "g", "gb", "mib")))


def _durations(*more: str) -> st.SearchStrategy[str]:
    parts = st.lists(st.sampled_from(("1h", "2m", "30s", "7s", *more)), min_size=1, max_size=3, unique=True)
    return parts.map("".join)


_ATTRIBUTES: Mapping[str, Callable[[], st.SearchStrategy[str]]] = {
    "environment": lambda: _pairs(("A", "B", "C", "SET")),
    "labels": lambda: _pairs(("a", "b.c", "d-e")),
    "ports": _ports,
    "volumes": _volumes,
    "command": lambda: st.one_of(_listed(_TEXTS.map(_quoted)), st.sampled_from(("a b", "'a \"b c\"'", "[]", "null"))),
    "mem_limit": lambda: _through_a_variable(_sizes()),
    "shm_size": lambda: _through_a_variable(_sizes()),
    "stop_grace_period": lambda: _through_a_variable(_durations()),
    "cpus": lambda: st.sampled_from(("0.5", '"1.5"', "2", "${NONE:-0.25}")),
    "tty": lambda: st.sampled_from(("true", '"false"', "${NONE:-true}")),
    "restart": lambda: st.sampled_from(("always", '"no"', "on-failure:3", "${NONE:-unless-stopped}")),
    "healthcheck": lambda: st.builds(
        "{{test: {}, interval: {}, retries: {}}}".format,
        st.sampled_from(("[CMD, a, b]", "a || b", '[CMD-SHELL, "a | b"]', '"$$A ${SET}"')),
        _durations("500ms"),
        st.integers(1, 5),
    ),
    "dns": lambda: st.one_of(st.just("8.8.8.8"), _listed(st.sampled_from(("8.8.8.8", "1.1.1.1", "9.9.9.9")))),
    "expose": lambda: _listed(st.sampled_from(('"3000"', '"4000/udp"', '"5000-5002"'))),
    "tmpfs": lambda: st.one_of(st.just("/run"), _listed(st.sampled_from(("/run", '"/tmp:size=1m"')))),
    "cap_add": lambda: _listed(st.sampled_from(("NET_ADMIN", "SYS_PTRACE", "ALL"))),
    "extra_hosts": lambda: _listed(st.sampled_from(('"a:10.0.0.1"', '"b=10.0.0.2"', '"c:::1"'))),
    "networks": lambda: st.one_of(
        _listed(st.sampled_from(("front", "back"))), st.just("{front: {aliases: [w], priority: 2}, back: null}")
    ),
    "logging": lambda: st.sampled_from(("{driver: syslog}", "{options: {max-size: 1m}}", "{driver: json-file}")),
    "deploy": lambda: st.sampled_from(("{replicas: 2}", "{resources: {limits: {memory: 64m}}}", "{labels: {a: b}}")),
    "ulimits": lambda: st.sampled_from(("{nofile: 100}", "{nofile: {soft: 1, hard: 2}, nproc: 3}")),
    "user": lambda: st.sampled_from(('"1000"', "1000:50", "app", "${NONE:-app:app}")),
    "env_file": lambda: st.sampled_from(
        ("a.env", "[a.env, b.env]", "[{path: a.env}, {path: no.env, required: false}]")
    ),
}

_ENV_LINE = st.builds(
    "{}={}\n".format,
    st.sampled_from(("A", "B", "E", "SET", "F")),
    st.sampled_from(
        ("1", '"two words"', "'$A'", "$A", "${SET:-x}", "a # note", "", '"a\\nb"', "a=b", "'x' # note", "yes")
    ),
)


def _service(draw: st.DrawFn, *, most: int, image: str) -> str:
    names = draw(st.lists(st.sampled_from(sorted(_ATTRIBUTES)), min_size=1, max_size=most, unique=True))
    tags = st.sampled_from(("", "", "", "", "!override "))
    lines = [f"    image: {image}"] if image else []
    for name in names:
        tag = "" if image else draw(tags)
        lines.append(f"    {name}: {tag}{draw(_ATTRIBUTES[name]())}")
    return "\n".join(lines)


@st.composite
def _file_sets(draw: st.DrawFn) -> dict[str, Any]:
    """One to three files, with `extends` or `include` of another folder now and then."""
    shape = draw(st.sampled_from(("one", "two", "two", "three", "extends", "extends", "include")))
    resources = "networks: {front: {}, back: {}}\nvolumes: {data: {}, logs: {}}\n"
    first = "services:\n  web:\n" + _service(draw, most=6, image="app:1") + "\n"
    files = {
        ".env": "DATA=./from-env\nTARGET=/srv/app\nSET=dot\n",
        "a.env": "".join(draw(st.lists(_ENV_LINE, max_size=4))),
        "b.env": "".join(draw(st.lists(_ENV_LINE, max_size=4))),
    }
    for path in ("lib/a.env", "lib/b.env"):
        files[path] = "A=of-lib\n"
    over = [_service(draw, most=4, image="") for _ in range({"two": 1, "three": 2}.get(shape, 0))]
    if shape == "extends":
        files["lib/common.yaml"] = "services:\n  base:\n" + _service(draw, most=5, image="app:2") + "\n"
        first += "    extends: {file: lib/common.yaml, service: base}\n"
    if shape == "include":
        files["lib/db.yaml"] = f"services:\n  db:\n{_service(draw, most=5, image='app:2')}\n{resources}"
        first = f"include: [lib/db.yaml]\n{first}"
        resources = ""
    files["compose.yaml"] = first + resources
    names = ["compose.yaml", "second.yaml", "third.yaml"][: 1 + len(over)]
    files.update({name: f"services:\n  web:\n{text}\n" for name, text in zip(names[1:], over, strict=True)})
    return {"files": dict(sorted(files.items())), "use": tuple(names), "environ": {"SET": "given"}}
