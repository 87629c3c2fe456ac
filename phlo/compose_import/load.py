"""The files of a Compose project as one tree: `-f` files merged, `include` and `extends` resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from phlo.compose_import.merge import merge, settled
from phlo.compose_import.nodes import Node, load_nodes
from phlo.compose_import.paths import moved, service_with_paths, with_paths
from phlo.config.dotenv import Entry, load_env_file
from phlo.config.interpolate import interpolate
from phlo.config.layers import ENV_FILE, Candidate, Variables
from phlo.errors import ConfigError, did_you_mean
from phlo.frozen import dataclass, field, replace
from phlo.values import Source, reveal
from phlo.yaml_source import missing_file_fix

FILE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_OVERRIDES = tuple(name.replace(".y", ".override.y") for name in FILE_NAMES)
ENV_FILE_NAME = ".env"

_SECTIONS = ("services", "networks", "volumes", "configs", "secrets")


@dataclass(slots=True, kw_only=True)
class ComposeProject:
    """A Compose project as read.

    folder:    what relative paths start at.
    tree:      the merged files; texts not interpolated.
    env_files: its files of variables.
    variables: what those say, with the process environment above.
    """

    folder: Path
    tree: Node
    env_files: tuple[Path, ...]
    variables: Variables


def default_files(folder: Path) -> list[Path]:
    """The files that `docker compose` takes when none is named. Raises ConfigError when there is none."""
    found = next((folder / name for name in FILE_NAMES if (folder / name).is_file()), None)
    if found is None:
        raise ConfigError("there is no Compose file here", where=folder, fix=f"Name one, or add {FILE_NAMES[0]}.")
    return [found, *[folder / name for name in _OVERRIDES if (folder / name).is_file()][:1]]


def load(
    files: Sequence[Path], *, environ: Mapping[str, str], env_files: Sequence[Path] = (), folder: Path | None = None
) -> ComposeProject:
    """Read a project.

    files:     Compose files, the later ones going over the earlier.
    env_files: instead of the folder's `.env`.
    folder:    what relative paths start at; None: the first file's.
    """
    folder = folder or files[0].parent
    reader = _Reader(folder=folder, top=folder, environ=environ)
    reader.learn(env_files or _own_env_file(folder))
    tree = reader.whole(files)
    return ComposeProject(folder=folder, tree=tree, env_files=tuple(reader.env_files), variables=reader.variables())


def _own_env_file(folder: Path) -> list[Path]:
    return [path for path in (folder / ENV_FILE_NAME,) if path.is_file()]


def _entries(paths: Sequence[Path], folder: Path) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for path in paths:
        try:
            found |= load_env_file(path, label=_label(path, folder))
        except FileNotFoundError:
            raise ConfigError("there is no such file", where=_label(path, folder), fix=missing_file_fix(path)) from None
    return found


def _label(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads files whose relative paths start at `folder`.

    top:     the folder of the whole project, for labels.
    reading: the files and services that are being read, against circles.
    """

    folder: Path
    top: Path
    environ: Mapping[str, str]
    env: dict[str, Entry] = field(default_factory=dict)
    env_files: list[Path] = field(default_factory=list)
    reading: list[tuple[Path, str]] = field(default_factory=list)

    def learn(self, paths: Sequence[Path]) -> dict[str, Entry]:
        """Take files of variables in; gives what is in them."""
        found = _entries(paths, self.top)
        self.env.update({name: entry for name, entry in found.items() if name not in self.env})
        self.env_files += [path for path in paths if path not in self.env_files]
        return found

    def variables(self) -> Variables:
        candidates = [
            Candidate(
                name=entry.name,
                text=entry.text,
                source=Source(layer=ENV_FILE, path=ENV_FILE_NAME, line=entry.line),
                is_literal=entry.is_literal,
            )
            for entry in self.env.values()
        ]
        return Variables(candidates, environ=self.environ)

    def whole(self, files: Sequence[Path]) -> Node:
        """The files, merged."""
        tree: Node | None = None
        for path in files:
            with_includes = self._included(self._extended(self._file(path), path))
            tree = settled(with_includes) if tree is None else merge(tree, with_includes)
        assert tree is not None
        return tree

    def _file(self, path: Path) -> Node:
        return load_nodes(path, label=_label(path, self.top))

    def _extended(self, file: Node, path: Path) -> Node:
        services = file.get("services")
        if services is None or not services.is_mapping:
            return file
        found = {name: self._service(name, file, path, self.folder) for name in services.value}
        return file._replace(value={**file.value, "services": services._replace(value=found)})

    def _service(self, name: str, file: Node, path: Path, start: Path) -> Node:
        """A service of a file, over the one it extends. start: the folder that the file's paths start at."""
        service = file.get("services", name)
        assert service is not None
        extends = service.get("extends")
        if extends is None:
            return service
        own = service._replace(value={key: item for key, item in service.value.items() if key != "extends"})
        if (path, name) in self.reading:
            where = f"{extends.source} services.{name}.extends"
            raise ConfigError("a service extends itself", where=where, fix="Take one `extends` of the circle out.")
        self.reading.append((path, name))
        try:
            base = self._base(extends, name, file, path, start)
        finally:
            self.reading.pop()
        merged = merge(base, own, ("services", name))
        assert merged is not None
        return merged

    def _base(self, extends: Node, name: str, file: Node, path: Path, start: Path) -> Node:
        where = f"{extends.source} services.{name}.extends"
        named = extends.get("service") if extends.is_mapping else extends
        if named is None or not isinstance(named.value, str):
            raise ConfigError("names no service", where=where, fix="Write extends: {service: NAME}.")
        other = extends.get("file") if extends.is_mapping else None
        base_path, base_file, base_start = path, file, start
        if other is not None:
            base_path = (path.parent / self._text(other, where)).resolve()
            base_file, base_start = self._file(base_path), base_path.parent
        services = base_file.get("services")
        known = services.value if services is not None and services.is_mapping else {}
        if named.value not in known:
            fix = did_you_mean(named.value, known)
            raise ConfigError(f'there is no service "{named.value}" to extend', where=where, fix=fix)
        base = settled(self._service(named.value, base_file, base_path, base_start))
        return service_with_paths(base, moved(base_start, start))

    def _included(self, file: Node) -> Node:
        include = file.get("include")
        if include is None:
            return file
        own = file._replace(value={key: item for key, item in file.value.items() if key != "include"})
        tree = Node({}, file.source)
        for item in include.value if include.is_list else [include]:
            tree = merge(tree, self._include(item)) or tree
        return merge(tree, own) or own

    def _include(self, item: Node) -> Node:
        where = f"{item.source} include"
        given = item.value if item.is_mapping else {"path": item}
        if "path" not in given:
            raise ConfigError("names no file", where=where, fix="Write include: [FILE].")
        files = [(self.folder / self._text(one, where)).resolve() for one in _listed(given["path"])]
        base = files[0].parent
        if "project_directory" in given:
            base = (self.folder / self._text(given["project_directory"], where)).resolve()
        if (files[0], "") in self.reading:
            raise ConfigError("a file includes itself", where=where, fix="Take one `include` of the circle out.")
        names = [(self.folder / self._text(one, where)) for one in _listed(given.get("env_file"))]
        for name, entry in self.learn(names or _own_env_file(base)).items():
            if self.env[name].text != entry.text:
                what = f"{name} has another value here than in the including project"
                raise ConfigError(what, where=where, fix="Give the variable another name in one of the two.")
        reading = [*self.reading, (files[0], "")]
        inner = replace(self, folder=base, reading=reading)
        tree = inner.whole(files)
        tree = tree._replace(value={key: part for key, part in tree.value.items() if key in _SECTIONS})
        return with_paths(tree, moved(base, self.folder))

    def _text(self, node: Node, where: str) -> str:
        return reveal(interpolate(str(node.value), self.variables().lookup(), where=where))


def _listed(node: Node | None) -> list[Node]:
    if node is None:
        return []
    return node.value if node.is_list else [node]
