"""What the services of a project offer each other, and what each claims for itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from phlo.compose.interpolate import interpolate_all
from phlo.config.capability_types import KNOWN, CapabilityType, is_collected, typed
from phlo.config.layers import Variables
from phlo.config.selection import Selection
from phlo.discovery.definition import ServiceDefinition
from phlo.errors import ConfigError, PhloError, did_you_mean, first_of
from phlo.frozen import dataclass

_WORDS = {"text": "a text", "number": "a whole number", "flag": "true or false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Capabilities with every value final, Secrets inside.

    facts:  capability -> what its provider says of it; of a collected one a list, each with `service` and `host`.
    claims: capability -> what each consumer claims, with its `service`, in the order of their names.
    """

    facts: Mapping[str, Any]
    claims: Mapping[str, tuple[Mapping[str, Any], ...]]

    def seen_by(self, definition: ServiceDefinition) -> dict[str, Any]:
        """The facts that a service uses, what it claims in place of what the provider says; and others' `claims`."""
        own = {
            capability: {key: value for key, value in claim.items() if key != "service"}
            for capability, claims in self.claims.items()
            for claim in claims
            if claim["service"] == definition.name
        }
        found: dict[str, Any] = {}
        for capability in (*definition.requires, *definition.wants, *definition.provides):
            if capability in self.facts:
                facts = self.facts[capability]
                found[capability] = {**facts, **own[capability]} if capability in own else facts
            elif is_collected(capability):
                found[capability] = ()
        claims = {capability: self.claims.get(capability, ()) for capability in definition.provides}
        return {**spelled(found), "claims": spelled(claims)}


def spelled(by_capability: Mapping[str, Any]) -> dict[str, Any]:
    """The same by the names that templates can write as well: `iceberg_catalog` for `iceberg-catalog`."""
    return {**by_capability, **{name.replace("-", "_"): value for name, value in by_capability.items()}}


def wire(selection: Selection, definitions: Mapping[str, ServiceDefinition], variables: Variables) -> Wiring:
    """The facts and claims of all enabled services. Raises ConfigError with everything that is wrong in them."""
    work = _Work(variables=variables, errors=[])
    enabled = [definitions[name] for name in sorted(selection.enabled)]
    facts: dict[str, Any] = {}
    for capability, name in selection.providers.items():
        facts[capability] = work.facts(capability, definitions[name])
    for definition in enabled:
        for capability in filter(is_collected, definition.provides):
            known = {"service": definition.name, "host": definition.name, **work.facts(capability, definition)}
            facts.setdefault(capability, []).append(known)
    claims = {
        capability: tuple(
            {"service": definition.name, **work.claim(capability, definition)}
            for definition in enabled
            if definition.claims.get(capability) and definition.name != provider
        )
        for capability, provider in selection.providers.items()
    }
    if work.errors:
        raise first_of(work.errors)
    return Wiring(facts=facts, claims={capability: found for capability, found in claims.items() if found})


@dataclass(slots=True, kw_only=True)
class _Work:
    """Fills in variables and checks."""

    variables: Variables
    errors: list[PhloError]

    def facts(self, capability: str, provider: ServiceDefinition) -> dict[str, Any]:
        keys = ("provides", capability)
        found = self._interpolated(provider.provides[capability], provider, keys)
        known = KNOWN.get(capability)
        if known is None:
            return found
        found = self._checked(found, known, capability, provider, keys)
        for name, fact in known.facts.items():
            if name not in found and fact.is_required:
                what = f'"{provider.name}" provides "{capability}" without its {name}'
                self._note(what, provider, keys, f"{fact.meaning} Write {name}: VALUE.")
            if name not in found and fact.default is not None:
                found[name] = fact.default
        return found

    def claim(self, capability: str, consumer: ServiceDefinition) -> dict[str, Any]:
        keys = ("requires" if capability in consumer.requires else "wants", capability)
        found = self._interpolated(consumer.claims[capability], consumer, keys)
        known = KNOWN.get(capability)
        if known is None:
            return found
        able = [name for name, fact in known.facts.items() if fact.is_claimed]
        for name in found:
            if name in known.facts and name not in able:
                fix = f"Of {capability} can be claimed: {', '.join(able)}." if able else "Remove it."
                self._note(f'"{name}" is not for a consumer to choose', consumer, (*keys, name), fix)
        return self._checked(found, known, capability, consumer, keys)

    def _interpolated(
        self, value: Mapping[str, Any], definition: ServiceDefinition, keys: tuple[str, ...]
    ) -> dict[str, Any]:
        return dict(
            interpolate_all(
                value,
                self.variables.lookup(definition.name),
                where=definition.where,
                unset=self.variables.unset,
                keys=keys,
            )
        )

    def _checked(
        self,
        found: Mapping[str, Any],
        known: CapabilityType,
        capability: str,
        definition: ServiceDefinition,
        keys: tuple[str, ...],
    ) -> dict[str, Any]:
        checked = {}
        for name, value in found.items():
            if name not in known.facts:
                fix = did_you_mean(name, known.facts)
                self._note(f'"{capability}" has no fact "{name}"', definition, (*keys, name), fix)
                continue
            kind = known.facts[name].kind
            try:
                checked[name] = typed(value, kind)
            except ValueError:
                self._note(f"should be {_WORDS[kind]}", definition, (*keys, name), known.facts[name].meaning)
        return checked

    def _note(self, what: str, definition: ServiceDefinition, keys: Iterable[str], fix: str) -> None:
        self.errors.append(ConfigError(what, where=definition.where(*keys), fix=fix))
