# SPDX-License-Identifier: ISC
"""What every end-to-end test needs: a private folder, hopq run under a time limit, checks that go
on after a failure, servers that are stopped whatever comes."""
import atexit
import collections
import contextlib
import json
import os
import random
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time

SKIPPED = 77  # ctest's SKIP_RETURN_CODE
NOBODY = 65534

failures = []


def check(good, *words):
    """Notes a failure and goes on: one run tells all that is wrong."""
    if not good:
        failures.append(" ".join(str(word) for word in words))
        if len(failures) <= int(os.environ.get("HOPQ_SHOW", "40")):
            print("FAIL:", *words, flush=True)
    return good


def same(what, got, wanted):
    return check(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")


started = time.monotonic()


def say(*words):
    print(f"{time.monotonic() - started:6.1f}s", *words, flush=True)


def skip(why):
    """In CI nothing may be missing; elsewhere a missing server skips the test, loudly."""
    say("SKIP:", why)
    sys.exit(1 if os.environ.get("HOPQ_CI") else SKIPPED)


def need(*programs):
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [name for name in programs if not shutil.which(name, path=path)]
    if missing:
        skip("not installed: " + ", ".join(missing))


def need_root():
    if os.geteuid() != 0:
        skip("wants root")


def finish():
    cleanups.close()  # may fail, too
    say(f"{len(failures)} failures" if failures else "all as it should be")
    sys.exit(1 if failures else 0)


# ---- a private folder, and what must be stopped with it ----

cleanups = contextlib.ExitStack()
atexit.register(cleanups.close)
for caught in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(caught, lambda number, frame: sys.exit(1))


def folder():
    """Everybody may pass through it: servers and helpers of other users work below."""
    path = tempfile.mkdtemp(prefix="hopq-e2e-")
    os.chmod(path, 0o755)
    if not os.environ.get("HOPQ_KEEP"):
        cleanups.callback(remove, path)
    return path


def mounts_below(path):
    """Mount points at PATH or below, as the kernel lists them. os.path.ismount() and st_dev do not
    tell a part of the machine that is bound there from the same file system."""
    top = os.fsencode(os.path.realpath(path))
    with open("/proc/self/mountinfo", "rb") as file:  # proc_pid_mountinfo(5): the fifth field
        points = [re.sub(rb"\\([0-7]{3})", lambda code: bytes([int(code[1], 8)]), line.split()[4])
                  for line in file]
    return [point for point in points if point == top or point.startswith(top + b"/")]


def remove(path):
    """Deletes a folder, but none that something is mounted in. These tests are root's and mount: a
    test that had the machine's own /usr/sbin bound below its folder has once emptied that with it.
    Better the folder stays, and the test fails."""
    mounted = mounts_below(path)
    if not check(not mounted, path, "is not deleted, mounted there:", mounted):
        return
    for _ in range(50):  # what a daemon left to itself may still write there
        shutil.rmtree(path, ignore_errors=True)
        if not os.path.lexists(path):
            break
        time.sleep(0.1)


def speaks_smtp(port):
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=5):
            return True
    except (OSError, smtplib.SMTPException):
        return False


def start(argv, **options):
    """A server in its own session; it goes with everything it started when the test ends."""
    process = subprocess.Popen(argv, start_new_session=True, stdin=subprocess.DEVNULL, **options)

    def stop():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    cleanups.callback(stop)
    return process


given = set()


def free_port(kind=socket.SOCK_STREAM):
    """A port that nobody uses, below those that the kernel gives to whoever asks for any (from
    32768 on, ip(7)): else a client, or another server of the test, may have it by the time it is
    bound."""
    for port in random.sample(range(20000, 32768), 1000):
        with socket.socket(socket.AF_INET, kind) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in given:
                given.add(port)
                return port
    raise OSError("no free port")


def wait_for(what, ready, seconds=60, pause=0.1):
    """Polls READY until it is true; what it last gave."""
    end = time.monotonic() + seconds
    while True:
        value = ready()
        if value:
            return value
        if time.monotonic() > end:
            say("FAIL: waited", seconds, "s for", what)
            sys.exit(1)
        time.sleep(pause)


# ---- hopq ----


def program():
    return os.path.abspath(sys.argv[1])


def public_copy(where):
    """A hopq that other users can start, wherever the build is."""
    copy = os.path.join(where, "hopq")
    shutil.copy(program(), copy)
    os.chmod(copy, 0o755)
    return copy


class Dump:
    """One run of "hopq --dump=ndjson": messages by id, the summary, standard error, the time."""

    def __init__(self, status, out, err, took):
        self.status, self.err, self.took = status, err, took
        self.objects = [json.loads(line) for line in out.split(b"\n") if line]
        self.messages = [o for o in self.objects if o["type"] == "message"]
        self.groups = [o for o in self.objects if o["type"] == "group"]
        self.summary = next((o for o in self.objects if o["type"] == "summary"), None)
        self.notices = self.summary["notices"] if self.summary else []

    def ids(self):
        return [message["id"] for message in self.messages]

    def by_id(self):
        found = {message["id"]: message for message in self.messages}
        twice = [name for name, count in collections.Counter(self.ids()).items() if count > 1]
        check(not twice, "listed twice:", twice[:5])
        return found

    def problems(self):
        return {m["id"]: [p["what"] for p in m["problems"]] for m in self.messages if m["problems"]}


def environment(**extra):
    kept = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS")
            if name in os.environ}
    return {"LC_ALL": "C.UTF-8", "TZ": "UTC", **kept, **extra}


def run(argv, seconds=60, as_nobody=False, **options):
    """Runs a command to its end; (status, out, err, took). One that hangs is a failure."""
    if as_nobody:
        argv = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *argv]
    options.setdefault("env", environment())
    begin = time.monotonic()
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               start_new_session=True, **options)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        check(False, "hangs for", seconds, "s:", " ".join(argv))
    return process.returncode, out, err.decode(errors="replace"), time.monotonic() - begin


def dump(*arguments, hopq=None, **options):
    argv = [hopq or program(), "--dump=ndjson", *arguments]
    return Dump(*run(argv, **options))


def newest(top, name):
    """The folder called NAME below TOP that was changed last."""
    found = [path for path, _, _ in os.walk(top) if os.path.basename(path) == name]
    return max(found, key=os.path.getmtime, default=top)


def saved_texts(base):
    """What the last run that saved messages below BASE has saved."""
    folder = newest(base, "new")
    texts = []
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            texts.append(file.read())
    return texts


# ---- processes ----


def status_of(pid):
    """Fields of /proc/PID/status; empty when it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    except (FileNotFoundError, ProcessLookupError):
        return {}


def helper_of(pid, title):
    """The child of PID that calls itself TITLE, as "hopq [parse]"; None: there is none now."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = file.read().split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    for child in children:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            with open(f"/proc/{child}/cmdline", "rb") as file:
                if file.read().split(b"\0")[0] == title.encode():
                    return int(child)
    return None
