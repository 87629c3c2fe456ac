"""See to packages of Debian and Ubuntu on the host: installed, in their newest version, or removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from phlo.errors import OperationError
from phlo.frozen import dataclass, replace
from phlo.hosts.commands import CommandResult
from phlo.hosts.host import Host, ReadHost, pause
from phlo.operations.apt_packages import (
    QUIET,
    Move,
    Package,
    Spec,
    installed,
    is_satisfied,
    parse_moves,
    parse_packages,
    spec,
)
from phlo.operations.fields import injected
from phlo.operations.host_program import ask
from phlo.operations.host_program import change as change_host
from phlo.operations.location import Location, host_location
from phlo.operations.package_names import package_names
from phlo.values import Change

IS_FOR_HOSTS = True

_LOOK = r"""
command -v apt-get >/dev/null || { echo "there is no apt-get; write package, dnf or apk" >&2; exit 1; }
cd /var/lib/apt || exit 1
echo "$(date +%s) $(stat -c %Y periodic/update-success-stamp lists 2>/dev/null | sort -n | tail -n 1)"
dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Architecture}\t${Version}\t${Provides}\n' 2>/dev/null || true
"""
_DEB = 'dpkg-deb -f "$1" Package Version Architecture'
_DOWNLOADED = "ls /var/cache/apt/archives 2>/dev/null | grep -c '[.]deb$' || true"
# What the lists hold: their names, sizes, and what is signed.
_LISTS = "cd /var/lib/apt/lists && { ls -ln | awk '{print $5, $9}'; cat ./*Release 2>/dev/null; } | cksum"
# $1: the exit status for programs that would start services. Then the command.
_WITH_POLICY = """
policy=/usr/sbin/policy-rc.d status=$1; shift
[ ! -e "$policy" ] || mv -- "$policy" "$policy.phlo" || exit 1
trap 'rm -f -- "$policy"; [ ! -e "$policy.phlo" ] || mv -- "$policy.phlo" "$policy"' EXIT
printf '#!/bin/sh\\nexit %s\\n' "$status" > "$policy" && chmod 755 "$policy" && "$@"
"""
_UPGRADES = {
    "yes": ("upgrade", "--with-new-pkgs"),
    "safe": ("upgrade", "--with-new-pkgs"),
    "full": ("dist-upgrade",),
    "dist": ("dist-upgrade",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the packages: NAME, NAME=VERSION, NAME/RELEASE, or a pattern; `pkg` and `package` are the same.
    state: present, latest, absent, or fixed, which repairs broken dependencies.
    update_cache: update the lists of packages first.
    cache_valid_time: for so many seconds the lists are new enough; with it, they are updated when they are older.
    update_cache_retries: how often to try that.
    update_cache_retry_max_delay: the longest pause between two tries, in seconds.
    upgrade: upgrade all packages: yes and safe remove none, full and dist may.
    deb: a package's file on the host.
    default_release: the release that packages come from.
    install_recommends: whether recommended packages come, too; default: as apt is configured.
    only_upgrade: only upgrade packages that are installed.
    autoremove: remove packages that were only needed by others and no longer are.
    purge: remove the configuration, too.
    allow_unauthenticated: take packages that are not signed.
    allow_downgrade: go back to an older version.
    allow_change_held_packages: change packages that are on hold.
    force: all three, and remove essential packages. It can break the host.
    fail_on_autoremove: fail where a package would be removed.
    dpkg_options: options of dpkg, with commas between.
    policy_rc_d: the exit status of policy-rc.d while packages are installed; 101 starts no services.
    lock_timeout: how many seconds to wait for another apt or dpkg.
    clean: remove the downloaded files of packages.
    autoclean: remove those that can no longer be downloaded.
    """

    name: tuple[str, ...] = ()
    state: Literal["present", "latest", "absent", "fixed"] = "present"
    update_cache: bool | None = None
    cache_valid_time: int = 0
    update_cache_retries: int = 5
    update_cache_retry_max_delay: int = 12
    upgrade: Literal["no", "yes", "safe", "full", "dist", "false", "true"] = "no"
    deb: str | None = None
    default_release: str | None = None
    install_recommends: bool | None = None
    only_upgrade: bool = False
    autoremove: bool = False
    purge: bool = False
    allow_unauthenticated: bool = False
    allow_downgrade: bool = False
    allow_change_held_packages: bool = False
    force: bool = False
    fail_on_autoremove: bool = False
    dpkg_options: str = "force-confdef,force-confold"
    policy_rc_d: int | None = None
    lock_timeout: int = 60
    clean: bool = False
    autoclean: bool = False
    root: Path = injected("root")

    def __post_init__(self) -> None:
        for text in self.names:
            spec(text)
        if sum(map(bool, (self.names, self.deb, self.upgrade_words))) > 1:
            raise ValueError("name, deb and upgrade exclude each other")
        if self.deb and "://" in self.deb:
            raise ValueError("deb should be a file of the host; download it with get_url before")
        wants = (self.names, self.deb, self.upgrade_words, self.autoremove, self.clean, self.autoclean)
        if not any((*wants, self.update_cache, self.cache_valid_time, self.state == "fixed")):
            raise ValueError("needs name, deb, upgrade, update_cache, autoremove, autoclean, clean or state: fixed")

    @property
    def names(self) -> tuple[str, ...]:
        return package_names(self.name)

    @property
    def upgrade_words(self) -> tuple[str, ...]:
        return _UPGRADES.get("yes" if self.upgrade == "true" else self.upgrade, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """updated: when the lists were read last, in seconds since 1970. is_due: they have to be updated.

    words: the command of apt-get for what has to change, none for nothing. moves: what it does. causes: why.
    """

    updated: int
    is_due: bool
    words: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    causes: tuple[str, ...] = ()


def observe(args: Args, host: ReadHost) -> Seen:
    """Look at the packages and, where some have to change, at what apt-get would do."""
    return _observed(args, host_location(host, args.root))


def _observed(args: Args, location: Location) -> Seen:
    first, _, rest = ask(location, _LOOK).partition("\n")
    now, updated = (int(word) for word in (*first.split(), "0")[:2])
    asks_for_lists = args.update_cache if args.update_cache is not None else args.cache_valid_time > 0
    is_due = asks_for_lists and (not args.cache_valid_time or now - updated > args.cache_valid_time)
    causes, words = wanted(args, parse_packages(rest), _deb(args, location))
    if not words:
        return Seen(updated=updated, is_due=is_due, causes=_downloads(args, location))
    try:
        moves = parse_moves(ask(location, '"$@"', *apt_get(args, "--simulate", *words)))
    except OperationError as reason:
        if is_due and causes:  # the lists, once they are new, may have it
            return Seen(updated=updated, is_due=True, words=words, causes=causes)
        raise OperationError(reason.what.removeprefix("E: "), where=location.name) from None
    known = {move.name for move in moves}
    causes = (*causes, *(move.cause for move in moves if not causes or move.name not in str(causes)))
    found = Seen(updated=updated, is_due=is_due, words=words, moves=moves, causes=causes)
    return found if known or causes else replace(found, words=(), causes=_downloads(args, location))


def _deb(args: Args, location: Location) -> Package | None:
    if not args.deb:
        return None
    lines = dict(line.split(": ", 1) for line in ask(location, _DEB, args.deb).splitlines())
    return Package(name=lines["Package"], version=lines["Version"], architecture=lines["Architecture"])


def wanted(args: Args, packages: tuple[Package, ...], deb: Package | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Why packages have to change, and the words for apt-get; causes may be known only once apt-get is asked."""
    if args.upgrade_words:
        return (), args.upgrade_words
    if deb is not None:
        there = installed(Spec(text=deb.name, name=deb.name, architecture=deb.architecture), packages)
        if any(one.version == deb.version for one in there):
            return (), ()
        return (f"{deb.name}: {there[0].version if there else 'none'} -> {deb.version}",), ("install", str(args.deb))
    if args.state == "fixed":
        return (), ("--fix-broken", "install")
    if not args.names:
        return (), ("autoremove",) if args.autoremove else ()
    specs = [spec(text) for text in args.names]
    if args.state == "absent":
        found = {
            f"{one.name}:{one.architecture}" if a_spec.architecture else one.name: one
            for a_spec in specs
            for one in installed(a_spec, packages, with_configuration=args.purge)
            if one.name == a_spec.name or a_spec.is_pattern
        }
        causes = tuple(
            f"{name}: {one.version} is removed" if one.is_installed else f"{name}: its configuration is removed"
            for name, one in found.items()
        )
        return causes, ("remove", *found) if found else ()
    if args.only_upgrade:
        specs = [one for one in specs if installed(one, packages)]
    missing = [one for one in specs if not is_satisfied(one, packages)]
    causes = tuple(_lacks(one, packages) for one in missing if not one.is_pattern)
    asked = specs if args.state == "latest" else missing
    return causes, ("install", *(one.text for one in asked)) if asked else ()


def _lacks(one: Spec, packages: tuple[Package, ...]) -> str:
    there = installed(one, packages)
    if there and one.version:
        return f"{one.name}: {there[0].version} -> {one.version}"
    return f"{one.name}: not installed"


def apt_get(args: Args, *words: str) -> tuple[str, ...]:
    """The command of apt-get, with the options that the arguments ask for."""
    return ("apt-get", *_options(args), *words)


def _options(args: Args) -> Iterator[str]:
    yield from ("-y", "-q", "-o", f"DPkg::Lock::Timeout={args.lock_timeout}")
    for option in filter(None, (one.strip() for one in args.dpkg_options.split(","))):
        yield from ("-o", f"Dpkg::Options::=--{option}")
    if args.install_recommends is not None:
        yield "--install-recommends" if args.install_recommends else "--no-install-recommends"
    if args.default_release:
        yield from ("-t", args.default_release)
    for option, is_set in (
        ("--only-upgrade", args.only_upgrade),
        ("--auto-remove", args.autoremove),
        ("--purge", args.purge),
        ("--no-remove", args.fail_on_autoremove),
        ("--allow-unauthenticated", args.allow_unauthenticated or args.force),
        ("--allow-downgrades", args.allow_downgrade or args.force),
        ("--allow-change-held-packages", args.allow_change_held_packages or args.force),
        ("--allow-remove-essential", args.force),
    ):
        if is_set:
            yield option


def _downloads(args: Args, location: Location) -> tuple[str, ...]:
    """Why files of packages have to be removed."""
    if args.clean and int(ask(location, _DOWNLOADED)):
        return ("downloaded packages are there",)
    if args.autoclean and "Del " in ask(location, "apt-get --simulate autoclean"):
        return ("downloaded packages are out of date",)
    return ()


def decide(args: Args, seen: Seen) -> list[Change]:
    at = f"apt:{','.join(args.names) or args.deb or args.state}"
    if seen.causes:
        verb = "remove" if args.state == "absent" else "update" if args.upgrade_words else "install"
        return [Change(at=at, verb=verb, causes=seen.causes)]
    if seen.is_due:
        return [Change(at="apt:lists", verb="update", causes=("they are old",), is_counted=False)]
    return []


def diff(args: Args, seen: Seen) -> list[str]:
    """The packages that come and go, those that others need, too."""
    return [line for move in seen.moves for line in move.lines()]


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps when nothing changes."""
    return {"cache_updated": False, "cache_update_time": seen.updated}


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Update old lists, then change them."""
    location, is_other = host_location(host, args.root), False
    if seen.is_due:
        before = ask(location, _LISTS)
        _update(args, location, host)
        is_other = ask(location, _LISTS) != before
        seen = replace(_observed(args, location), is_due=True)
    found: dict[str, Any] = {"cache_updated": seen.is_due, "cache_update_time": seen.updated}
    if not seen.causes:
        return {**found, "changed": is_other, "changes": [change] if is_other else []}
    if seen.words:
        done = _run(args, location, apt_get(args, *seen.words))
    else:
        done = change_host(location, ("apt-get", "clean" if args.clean else "autoclean"))
    told = {name: item for name, item in done.facts().items() if name not in ("rc", "truncated")}
    return {**found, **told, "changed": True, "changes": decide(args, seen)}


def _run(args: Args, location: Location, argv: tuple[str, ...]) -> CommandResult:
    if args.policy_rc_d is not None:
        argv = ("sh", "-c", _WITH_POLICY, "phlo", str(args.policy_rc_d), *argv)
    return change_host(location, argv, environment=QUIET)


def _update(args: Args, location: Location, host: Host) -> None:
    """Update the lists; repeat where that fails."""
    tries = max(args.update_cache_retries, 1)
    for number in range(1, tries + 1):
        try:
            argv = ("apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "update")
            change_host(location, argv, environment=QUIET)
        except OperationError:
            if number == tries or host.is_cancelled():
                raise
            pause(host, min(2 ** (number - 1), args.update_cache_retry_max_delay))
        else:
            ask(location, "touch -c /var/lib/apt/lists")
            return
