"""Runs playbooks with ansible-core: the environment of `record.py` calls this program, phlo never imports it.

Reads one line of JSON per case from stdin: {"folder", "arguments", "environ", "output"}; writes a line with the exit
code for each. The events of a case are in its output file. Each case is a fork of this process, so that ansible-core is
imported once.
"""

import json
import os
import sys
import traceback


def main():
    from ansible.cli.playbook import PlaybookCLI

    for line in sys.stdin:
        case = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(_run(PlaybookCLI, case))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(cli, case):
    os.environ.update(case["environ"], PEERS_OUTPUT=case["output"], PWD=case["folder"])
    os.chdir(case["folder"])
    log = os.open(case["output"] + ".log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        cli.cli_executor(["ansible-playbook", *case["arguments"]])
    except SystemExit as reason:
        return reason.code if isinstance(reason.code, int) else int(bool(reason.code))
    except BaseException:
        traceback.print_exc()
        return 99
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


main()
