"""Completion scripts for shells, made from the table of verbs; names come from `phlo __complete`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from phlo.cli import exits
from phlo.cli.option import Option, Verb
from phlo.cli.shell import Shell
from phlo.cli.verbs import SERVICES_ALIASES, VERBS


def completion(options: Any, shell: Shell) -> int:
    """Print a completion script."""
    shell.out.write({"bash": bash_script, "zsh": zsh_script, "fish": fish_script}[options.shell]())
    return exits.OK


def offer(words: Sequence[str], shell: Shell) -> None:
    """Print names for a shell to offer, one a line: services, plug-ins or tasks. Prints nothing when it cannot tell."""
    from phlo.errors import PhloError

    try:
        for name in _names(words[0] if words else "", shell):
            shell.say(name)
    except (PhloError, OSError):
        return


def _names(kind: str, shell: Shell) -> Iterable[str]:
    if kind == "plugins":
        from phlo.discovery.registry import load_registry

        return [entry.name for entry in load_registry()]
    if kind != "services":
        return []
    from phlo.config.root import PROJECT_FILE, find_project_root
    from phlo.discovery.services import discover_services
    from phlo.errors import ConfigError
    from phlo.user_cache import cache_folder
    from phlo.yaml_source import CoreLoader, load_yaml

    cache = cache_folder(shell.environ)
    try:
        root = find_project_root(shell.cwd)
    except ConfigError:
        return list(discover_services(cache=cache).services)
    if not (root / PROJECT_FILE).is_file():
        from phlo.compose.project import read_project
        from phlo.compose.project_files import default_files, files_of

        files = files_of(default_files(root), start=root, environ=shell.environ)
        return sorted(read_project(files, environ=shell.environ).services)
    given = load_yaml(root / PROJECT_FILE, loader=CoreLoader).data.get("services") or {}
    own = [name for name, entry in given.items() if isinstance(entry, dict)]
    return sorted({*discover_services(root, cache=cache).services, *own})


def _commands() -> dict[str, Verb]:
    """Every way to name a verb, `services logs` and aliases included."""
    commands = {name: verb for verb in VERBS for name in (verb.name, *verb.aliases)}
    commands |= {f"services {name}": commands[name] for name in SERVICES_ALIASES}
    commands |= {f"run {name}": verb for name, verb in list(commands.items()) if verb.is_task and " " not in name}
    return commands


def _first_words() -> list[str]:
    return sorted({name.partition(" ")[0] for name in _commands()})


def _second_words(first: str) -> list[str]:
    return sorted({name.partition(" ")[2] for name in _commands() if name.startswith(f"{first} ")})


def _families() -> list[str]:
    return sorted({name.partition(" ")[0] for name in _commands() if " " in name})


def _flags(verb: Verb) -> list[str]:
    return [flag for option in verb.flagged() for flag in option.flags]


def _valued(verb: Verb) -> list[Option]:
    return [option for option in verb.flagged() if option.takes_value]


def _source(option: Option | None) -> str:
    """What a shell completes an option's value with: a word list in quotes, or one of the kinds of `complete`."""
    if option is None:
        return ""
    return f"={' '.join(option.choices)}" if option.choices else option.complete


def _positional(verb: Verb) -> Option | None:
    return next((option for option in verb.arguments() if option.choices or option.complete), None)


def bash_script() -> str:
    """For bash 4 and newer."""
    lines = [
        "# bash completion of phlo; made by `phlo completion bash`",
        "_phlo_from() {",
        '  local cur="${COMP_WORDS[COMP_CWORD]}"',
        '  case "$1" in',
        '    =*) COMPREPLY=($(compgen -W "${1#=}" -- "$cur")) ;;',
        '    files) COMPREPLY=($(compgen -f -- "$cur")) ;;',
        '    folders) COMPREPLY=($(compgen -d -- "$cur")) ;;',
        '    ?*) COMPREPLY=($(compgen -W "$(phlo __complete "$1" 2>/dev/null)" -- "$cur")) ;;',
        "    *) COMPREPLY=() ;;",
        "  esac",
        "}",
        "_phlo() {",
        '  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}"',
        '  local command="${COMP_WORDS[1]}" flags="" argument=""',
        "  COMPREPLY=()",
        '  if [ "$COMP_CWORD" -eq 1 ]; then',
        f'    _phlo_from "={" ".join([*_first_words(), "--help", "--version"])}"; return',
        "  fi",
        '  case "$command" in',
    ]
    for first in _families():
        lines += [
            f"    {first})",
            '      if [ "$COMP_CWORD" -eq 2 ] && [[ "$cur" != -* ]]; then',
            f'        _phlo_from "={" ".join(_second_words(first))}"; return',
            "      fi",
            f'      command="{first} ${{COMP_WORDS[2]}}" ;;',
        ]
    lines += ["  esac", '  case "$command" in']
    for name, verb in _commands().items():
        lines.append(f'    "{name}")')
        valued = _valued(verb)
        if valued:
            lines.append('      case "$prev" in')
            lines += [
                f'        {"|".join(option.flags)}) _phlo_from "{_source(option)}"; return ;;' for option in valued
            ]
            lines.append("      esac")
        lines.append(f'      flags="{" ".join([*_flags(verb), "--help"])}"; argument="{_source(_positional(verb))}" ;;')
    lines += [
        "  esac",
        '  case "$cur" in',
        '    -*) _phlo_from "=$flags" ;;',
        '    *) _phlo_from "$argument" ;;',
        "  esac",
        "}",
        "complete -F _phlo phlo",
    ]
    return "\n".join(lines) + "\n"


def zsh_script() -> str:
    """For zsh, with descriptions; `compinit` must have run."""
    lines = [
        "#compdef phlo",
        "# zsh completion of phlo; made by `phlo completion zsh`",
        # _arguments puts options of compadd before the kind.
        '_phlo_names() { local -a names; names=(${(f)"$(phlo __complete $@[-1] 2>/dev/null)"})',
        '  compadd "${(@)@[1,-2]}" -a names }',
        "_phlo() {",
        "  local -a commands",
        "  local command=$words[2]",
        "  if (( CURRENT == 2 )); then",
        "    commands=(",
        *(f"      {_zsh_described(first, _summary(first))}" for first in _first_words()),
        "    )",
        "    _describe command commands; return",
        "  fi",
        "  case $command in",
    ]
    for first in _families():
        members = " ".join(_zsh_described(second, _summary(f"{first} {second}")) for second in _second_words(first))
        lines += [
            f"    {first})",
            f"      if (( CURRENT == 3 )); then commands=({members}); _describe command commands; return; fi",
            f'      command="{first} $words[3]"; shift words; (( CURRENT-- )) ;;',
        ]
    lines += ["  esac", "  shift words; (( CURRENT-- ))", "  case $command in"]
    for name, verb in _commands().items():
        specs = [*_zsh_specs(verb), "'(-h --help)'{-h,--help}'[show help]'"]
        lines.append(f'    "{name}") _arguments {" ".join(specs)} ;;')
    lines += ["  esac", "}", "compdef _phlo phlo"]
    return "\n".join(lines) + "\n"


def _zsh_specs(verb: Verb) -> Iterable[str]:
    for option in verb.flagged():
        value = f":{option.value_name}:{_zsh_action(option)}" if option.takes_value else ""
        text = option.help.replace("[", "(").replace("]", ")").replace(":", r"\:")
        for flag in option.flags:
            again = "*" if option.repeatable else ""
            yield _zsh_quoted(f"{again}{flag}[{text}]{value}")
    positional = _positional(verb)
    if positional:
        yield _zsh_quoted(f"*:{positional.value_name}:{_zsh_action(positional)}")


def _zsh_action(option: Option) -> str:
    if option.choices:
        return f"({' '.join(option.choices)})"
    return {"files": "_files", "folders": "_files -/", "": " "}.get(option.complete, f"_phlo_names {option.complete}")


def _zsh_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _zsh_described(word: str, text: str) -> str:
    """A word and what it is for; a colon ends the word."""
    return _zsh_quoted(f"{word}:{text.replace(':', chr(92) + ':')}")


def _summary(name: str) -> str:
    verb = _commands().get(name)
    text = verb.help if verb else ", ".join(_second_words(name))
    return text


def fish_script() -> str:
    """For fish."""
    lines = ["# fish completion of phlo; made by `phlo completion fish`", "complete -c phlo -f"]
    for first in _first_words():
        lines.append(f"complete -c phlo -n __fish_use_subcommand -a {first} -d {_fish_quoted(_summary(first))}")
    for name, verb in _commands().items():
        first, _, second = name.partition(" ")
        if second:
            others = " ".join(_second_words(first))
            seen = f"__fish_seen_subcommand_from {first}; and not __fish_seen_subcommand_from {others}"
            lines.append(f"complete -c phlo -n '{seen}' -a {second} -d {_fish_quoted(verb.help)}")
        condition = f"__fish_seen_subcommand_from {first}" + (
            f"; and __fish_seen_subcommand_from {second}" if second else ""
        )
        lines += [f"complete -c phlo -n '{condition}' {spec}" for spec in _fish_specs(verb)]
    return "\n".join(lines) + "\n"


def _fish_specs(verb: Verb) -> Iterable[str]:
    for option in verb.flagged():
        flags = " ".join(f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags)
        yield f"{flags} {_fish_value(option)}-d {_fish_quoted(option.help)}"
    positional = _positional(verb)
    if positional:
        yield _fish_value(positional).removeprefix("-x ").strip()


def _fish_value(option: Option) -> str:
    if not option.takes_value:
        return ""
    if option.choices:
        return f"-x -a {_fish_quoted(' '.join(option.choices))} "
    if option.complete in ("files", "folders"):
        return "-r -F "
    return f"-x -a {_fish_quoted(f'(phlo __complete {option.complete} 2>/dev/null)')} " if option.complete else "-x "


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
