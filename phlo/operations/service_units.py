"""Services of a host: under systemd, OpenRC, or System V init scripts, and the commands that change them.

Sources: systemctl(1), rc-service(8), update-rc.d(8), chkconfig(8), the LSB on init scripts ("status" ends with 0 while
the service runs, with 3 when it does not).
"""

from __future__ import annotations

from typing import Literal

from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.operations.host_program import ask
from phlo.operations.location import Location

Manager = Literal["systemd", "openrc", "sysv"]
Scope = Literal["system", "user", "global"]

# $1: the name. $2: the option of systemctl for the scope. $3: "1": only systemd will do. Prints the manager, a line
# `enabled CODE WORD`, and with systemd what it shows of the unit, else the code of `status`.
_LOOK = """
if [ -d /run/systemd/system ]; then
  echo systemd
  [ -n "$1" ] || { echo "enabled 1"; exit 0; }
  code=0; word=$(systemctl ${2:+"$2"} is-enabled -- "$1" 2>/dev/null) || code=$?
  echo "enabled $code $word"
  systemctl ${2:+"$2"} show -- "$1"
  exit
fi
[ -z "$3" ] || { echo "systemd does not run there" >&2; exit 1; }
script=/etc/init.d/$1
if command -v rc-service >/dev/null; then
  echo openrc
  code=3; ! rc-update show default 2>/dev/null | grep -q "^ *$1 " || code=0
else
  echo sysv
  code=3; for link in /etc/rc[2345].d/S[0-9][0-9]"$1"; do [ ! -e "$link" ] || code=0; done
fi
echo "enabled $code"
[ -x "$script" ] || { echo missing; exit; }
code=0; "$script" status >/dev/null 2>&1 || code=$?
echo "status $code"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A service. manager: what starts services. is_running: None: its script does not say.

    shown: what systemd shows of it, by name.
    """

    manager: Manager
    is_there: bool
    is_running: bool | None
    is_enabled: bool
    is_masked: bool = False
    shown: dict[str, str] = field(default_factory=dict)


def look_at_unit(location: Location, name: str, *, scope: Scope = "system", only_systemd: bool = False) -> Unit:
    """A service of a host. Raises OperationError where systemd does not run, and nothing else will do."""
    option = "" if scope == "system" else f"--{scope}"
    try:
        printed = ask(location, _LOOK, name, option, "1" if only_systemd else "")
    except OperationError as error:
        if "systemd does not run" not in error.what:
            raise
        raise OperationError(error.what, where=location.name, fix="Write `service`, which uses what runs.") from None
    return parse_unit(printed)


def parse_unit(printed: str) -> Unit:
    """What the script printed."""
    manager, enabled, *rest = printed.splitlines()
    is_enabled = enabled.split()[1] == "0"
    if manager == "systemd":
        shown = dict(line.split("=", 1) for line in rest if "=" in line)
        return Unit(
            manager="systemd",
            is_there=shown.get("LoadState", "not-found") != "not-found",
            is_running=shown.get("ActiveState") in ("active", "activating", "reloading"),
            is_enabled=is_enabled,
            is_masked=shown.get("LoadState") == "masked",
            shown=shown,
        )
    code = rest[0].partition(" ")[2]
    return Unit(
        manager="openrc" if manager == "openrc" else "sysv",
        is_there=rest[0] != "missing",
        is_running={"0": True, "3": False, "1": False, "2": False}.get(code),
        is_enabled=is_enabled,
    )


def action_command(
    unit: Unit, name: str, verb: str, *, scope: Scope = "system", is_blocking: bool = True
) -> tuple[str, ...]:
    """The command that starts, stops, restarts, reloads, enables, disables, masks or unmasks a service."""
    if unit.manager == "systemd":
        options = ((f"--{scope}",) if scope != "system" else ()) + (() if is_blocking else ("--no-block",))
        return ("systemctl", *options, verb, "--", name)
    if unit.manager == "openrc":
        if verb in ("enable", "disable"):
            return ("rc-update", "add" if verb == "enable" else "del", name, "default")
        return ("rc-service", name, verb)
    if verb in ("enable", "disable"):
        return ("sh", "-c", _ENABLE, "phlo", name, verb)
    return (f"/etc/init.d/{name}", verb)


# $1: the name. $2: enable or disable.
_ENABLE = """
if command -v update-rc.d >/dev/null; then
  [ "$2" = disable ] || update-rc.d "$1" defaults || exit 1
  update-rc.d "$1" "$2"
elif command -v chkconfig >/dev/null; then
  if [ "$2" = enable ]; then chkconfig "$1" on; else chkconfig "$1" off; fi
else echo "there is neither update-rc.d nor chkconfig" >&2; exit 1; fi
"""
