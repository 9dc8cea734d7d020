#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""How long hopq takes for a large Postfix queue, beside a program that only opens and reads the same
files (bare_io) and beside postqueue, all in one run, in turn; ratios of medians. Also the time to the
first rows of the screen, and the memory of all processes together.

usage: bench.py HOPQ BARE_IO [COUNT] [ROUNDS]        (root; a real Postfix is started on loopback)
       bench.py HOPQ BARE_IO --config DIR [ROUNDS]   the queue of a Postfix that runs with DIR"""
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
import big_queue  # noqa: E402
import e2e  # noqa: E402
import postfix_rig  # noqa: E402


def generated(count):
    """(queue, config) of a Postfix that runs, with COUNT deferred messages it leaves alone."""
    postfix_rig.need()
    where = e2e.folder()
    postfix = postfix_rig.Postfix(where, [], queue_run_delay="86400s")
    postfix.start()
    staged = os.path.join(where, "staged")
    big_queue.build(staged, count)
    for queue in ("deferred", "defer"):
        for name in os.listdir(os.path.join(staged, queue)):
            target = os.path.join(postfix.queue, queue, name)
            shutil.rmtree(target, ignore_errors=True)
            shutil.move(os.path.join(staged, queue, name), target)
        subprocess.run(["chown", "-R", "postfix", os.path.join(postfix.queue, queue)], check=True)
    return postfix.queue, postfix.config


def timed(argv):
    begin = time.monotonic()
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.monotonic() - begin


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []


def proportional(pid):
    """KiB, shared pages divided among those who share them."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


def peak_memory(argv):
    """MiB of a command and its children together, at its highest."""
    peak = 0
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(proportional, [process.pid, *children(process.pid)])))
            time.sleep(0.02)
    return peak / 1024


def first_rows(argv, text):
    """Seconds until TEXT is on a screen of 80 by 24."""
    begin = time.monotonic()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        os.execv(argv[0], argv)
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen, took = b"", float("nan")
    while time.monotonic() - begin < 30:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        seen += os.read(terminal, 65536)
        if text in seen:
            took = time.monotonic() - begin
            break
    os.kill(pid, signal.SIGTERM)
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass
    os.waitpid(pid, 0)
    return took


def median(values):
    return statistics.median(values)


def main():
    hopq, bare = map(os.path.abspath, sys.argv[1:3])
    rest = sys.argv[3:]
    if rest[:1] == ["--config"]:
        config, rest = rest[1], rest[2:]
        queue = subprocess.run(["postconf", "-c", config, "-h", "queue_directory"], text=True,
                               capture_output=True, check=True).stdout.strip()
    else:
        queue, config = generated(int(rest[0]) if rest else 20000)
        rest = rest[1:]
    rounds = int(rest[0]) if rest else 5
    source = f"postfix:{queue}"
    commands = {
        "bare open+read, 1 thread": [bare, f"{queue}/deferred", f"{queue}/defer"],
        "hopq --dump=ndjson": [hopq, "--dump=ndjson", "--dns=off", source],
        "hopq --dump": [hopq, "--dump", "--dns=off", source],
        "postqueue -p": ["postqueue", "-c", config, "-p"],
        "postqueue -j": ["postqueue", "-c", config, "-j"],
    }
    times = {name: [] for name in commands}
    for turn in range(rounds + 1):  # the first warms the cache
        for name, argv in commands.items():
            took = timed(argv)
            if turn:
                times[name].append(took)
    floor = median(times["bare open+read, 1 thread"])
    print(f"{'':26} {'median':>8} {'min':>8} {'max':>8}  ratio to bare")
    for name, values in times.items():
        print(f"{name:26} {median(values):7.3f}s {min(values):7.3f}s {max(values):7.3f}s  "
              f"{median(values) / floor:.2f}")
    shown = [first_rows([hopq, "--dns=off", source], b".test") for _ in range(rounds)]
    print(f"{'first rows on the screen':26} {median(shown):7.3f}s {min(shown):7.3f}s "
          f"{max(shown):7.3f}s")
    print(f"{'memory of hopq, all':26} {peak_memory(commands['hopq --dump=ndjson']):7.1f} MiB")
    e2e.finish()


if __name__ == "__main__":
    main()
