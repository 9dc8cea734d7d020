# SPDX-License-Identifier: ISC
"""Helpers of hopq that are killed or stopped in the middle of a scan, and what each may do.
usage: test_processes.py HOPQ"""
import contextlib
import itertools
import os
import random
import signal
import socket
import subprocess
import tempfile
import time

import big_queue
import e2e
from e2e import check, same

COUNT = 4000
SENDERS = 40  # domains that the DNS is asked about
ROUNDS = 8
SEED = 20261122
HELPERS = ("hopq [spool]", "hopq [parse]", "hopq [dns]")


class Running:
    """A hopq that is still at work."""

    def __init__(self, *arguments, pass_fds=(), **variables):
        self.begin = time.monotonic()
        self.out = tempfile.TemporaryFile()  # no pipe: it must not wait for us to read
        self.process = subprocess.Popen(
            [e2e.program(), "--dump=ndjson", *arguments], stdout=self.out,
            stderr=subprocess.PIPE, env=e2e.environment(**variables), pass_fds=pass_fds,
            start_new_session=True)

    def helper(self, title, seconds=20):
        """Its pid, once it runs; 0 when hopq ended before."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            pid = e2e.helper_of(self.process.pid, title)
            if pid:
                return pid
            time.sleep(0.001)
        return 0

    def signal(self, title, number):
        pid = self.helper(title)
        with contextlib.suppress(ProcessLookupError):
            if pid:
                os.kill(pid, number)
                return True
        return False

    def result(self, seconds=60):
        try:
            err = self.process.communicate(timeout=seconds)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            err = self.process.communicate()[1]
            check(False, "hangs for", seconds, "s")
        took = time.monotonic() - self.begin
        with self.out as file:
            file.seek(0)
            out = file.read()
        return e2e.Dump(self.process.returncode, out, err.decode(errors="replace"), took)


def silent_server():
    """A name server that never answers, and its address."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    e2e.cleanups.callback(server.close)
    return f"127.0.0.1:{server.getsockname()[1]}"


def is_complete(found, ids, what):
    same(f"{what}: ids", sorted(found.ids()), sorted(ids))
    same(f"{what}: problems", found.problems(), {})


def killed_anywhere(queue, ids, title, *arguments):
    """Kills TITLE at moments spread over the scan; every listing must be whole all the same."""
    chance = random.Random(SEED)
    whole = e2e.dump(*arguments, "postfix:" + queue)
    is_complete(whole, ids, "undisturbed")
    hits = 0
    for turn in range(ROUNDS):
        running = Running(*arguments, "postfix:" + queue)
        time.sleep(whole.took * chance.uniform(0, 0.9))
        hit = running.signal(title, signal.SIGKILL)
        found = running.result()
        is_complete(found, ids, f"{title} killed, turn {turn}")
        same(f"{title} killed, turn {turn}: exit status", found.status, 0)
        if hit and found.notices:
            hits += 1
            check(title in found.notices[0] and "killed" in found.notices[0], found.notices)
    check(hits >= ROUNDS // 4, "killed only", hits, "of", ROUNDS, "times", title)
    e2e.say(f"{title}: killed {hits} times, {whole.took:.2f} s undisturbed")


def killed_early(queue, ids):
    """As soon as it is there, again and again."""
    running = Running("--dns=off", "postfix:" + queue)
    last = 0
    for _ in range(5):
        pid = running.helper("hopq [parse]")
        if pid in (0, last):
            break
        last = pid
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    is_complete(running.result(), ids, "[parse] killed five times over")


def dns_stopped(queue, ids, server):
    """One that says nothing, not even that it cannot: bounded by the time-out."""
    running = Running("--full", f"--dns={server}", "--dns-timeout=300", "postfix:" + queue)
    check(running.signal("hopq [dns]", signal.SIGSTOP), "[dns] could not be stopped")
    found = running.result(60)
    is_complete(found, ids, "[dns] stopped")
    check(found.took < 30, "[dns] stopped:", found.took, "s")
    e2e.say(f"[dns] stopped: {found.took:.2f} s")


def spool_killed(queue, ids):
    """Nothing more comes then. What has come is listed, and the end is told."""
    chance = random.Random(SEED)
    usual = e2e.dump("--dns=off", "postfix:" + queue).took
    partial = 0
    for turn in range(ROUNDS):
        running = Running("--dns=off", "postfix:" + queue)
        time.sleep(usual * chance.uniform(0, 0.7))
        hit = running.signal("hopq [spool]", signal.SIGKILL)
        found = running.result(20)
        what = f"[spool] killed, turn {turn}"
        if not hit or found.status == 0:
            is_complete(found, ids, what)
        elif found.status == 70:
            check("the spool helper is gone" in found.err, what, found.err)
        else:
            same(f"{what}: exit status", found.status, 2)
            check("hopq [spool] was killed" in found.err, what, found.err)
            check(set(found.by_id()) <= set(ids), what, "invented messages")
            partial += 1
    e2e.say(f"hopq [spool]: {partial} partial results")
    check(partial, "never killed in the middle")


def front_killed(queue, server):
    """The helpers must not outlive it, not even one that is stopped: as soon as it can be seen, or
    when it is confined; nor where the front, the user's of sudo, has no right to kill them."""
    users = [{}, {"SUDO_UID": "1000", "SUDO_GID": "1000"}] if os.geteuid() == 0 else [{}]
    for user, title, early in itertools.product(users, HELPERS, (True, False)):
        running = Running("--full", f"--dns={server}", "--dns-timeout=5000", "postfix:" + queue,
                          **user)
        if early:
            running.signal(title, signal.SIGSTOP)
        pids = [running.helper(name) for name in HELPERS]
        check(all(pids), "helpers:", pids)
        if not early:
            wait_confined(running, title)
            running.signal(title, signal.SIGSTOP)
        running.process.kill()
        running.process.communicate()
        end = time.monotonic() + 20
        while any(alive(pid) for pid in pids) and time.monotonic() < end:
            time.sleep(0.02)
        left = [name for name, pid in zip(HELPERS, pids) if alive(pid)]
        same(f"helpers without a front, {title} stopped, {user}", left, [])


def alive(pid):
    status = e2e.status_of(pid)
    return bool(status) and not status["State"].startswith("Z")


# ---- what each may do ----

DAC_READ_SEARCH = 1 << 2


def mounts(pid):
    """The options of all that a process sees mounted; none when it is gone."""
    try:
        with open(f"/proc/{pid}/mountinfo", encoding="utf-8") as file:
            return [set(line.split()[5].split(",")) for line in file]
    except OSError:
        return []


def may_mount():
    return subprocess.run(["unshare", "--mount", "--propagation", "slave", "true"], check=False,
                          capture_output=True).returncode == 0


def confinement(queue, server):
    secret = os.open(__file__, os.O_RDONLY)  # what a careless caller has left open
    running = Running("--full", f"--dns={server}", "--dns-timeout=3000", "postfix:" + queue,
                      pass_fds=(secret,))
    state = {title: wait_confined(running, title) for title in HELPERS}
    for title in state:
        check(os.path.realpath(__file__) not in opened_by(running.helper(title)),
              title, "has a file of the caller's open")
    os.close(secret)
    front = e2e.status_of(running.process.pid)
    for title, status in state.items():
        ignored = int(status.get("SigIgn", "0"), 16)
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            check(ignored & 1 << (number - 1), title, "ends by", number.name, "of its terminal")
    seen = mounts(running.helper("hopq [spool]"))
    running.process.kill()
    running.process.communicate()
    for title in ("hopq [parse]", "hopq [dns]"):
        same(f"{title} Seccomp", state[title].get("Seccomp"), "2")
        same(f"{title} NoNewPrivs", state[title].get("NoNewPrivs"), "1")
    if os.geteuid() != 0:
        return
    for title, status in [*state.items(), ("front", front)]:
        users = status.get("Uid", "").split() + status.get("Gid", "").split()
        check(set(users) == {str(e2e.NOBODY)}, title, "runs as", users)
        same(f"{title} groups", status.get("Groups", "").split(), [])
        capable = int(status.get("CapEff", "0"), 16) | int(status.get("CapPrm", "0"), 16)
        same(f"{title} capabilities", capable, DAC_READ_SEARCH if "spool" in title else 0)
    if may_mount():
        check(seen and all({"ro", "noatime"} <= options for options in seen),
              "hopq [spool] sees what can be written:", seen)
    same("hopq [spool] NoNewPrivs", state["hopq [spool]"].get("NoNewPrivs"), "1")


def opened_by(pid):
    """The files that it has open; of another user's process only root is told."""
    found = set()
    with contextlib.suppress(PermissionError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                found.add(os.readlink(f"/proc/{pid}/fd/{number}"))
    return found


def wait_confined(running, title):
    """Its status when it has entered its sandbox; else what it is after two seconds."""
    pid = running.helper(title)
    end = time.monotonic() + 2
    wanted = "Seccomp" if title != "hopq [spool]" else "NoNewPrivs"
    while time.monotonic() < end:
        status = e2e.status_of(pid)
        if status.get(wanted, "0") != "0":
            time.sleep(0.2)
            return e2e.status_of(pid)
        time.sleep(0.01)
    return e2e.status_of(pid)


def version():
    status, out, err, _ = e2e.run([e2e.program(), "--version"])
    text = out.decode()
    same("--version exit status", status, 0)
    for word in ("seccomp", "Landlock", "no new privileges", "GMime", "libspf2"):
        check(word in text, "--version does not name", word, "in", text, err)
    if os.geteuid() == 0:
        check("uid 65534" in text, "--version does not name the user in", text)


def main():
    where = e2e.folder()
    queue = os.path.join(where, "queue")
    ids = big_queue.build(queue, COUNT)
    few = os.path.join(where, "few")
    few_ids = big_queue.build(few, SENDERS)
    server = silent_server()
    version()
    confinement(few, server)
    killed_anywhere(queue, ids, "hopq [parse]", "--dns=off")
    killed_early(queue, ids)
    killed_anywhere(few, few_ids, "hopq [dns]", "--full", f"--dns={server}", "--dns-timeout=300")
    dns_stopped(few, few_ids, server)
    spool_killed(queue, ids)
    front_killed(few, server)
    e2e.finish()


main()
