"""phlo services open: the page of a service, in a browser."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from phlo.child_environment import child_environment
from phlo.cli import exits
from phlo.cli.engine_address import engine_address
from phlo.cli.shell import Shell
from phlo.cli.workspace import Workspace, open_hosts, open_workspace, resolve_project
from phlo.errors import ConfigError, OperationError
from phlo.hosts.live import live_containers
from phlo.report.pages import ROUTE, Page, has_page, pages_of, reached_by

if TYPE_CHECKING:
    from phlo.config.project import Project, ResolvedService

_PROBE_SECONDS = 2.0
# Without any of these a Unix machine has nothing to show a page on (BROWSER: the user says what to run).
_DISPLAYS = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")


def open_page(options: Any, shell: Shell) -> int:
    """Print the address of a service's page, and open it where there is a display."""
    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell, fetch_secrets=False, asked=[options.service])
    service = project.services[options.service]
    pages = [page for page in _pages(service, project, workspace, shell) if page.scheme]
    if not pages:
        raise ConfigError(_no_page(service), where=service.name, fix=_others(project))
    chosen = _chosen(pages, options.port)
    if options.json:
        shell.say_json([_data(page) for page in pages])
        return exits.OK
    if chosen.name is None:
        raise _behind(chosen, workspace, shell)
    shell.say(chosen.url)
    shell.out.flush()
    for page in pages:
        if page != chosen and page.name is not None and not options.print:
            shell.tell(f"Also: {page.url}  (--port {page.published})")
    if not options.print:
        _show(chosen, shell)
    return exits.OK


def _pages(service: ResolvedService, project: Project, workspace: Workspace, shell: Shell) -> list[Page]:
    """The service's addresses; ports of which nothing is said are asked. Raises OperationError when it does not run."""
    hosts = open_hosts(workspace.inventory, service.runs_on, shell.environ)
    live = [
        one
        for name, host in hosts.items()
        for one in live_containers(host.engine, project.name, host=name, services=[service.name])
        if one.is_running
    ]
    if not live:
        raise OperationError("is not running", where=service.name, fix=f"Start it: `phlo up {service.name}`.")

    def reached(host: str, address: str) -> str | None:
        engine = engine_address(workspace.inventory, host, shell.environ).url
        return reached_by(address, engine=engine, given=workspace.inventory.hosts[host].address)

    return [
        page if page.scheme or page.name is None else page._replace(scheme=_spoken(page))
        for page in pages_of(service, live, reached)
    ]


def _spoken(page: Page) -> str | None:
    """`http` when that is what answers there."""
    from contextlib import closing
    from http.client import HTTPConnection, HTTPException

    with closing(HTTPConnection(str(page.name), page.published, timeout=_PROBE_SECONDS)) as connection:
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except (OSError, HTTPException):
            return None
    return "http"


def _chosen(pages: list[Page], port: int | None) -> Page:
    """The first, or the one at a port of the host or of the container."""
    if port is None:
        return next((page for page in pages if page.name is not None), pages[0])
    for page in pages:
        if port in (page.published, page.port):
            return page
    known = ", ".join(str(page.published) for page in pages)
    raise ConfigError(f"{pages[0].service} has no page at port {port}", where="--port", fix=f"It has them at: {known}.")


def _no_page(service: ResolvedService) -> str:
    ports = ", ".join(f"{port.target}/{port.protocol}" for port in service.compose.ports)
    return f"has no page to open: nothing at its ports ({ports}) speaks HTTP" if ports else "publishes no port"


def _others(project: Project) -> str:
    names = {name for name, service in project.services.items() if has_page(service)}
    names |= {name for name, absence in project.absent.items() if ROUTE in absence.definition.provides}
    return f"These have a page: {', '.join(sorted(names))}." if names else ""


def _behind(page: Page, workspace: Workspace, shell: Shell) -> OperationError:
    url = engine_address(workspace.inventory, page.host, shell.environ).url
    options = workspace.inventory.hosts[page.host].ssh_options
    parts = urlsplit(url)
    name = parts.hostname or page.host
    to = f"{parts.username}@{name}" if parts.username else name
    forward = forward_command(page.published, to, parts.port if parts.scheme == "ssh" else None, options)
    return OperationError(
        f"publishes port {page.published} on {page.host} to programs of that machine only",
        where=page.service,
        fix=f"Forward it: `{forward}`, then open {page.url}; or publish it on an address that others reach.",
    )


def forward_command(port: int, to: str, ssh_port: int | None = None, options: Sequence[str] = ()) -> str:
    """The command that makes a port of another machine's loopback address one of this machine's."""
    at = ["-p", str(ssh_port)] if ssh_port else []
    return shlex.join(["ssh", *options, *at, "-N", "-L", f"{port}:127.0.0.1:{port}", to])


def _data(page: Page) -> Mapping[str, Any]:
    return {
        "service": page.service,
        "host": page.host,
        "title": page.title,
        "url": page.url,
        "port": page.published,
        "container_port": page.port,
        "reachable": page.name is not None,
    }


_OPEN = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"


def _show(page: Page, shell: Shell) -> None:
    if sys.platform not in ("darwin", "win32") and not any(shell.environ.get(name) for name in _DISPLAYS):
        shell.tell(_without_display(page, shell.environ))
        return
    import subprocess

    # A process of its own, because webbrowser hands its whole environment to the browser.
    command = [sys.executable, "-c", _OPEN, page.url]
    ended = subprocess.run(command, env=child_environment(shell.environ), capture_output=True, check=False)
    if ended.returncode:
        shell.tell("No browser could be started: open it yourself, or name one in BROWSER.")


def _without_display(page: Page, environ: Mapping[str, str]) -> str:
    """What to do on a machine without a display; in an SSH session the command that forwards the port."""
    _, _, server, ssh_port = environ.get("SSH_CONNECTION", "").split() if environ.get("SSH_CONNECTION") else [""] * 4
    if not server or page.name not in ("localhost", "127.0.0.1", "::1"):
        return "There is no display here: open the address in a browser."
    user = environ.get("USER") or environ.get("LOGNAME")
    to = f"{user}@{server}" if user else server
    command = forward_command(page.published, to, int(ssh_port) if ssh_port != "22" else None)
    return f"There is no display here. Run `{command}` on your computer, then open the address there."
