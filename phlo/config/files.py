"""What phlo puts into containers, and into the project's `.phlo/`: templates, configs, secrets, a role's files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.bounded import read_file
from phlo.compose.interpolate import interpolate
from phlo.config.candidates import STATE_FOLDER
from phlo.config.containers import Container
from phlo.config.file_targets import check_target
from phlo.config.layers import Variables
from phlo.config.project_file import ProjectFile
from phlo.discovery.definition import ServiceDefinition
from phlo.discovery.parts import TemplateDefinition
from phlo.errors import ConfigError, did_you_mean
from phlo.frozen import dataclass, field
from phlo.values import FileSpec, Secret, Text, reveal

if TYPE_CHECKING:
    from phlo.config.project_config import FileConfig


@dataclass(slots=True, kw_only=True)
class ContainerFiles:
    """Makes the files of containers. read: every file whose content went into one."""

    root: Path
    file: ProjectFile
    variables: Variables
    read: list[Path] = field(default_factory=list)

    def of(
        self, container: Container, names: Mapping[str, Any], taken_along: Iterable[FileSpec]
    ) -> tuple[FileSpec, ...]:
        """The files of a service's container, with those it takes along.

        names: what its templates can use besides variables.
        """
        definition = container.definition
        templates = [
            (self._template(definition, index, names), definition.where("templates", index, "dest"))
            for index in range(len(definition.templates))
        ]
        references = [
            (self._reference(kind, reference, container, index), container.merged.where(kind, index))
            for kind in ("configs", "secrets")
            for index, reference in enumerate(getattr(container.compose, kind))
        ]
        for spec, where in (*references, *templates):
            check_target(spec.path, container.compose, where)
        found: dict[str, FileSpec] = {}
        for spec in (*(spec for spec, _ in (*references, *templates)), *taken_along):
            if spec.path in found:
                what = f"{spec.path} is written twice, by {found[spec.path].origin} and by {spec.origin}"
                raise ConfigError(what, where=container.merged.where(), fix="Give one of them another target.")
            found[spec.path] = spec
        return tuple(found[path] for path in sorted(found))

    def _template(self, definition: ServiceDefinition, index: int, names: Mapping[str, Any]) -> FileSpec:
        from phlo.config.templates import render_template

        template: TemplateDefinition = definition.templates[index]
        path = definition.root / template.source
        label = f"{definition.package or definition.name}/{template.source}"
        self.read.append(path)
        content = render_template(
            path,
            label=label,
            names=names,
            variable=self.variables.lookup(definition.name),
            known=lambda: list(self.variables.names),
        )
        where = definition.where("templates", index, "dest")
        dest = interpolate(template.dest, self.variables.lookup(definition.name), where=where)
        if not reveal(dest).startswith("/"):
            raise ConfigError(f'"{dest}" is not an absolute path', where=where, fix="Start it with /.")
        owner = interpolate(template.owner or "0", self.variables.lookup(definition.name), where=where)
        uid, _, gid = reveal(owner).partition(":")
        if not uid.isdigit() or not (gid or uid).isdigit():
            where = definition.where("templates", index, "owner")
            raise ConfigError(f'"{owner}" should be UID or UID:GID', where=where, fix="Write numbers, such as 999:999.")
        return FileSpec(
            path=reveal(dest),
            content=Secret(reveal(content)) if template.secret else _content(content),
            mode=template.mode,
            uid=int(uid),
            gid=int(gid or uid),
            origin=label,
            is_live=template.live,
        )

    def _reference(self, kind: str, reference: Any, container: Container, index: int) -> FileSpec:
        """A top-level config or secret that the service asks for."""
        return FileSpec(
            path=reference.target,
            content=self.content(kind, reference.source, where=container.merged.where(kind, index)),
            mode=reference.mode,
            uid=reference.uid,
            gid=reference.gid,
            origin=f"{kind}.{reference.source}",
        )

    def content(self, kind: str, name: str, *, where: str) -> bytes | Secret:
        """What is in a top-level config or secret. where: the place that names it, for the error when there is none."""
        declared: Mapping[str, FileConfig | None] = getattr(self.file.config, kind)
        config = declared.get(name)
        if config is None:
            fix = did_you_mean(name, declared) or f"Describe it under {kind} in phlo.yaml."
            raise ConfigError(f'there is no {kind[:-1]} "{name}"', where=where, fix=fix)
        return self._declared(kind, name, config)

    def _declared(self, kind: str, name: str, config: FileConfig) -> bytes | Secret:
        where = self.file.document.where(kind, name)
        given = [key for key in ("file", "content", "environment") if getattr(config, key) is not None]
        if config.external or len(given) != 1:
            what = "is external, and phlo has no store of external ones" if config.external else "needs one source"
            raise ConfigError(what, where=where, fix="Write one of file, content and environment.")
        is_secret = kind == "secrets"
        root, scope = self._origin(kind, name, given[0])
        if config.file is not None:
            return self._file(root, self._text(config.file, where, scope), where, is_secret=is_secret)
        if config.content is not None:
            text = self._text(config.content, where, scope)
            return Secret(reveal(text)) if is_secret else _content(text)
        variable = config.environment or ""
        value = self.variables.text(variable, scope)
        if value is None:
            raise ConfigError(f"{variable} is not set", where=where, fix=f"Set {variable} in .phlo/.env.")
        return Secret(reveal(value)) if is_secret else _content(value)

    def _origin(self, kind: str, name: str, key: str) -> tuple[Path, str | None]:
        """The folder that the path of an entry starts at, and the scope of its variables. key: of the path."""
        compose = self.file.compose
        if compose is None or (kind, name) in self.file.document.marks or name not in compose.sections[kind]:
            return self.root, None
        origin = compose.sections[kind][name].origin(key)
        return origin.root, origin.scope.name

    def _text(self, text: str, where: str, scope: str | None) -> Text:
        return interpolate(text, self.variables.lookup(scope), where=where, unset=self.variables.unset)

    def _file(self, root: Path, name: Text, where: str, *, is_secret: bool) -> bytes | Secret:
        path = root / Path(reveal(name)).expanduser()
        self.read.append(path)
        try:
            data = read_file(path)
            return Secret(data.decode()) if is_secret else data
        except UnicodeDecodeError:  # a key store: no text, so nothing that could be shown by mistake
            return data
        except OSError as reason:
            fix = "Correct the path: it starts at the project's folder. The file must be there, and readable."
            raise ConfigError(f"{name} cannot be read: {reason.strerror}", where=where, fix=fix) from None


def _content(text: Text) -> bytes | Secret:
    return text if isinstance(text, Secret) else text.encode()


def role_outputs(definitions: Iterable[ServiceDefinition], read: Callable[[Path], None]) -> dict[str, bytes]:
    """The `files` of roles, as path under the project's root -> content; a folder gives all that is in it.

    read: told of every file and folder looked at.
    Raises ConfigError when two roles have different contents for one path.
    """
    found: dict[str, bytes] = {}
    for definition in definitions:
        for index, entry in enumerate(definition.files):
            for path, content in _outputs(definition.root / entry.source, entry.dest, read):
                if found.setdefault(path, content) != content:
                    where = definition.where("files", index)
                    fix = "Give one of the two another `dest`, or switch one of the services off."
                    raise ConfigError(f"another role has {path} with another content", where=where, fix=fix)
    return found


def _outputs(source: Path, dest: str, read: Callable[[Path], None]) -> Iterator[tuple[str, bytes]]:
    read(source)
    if source.is_file():
        yield f"{STATE_FOLDER}/{dest}{source.name if dest.endswith('/') else ''}", read_file(source)
        return
    for path in sorted(source.rglob("*")):
        if "__pycache__" in path.parts:
            continue
        read(path)
        if path.is_file():
            yield f"{STATE_FOLDER}/{dest.rstrip('/')}/{path.relative_to(source).as_posix()}", read_file(path)
