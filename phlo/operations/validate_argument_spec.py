"""Check variables of the host against an argument specification."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.operations.argument_spec import errors_of
from phlo.operations.command_result import TaskFailedError
from phlo.operations.fields import injected
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """argument_spec: the options: name, and its `type`, `required`, `choices`, `elements`, `options`.
    provided_arguments: values that are checked besides the variables of these names.
    validate_args_context: what the values are for, which a failure shows.
    """

    argument_spec: Mapping[str, Any]
    provided_arguments: Mapping[str, Any] = field(default_factory=dict)
    validate_args_context: Mapping[str, Any] = field(default_factory=dict)
    value_of: Callable[[str], tuple[Any, ...]] = injected("value_of")


def observe(args: Args, host: ReadHost) -> None:
    """Check the values. Raises OperationError with everything that is wrong."""
    variables = {name: value for name in args.argument_spec for value in args.value_of(name)}
    spec = {name: option or {} for name, option in args.argument_spec.items()}
    errors = errors_of(spec, {**variables, **args.provided_arguments})
    if errors:
        what = f"arguments are wrong: {'; '.join(errors)}"
        facts = {
            "argument_errors": errors,
            "argument_spec_data": dict(args.argument_spec),
            "validate_args_context": dict(args.validate_args_context),
        }
        raise TaskFailedError(what, fix="Set the variables that the role asks for.", facts=facts)


def decide(args: Args, seen: None) -> list[Change]:
    return []


def facts(args: Args, seen: None) -> dict[str, Any]:
    return {"msg": "The arguments are right", "validate_args_context": dict(args.validate_args_context)}


def message(args: Args) -> str:
    """What people see: nothing."""
    return ""


def apply(change: Change, args: Args, seen: None, host: Host) -> None:
    """There is never anything to change."""
