"""See to a setting of the host's kernel: in a file of sysctl.conf(5), and in the running kernel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.edited_file import lines_of
from phlo.operations.fields import injected
from phlo.operations.host_file import look
from phlo.operations.host_program import ask
from phlo.operations.host_program import change as change_host
from phlo.operations.host_put import PutSeen, Wanted, put, put_diff
from phlo.operations.location import host_location
from phlo.values import Change

IS_FOR_HOSTS = True
_READ = '[ ! -r "$1" ] || cat -- "$1"'
# $1: the file below /proc/sys. $2: the value. $3: NAME=VALUE for sysctl.
_SET = """
if command -v sysctl >/dev/null; then exec sysctl -w "$3"; fi
printf '%s\\n' "$2" > "$1"
"""
# $4: the file. $5: "-e" goes on after errors.
_RELOAD = """
if command -v sysctl >/dev/null; then exec sysctl $5 -p "$4"; fi
[ -z "$2" ] || printf '%s\\n' "$2" > "$1"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the setting, such as net.ipv4.ip_forward; `key` is the same.
    value: its value; `val` is the same.
    state: present or absent in the file.
    sysctl_file: the file.
    sysctl_set: set it in the running kernel, too, whatever is in the file.
    reload: reload the file when something changes, and where the running kernel has another value.
    ignoreerrors: go on when the kernel does not have a setting of the file.
    """

    name: str
    value: str | None = None
    state: Literal["present", "absent"] = "present"
    sysctl_file: str = "/etc/sysctl.conf"
    sysctl_set: bool = False
    reload: bool = True
    ignoreerrors: bool = False
    root: Path = injected("root")

    def __post_init__(self) -> None:
        if not self.name.strip() or any(sign in self.name for sign in "=\n #"):
            raise ValueError(f'"{self.name}" is not a setting of a kernel')
        if self.state == "present" and not (self.value or "").strip():
            raise ValueError("state: present needs value")

    @property
    def text(self) -> str:
        """The value as it is in a file; a switch is 1 or 0."""
        value = (self.value or "").strip()
        return {"true": "1", "yes": "1", "false": "0", "no": "0"}.get(value.lower(), value)

    @property
    def path(self) -> str:
        """The file of the kernel. Where the first separator is a dot, / and . change places (sysctl(8))."""
        first = next((sign for sign in self.name if sign in "./"), "/")
        name = self.name if first == "/" else self.name.translate(str.maketrans("./", "/."))
        return f"/proc/sys/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """put: the file as it is, and as it should be. in_file, in_kernel: the value; None: it is not there."""

    put: PutSeen
    in_file: str | None
    in_kernel: str | None


def observe(args: Args, host: ReadHost) -> Seen:
    """Read the setting in the file and in the kernel."""
    location = host_location(host, args.root)
    there = look(location, args.sysctl_file, follow=True, reads=True)
    if there is not None and there.content is None:
        raise OperationError(f"{args.sysctl_file} is not a file of settings", where=location.name)
    text = (there.content or b"").decode(errors="surrogateescape") if there else ""
    wanted = Wanted(path=args.sysctl_file, content=edited(args, text).encode(errors="surrogateescape"), follow=True)
    value = ask(location, _READ, args.path).strip()
    return Seen(
        put=PutSeen(wanted=wanted, there=there, location=location.name),
        in_file=value_in(args.name, text),
        in_kernel=value or None,
    )


def value_in(name: str, text: str) -> str | None:
    """The value of a setting in a file; the last one counts."""
    found = [value for line in lines_of(text) if (value := _value(name, line)) is not None]
    return found[-1] if found else None


def _value(name: str, line: str) -> str | None:
    """The value of a line that has the setting, None for another line."""
    key, sign, value = line.partition("=")
    is_setting = sign and not line.lstrip().startswith(("#", ";"))
    return value.strip() if is_setting and key.strip().removeprefix("-") == name else None


def edited(args: Args, text: str) -> str:
    """The file with the setting once, or without it."""
    lines = lines_of(text)
    own = [number for number, line in enumerate(lines) if _value(args.name, line) is not None]
    if args.state == "present":
        if len(own) == 1 and _is_same(_value(args.name, lines[own[0]]), args.text):
            return text
        new = f"{args.name}={args.text}\n"
        if own:
            lines[own[0]] = new
            own = own[1:]
        else:
            if lines and not lines[-1].endswith("\n"):
                lines[-1] += "\n"
            lines.append(new)
    return "".join(line for number, line in enumerate(lines) if number not in own)


def _is_same(one: str | None, other: str) -> bool:
    """Whether two values mean the same: the kernel writes tabs between several numbers."""
    return one is not None and one.split() == other.split()


def _causes(args: Args, seen: Seen) -> Iterator[str]:
    if args.state == "absent":
        if seen.in_file is not None:
            yield f"{args.name}={seen.in_file} is in {args.sysctl_file}"
        return
    if _is_other_file(seen):
        yield f"{args.sysctl_file}: {seen.in_file or 'nothing'} -> {args.text}"
    if (args.sysctl_set or args.reload) and not _is_same(seen.in_kernel, args.text):
        yield f"kernel: {seen.in_kernel or 'nothing'} -> {args.text}"


def _is_other_file(seen: Seen) -> bool:
    return seen.put.there is None or seen.put.there.digest != seen.put.digest


def decide(args: Args, seen: Seen) -> list[Change]:
    causes = tuple(_causes(args, seen))
    verb = "remove" if args.state == "absent" else "update"
    return [Change(at=f"sysctl:{args.name}", verb=verb, causes=causes)] if causes else []


def diff(args: Args, seen: Seen) -> list[str]:
    """What changes in the file."""
    return put_diff(seen.put) if _is_other_file(seen) else []


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps: nothing but whether it changed, as in Ansible."""
    return {}


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Write the file, and set what it says in the running kernel."""
    location = host_location(host, args.root)
    words = (args.path, args.text, f"{args.name}={args.text}", args.sysctl_file, "-e" if args.ignoreerrors else "")
    if args.sysctl_set and args.state == "present" and not _is_same(seen.in_kernel, args.text):
        change_host(location, ("sh", "-c", _SET, "phlo", *words))
    if _is_other_file(seen):
        put(location, seen.put)
    if args.reload:
        change_host(location, ("sh", "-c", _RELOAD, "phlo", *words))
    return {}
