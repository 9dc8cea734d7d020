# SPDX-License-Identifier: ISC
"""Changes to the queue of a real daemon when things go wrong: the tool fails half way or [act] dies,
the disk for what is saved is full, the daemon is down, a message is tried or its id given to another
between the plan and the change. The MTA's own files show what was done. One table, four MTAs.
usage: test_act_faults.py HOPQ MTA"""
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import e2e
import many
import package_rig
from e2e import check, same

COUNT = 8

# MTA: its tool; what each verb comes to while the daemon is down
TOOLS = {
    "postfix": ("/usr/sbin/postsuper", {}),  # a Postfix of this rig is known by its daemon alone
    "exim": ("/usr/sbin/exim", {"hold": "done", "release": "done", "flush": "done",
                                "expire": "done", "delete": "done"}),
    "sendmail": ("/usr/sbin/sendmail", {"hold": "done", "release": "done", "flush": "done",
                                        "delete": "done"}),
    "opensmtpd": ("/usr/sbin/smtpctl", {"hold": "failed", "flush": "failed", "delete": "failed"}),
}

# Stands in for a tool: ids that are not in a list do not get through, and it fails.
UNLUCKY = """#!/usr/bin/python3
import os, sys, subprocess
ids, allowed = [set(open("{where}/" + name).read().split()) for name in ("ids", "allowed")]
def good(word):
    return not any(name in word and name not in allowed for name in ids)
lines = [] if sys.stdin.isatty() else sys.stdin.read().splitlines()
argv = [word for word in sys.argv[1:] if good(word)]
dropped = len(argv) < len(sys.argv) - 1 or not all(map(good, lines))
some = any(name in word for word in argv + lines for name in allowed)
status = 0
if some or not dropped:
    status = subprocess.run(["{real}", *argv], text=True,
                            input="".join(line + "\\n" for line in lines if good(line))).returncode
if dropped:
    sys.exit("tool: fatal: out of luck")
sys.exit(status)
"""

# Stands in for a tool: ends who has it change something. Exim's tells its configuration, too.
KILLER = """#!/bin/sh
case $1 in -b*) exec {real} "$@";; esac
kill -KILL $PPID
"""

HANGING = """#!/bin/sh
echo $$ >{where}/hung.new
mv {where}/hung.new {where}/hung
exec sleep 600
"""


class Rig:
    def __init__(self, name):
        self.name = name
        self.tool, self.down = TOOLS[name]
        package_rig.go_inside()
        self.queue = many.MTAS[name](e2e.folder())
        self.queue.make(COUNT)
        self.ids = sorted(self.queue.ids)
        self.state = os.path.join(self.queue.where, "state")

    def files(self):
        """Of the messages that were chosen and the one that was not: id to what tells a change."""
        found = {}
        for top in self.queue.places:
            for base, _, names in os.walk(top):
                for name in names:
                    path = os.path.join(base, name)
                    for queue_id in [*self.ids, self.queue.other]:
                        if queue_id in path:
                            status = os.stat(path)
                            found.setdefault(queue_id, set()).add(
                                (path, status.st_ino, status.st_mode))
        return found

    def argv(self, verb, *ids):
        return [e2e.program(), "--dns=off", "--dump=ndjson", "--act", verb, "--yes",
                *[word for name in ids or self.ids for word in ("-m", name)], self.queue.source]

    def environment(self):
        return e2e.environment(HOPQ_STATE=self.state)

    def results(self, out):
        objects = [json.loads(line) for line in out.splitlines()]
        return ({o["id"]: o for o in objects if o["type"] == "action"},
                next((o for o in objects if o["type"] == "action-summary"), None))

    def act(self, verb, *ids):
        status, out, err, _ = e2e.run(self.argv(verb, *ids), env=self.environment(), seconds=120)
        return (status, *self.results(out), err)

    def act_while(self, work, verb, *ids):
        """WORK is done when the queue has been listed, and before anything is changed."""
        process = subprocess.Popen(self.argv(verb, *ids), env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        helper = e2e.wait_for("hopq [act]",
                              lambda: e2e.helper_of(process.pid, "hopq [act]"), 20, 0.001)
        os.kill(helper, signal.SIGSTOP)
        e2e.wait_for("the listing to be over", lambda: self.is_idle(process.pid), 60, 0.2)
        try:
            work()
        finally:
            os.kill(helper, signal.SIGCONT)
        out, err = process.communicate(timeout=120)
        return (process.returncode, *self.results(out), err)

    @staticmethod
    def is_idle(pid):
        """No process of it, but the one that was stopped, has used the processor for a while."""
        def used():
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                pids = [pid, *map(int, file.read().split())]
            total = 0
            for one in pids:
                with open(f"/proc/{one}/stat", encoding="ascii") as file:
                    total += sum(map(int, file.read().rpartition(")")[2].split()[11:13]))
            return len(pids), total

        first = used()
        time.sleep(1)
        return used() == first


@contextlib.contextmanager
def replaced(rig, script):
    """SCRIPT in place of the MTA's tool, which it finds as {real}."""
    path, tool = os.path.join(rig.queue.where, "wrapper"), os.path.realpath(rig.tool)
    real = os.path.join(rig.queue.where, os.path.basename(tool))
    many.copy_file(tool, real)  # with its group: smtpctl is set-gid
    package_rig.write(path, script.format(where=rig.queue.where, real=real))
    os.chmod(path, 0o755)
    subprocess.run(["mount", "--bind", path, tool], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", tool], check=True)


def half_way(rig):
    """The tool gets half of them and fails."""
    verb = "hold" if rig.name == "sendmail" else "delete"  # Sendmail has no tool that deletes
    rig.queue.fill()
    allowed = rig.ids[:COUNT // 2]
    for name, words in (("ids", rig.ids), ("allowed", allowed)):
        package_rig.write(os.path.join(rig.queue.where, name), " ".join(words))
    before = rig.files()
    with replaced(rig, UNLUCKY):
        status, results, summary, err = rig.act(verb)
    same("half way: exit status " + err, status, 1)
    same("half way: done", sorted(n for n, r in results.items() if r["result"] == "done"), allowed)
    others = {name: results[name] for name in rig.ids[COUNT // 2:]}
    same("half way: the others", {r["result"] for r in others.values()}, {"failed"})
    check(all("out of luck" in (r["detail"] or "") for r in others.values()),
          "half way: no word of the tool", others)
    same("half way: sum", summary["done"], len(allowed))
    after = rig.files()
    changed = {name for name in before if after.get(name) != before[name]}
    same("half way: changed", sorted(changed), allowed)


def killed(rig):
    """[act] dies while the tool is at work: what may have been changed is told, and in the log."""
    rig.queue.fill()
    before = rig.files()
    with replaced(rig, KILLER):
        status, results, summary, err = rig.act("hold")
    same("killed: exit status " + err, status, 1)
    same("killed: the queue", rig.files(), before)
    check("died" in (summary["failure"] or ""), "killed: said", summary)
    doubtful = {name for name, r in results.items() if r["result"] == "failed"}
    check(doubtful and all("not known" in results[name]["detail"] for name in doubtful), results)
    with open(rig.state + "/actions.log", encoding="ascii") as file:
        begun = set(re.findall(r"action=hold \S+ id=(\S+) \S+ result=begun", file.read()))
    same("killed: in the log", begun, doubtful)


def saver_dies(rig):
    """[save] dies with messages on the way: nothing goes that is not saved, and but for one that may
    be what killed it all are saved in the end."""
    rig.queue.fill()
    shutil.rmtree(rig.state, ignore_errors=True)
    process = subprocess.Popen(rig.argv("delete"), env=rig.environment(), stdout=subprocess.PIPE)

    def kill():
        helper = e2e.helper_of(process.pid, "hopq [act]")
        helper = helper and e2e.helper_of(helper, "hopq [save]")
        if helper:
            os.kill(helper, signal.SIGKILL)
        return helper or process.poll() is not None

    e2e.wait_for("hopq [save]", kill, 60, 0.0005)
    out, _ = process.communicate(timeout=120)
    results, summary = rig.results(out)
    done = sorted(name for name, r in results.items() if r["result"] == "done")
    check(len(done) >= COUNT - 1, "saver dies: done", results)
    same("saver dies: saved", sorted(name.removesuffix(".hopq") for name in
                                     os.listdir(summary["saved"] + "/new")), done)
    same("saver dies: the queue", sorted(set(rig.ids) - set(rig.files())), done)


def full_disk(rig):
    """Nothing is deleted when what was to be saved did not all fit."""
    rig.queue.fill()
    shutil.rmtree(rig.state, ignore_errors=True)
    os.makedirs(rig.state + "/saved")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", rig.state + "/saved"],
                   check=True)
    before = rig.files()
    try:
        status, results, summary, err = rig.act("delete")
        same("full disk: what is left on it", os.listdir(rig.state + "/saved"), [])
    finally:
        subprocess.run(["umount", rig.state + "/saved"], check=True)
    same("full disk: exit status " + err, status, 1)
    same("full disk: done", summary["done"], 0)
    check("No space left" in (summary["failure"] or ""), "full disk: said", summary["failure"])
    check({r["result"] for r in results.values()} <= {"refused", "not-run"}, results)
    same("full disk: the queue", rig.files(), before)


def hangs(rig):
    """A tool that does not come back: Ctrl-C is answered, a second one is not kept waiting, and the
    log has how it ended."""
    if rig.name != "postfix":  # one MTA shows it
        return
    rig.queue.fill()
    hung, log = os.path.join(rig.queue.where, "hung"), os.path.join(rig.state, "actions.log")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(log)
    with replaced(rig, HANGING):
        process = subprocess.Popen(rig.argv("hold"), env=rig.environment(), start_new_session=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        e2e.wait_for("the tool to hang", lambda: os.path.exists(hung), 60)
        os.killpg(process.pid, signal.SIGINT)
        while b"once more" not in (line := process.stderr.readline()) and line:
            pass
        check(line, "Ctrl-C is not answered")
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        with open(hung, encoding="ascii") as file:
            os.kill(int(file.read()), signal.SIGKILL)  # it is there yet
    results, summary = rig.results(out)
    same("hangs: exit status", process.returncode, 1)
    same("hangs: results", [r["result"] for r in results.values()], ["failed"] * COUNT)
    check("left by you" in (summary["failure"] or ""), "hangs: said", summary["failure"])

    def logged():
        with open(log, encoding="ascii") as file:
            lines = file.read().splitlines()
        return len([line for line in lines if "result=failed" in line and "signal" in line])

    e2e.wait_for("the log to have all", lambda: logged() == COUNT, 30)


def down(rig):
    """Without the daemon each verb works, or says why it does not."""
    for verb, wanted in rig.down.items():
        rig.queue.fill()
        if verb in rig.queue.before:
            rig.queue.run_own(rig.queue.before[verb])
        rig.queue.stop()
        before = rig.files()
        status, results, summary, err = rig.act(verb)
        same(f"daemon down, {verb}: exit status {err}", status, int(wanted != "done"))
        same(f"daemon down, {verb}", {r["result"] for r in results.values()}, {wanted})
        if wanted != "done":
            same(f"daemon down, {verb}: the queue", rig.files(), before)
            check(all(r["detail"] for r in results.values()), verb, "does not say why", results)
    rig.queue.start()


def tried_meanwhile(rig):
    """A message that was tried between the plan and the change is the same message."""
    rig.queue.fill()
    name = rig.ids[0]

    def attempt():
        before = rig.queue.attempts(name)
        rig.queue.try_one(name)
        e2e.wait_for("an attempt", lambda: rig.queue.attempts(name) not in (before, None), 30)

    status, results, _, err = rig.act_while(attempt, "hold", name)
    same(f"tried meanwhile {err} {results}", (status, results[name]["result"]), (0, "done"))


def id_of_another(rig):
    """Another message has the id by now: it is not hit."""
    rig.queue.fill()
    name, taken = rig.ids[:2]

    def replace():
        rig.queue.stop()
        paths = sorted({path for path, _, _ in rig.files()[name]})
        for path in paths:
            many.copy_file(path, path + ".new")
        for path in paths:
            os.unlink(path)
            os.rename(path + ".new", path)
        rig.queue.start()

    status, results, _, err = rig.act_while(replace, "delete", name, taken)
    same(f"another: exit status {err}", status, 1)
    same("another", {n: r["result"] for n, r in results.items()},
         {name: "reused", taken: "done"})
    found = rig.files()
    check(name in found and taken not in found, "another: the files", found.keys())


def not_running(rig):
    """That the daemon is down is told in one line, and only then. Daemons of other tests run on the
    same machine, so all but Postfix are looked for where only hopq's own processes are seen."""
    def told(*alone):
        found = e2e.run([*alone, e2e.program(), "--dump=ndjson", "--dns=off", rig.queue.source])
        return [text for text in e2e.Dump(*found).notices if "running" in text]

    postfix = rig.name == "postfix"
    rig.queue.fill()
    if postfix:  # one that is down is known where its configuration is the usual one
        subprocess.run(["mount", "--bind", rig.queue.server.config, "/etc/postfix"], check=True)
    same("running: told", told(), [])
    (rig.queue.server if postfix else rig.queue).stop()
    texts = told(*([] if postfix else ["unshare", "--pid", "--fork", "--mount-proc"]))
    check(len(texts) == 1 and rig.queue.source in texts[0], "not running: told", texts)


def main():
    rig = Rig(sys.argv[2])
    for part in (killed, half_way, hangs, saver_dies, full_disk, down, tried_meanwhile, id_of_another,
                 not_running):
        e2e.say(part.__name__)
        part(rig)
    e2e.finish()


main()
