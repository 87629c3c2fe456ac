"""phlo backup and phlo restore: what every service keeps, in one archive and back."""

from __future__ import annotations

import shutil
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import phlo
from phlo.backup.archive import Contents, contents_of, files_of, pack, unpack
from phlo.backup.manifest import Entry, Manifest
from phlo.cli import exits
from phlo.cli.backup_notice import backup_notice, parts_with_data, refuse_protected, restore_notice
from phlo.cli.backup_parts import Part, backup_play, in_order, left_out, parts_of, restore_play
from phlo.cli.bring_up import bring_up
from phlo.cli.carry_out import carry_out, exit_code
from phlo.cli.deletion import agreed, check_unprotect, protection_of
from phlo.cli.planning import dependencies
from phlo.cli.play import PlaybookCommand, loader_of
from phlo.cli.shell import Shell
from phlo.cli.workspace import Workspace, all_places, open_hosts, open_workspace, project_root, resolve_project
from phlo.config.backup_key import backup_key, backup_keys
from phlo.config.candidates import STATE_FOLDER
from phlo.errors import ConfigError, OperationError, PhloError, did_you_mean
from phlo.hosts.live import live_containers
from phlo.images.present import name_of
from phlo.operations.local_file import written
from phlo.plan import build_power
from phlo.playbook.selection import Choice
from phlo.report.table import table
from phlo.size import size_text

if TYPE_CHECKING:
    from phlo.config.project import Project
    from phlo.playbook.load import Loader
    from phlo.playbook.model import Play
    from phlo.playbook.operations import Operations

SUFFIX = ".phlo.tar.gz"


def backup(options: Any, shell: Shell) -> int:
    """Write a backup."""
    work = _Work(options, shell)
    parts = parts_of(work.project, work.loader, services=options.services, with_volumes=options.volumes)
    target = _target(options.to, work.project.name, shell)
    for volume in [] if options.volumes or options.services else left_out(work.project, parts, work.loader):
        shell.tell(f"{work.sign('!')} the volume {volume} is not part of it. Add --volumes to back it up.")
    if not parts:
        what = "no service of this project has an action `backup`"
        raise ConfigError(what, where="phlo backup", fix="Add --volumes to back up its volumes as they are.")
    work.announce(backup_notice(parts, work.project))
    if options.check:
        names = ", ".join(part.path for part in parts)
        shell.say(f"{_shown(target, shell)} would hold: {names}.")
        return exits.OK
    key = backup_key(work.project.root)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".phlo-backup-", dir=target.parent) as name:
        folder = Path(name)
        code = work.save(parts, folder)
        if code != exits.OK:
            return code
        manifest = _manifest(parts, work.project, folder)
        with written(target, mode=0o600) as out:
            pack(manifest, folder, out, key=key)
    if not options.quiet and options.output != "json":
        _show(manifest, options, shell)
    size = target.stat().st_size
    shell.say(f"{_shown(target, shell)}: {len(parts)} part{'s' * (len(parts) != 1)}, {size_text(size)}.")
    return exits.OK


def restore(options: Any, shell: Shell) -> int:
    """Put a backup back: verify it whole, bring up what takes it, put it back, bring up the rest."""
    if not options.source:
        raise ConfigError("is given no archive", where="phlo restore", fix="Add --from FILE.")
    source = (shell.cwd / Path(options.source).expanduser()).resolve()
    if options.list:
        _list(contents_of(source, keys=_keys_if_any(options, shell)), options, shell)
        return exits.OK
    work = _Work(options, shell)
    with tempfile.TemporaryDirectory(prefix="phlo-restore-", dir=options.scratch) as name:
        folder = Path(name)
        keys = backup_keys(work.project.root)
        manifest, unverified = unpack(source, folder, keys=keys, accepts_unverified=options.unverified)
        if unverified is not None:
            work.announce([f"{_shown(source, shell)} is not verified: {unverified.what}."])
        parts = _parts_in(manifest, work, options.services)
        check_unprotect(work.project, options)
        known = work.existing(parts)
        work.announce(restore_notice(parts, work.dependents(parts), work.project))
        if options.check:
            return exits.OK
        if known and not _may_replace(manifest, known, options, shell):
            shell.tell("Nothing was restored.")
            return exits.FAILED
        return work.put_back(parts, folder)


def _keys_if_any(options: Any, shell: Shell) -> tuple[bytes, ...]:
    """The keys of the project; none outside a project, where the content of an archive can be listed, too."""
    try:
        root = project_root(options, shell)
    except ConfigError:
        if options.project_dir:
            raise
        return ()
    return backup_keys(root)


def _list(contents: Contents, options: Any, shell: Shell) -> None:
    """Show what an archive holds, and whether its MAC shows that this project wrote it."""
    manifest, unverified = contents
    shell.say(f"{manifest.project}, {manifest.created}, by phlo {manifest.phlo}")
    shell.say("Verified with the key of this project." if unverified is None else f"Not verified: {unverified.what}.")
    _show(manifest, options, shell)


def _target(given: str, project: str, shell: Shell) -> Path:
    path = shell.cwd / Path(given).expanduser()
    if given.endswith("/") or path.is_dir():
        path /= f"{project}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}{SUFFIX}"
    if path.exists():
        raise ConfigError("already exists", where=path, fix="Choose another name, or name a folder.")
    return path.resolve()


def _manifest(parts: Iterable[Part], project: Project, folder: Path) -> Manifest:
    return Manifest(
        project=project.name,
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        phlo=phlo.__version__,
        entries=tuple(_entry(part, folder) for part in parts),
    )


def _entry(part: Part, folder: Path) -> Entry:
    files = files_of(folder, part.path)
    if not files:
        what = f"the action backup of {part.service.name} wrote nothing"
        raise OperationError(what, fix="It should write to the file or folder that its argument `to` names.")
    definition = part.service.definition
    return Entry(
        service=part.service.name,
        volume=part.volume,
        path=part.path,
        image=name_of(part.service.image),
        version=definition.version or "",
        package=" ".join(filter(None, (definition.package, definition.package_version))),
        files=files,
    )


def _parts_in(manifest: Manifest, work: _Work, services: Sequence[str]) -> list[Part]:
    """What of the project the archive holds. Raises ConfigError when there is no place for something in it."""
    able = {(part.service.name, part.volume): part for part in parts_of(work.project, work.loader, with_volumes=True)}
    found, errors = [], []
    for name in services:
        if name not in {entry.service for entry in manifest.entries}:
            fix = did_you_mean(name, (entry.service for entry in manifest.entries))
            errors.append(ConfigError(f'the backup holds nothing of "{name}"', where="phlo restore", fix=fix))
    for entry in manifest.entries:
        if services and entry.service not in services:
            continue
        part = able.get((entry.service, entry.volume))
        if part is None:
            what = f"the backup holds {_what(entry)} of {entry.service}, for which this project has no place"
            fix = "Enable the service, or name those that you want: `phlo restore SERVICE --from FILE`."
            errors.append(ConfigError(what, where="phlo restore", fix=fix))
        else:
            found.append(part)
    if errors:
        from phlo.errors import first_of

        raise first_of(errors)
    return found


def _may_replace(manifest: Manifest, parts: Sequence[Part], options: Any, shell: Shell) -> bool:
    """Whether the data that services have now may be replaced. parts: those that have data."""
    names = ", ".join(dict.fromkeys(part.service.name for part in parts))
    what = f"The data that {names} have now will be replaced by their data of {manifest.created}."
    return agreed(what, options, shell, command="phlo restore")


def _show(manifest: Manifest, options: Any, shell: Shell) -> None:
    rows = [(entry.service, _what(entry), entry.package, size_text(entry.size)) for entry in manifest.entries]
    shell.say(table(("SERVICE", "WHAT", "PACKAGE", "SIZE"), rows, shell.style(options)))


def _what(entry: Entry) -> str:
    return f"volume {entry.volume}" if entry.volume else "data"


def _shown(path: Path, shell: Shell) -> str:
    return str(path.relative_to(shell.cwd)) if path.is_relative_to(shell.cwd) else str(path)


class _Work:
    """The project that is saved or put back."""

    def __init__(self, options: Any, shell: Shell) -> None:
        self._options = Namespace(**{**vars(options), "check": False, "diff": False, "limit": None, "services": []})
        self._shell = shell
        self._workspace: Workspace = open_workspace(self._options, shell)
        self.loader: Loader
        self._operations: Operations
        self.loader, self._operations = loader_of(self._workspace)
        self.project: Project = resolve_project(self._workspace, self._options, shell, generate_secrets=True)

    def sign(self, sign: str) -> str:
        return self._shell.style(self._options, err=True).sign(sign)

    def announce(self, sentences: Sequence[str]) -> None:
        """Say what is about to be stopped, removed or overwritten."""
        for sentence in sentences:
            self._shell.tell(f"{self.sign('!')} {sentence}")

    def dependents(self, parts: Sequence[Part]) -> list[str]:
        """The services that must not see half-restored data, and are stopped meanwhile."""
        return _dependents(self.project, {part.service.name for part in parts if part.restore})

    def existing(self, parts: Sequence[Part]) -> list[Part]:
        """The parts whose service or volume is on a host. Raises OperationError when one of them is protected."""
        hosts = open_hosts(self._workspace.inventory, all_places(self.project), self._shell.environ)
        refuse_protected(parts, self.project, hosts, protection_of(self.project, self._options))
        return parts_with_data(parts, self.project, hosts)

    def save(self, parts: Sequence[Part], folder: Path) -> int:
        """Write every part below `folder`."""
        folder.mkdir(mode=0o700, exist_ok=True)
        for part in parts:
            (folder / part.path).parent.mkdir(parents=True, exist_ok=True)
        return self._run("backup", [backup_play(part, self.project, self.loader, folder) for part in parts])

    def put_back(self, parts: Sequence[Part], folder: Path) -> int:
        """Put every part back, or, when one fails, all as it was before; and leave the whole project up."""
        before = folder / "before"
        known = [] if self._options.no_copy else self._there(parts)
        code = self._up([part.service.name for part in parts])
        if code == exits.OK:
            code = self._stop(self.dependents(parts))
        if code == exits.OK and known:
            code = self.save(known, before)
        if code != exits.OK:
            self._fail("Nothing was restored. `--no-copy` does without a copy of what there is now.")
            return code
        code = self._restore("restore", parts, folder)
        if code == exits.OK:
            names = ", ".join(dict.fromkeys(part.service.name for part in parts))
            self._shell.say(f"Restored: {names}.")
        elif known:
            code = self._undo(known, before) or exits.ROLLED_BACK
        else:
            self._fail("The restore failed half-way.")
        return self._up(()) or code

    def _there(self, parts: Sequence[Part]) -> list[Part]:
        """Those whose service is there already, and so may have something to lose."""
        hosts = open_hosts(self._workspace.inventory, all_places(self.project), self._shell.environ)
        there = {
            one.service
            for name, host in hosts.items()
            for one in live_containers(host.engine, self.project.name, host=name)
        }
        return [part for part in parts if part.service.name in there]

    def _undo(self, parts: Sequence[Part], before: Path) -> int:
        """Restore the previous data, each part separately: a part that fails must not prevent the others."""
        lost = [part for part in parts if self._restore("go back", [part], before) != exits.OK]
        if not lost:
            self._fail("The restore failed. Everything is as it was before.")
            return exits.OK
        kept = self.project.root / STATE_FOLDER / f"before-restore-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
        kept.parent.mkdir(exist_ok=True)
        shutil.move(before, kept)
        names = ", ".join(part.path for part in lost)
        self._fail(f"The restore failed, and so did going back, for {names}. What there was before is in {kept}.")
        return exits.FAILED

    def _fail(self, text: str) -> None:
        self._shell.tell(f"{self.sign('✗')} {text}")

    def _restore(self, title: str, parts: Sequence[Part], folder: Path) -> int:
        try:
            return self._run(title, [restore_play(part, self.project, self.loader, folder) for part in parts])
        except PhloError as error:  # whatever it is, going back comes before it
            return exits.report_error(error, self._options, self._shell)

    def _run(self, title: str, plays: Sequence[Play]) -> int:
        command = PlaybookCommand(
            workspace=self._workspace,
            project=self.project,
            loader=self.loader,
            operations=self._operations,
            options=self._options,
            shell=self._shell,
        )
        outcome = command.carry_out(plays, title=title, choice=Choice(), takes_lock=True, is_result=False)
        return exits.of_outcome(outcome)

    def _up(self, services: Sequence[str]) -> int:
        return bring_up(self._workspace, self._options, self._shell, services)

    def _stop(self, services: Sequence[str]) -> int:
        if not services:
            return exits.OK
        project = self.project
        hosts = sorted({host for name in services for host in project.services[name].hosts})
        plan = build_power(
            project.name,
            hosts,
            dependencies(project),
            services,
            "stopped",
            places={name: project.services[name].hosts for name in services},
            in_clusters={name: project.services[name] for name in services if project.services[name].placement},
            secrets=project.secrets,
        )
        opened = open_hosts(self._workspace.inventory, plan.hosts(), self._shell.environ)
        return exit_code(carry_out(project.root, plan, opened, self._options, self._shell), self._shell)


def _dependents(project: Project, restored: set[str]) -> list[str]:
    """The services that need one of `restored`, however far, and are not restored: they must not see half of it."""
    found: set[str] = set()
    for service in in_order(project):
        if any(need.service in restored | found for need in service.depends_on):
            found.add(service.name)
    return sorted(found - restored)
