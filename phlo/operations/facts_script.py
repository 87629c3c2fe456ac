"""The script that looks at a host for its facts, and what it prints, section by section."""

from __future__ import annotations

from collections.abc import Mapping

from phlo.bounded import MIB
from phlo.operations.host_program import ask
from phlo.operations.location import Location

MOST_BYTES = 4 * MIB
_MARK = "\x1e"
# A section begins with a line of its name, behind a sign that no file has. $1: the folder of facts of the host's own.
_SCRIPT = r"""
section() { printf '\n\036%s\n' "$1"; }
file() { section "$1"; [ ! -r "$2" ] || cat -- "$2"; }
has() { command -v "$1" >/dev/null 2>&1; }
section names; uname -s; uname -r; uname -v; uname -m; uname -n
section fqdn; hostname -f 2>/dev/null || uname -n
section time; date '+%Y %m %d %H %M %S %A %u %W %s %Z %z'; date -u '+%Y-%m-%dT%H:%M:%S %Y%m%dT%H%M%S %N'
section user; id -un; id -u; id -g; id -ru; id -rg
section passwd; if has getent; then getent passwd "$(id -u)"; else grep "^$(id -un):" /etc/passwd; fi
section env; env -0 2>/dev/null | tr '\n\0' '\001\n' || env
file os /etc/os-release
file debian /etc/debian_version
section pkg; for one in apt-get dnf yum apk zypper pacman; do ! has $one || { echo $one; break; }; done
section init; [ ! -d /run/systemd/system ] || echo systemd; cat /proc/1/comm 2>/dev/null
! has rc-service || echo openrc
file cpu /proc/cpuinfo
section nproc; nproc 2>/dev/null || grep -c ^processor /proc/cpuinfo
file memory /proc/meminfo
file uptime /proc/uptime
file load /proc/loadavg
file cmdline /proc/cmdline
file mounts /proc/mounts
section sizes
has stat && while read -r _ path _; do
  path=$(printf '%b' "$path"); stat -f -c '%S %b %a %c %d' -- "$path" 2>/dev/null | sed "s|\$| $path|"
done < /proc/mounts
section uuids; for one in /dev/disk/by-uuid/*; do [ ! -e "$one" ] || echo "$(readlink -f "$one") ${one##*/}"; done
file dns /etc/resolv.conf
section links
for one in /sys/class/net/*; do
  [ -d "$one" ] || continue
  kind=ether; [ ! -d "$one/bridge" ] || kind=bridge; [ ! -d "$one/bonding" ] || kind=bonding
  [ "$(cat "$one/type" 2>/dev/null)" != 772 ] || kind=loopback
  echo "${one##*/} $kind" $(cat "$one/mtu" "$one/operstate" "$one/flags" "$one/address" 2>/dev/null)
done
section addresses; ! has ip || ip -o addr show 2>/dev/null
section routes; ! has ip || { ip -4 route show default; ip -6 route show default | sed 's/^/6 /'; } 2>/dev/null
section dmi
for one in product_name product_serial product_uuid product_version sys_vendor bios_date bios_vendor bios_version \
  board_name board_vendor board_version board_serial board_asset_tag chassis_vendor chassis_version chassis_serial \
  chassis_asset_tag; do
  [ ! -r /sys/class/dmi/id/$one ] || echo "$one $(cat /sys/class/dmi/id/$one)"
done
section machine; cat /etc/machine-id 2>/dev/null
section virtual
[ ! -e /.dockerenv ] || echo docker; [ ! -e /run/.containerenv ] || echo podman
grep -qE 'docker|containerd' /proc/1/cgroup 2>/dev/null && echo docker
! has systemd-detect-virt || systemd-detect-virt
[ ! -e /dev/kvm ] || echo host-kvm
section apparmor; [ ! -d /sys/kernel/security/apparmor ] || echo enabled
section selinux; cat /sys/fs/selinux/enforce 2>/dev/null; [ ! -r /etc/selinux/config ] || cat /etc/selinux/config
section fips; cat /proc/sys/crypto/fips_enabled 2>/dev/null
section chroot; first=$(stat -c '%d %i' /proc/1/root/. 2>/dev/null)
[ -z "$first" ] || [ "$first" = "$(stat -c '%d %i' /)" ] || echo chroot
section lsb; ! has lsb_release || lsb_release -a 2>/dev/null
section keys; for one in /etc/ssh/ssh_host_*_key.pub; do [ ! -r "$one" ] || cat "$one"; done
for one in "$1"/*.fact; do
  [ -r "$one" ] || continue
  section "local ${one##*/}"
  if [ -x "$one" ]; then "$one"; else cat -- "$one"; fi
done 2>/dev/null
exit 0
"""


def look_for_facts(location: Location, folder: str) -> Mapping[str, str]:
    """What the script printed. folder: of the facts of the host's own."""
    return sections_of(ask(location, _SCRIPT, folder, most_bytes=MOST_BYTES))


def sections_of(printed: str) -> Mapping[str, str]:
    """Section -> what is in it, without the empty line at its end."""
    parts = (part.partition("\n") for part in printed.split(_MARK)[1:])
    return {name: text.removesuffix("\n") for name, _, text in parts}
