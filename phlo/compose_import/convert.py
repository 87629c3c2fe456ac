"""What a phlo.yaml says a Compose project with, and what it cannot say."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from phlo.compose.sections import SECTIONS, Described, with_absolute_device
from phlo.compose_import.finding import Finding, remove_all, sentence
from phlo.compose_import.paths import moved
from phlo.compose_import.service import ServiceWriter, value_of
from phlo.compose_import.source import ComposeSource
from phlo.config.root import normalized_name
from phlo.yaml_source import Keys, YamlDocument

# Names that mean something else under `services` of a phlo.yaml.
_TAKEN_NAMES = ("defaults", "enabled", "disabled")


class Converted(NamedTuple):
    """data: the phlo.yaml. findings: in the order of the files."""

    data: dict[str, Any]
    findings: tuple[Finding, ...]


def convert(source: ComposeSource, *, target: Path, installed: Collection[str] = ()) -> Converted:
    """The phlo.yaml in the folder `target` that is the same project. installed: services of installed packages."""
    return _Conversion(source, target).result(installed)


class _Conversion:
    def __init__(self, source: ComposeSource, target: Path) -> None:
        self._project = source.project
        self._variables = source.variables
        self._target = target
        self._writers = {
            name: ServiceWriter(parts, variables=source.variables, target=target)
            for name, parts in source.project.services.items()
        }
        self._findings = [*source.findings]

    def result(self, installed: Collection[str]) -> Converted:
        services = self._services()
        data: dict[str, Any] = {"name": self._name()}
        if profiles := self._profiles():
            data["profiles"] = profiles
        data["services"] = services
        for section in SECTIONS:
            if found := self._section(section):
                data[section] = found
        self._fit(data)
        for name, service in services.items():
            if name in installed:
                services[name] = {
                    "type": "inline",
                    "replaces": True,
                    **{k: v for k, v in service.items() if k != "type"},
                }
                self._note(("services", name), "replaces the installed service of that name")
        # Only the services of the Compose file run, whatever packages are installed.
        data["services"] = {"defaults": False, **services}
        return Converted(data, tuple(sorted(dict.fromkeys(self._findings), key=lambda one: one.order)))

    def _lose(self, keys: Keys, what: str) -> None:
        self._findings.append(Finding(self._where(keys), what))

    def _note(self, keys: Keys, what: str) -> None:
        self._findings.append(Finding(self._where(keys), what, is_lost=False))

    def _where(self, keys: Keys) -> str:
        section, name = str(keys[0]), str(keys[1])
        if section == "services":
            return self._writers[name].where(*keys[2:])
        return self._project.sections[section][name].where(*keys[2:])

    def _name(self) -> str:
        text = self._variables.text("COMPOSE_PROJECT_NAME") or self._project.name
        return str(text) if text else normalized_name(self._project.files.folder.resolve().name) or "imported"

    def _profiles(self) -> list[str]:
        text = self._variables.text("COMPOSE_PROFILES")
        return [name for name in str(text or "").split(",") if name]

    def _services(self) -> dict[str, Any]:
        written: dict[str, dict[str, Any]] = {}
        for name, writer in self._writers.items():
            if name in _TAKEN_NAMES:
                self._lose(("services", name), f'"{name}" is a setting here, and cannot name a service')
                continue
            written[name] = writer.attributes()
            self._findings += writer.findings
        awaited = set(_awaited(written))
        return {
            name: {"type": "inline", **attributes, **self._ending(name, attributes, awaited)}
            for name, attributes in written.items()
        }

    def _ending(self, name: str, attributes: Mapping[str, Any], awaited: Collection[str]) -> dict[str, Any]:
        """`one_shot`, where phlo would take the service for another kind than it is."""
        restart = attributes.get("restart")
        if restart in ("always", "unless-stopped"):
            return {}
        seems = name.endswith(("-setup", "_setup")) or restart == "no" or restart is False
        if name in awaited:
            return {} if seems else {"one_shot": True}
        serves = any(attributes.get(key) is not None for key in ("ports", "expose", "healthcheck"))
        if not seems or not serves:
            if seems:
                self._note(("services", name), "is taken for one that runs to its end; if not, write one_shot: false")
            return {}
        return {"one_shot": False}

    def _section(self, section: str) -> dict[str, Any]:
        found = {}
        for name, entry in self._project.sections[section].items():
            value = entry.value
            if section in ("configs", "secrets") and isinstance(value, Mapping):
                if value.get("external"):
                    self._lose((section, name), "is external: its content cannot be read")
                    continue
                value = self._with_file(section, name, entry)
            found[name] = self._with_device(name, entry) if section == "volumes" else value
        return found

    def _with_file(self, section: str, name: str, entry: Described) -> dict[str, Any]:
        """An entry with the path of its file for the target's folder."""
        value = dict(entry.value)
        if isinstance(given := value.get("file"), str):
            change = moved(entry.origin("file").root, self._target, partial(value_of, variables=self._variables))
            value["file"] = change(given)
            if value["file"] != given and given.startswith("$"):
                what = f"starts with a variable, and is written as its value for {self._target}"
                self._note((section, name, "file"), what)
        return value

    def _with_device(self, name: str, entry: Described) -> Any:
        """A volume; the folder that it binds becomes absolute, as phlo.yaml passes the options to the driver."""
        value = entry.value
        options = (value.get("driver_opts") if isinstance(value, Mapping) else None) or {}
        device = options.get("device") if isinstance(options, Mapping) else None
        if isinstance(device, str) and device.startswith("$"):
            final = value_of(device, self._variables)
            if final is None or final.startswith("/"):
                return value
            if "bind" in str(options.get("o", "")).split(","):
                self._note(
                    ("volumes", name, "driver_opts", "device"), "starts with a variable, and is written as its value"
                )
                value = {**value, "driver_opts": {**options, "device": final.replace("$", "$$")}}
        return with_absolute_device(value, entry.origin("driver_opts", "device").root)

    def _fit(self, data: dict[str, Any]) -> None:
        """Remove what phlo.yaml has no place for."""
        from pydantic import ValidationError

        from phlo.config.project_config import ProjectConfig
        from phlo.config.project_models import model_of
        from phlo.sections.errors import config_errors

        model = model_of(ProjectConfig)
        while True:
            try:
                model.model_validate(data)
                return
            except ValidationError as reason:
                errors = config_errors(reason, _Positions(data=data, label="", marks={}), model)
            for error in errors:
                self._lose(_decoded(error.where), sentence(error))
            if not remove_all(data, (_decoded(error.where) for error in errors)):
                return


class _Positions(YamlDocument):
    """A document that names its places by their keys."""

    __slots__ = ()

    def where(self, *keys: str | int) -> str:
        return _encoded(*keys)


def _encoded(*keys: str | int) -> str:
    return json.dumps(keys)


def _decoded(where: str) -> Keys:
    return tuple(json.loads(where))


def _awaited(services: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Services that another waits for the end of."""
    for attributes in services.values():
        needs = attributes.get("depends_on")
        for name, details in needs.items() if isinstance(needs, Mapping) else ():
            if isinstance(details, Mapping) and details.get("condition") == "service_completed_successfully":
                yield name
