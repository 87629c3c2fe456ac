"""Functions that templates can call: `lookup('env', 'HOME')`, `query`, `now()`; and the lookups of `with_NAME`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2.runtime import Context
from jinja2.utils import pass_context

from phlo.errors import PhloError, did_you_mean
from phlo.playbook.jinja import RENDER, Chained
from phlo.playbook.lookups.around import Around, LookupFailedError
from phlo.playbook.lookups.files import FILE_LOOKUPS
from phlo.playbook.lookups.lists import LIST_LOOKUPS
from phlo.playbook.lookups.passwords import password
from phlo.playbook.lookups.sequence import sequence
from phlo.playbook.lookups.values import VALUE_LOOKUPS

_PREFIXES = ("ansible.builtin.", "ansible.legacy.")

LOOKUPS: Mapping[str, Callable[..., list[Any]]] = {
    **VALUE_LOOKUPS,
    **LIST_LOOKUPS,
    **FILE_LOOKUPS,
    "sequence": sequence,
    "password": password,
}


def look_up(kind: str, around: Around, terms: Sequence[Any], options: Mapping[str, Any]) -> list[Any]:
    """What a lookup finds. Raises ValueError, or an error of the lookup."""
    name = next((kind.removeprefix(prefix) for prefix in _PREFIXES if kind.startswith(prefix)), kind)
    if name not in LOOKUPS:
        raise ValueError(f'there is no lookup "{kind}". {did_you_mean(name, LOOKUPS)}')
    try:
        return LOOKUPS[name](around, list(terms), **options)
    except TypeError as reason:
        raise ValueError(f"the lookup {kind} cannot be called so: {reason}") from None


def lookup_functions(root: Path) -> dict[str, Callable[..., Any]]:
    """The functions. root: where relative files start that are not beside the playbook."""

    @pass_context
    def lookup(
        context: Context, kind: str, *terms: Any, wantlist: bool = False, errors: str = "strict", **options: Any
    ) -> Any:
        around = Around(render=context.parent[RENDER], root=root)
        try:
            found = look_up(kind, around, terms, options)
        except (LookupFailedError, OSError, ValueError, PhloError):
            if errors not in ("ignore", "warn"):
                raise
            return [] if wantlist else None
        if wantlist or not found:
            return found
        if len(found) == 1:
            return found[0]
        return ",".join(found) if all(isinstance(item, str) for item in found) else found

    @pass_context
    def query(context: Context, kind: str, *terms: Any, **options: Any) -> Any:
        return lookup(context, kind, *terms, wantlist=True, **options)

    return {"lookup": lookup, "query": query, "q": query, "now": now, "undef": undef}


def now(utc: bool = False, fmt: str | None = None) -> Any:
    moment = datetime.now(UTC) if utc else datetime.now().astimezone()
    return moment.strftime(fmt) if fmt else moment.replace(tzinfo=None)


def undef(hint: str | None = None) -> Any:
    """A value that is not defined, for defaults that a user has to override."""
    return Chained(hint=hint, name=hint or "undef()")
