"""Which service provides a capability when several can: the choice for somebody who enables services by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from phlo.config.capability_types import is_collected
from phlo.discovery.definition import ServiceDefinition
from phlo.frozen import dataclass, field


@dataclass(slots=True, kw_only=True)
class ProviderChoice:
    """Services, completed with what they need, and providers for their capabilities.

    definitions: every service that exists. enabled: name -> why the service is part of the project.
    capabilities: capability -> the chosen provider. reasons: a sentence for each provider that was chosen here.
    present: services that were enabled before; they keep providing what they provide.
    """

    definitions: Mapping[str, ServiceDefinition]
    enabled: dict[str, str]
    capabilities: dict[str, str] = field(default_factory=dict)
    present: frozenset[str] = frozenset()
    reasons: list[str] = field(default_factory=list)

    def complete(self) -> None:
        """Add what is needed, and choose providers, until neither is left to do."""
        while self._add_dependencies() or self._choose_between() or self._choose_missing():
            pass

    def _add(self, name: str, reason: str) -> bool:
        if name in self.enabled or name not in self.definitions:
            return False
        self.enabled[name] = reason
        return True

    def _add_dependencies(self) -> bool:
        added = False
        for capability, name in self.capabilities.items():
            added |= self._add(name, f"provides {capability}")
        for name in list(self.enabled):
            for other, entry in self.definitions[name].depends_on.items():
                if entry["required"]:
                    added |= self._add(other, f"needed by {name}")
        return added

    def _choose_between(self) -> bool:
        """Choose for one capability that several services of the project provide."""
        for capability, names in sorted(self._providers().items()):
            if len(names) < 2 or capability in self.capabilities:
                continue
            kept = [name for name in names if name in self.present]
            chosen = kept[0] if kept else min(names, key=self._rank)
            self.capabilities[capability] = chosen
            others = _listed(name for name in names if name != chosen)
            word = "still provides" if kept else "provides"
            self.reasons.append(
                f"{chosen} {word} {capability}, not {others}; `capabilities` in phlo.yaml can name another."
            )
            return True
        return False

    def _choose_missing(self) -> bool:
        """Add one provider of what is required and not provided: that of most such capabilities."""
        provided = self._providers()
        missing: dict[str, list[str]] = {}
        for name in self.enabled:
            for capability in self.definitions[name].requires:
                if capability not in provided and not is_collected(capability):
                    missing.setdefault(capability, []).append(name)
        able = {
            name: [capability for capability in sorted(missing) if capability in definition.provides]
            for name, definition in self.definitions.items()
        }
        candidates = [name for name, found in able.items() if found]
        if not candidates:
            return False
        chosen = min(candidates, key=lambda name: (-len(able[name]), self._rank(name)))
        others = {name for name in candidates if name != chosen and set(able[name]) & set(able[chosen])}
        for capability in able[chosen]:
            if any(capability in able[name] for name in others):
                self.capabilities[capability] = chosen
        needing = sorted({name for capability in able[chosen] for name in missing[capability]})
        verb = "needs" if len(needing) == 1 else "need"
        instead = f"; {_listed(sorted(others))} could provide it instead" if others else ""
        self.reasons.append(f"{chosen} is added: {_listed(needing)} {verb} {_listed(able[chosen])}{instead}.")
        self.enabled[chosen] = f"provides {_listed(able[chosen])}"
        return True

    def _providers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self.enabled:
            for capability in self.definitions[name].provides:
                if not is_collected(capability):
                    found.setdefault(capability, []).append(name)
        return found

    def _rank(self, name: str) -> tuple[bool, bool, str]:
        """The smallest is preferred: services without a successor, then the default ones of packages."""
        definition = self.definitions[name]
        return (definition.succeeded_by or "") in self.definitions, not definition.default, name


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    return " and ".join(filter(None, [", ".join(every[:-1]), every[-1]]))
