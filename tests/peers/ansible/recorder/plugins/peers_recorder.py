"""Writes what a playbook did as lines of JSON: a callback plug-in of ansible-core, loaded by it alone."""

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: peers_recorder
type: stdout
short_description: events as lines of JSON
description: Writes the end of every task, and the counts of every host.
"""


def plain(value):
    if value is None or isinstance(value, (bool, int, float)):
        return value if value is None or isinstance(value, bool) else value + 0
    if isinstance(value, str):
        return str.__str__(value) + ""
    if isinstance(value, dict):
        return {f"{type(key).__name__}:{key}" if not isinstance(key, str) else key + "": plain(one)
                for key, one in value.items()}  # fmt: skip
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return {"__type__": type(value).__name__, "text": str(value)}


def shown(task, data):
    """What a `debug` task shows."""
    return plain(
        data.get(str(task.args["var"]), data.get("msg")) if task.args.get("var") is not None else data.get("msg")
    )


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "peers_recorder"

    def _write(self, **event):
        with open(os.environ["PEERS_OUTPUT"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(event) + "\n")

    def _task(self, result, status, **more):
        task = result._task
        data = result._result
        event = {
            "host": result._host.get_name(),
            "action": task.action.rpartition(".")[2],
            "name": (result.task_name if hasattr(result, "task_name") else task.name) if task.name else "",
            "status": status,
            **more,
        }
        if event["action"] == "debug" and status in ("ok", "changed") and "results" not in data:
            event["shown"] = shown(task, data)
        self._write(**event)

    def v2_runner_on_ok(self, result):
        self._task(result, "changed" if result._result.get("changed") else "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._task(result, "failed", ignored=bool(ignore_errors))

    def v2_runner_on_skipped(self, result):
        self._task(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self._task(result, "unreachable")

    def v2_runner_item_on_ok(self, result):
        if result._task.action.rpartition(".")[2] == "debug":
            self._write(item=True, host=result._host.get_name(), shown=shown(result._task, result._result))

    def v2_playbook_on_stats(self, stats):
        for host in sorted(stats.processed):
            self._write(stats=host, **stats.summarize(host))
