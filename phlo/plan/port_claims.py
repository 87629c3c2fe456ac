"""Ports of hosts that services publish."""

from __future__ import annotations

from phlo.frozen import dataclass

_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 (compared with, not listened on)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortClaim:
    """A host's port that a service publishes.

    hosts: where. count: on how many of them at a time. cluster: what errors call the cluster that chooses where, "" for
    a host's own engine.
    is_ingress: through the routing mesh, which takes the port on every node.
    """

    service: str
    address: str
    hosts: frozenset[str]
    count: int
    cluster: str = ""
    is_ingress: bool = False
    constraints: tuple[str, ...] = ()

    def conflicts_with(self, other: PortClaim) -> bool:
        if other.service == self.service or not _overlap(self.address, other.address):
            return False
        if not self.cluster or self.cluster != other.cluster:
            return bool(self.hosts & other.hosts)
        if self.is_ingress or other.is_ingress:
            return True
        # Two services with a port of their node are on different nodes, as long as there are enough.
        is_known = self.constraints == other.constraints
        return is_known and self.count + other.count > len(self.hosts | other.hosts)


def _overlap(one: str, other: str) -> bool:
    return one == other or one in _EVERYWHERE or other in _EVERYWHERE
