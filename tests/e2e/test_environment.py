# SPDX-License-Identifier: ISC
"""What hopq makes of little: tight limits, no /dev/null, and a terminal whose keeper is stopped.
usage: test_environment.py HOPQ"""
import fcntl
import os
import pty
import signal
import subprocess
import termios

import big_queue
import e2e
from e2e import check, same

COUNT = 300
ROUNDS = 10


def limited(queue, ids, *limits):
    """All is read within limits that are the user's own and may not be raised."""
    found = e2e.Dump(*e2e.run(["prlimit", *limits, "--", e2e.program(), "--dump=ndjson",
                               "--dns=off", "postfix:" + queue]))
    same(f"{limits}: exit status", (found.status, found.err), (0, ""))
    same(f"{limits}: ids", sorted(found.ids()), sorted(ids))
    same(f"{limits}: problems", found.problems(), {})


def few_files(queue):
    """Too few to work at all is told, and how to get more."""
    status, _, err, _ = e2e.run(["prlimit", "--nofile=20:20", "--", e2e.program(), "--dump",
                                   "postfix:" + queue])
    same("few files: exit status", status, 70)
    check("ulimit -n" in err, "few files:", err)


def takes_little_memory():
    """Not with sanitizers, which reserve terabytes."""
    return e2e.run(["prlimit", "--as=1000000000", "--", e2e.program(), "--version"])[0] == 0


def no_null(queue):
    script = 'mount -t tmpfs none /dev && exec "$@"'
    status, _, err, _ = e2e.run(["unshare", "--mount", "sh", "-c", script, "sh", e2e.program(),
                                   "--dump", "postfix:" + queue])
    same("no /dev/null: exit status", status, 70)
    check("/dev/null" in err, "no /dev/null:", err)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def is_drawn(terminal):
    return not termios.tcgetattr(terminal)[3] & termios.ICANON


def keeper_of(pid):
    """The child that is ready to give the terminal back: it has its name then."""
    names = {child: e2e.status_of(child).get("Name") for child in children(pid)}
    return next((child for child, name in names.items() if name == "hopq [tty]"), None)


def killed_with_stopped_keeper(queue):
    """Whoever stops all of hopq and kills the front gets the terminal back all the same."""
    ours, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, b"\x18\0\x50\0\0\0\0\0")
    before = termios.tcgetattr(terminal)
    process = subprocess.Popen([e2e.program(), "--dns=off", "postfix:" + queue], stdin=terminal,
                               stdout=terminal, stderr=terminal, start_new_session=True,
                               env=e2e.environment(TERM="xterm"))
    e2e.cleanups.callback(process.kill)
    e2e.wait_for("the screen", lambda: is_drawn(terminal), pause=0.02)
    keeper = e2e.wait_for("the keeper", lambda: keeper_of(process.pid), pause=0.02)
    os.kill(keeper, signal.SIGSTOP)
    process.kill()
    process.wait()
    e2e.wait_for("the terminal as it was", lambda: termios.tcgetattr(terminal)[:4] == before[:4],
                 seconds=20, pause=0.02)
    e2e.wait_for("the keeper's end", lambda: not e2e.status_of(keeper) or
                 e2e.status_of(keeper)["State"].startswith("Z"), seconds=20, pause=0.02)
    os.close(terminal)
    os.close(ours)


def main():
    e2e.need("prlimit", "unshare")
    queue = os.path.join(e2e.folder(), "queue")
    ids = big_queue.build(queue, COUNT)
    limited(queue, ids, "--nofile=64:64")
    limited(queue, ids, "--nofile=32:1000")
    limited(queue, ids, "--fsize=0:0", "--core=0:0")
    few_files(queue)
    if takes_little_memory():
        limited(queue, ids, "--as=1000000000:1000000000")
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True,
                      env=e2e.environment()).returncode == 0:
        no_null(queue)
    for _ in range(ROUNDS):
        killed_with_stopped_keeper(queue)
    e2e.finish()


main()
