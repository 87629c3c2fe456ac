"""Services of a real host that has System V init scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from phlo.errors import OperationError
from phlo.values import Status
from tests.support.machine import Machine

SCRIPT = """\
#!/bin/sh
### BEGIN INIT INFO
# Provides: sleeper
# Required-Start:
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
### END INIT INFO
pid=/run/sleeper.pid
case $1 in
  start) sleep 4242 & echo $! > "$pid"; echo start >> /run/sleeper.log;;
  stop) kill "$(cat "$pid")"; rm "$pid"; echo stop >> /run/sleeper.log;;
  restart) "$0" stop; "$0" start;;
  reload) echo reload >> /run/sleeper.log;;
  status) [ "$SILENT" ] && exit 4; [ -e "$pid" ] || exit 3;;
esac
"""


@pytest.fixture
def sleeper(debian: Machine) -> Iterator[Machine]:
    debian.sh(
        "mkdir -p /etc/init.d /etc/rc0.d /etc/rc1.d /etc/rc2.d /etc/rc3.d /etc/rc4.d /etc/rc5.d /etc/rc6.d /etc/rcS.d"
    )
    debian.put("/etc/init.d/sleeper", SCRIPT)
    yield debian
    debian.sh("/etc/init.d/sleeper stop 2>/dev/null || true; rm -f /run/sleeper.log /etc/init.d/sleeper")


def test_a_service_is_started_enabled_restarted_and_stopped(sleeper: Machine) -> None:
    started = sleeper.changes_once("service", name="sleeper", state="started", enabled=True)
    assert started.facts == {"name": "sleeper", "state": "started", "enabled": True}
    assert [change.verb for change in started.changes] == ["enable", "start"]
    assert sleeper.sh("ls /etc/rc2.d | grep -c '^S[0-9]*sleeper$'") == "1\n"

    for state in ("restarted", "reloaded"):
        assert sleeper.run("service", name="sleeper", state=state).status is Status.CHANGED
    assert sleeper.sh("cat /run/sleeper.log").split() == ["start", "stop", "start", "reload"]

    sleeper.changes_once("service", name="sleeper", state="stopped", enabled=False)
    assert sleeper.run("service", name="sleeper", state="reloaded").changes[0].verb == "start"


def test_a_service_that_is_not_there_and_systemd_that_does_not_run_are_errors(sleeper: Machine) -> None:
    with pytest.raises(OperationError, match="there is no service nosuch"):
        sleeper.look("service", name="nosuch", state="started")
    with pytest.raises(OperationError, match="systemd does not run there") as refused:
        sleeper.look("systemd", name="sleeper", state="started")
    assert "Write `service`" in refused.value.fix
    with pytest.raises(OperationError, match="services are started by sysv there, not by systemd"):
        sleeper.look("service", name="sleeper", state="started", use="systemd")


def test_a_script_that_does_not_say_whether_it_runs_is_looked_for_among_the_programs(sleeper: Machine) -> None:
    sleeper.put("/etc/init.d/sleeper", SCRIPT.replace('[ "$SILENT" ] && exit', "exit"))
    sleeper.changes_once("service", name="sleeper", state="started", pattern="sleep 4242")
    sleeper.changes_once("service", name="sleeper", state="stopped", pattern="sleep 4242")


def test_the_name_of_a_host_is_written_for_its_next_start(debian: Machine) -> None:
    debian.sh("echo other > /etc/hostname")
    debian.changes_once("hostname", name="machine")
    assert debian.sh("cat /etc/hostname") == "machine\n"
