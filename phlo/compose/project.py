"""A Compose project as it is written: the parts of each service, and the entries of its other sections.

`include` and `extends` are resolved here; variables are replaced later (`phlo.config`), because other layers give them
values, too. Sources: Compose specification, "Merge", "Include", "Extend".
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from phlo.compose.dotenv import Entry
from phlo.compose.interpolate import Lookup, interpolate
from phlo.compose.part import Part, Rules
from phlo.compose.project_files import ENV_FILE_NAME, ComposeFiles, env_entries, label_of
from phlo.compose.scope import Origin, Scope
from phlo.compose.sections import SECTIONS, Described, merged_entry
from phlo.errors import ConfigError, did_you_mean
from phlo.frozen import dataclass, field
from phlo.values import Text, reveal
from phlo.yaml_source import OVERRIDE, RESET, CoreLoader, Keys, YamlDocument, load_yaml

# Other keys of the top level, besides `x-...`: `version` has no meaning any more.
_OTHER = ("include", "name", "services", "version")
_SERVICE_NAME = re.compile(r"[a-zA-Z0-9._-]+")


def extended_parts(
    extends: Any,
    name: str,
    document: YamlDocument,
    path: Path,
    *,
    lookup: Lookup,
    layer: str,
    ignored: Collection[str],
) -> tuple[tuple[Part, ...], tuple[Path, ...]]:
    """The parts of what a service of phlo.yaml extends, the lowest first, and the files that were read.

    document, path: phlo.yaml, whose services may be extended, too. lookup: the variables of the service.
    ignored: keys of a service that are not Compose attributes.
    """
    reader = _Reader(top=path.parent, lookup=lookup, layer=layer)
    files = ComposeFiles(folder=path.parent, files=(path,))
    work = _ScopeReader(reader=reader, files=files, entries={}, ignored=frozenset(ignored))
    return tuple(work.base(extends, name, document, path, path.parent)), tuple(reader.inputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeProject:
    """A Compose project, or the projects that a phlo.yaml includes.

    files:    of the project; phlo.yaml, where that includes it.
    name:     as the files give it, not interpolated; name_document: the file that does.
    services: name -> the parts of the service, the lowest first.
    scopes:   the variables of the project, then of its includes. scope_of: service -> the name of its scope.
    sections: section -> name -> entry.
    inputs:   every file that was read.
    """

    files: ComposeFiles
    services: Mapping[str, tuple[Part, ...]]
    scopes: tuple[Scope, ...]
    scope_of: Mapping[str, str]
    sections: Mapping[str, Mapping[str, Described]]
    name: str | None = None
    name_document: YamlDocument | None = None
    inputs: tuple[Path, ...] = ()

    @property
    def candidates(self) -> tuple[Path, ...]:
        """Files that would change what the project is, whether they exist or not."""
        env_files = (scope.folder / ENV_FILE_NAME for scope in self.scopes)
        return tuple(dict.fromkeys((*self.files.candidates, *env_files)))


def read_project(
    files: ComposeFiles,
    *,
    environ: Mapping[str, str],
    top: Path | None = None,
    layer: str = "phlo.yaml",
    unknown: Callable[[ConfigError], None] | None = None,
) -> ComposeProject:
    """Read a project. Raises ConfigError for what cannot be read.

    top: the folder that errors name files from; None: the project's. layer: of what the files give, for `Source`.
    unknown: called with the error of a section that phlo does not know; None: it is raised.
    """
    reader = _Reader(top=top or files.folder, lookup=environ.get, layer=layer, unknown=unknown)
    found = reader.scope(files, known={}, around=())
    if not found.services:
        where = label_of(files.files[0], reader.top)
        raise ConfigError("has no services", where=where, fix="Is it a Compose file?")
    return reader.project(files, found)


def read_included(document: YamlDocument, path: Path, *, environ: Mapping[str, str]) -> ComposeProject | None:
    """The Compose projects that a phlo.yaml includes, as one; None when it includes none.

    Each has its own folder and variables. Raises ConfigError for what cannot be read, and for a name that two have.
    """
    reader = _Reader(top=path.parent, lookup=environ.get, layer="phlo.yaml")
    files = ComposeFiles(folder=path.parent, files=(path,))
    found = _Found()
    _ScopeReader(reader=reader, files=files, entries={}).includes(document, found)
    return reader.project(files, found) if reader.scopes else None


@dataclass(slots=True, kw_only=True)
class _Found:
    """What files give together. replaced: services that count no more as other files have them."""

    services: dict[str, list[Part]] = field(default_factory=dict)
    scope_of: dict[str, Scope] = field(default_factory=dict)
    sections: dict[str, dict[str, Described]] = field(default_factory=lambda: {name: {} for name in SECTIONS})
    name: str | None = None
    name_document: YamlDocument | None = None
    replaced: set[str] = field(default_factory=set)

    def over(self, other: _Found) -> None:
        """Merge what another file gives over it."""
        for name in other.replaced:
            self.services.pop(name, None)
            self.scope_of.pop(name, None)
        for name, parts in other.services.items():
            self.services.setdefault(name, []).extend(parts)
            self.scope_of.setdefault(name, other.scope_of[name])
        for section, entries in other.sections.items():
            for name, entry in entries.items():
                before = self.sections[section].get(name)
                if entry.tags.get(()) == RESET:
                    self.sections[section].pop(name, None)
                    continue
                self.sections[section][name] = entry if before is None else merged_entry(before, entry)
        if other.name is not None:
            self.name, self.name_document = other.name, other.name_document

    def include(self, other: _Found) -> None:
        """Add what an included project has. Raises ConfigError for another service or entry of the same name."""
        for name, parts in other.services.items():
            if name in self.services and not self._is_like(name, other):
                raise _conflict("service", name, self.services[name][-1].where(), parts[-1].where())
        for section, entries in other.sections.items():
            for name, entry in entries.items():
                before = self.sections[section].setdefault(name, entry)
                if before != entry and not before.is_like(entry):
                    raise _conflict(section[:-1], name, before.where(), entry.where())
        for name, parts in other.services.items():
            self.services.setdefault(name, parts)
            self.scope_of.setdefault(name, other.scope_of[name])

    def _is_like(self, name: str, other: _Found) -> bool:
        """Whether both describe a service in the same words, with the same meaning."""
        services = (self.services[name], other.services[name])
        first, second = ([(part.attributes, part.root) for part in parts] for parts in services)
        return first == second and self.scope_of[name].env_files == other.scope_of[name].env_files


def _conflict(kind: str, name: str, first: str, second: str) -> ConfigError:
    fix = "Rename one of them; or leave one out, and change the other in an override file."
    return ConfigError(f'there is another {kind} "{name}", at {first}', where=second, fix=fix)


@dataclass(slots=True, kw_only=True)
class _Reader:
    """reading: the files that are being included, and the services that are being extended, against cycles."""

    top: Path
    lookup: Lookup
    layer: str
    unknown: Callable[[ConfigError], None] | None = None
    scopes: list[Scope] = field(default_factory=list)
    inputs: list[Path] = field(default_factory=list)
    reading: list[tuple[Path, str]] = field(default_factory=list)

    def project(self, files: ComposeFiles, found: _Found) -> ComposeProject:
        """What was read, as a project."""
        return ComposeProject(
            files=files,
            services={name: tuple(parts) for name, parts in found.services.items()},
            scopes=tuple(self.scopes),
            scope_of={name: scope.name for name, scope in found.scope_of.items()},
            sections=found.sections,
            name=found.name,
            name_document=found.name_document,
            inputs=tuple(dict.fromkeys(self.inputs)),
        )

    def scope(self, files: ComposeFiles, *, known: Mapping[str, Entry], around: tuple[str, ...]) -> _Found:
        """The files of one scope, merged. known: variables of the scopes around it, which win."""
        entries = env_entries(files.env_files, self.top)
        label = ", ".join(label_of(path, self.top) for path in files.env_files)
        self.inputs += files.env_files
        own = {name: (entry, label) for name, entry in entries.items() if name not in known}
        scope = Scope(
            name=f"compose:{len(self.scopes)}",
            around=around,
            folder=files.folder,
            entries=own,
            env_files=files.env_files,
        )
        self.scopes.append(scope)
        work = _ScopeReader(reader=self, files=files, scope=scope, entries={**entries, **known})
        found = _Found()
        for path in files.files:
            found.over(work.file(path))
        return found

    def document(self, path: Path) -> YamlDocument:
        self.inputs.append(path)
        document = load_yaml(path, label=label_of(path, self.top), loader=CoreLoader)
        if not isinstance(document.data, Mapping):
            raise ConfigError(
                "should be a mapping (services: ...)", where=document.where(), fix="Is it a Compose file?"
            )
        return document


@dataclass(slots=True, kw_only=True)
class _ScopeReader:
    """Reads the files of one scope.

    scope: None for a phlo.yaml. entries: all variables of files that it knows.
    ignored: keys of a service that are not attributes.
    """

    reader: _Reader
    files: ComposeFiles
    entries: Mapping[str, Entry]
    scope: Scope | None = None
    ignored: frozenset[str] = frozenset()

    def file(self, path: Path) -> _Found:
        """One file with what it includes."""
        assert self.scope is not None
        document = self.reader.document(path)
        self._check_keys(document)
        found = _Found()
        name = document.data.get("name")
        if name is not None:
            found.name, found.name_document = str(name), document
        for service in _mapping(document, "services"):
            keys = ("services", service)
            _check_service_name(service, document.where(*keys))
            if document.tags.get(keys) in (RESET, OVERRIDE):
                found.replaced.add(service)
            if document.tags.get(keys) == RESET:
                continue
            found.services[service] = [*self._parts(service, document, path, self.files.folder)]
            found.scope_of[service] = self.scope
        for section in SECTIONS:
            for key, value in _mapping(document, section).items():
                found.sections[section][key] = Described.of(
                    document, section, key, value, origin=Origin(self.files.folder, self.scope)
                )
        self.includes(document, found)
        return found

    def includes(self, document: YamlDocument, found: _Found) -> None:
        """Add the projects that a file includes."""
        included = document.data.get("include")
        for index, item in enumerate(_listed(included)):
            at: Keys = ("include", index) if isinstance(included, list) else ("include",)
            self._include(item, document.where(*at), found)

    def _check_keys(self, document: YamlDocument) -> None:
        known = (*_OTHER, *SECTIONS)
        for key in document.data:
            if key not in known and not key.startswith("x-"):
                what = f'"{key}" is not a section that phlo knows'
                error = ConfigError(what, where=document.where(key), fix=did_you_mean(key, known))
                if self.reader.unknown is None:
                    raise error
                self.reader.unknown(error)

    def _parts(self, name: str, document: YamlDocument, path: Path, root: Path) -> Iterator[Part]:
        """The parts of a service of a file, those of what it extends first."""
        keys = ("services", name)
        given = _mapping(document, "services").get(name)
        if not isinstance(given, Mapping):
            raise ConfigError("should be a mapping", where=document.where(*keys), fix="Write image: IMAGE below it.")
        attributes = {key: item for key, item in given.items() if key not in self.ignored}
        extends = attributes.pop("extends", None)
        if extends is not None and document.tags.get((*keys, "extends")) != "!reset":
            yield from self.base(extends, name, document, path, root)
        yield Part(
            attributes=attributes,
            layer=self.reader.layer,
            root=root,
            document=document,
            bases=(keys,),
            rules=Rules.COMPOSE,
        )

    def base(self, extends: Any, name: str, document: YamlDocument, path: Path, root: Path) -> Sequence[Part]:
        """The parts of the service that another one extends."""
        where = document.where("services", name, "extends")
        given = extends if isinstance(extends, Mapping) else {"service": extends}
        base = given.get("service")
        if not isinstance(base, str):
            raise ConfigError("names no service", where=where, fix="Write extends: {service: NAME}.")
        if (path, name) in self.reader.reading:
            raise ConfigError("a service extends itself", where=where, fix="Remove one `extends` of the cycle.")
        self.reader.reading.append((path, name))
        try:
            if given.get("file") is not None:
                path = _absolute(self._text(given["file"], where), root)
                document, root = self.reader.document(path), path.parent
            services = _mapping(document, "services")
            if base not in services:
                fix = did_you_mean(base, services)
                raise ConfigError(f'there is no service "{base}" to extend', where=where, fix=fix)
            return [*self._parts(base, document, path, root)]
        finally:
            self.reader.reading.pop()

    def _include(self, item: Any, where: str, found: _Found) -> None:
        """Add the project that an entry of `include` names."""
        given = item if isinstance(item, Mapping) else {"path": item}
        paths = [_absolute(self._text(one, where), self.files.folder) for one in _listed(given.get("path"))]
        if not paths:
            raise ConfigError("names no file", where=where, fix="Write include: [FILE].")
        folder = paths[0].parent
        if given.get("project_directory") is not None:
            folder = _absolute(self._text(given["project_directory"], where), self.files.folder)
        if (paths[0], "") in self.reader.reading or paths[0] in self.files.files:
            raise ConfigError("a file includes itself", where=where, fix="Remove one `include` of the cycle.")
        env_files = [_absolute(self._text(one, where), self.files.folder) for one in _listed(given.get("env_file"))]
        if not env_files and (folder / ENV_FILE_NAME).is_file():
            env_files = [folder / ENV_FILE_NAME]
        files = ComposeFiles(folder=folder, files=tuple(paths), env_files=tuple(env_files))
        self.reader.reading.append((paths[0], ""))
        try:
            found.include(self.reader.scope(files, known=self.entries, around=self.scope.visible if self.scope else ()))
        finally:
            self.reader.reading.pop()

    def _text(self, value: Any, where: str) -> str:
        def lookup(name: str) -> Text | None:
            text, entry = self.reader.lookup(name), self.entries.get(name)
            return entry.text if text is None and entry else text

        return reveal(interpolate(str(value), lookup, where=where))


def _absolute(text: str, folder: Path) -> Path:
    path = Path(text).expanduser()
    return Path(os.path.abspath(folder / path))


def _check_service_name(name: str, where: str) -> None:
    if not _SERVICE_NAME.fullmatch(name):
        what = f'"{name}" cannot name a service'
        raise ConfigError(what, where=where, fix="Use letters, digits, _ . and -, e.g. web-1.")


def _mapping(document: YamlDocument, section: str) -> Mapping[str, Any]:
    found = document.data.get(section)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise ConfigError("should be a mapping", where=document.where(section), fix=f"Write {section}: {{NAME: ...}}.")
    return found


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
