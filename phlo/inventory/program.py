"""An inventory that a program prints, as JSON in the form that Ansible has for it.

{"storage": {"hosts": ["data-1"], "vars": {"tier": "fast"}, "children": []},
 "_meta": {"hostvars": {"data-1": {"docker_host": "ssh://ops@10.0.0.1"}}}}

Called with `--list`; for an answer without `_meta` again for each host, with `--host NAME`.
Source: Ansible's documentation, "Developing dynamic inventory", "Inventory scripts".
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.bounded import MIB, last_lines, parse_json, size_text
from phlo.errors import InventoryError, did_you_mean
from phlo.frozen import dataclass
from phlo.inventory.draft import Draft, variables_in
from phlo.inventory.hosts import ALL
from phlo.programs import Ended, ProgramTimeoutError, run_program
from phlo.values import Source

TIMEOUT_SECONDS = 30.0
MOST_ANSWER_BYTES = 64 * MIB
TIMEOUT_VARIABLE = "PHLO_INVENTORY_TIMEOUT"
META = "_meta"
_SECTIONS = ("hosts", "children", "vars", "services")
_SHOWN_LINES = 10


def read_program(path: Path, label: str, draft: Draft, environ: Mapping[str, str]) -> None:
    """Add what a program says. Raises InventoryError when it cannot be run, fails, or prints something else."""
    _Program(path=path, label=label, draft=draft, environ=environ).read()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    path: Path
    label: str
    draft: Draft
    environ: Mapping[str, str]

    def read(self) -> None:
        groups = dict(self._asked("--list"))
        meta = groups.pop(META, None)
        for name in groups:
            self.draft.add_group(str(name))
        mentioned: dict[str, None] = {}
        for name, body in groups.items():
            for host in self._group(str(name), {"hosts": body} if isinstance(body, list) else body):
                mentioned[host] = None
        known = self._hostvars(meta)
        for host in mentioned:
            given = known.get(host, {}) if known is not None else self._asked("--host", host)
            self.draft.hosts[host] |= variables_in(
                self._mapping(given, f"{META}.hostvars.{host}"), lambda _: self._source("host vars")
            )

    def _hostvars(self, meta: Any) -> Mapping[str, Any] | None:
        """What is said about all hosts at once; None when each has to be asked for."""
        if meta is None or "hostvars" not in self._mapping(meta, META):
            return None
        return self._mapping(meta["hostvars"], f"{META}.hostvars")

    def _group(self, name: str, body: Any) -> list[str]:
        """Add a group; gives the hosts that it names."""
        content = self._mapping(body, name)
        for section in content:
            if section not in _SECTIONS:
                self._error(f'"{section}" is not part of a group', name, did_you_mean(section, _SECTIONS))
        variables = self._mapping(content.get("vars"), f"{name}.vars")
        self.draft.variables[name] |= variables_in(variables, lambda _: self._source("group vars"))
        hosts = self._names(content.get("hosts"), f"{name}.hosts")
        for host in hosts:
            self.draft.add_host(host, name, self._source("inventory"))
        for child in self._names(content.get("children"), f"{name}.children"):
            self.draft.add_group(child)
            if child == ALL or not self.draft.add_child(name, child):
                self._error(f'the groups "{name}" and "{child}" are inside each other', f"{name}.children")
        for service in self._names(content.get("services"), f"{name}.services"):
            self.draft.add_service(service, name, self._source("inventory"))
        return hosts

    def _names(self, given: Any, place: str) -> list[str]:
        if given is None:
            return []
        if isinstance(given, (list, dict)) and all(isinstance(one, str) and one for one in given):
            return list(given)
        self._error("should be a list of names", place)
        return []

    def _mapping(self, given: Any, place: str) -> Mapping[str, Any]:
        if given is None:
            return {}
        if isinstance(given, dict):
            return given
        self._error("should be a JSON object", place)
        return {}

    def _source(self, layer: str) -> Source:
        return Source(layer=layer, path=self.label)

    def _error(self, what: str, place: str, fix: str = "") -> None:
        self.draft.errors.append(InventoryError(what, where=f"{self.label} {place}", fix=fix))

    # -- asking ----------------------------------------------------------------------------------------

    def _asked(self, *words: str) -> Mapping[str, Any]:
        """The JSON object that the program prints. Raises InventoryError, with the last lines that it complained in."""
        done = self._run(words)
        said = last_lines(done.stderr.text(), _SHOWN_LINES)
        by_hand = f"Try it by hand: {self.path} {' '.join(words)}"
        if done.code:
            what = f"ended with status {done.code} (as a program, with {' '.join(words)})"
            raise InventoryError(what, where=self.label, fix=by_hand, detail=said)
        if done.stdout.left_out_bytes:
            what = f"printed more than {size_text(MOST_ANSWER_BYTES)}"
            raise InventoryError(what, where=self.label, fix=by_hand)
        try:
            found = parse_json(out := done.stdout.content())
        except ValueError as reason:
            what = f"printed no JSON ({reason})" if out.strip() else "printed nothing"
            raise InventoryError(what, where=self.label, fix=by_hand, detail=said) from None
        if not isinstance(found, dict):
            raise InventoryError("printed no JSON object", where=self.label, fix=by_hand)
        return found

    def _run(self, words: tuple[str, ...]) -> Ended:
        seconds = self._timeout_seconds()
        try:
            return run_program(
                [str(self.path.absolute()), *words],
                environ=self.environ,
                timeout_seconds=seconds,
                most_bytes=MOST_ANSWER_BYTES,
            )
        except ProgramTimeoutError:
            fix = f"Find out by hand what it waits for, or give it longer: {TIMEOUT_VARIABLE}=SECONDS."
            raise InventoryError(f"did not end within {seconds:g} s", where=self.label, fix=fix) from None
        except OSError as reason:
            what = f"cannot be run ({reason.strerror})"
            raise InventoryError(what, where=self.label, fix="See its first line, which names what runs it.") from None

    def _timeout_seconds(self) -> float:
        text = self.environ.get(TIMEOUT_VARIABLE) or str(TIMEOUT_SECONDS)
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            fix = f"Write e.g. {TIMEOUT_VARIABLE}=60."
            raise InventoryError(
                f'{TIMEOUT_VARIABLE}: "{text}" is not a number of seconds', where="environment", fix=fix
            )
        return seconds
