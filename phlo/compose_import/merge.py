"""How a Compose file goes over another: Compose specification, "Merge Compose files"."""

from __future__ import annotations

from collections.abc import Callable

from phlo.compose_import.nodes import OVERRIDE, RESET, Node
from phlo.yaml_source import Keys

# Attributes of a service by what becomes of two of them.
_REPLACED = {("command",), ("entrypoint",), ("healthcheck", "test")}
_PAIRS = {
    ("annotations",),
    ("build", "args"),
    ("build", "labels"),
    ("deploy", "labels"),
    ("environment",),
    ("extra_hosts",),
    ("labels",),
    ("sysctls",),
}
_NAMED = {("depends_on",), ("networks",)}
_ONE_OR_MORE = {("dns",), ("dns_search",), ("env_file",), ("label_file",), ("tmpfs",)}
# Of the top level's networks and volumes.
_RESOURCE_PAIRS = {("labels",), ("driver_opts",)}


def merge(base: Node, over: Node, keys: Keys = ()) -> Node | None:
    """`base` with `over` on top; None when `over` takes it away. keys: where they stand in the file."""
    if over.tag == RESET:
        return None
    if over.tag == OVERRIDE:
        return over._replace(tag="")
    kind, inside = (str(keys[0]) if keys else ""), tuple(map(str, keys[2:]))
    if kind == "services" and inside:
        return _service_part(base, over, keys, inside)
    if kind in ("networks", "volumes") and inside in _RESOURCE_PAIRS:
        base, over = _as_pairs(base), _as_pairs(over)
    return _plain(base, over, keys)


def settled(node: Node) -> Node:
    """A node nothing goes over: what it resets is not there, and its tags mean nothing more."""
    if node.is_mapping:
        return node._replace(
            value={key: settled(item) for key, item in node.value.items() if item.tag != RESET}, tag=""
        )
    if node.is_list:
        return node._replace(value=[settled(item) for item in node.value if item.tag != RESET], tag="")
    return node._replace(tag="")


def _service_part(base: Node, over: Node, keys: Keys, inside: tuple[str, ...]) -> Node:
    if inside in _REPLACED or _is_another_kind(base, over, inside):
        return over
    if inside in _PAIRS:
        return _mappings(_as_pairs(base), _as_pairs(over), keys)
    if inside in _NAMED and not (base.is_list and over.is_list):
        base, over = _as_named(base, inside), _as_named(over, inside)
    elif inside in _ONE_OR_MORE:
        base, over = _as_list(base), _as_list(over)
    elif inside == ("build",):
        base, over = _as_build(base), _as_build(over)
    if inside in _UNIQUE and base.is_list and over.is_list:
        return _unique(base, over, _UNIQUE[inside])
    return _plain(base, over, keys)


def _plain(base: Node, over: Node, keys: Keys) -> Node:
    if base.is_mapping and over.is_mapping:
        return _mappings(base, over, keys)
    if base.is_list and over.is_list:
        return _unique(base, over, lambda item: repr(item.plain()))
    return over if over.value is not None else base


def _mappings(base: Node, over: Node, keys: Keys) -> Node:
    found = dict(base.value)
    for key, item in over.value.items():
        merged = merge(found[key], item, (*keys, key)) if key in found else settled_or_none(item)
        if merged is None:
            found.pop(key, None)
        else:
            found[key] = merged
    return Node(found, over.source)


def settled_or_none(node: Node) -> Node | None:
    """What is new in a file that goes over another; None of what it only resets."""
    return None if node.tag == RESET else settled(node)


def _unique(base: Node, over: Node, identity: Callable[[Node], str]) -> Node:
    """Both lists, of the same thing the later one."""
    found = {identity(item): item for item in base.value}
    found.update({identity(item): item for item in over.value})
    return Node(list(found.values()), over.source)


def _is_another_kind(base: Node, over: Node, inside: tuple[str, ...]) -> bool:
    """Whether the old value makes no sense beside the new: the options of another log driver."""
    if inside != ("logging",):
        return False
    before, after = base.get("driver"), over.get("driver")
    return before is not None and after is not None and before.value != after.value


def _as_pairs(node: Node) -> Node:
    """`[NAME=value]` as `{NAME: value}`; a name alone has no value."""
    if not node.is_list:
        return node
    found = {}
    for item in node.value:
        text = str(item.value)
        name, sign, value = text.partition("=" if "=" in text else ":" if ":" in text else "=")
        found[name] = Node(value if sign else None, item.source)
    return node._replace(value=found)


def _as_named(node: Node, inside: tuple[str, ...]) -> Node:
    if not node.is_list:
        return node
    found = {}
    for item in node.value:
        details: Node = Node(None, item.source)
        if inside == ("depends_on",):
            details = Node({"condition": Node("service_started", item.source)}, item.source)
        found[str(item.value)] = details
    return node._replace(value=found)


def _as_list(node: Node) -> Node:
    return node if node.is_list or node.value is None else Node([node], node.source)


def _as_build(node: Node) -> Node:
    return node if node.is_mapping or node.value is None else Node({"context": node}, node.source)


def _target(item: Node) -> str:
    if item.is_mapping:
        named = item.get("target") or item.get("source")
        return str(named.value) if named else ""
    fields = str(item.value).split(":")
    return fields[0] if len(fields) == 1 else fields[1]


def _port(item: Node) -> str:
    """What may stand once: address, host port, container port and protocol."""
    if not item.is_mapping:
        return str(item.value).removesuffix("/tcp")
    plain = item.plain()
    front = ":".join(str(plain[key]) for key in ("host_ip", "published", "target") if plain.get(key) not in (None, ""))
    protocol = plain.get("protocol", "tcp")
    return front if protocol == "tcp" else f"{front}/{protocol}"


_UNIQUE: dict[tuple[str, ...], Callable[[Node], str]] = {
    ("ports",): _port,
    ("volumes",): _target,
    ("secrets",): _target,
    ("configs",): _target,
    ("devices",): _target,
}
