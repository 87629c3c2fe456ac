"""See to packages of Fedora, Red Hat and their relatives on the host, with dnf or yum."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected
from phlo.operations.host_program import ask
from phlo.operations.host_program import change as change_host
from phlo.operations.location import host_location
from phlo.operations.package_names import package_names
from phlo.values import Change

IS_FOR_HOSTS = True
# Prints the program, and a line `is WORD NAME VERSION` for each installed package that a word means.
_LOOK = r"""
dnf=$(command -v dnf || command -v yum) || { echo "there is no dnf; write package, apt or apk" >&2; exit 1; }
echo "${dnf##*/}"
for word in "$@"; do
  found=$(rpm -q --qf '%{NAME} %{VERSION}-%{RELEASE}\n' -- "$word" 2>/dev/null) ||
    found=$(rpm -q --qf '%{NAME} %{VERSION}-%{RELEASE}\n' --whatprovides -- "$word" 2>/dev/null) || continue
  printf '%s\n' "$found" | while read -r line; do printf 'is %s %s\n' "$word" "$line"; done
done
"""
# check-update ends with 100 when there are newer versions.
_NEWER = 'code=0; "$@" || code=$?; [ "$code" = 0 ] || [ "$code" = 100 ]'


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the packages, as dnf takes them; `pkg` is the same. `*` with `state: latest` is all of them.
    state: present, latest or absent; installed and removed are the same as present and absent.
    update_cache: update the lists of packages first.
    enablerepo: repositories that are used besides.
    disablerepo: repositories that are not used.
    exclude: packages that stay as they are.
    disable_gpg_check: take packages that are not signed.
    allowerasing: remove packages that are in the way.
    autoremove: remove packages that were only needed by others and no longer are.
    install_weak_deps: whether recommended packages come, too.
    nobest: take an older version where the newest cannot be installed.
    skip_broken: leave out packages that cannot be installed.
    """

    name: tuple[str, ...] = ()
    state: Literal["present", "installed", "latest", "absent", "removed"] = "present"
    update_cache: bool = False
    enablerepo: tuple[str, ...] = ()
    disablerepo: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    disable_gpg_check: bool = False
    allowerasing: bool = False
    autoremove: bool = False
    install_weak_deps: bool = True
    nobest: bool = False
    skip_broken: bool = False
    root: Path = injected("root")

    def __post_init__(self) -> None:
        if not self.names and not self.update_cache and not self.autoremove:
            raise ValueError("needs name, update_cache or autoremove")

    @property
    def names(self) -> tuple[str, ...]:
        return package_names(self.name)

    @property
    def is_removing(self) -> bool:
        return self.state in ("absent", "removed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """program: dnf or yum. there: word -> the installed packages that it means. newer: name -> its newest version."""

    program: str
    there: dict[str, dict[str, str]]
    newer: dict[str, str]


def observe(args: Args, host: ReadHost) -> Seen:
    """Ask rpm for what is installed and, with `state: latest`, dnf for newer versions."""
    location = host_location(host, args.root)
    program, there = parse_installed(ask(location, _LOOK, *args.names))
    newer: dict[str, str] = {}
    if args.state == "latest":
        names = () if "*" in args.names else args.names
        newer = parse_newer(ask(location, _NEWER, program, "-q", *_repositories(args), "check-update", *names))
    return Seen(program=program, there=there, newer=newer)


def parse_installed(printed: str) -> tuple[str, dict[str, dict[str, str]]]:
    """What the script printed: the program, and for each word the installed packages with their versions."""
    first, *rest = printed.splitlines() or [""]
    found: dict[str, dict[str, str]] = {}
    for line in rest:
        _, word, name, version = line.split(" ", 3)
        found.setdefault(word, {})[name] = version
    return first, found


def parse_newer(printed: str) -> dict[str, str]:
    """What check-update printed: lines of NAME.ARCHITECTURE, VERSION and repository, up to those of replacements."""
    lines = printed.partition("Obsoleting")[0].splitlines()
    rows = [line.split() for line in lines if line[:1].strip()]
    return {row[0].rpartition(".")[0]: row[1] for row in rows if len(row) == 3}


def _repositories(args: Args) -> Iterator[str]:
    yield from (f"--enablerepo={one}" for one in args.enablerepo)
    yield from (f"--disablerepo={one}" for one in args.disablerepo)
    yield from (f"--exclude={one}" for one in args.exclude)


def _options(args: Args) -> Iterator[str]:
    yield from ("-y", "-q", *_repositories(args))
    if not args.install_weak_deps:
        yield "--setopt=install_weak_deps=False"
    for option, is_set in (
        ("--nogpgcheck", args.disable_gpg_check),
        ("--allowerasing", args.allowerasing),
        ("--nobest", args.nobest),
        ("--skip-broken", args.skip_broken),
    ):
        if is_set:
            yield option


def _causes(args: Args, seen: Seen) -> Iterator[str]:
    for word in args.names:
        there = seen.there.get(word, {})
        if args.is_removing:
            yield from (f"{name}: {version} is removed" for name, version in there.items())
        elif word == "*":
            yield from (f"{name}: -> {version}" for name, version in seen.newer.items())
        elif not there:
            yield f"{word}: not installed"
        else:
            moved = ((name, version, seen.newer.get(name)) for name, version in there.items())
            yield from (f"{name}: {version} -> {newer}" for name, version, newer in moved if newer)


def decide(args: Args, seen: Seen) -> list[Change]:
    causes = tuple(_causes(args, seen))
    at = f"{seen.program}:{','.join(args.names) or 'packages'}"
    if causes:
        return [Change(at=at, verb="remove" if args.is_removing else "install", causes=causes)]
    if args.update_cache or args.autoremove:
        return [Change(at=at, verb="update", causes=("asked for",), is_counted=False)]
    return []


def diff(args: Args, seen: Seen) -> list[str]:
    """What comes and goes."""
    sign = "-" if args.is_removing else "+"
    return [f"{sign}{cause}" for cause in _causes(args, seen)]


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps when nothing changes."""
    return {"msg": "Nothing to do", "rc": 0, "results": []}


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Let dnf make the change; it finds the newest versions."""
    location = host_location(host, args.root)
    if args.update_cache:
        change_host(location, (seen.program, "-q", *_repositories(args), "makecache"))
        seen = observe(args, host.reader())
    causes = list(_causes(args, seen))
    if causes:
        change_host(location, command(args, seen))
    is_changed = bool(causes)
    if args.autoremove and not args.names:
        done = change_host(location, (seen.program, *_options(args), "autoremove"))
        is_changed = bool(done.stdout.strip())
    return {"msg": "", "rc": 0, "results": causes, "changed": is_changed, "changes": [change] if is_changed else []}


def command(args: Args, seen: Seen) -> tuple[str, ...]:
    """The command that makes the change."""
    words = (seen.program, *_options(args))
    if args.is_removing:
        return (*words, "remove", *(name for word in args.names for name in seen.there.get(word, {})))
    if "*" in args.names:
        return (*words, "upgrade")
    missing = [word for word in args.names if not seen.there.get(word)]
    newer = [word for word in args.names if seen.there.get(word, {}).keys() & seen.newer.keys()]
    return (*words, "install" if missing or not newer else "upgrade", *missing, *newer)
