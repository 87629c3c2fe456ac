"""Every error that phlo can show, read out of the code that raises it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from phlo import errors
from phlo.cli import exits
from phlo.errors import EngineError, PhloError

ROOT = Path(__file__).resolve().parents[2]
# Part of phlo -> what the user was doing, in the order of the page.
TOPICS = {
    "cli": "Giving a command",
    "tasks": "Giving a command",
    "compose": "Writing phlo.yaml, variables and secrets",
    "config": "Writing phlo.yaml, variables and secrets",
    "yaml_source": "Writing phlo.yaml, variables and secrets",
    "sections": "Writing phlo.yaml, variables and secrets",
    "compose_import": "Importing a Compose project",
    "ansible_import": "Importing a playbook",
    "discovery": "Using service packages and roles",
    "scaffold": "Making a package",
    "testing": "Testing a role",
    "inventory": "Writing an inventory",
    "vault": "Writing an inventory",
    "hosts": "Reaching a Docker engine",
    "errors": "Reaching a Docker engine",  # that of an address, which hosts and inventories have in common
    "images": "Getting an image",
    "swarm": "Running services on a Swarm",
    "plan": "Making a plan",
    "execute": "Carrying out a plan",
    "operations": "Changing a host",
    "playbook": "Running tasks and playbooks",
    "backup": "Backing up and restoring",
    "watch": "Following files",
}
_WHAT, _FIX = "what", "fix"
_SHORTEST = 2  # a text without so many words of its own says nothing here


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Shown:
    """One error. Capital letters in `what` and `fix` stand for what only a run knows; kind: its class."""

    what: str
    fix: str
    kind: str

    @property
    def code(self) -> int:
        """The exit code of a command that ends with it."""
        return kind_code(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """What makes an error: a class, or a function that returns one. parameters: the names of its arguments."""

    kind: str
    parameters: tuple[str, ...] = (_WHAT,)


def kinds() -> dict[str, type[PhloError]]:
    """The tree of phlo/errors.py, by name, as it stands there."""
    found = vars(errors).values()
    return {kind.__name__: kind for kind in found if inspect.isclass(kind) and issubclass(kind, PhloError)}


def kind_code(kind: str) -> int:
    cls = kinds()[kind]
    return exits.code_of(cls.__new__(cls))


def shown_errors() -> dict[str, list[Shown]]:
    """Every error, by what the user was doing."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "phlo").rglob("*.py"))}
    classes = _classes(trees)
    found: dict[str, set[Shown]] = {}
    for path, tree in trees.items():
        part = path.relative_to(ROOT / "phlo").parts[0].removesuffix(".py")
        for one in _in_module(tree, classes):
            found.setdefault(TOPICS[part], set()).add(one)
    return {topic: sorted(found[topic]) for topic in dict.fromkeys(TOPICS.values()) if topic in found}


def _classes(trees: Mapping[Path, ast.Module]) -> dict[str, _Maker]:
    """Every class of errors, those of single modules too, under the kind of phlo/errors.py that it is."""
    known = {name: _Maker(kind=name) for name, kind in kinds().items() if kind is not EngineError}
    # What the engine refuses has the engine's words.
    defined = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    grew = True
    while grew:
        grew = False
        for node in defined:
            base = next((known[one.id] for one in node.bases if isinstance(one, ast.Name) and one.id in known), None)
            if base and node.name not in known:
                known[node.name], grew = base, True
    return known


def _in_module(tree: ast.Module, classes: Mapping[str, _Maker]) -> Iterator[Shown]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    makers = {**classes, **{function.name: made for function in functions if (made := _maker(function, classes))}}
    for function in functions:
        if function.name in makers and _WHAT in makers[function.name].parameters:
            continue  # it is where it is called from that counts
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and (maker := makers.get(_name(node.func))):
                yield from _of_call(node, maker, _texts(function, node))


def _maker(function: ast.FunctionDef, classes: Mapping[str, _Maker]) -> _Maker | None:
    """A function that returns an error with the words it is given, by its signature."""
    returned = _name(function.returns) if function.returns else ""
    parameters = tuple(one.arg for one in function.args.args if one.arg != "self")
    if returned not in classes or _WHAT not in parameters:
        return None
    return _Maker(kind=classes[returned].kind, parameters=parameters)


def _of_call(call: ast.Call, maker: _Maker, texts: Mapping[str, list[ast.expr]]) -> Iterator[Shown]:
    given: dict[str, ast.expr] = dict(zip(maker.parameters, call.args, strict=False))
    given.update({keyword.arg: keyword.value for keyword in call.keywords if keyword.arg})
    fixes = _alternatives(given[_FIX], texts) if _FIX in given else [""]
    whats = _alternatives(given[_WHAT], texts) if _WHAT in given else []
    for index, what in enumerate(whats):
        if sum(word.islower() for word in what.split()) < _SHORTEST:
            continue
        # Said side by side (`what, fix = ...`) they belong together, else each fix may go with each of them.
        own = fixes[index : index + 1] if len(fixes) == len(whats) else fixes
        told = [fix for fix in dict.fromkeys(own) if fix and not fix.isupper()]
        yield Shown(what=what.rstrip("."), fix=" Or: ".join(told), kind=maker.kind)


def _texts(function: ast.FunctionDef, call: ast.Call) -> dict[str, list[ast.expr]]:
    """What may have been assigned to each name when a call is made: the last before it, and those of branches."""
    parents = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
    found: dict[str, list[ast.expr]] = {}
    settled: set[str] = set()
    node: ast.AST = call
    while node is not function:
        parent = parents[node]
        blocks = (value for _, value in ast.iter_fields(parent) if isinstance(value, list) and node in value)
        for before in (one for block in blocks for one in reversed(block[: block.index(node)])):
            for name, value in _assigned(before):
                if name not in settled:
                    found.setdefault(name, []).append(value)
            if isinstance(before, ast.Assign):
                settled |= {name for name, _ in _assigned(before)}
        node = parent
    return found


def _assigned(statement: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a statement gives a value, and these."""
    for node in ast.walk(statement):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))
            yield from ((name.id, value) for name, value in pairs if isinstance(name, ast.Name))


def _alternatives(node: ast.expr, texts: Mapping[str, list[ast.expr]]) -> list[str]:
    """The texts that an expression may be."""
    if isinstance(node, ast.Name) and node.id in texts:
        others = {name: values for name, values in texts.items() if name != node.id}
        return [text for value in texts[node.id] for text in _alternatives(value, others)]
    if isinstance(node, ast.IfExp):
        return [*_alternatives(node.body, texts), *_alternatives(node.orelse, texts)]
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in _alternatives(value, texts)]
    return [_text(node)]


def _text(node: ast.expr) -> str:
    """A text with names in capitals in the place of what only a run knows."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(value) for value in node.values)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    if isinstance(node, ast.IfExp):
        return "/".join(filter(None, (_text(node.body), _text(node.orelse))))
    if isinstance(node, ast.Call) and _name(node.func) == "did_you_mean":
        return 'Did you mean "NEAREST"?'
    return _placeholder(node)


def _placeholder(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        is_list = isinstance(node.func, ast.Attribute) and node.func.attr == "join"
        inner = node.args[0] if node.args else getattr(node.func, "value", node.func)
        return "LIST" if is_list else _placeholder(inner)
    if isinstance(node, ast.Subscript):
        return _placeholder(node.value)
    return (_name(node) or "VALUE").strip("_").upper()


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
