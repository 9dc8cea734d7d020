# SPDX-License-Identifier: ISC
"""hopq changes a real Postfix's queue: each verb exactly what was chosen, and what goes wrong is
told. usage: test_act.py HOPQ"""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import time

import e2e
import postfix_rig
from e2e import check, same

CONTENT = b"Subject: hello\n\nbody\n"


class Rig:
    def __init__(self, **settings):
        self.where = e2e.folder()
        routes = postfix_rig.sinks("greylist", "full", "throttle")
        self.postfix = postfix_rig.Postfix(self.where, routes, **settings)
        self.postfix.start()
        self.state = os.path.join(self.where, "state")
        self.environment = e2e.environment(HOPQ_STATE=self.state)

    def fill(self, count, domain):
        before = set(self.postfix.listing())
        for i in range(count):
            self.postfix.send(f"user{i}@corp.test", [f"u{i}@{domain}"], CONTENT)
        e2e.wait_for("mail to be deferred",
                     lambda: self.postfix.is_settled(len(before) + count), 60)
        return sorted(set(self.postfix.listing()) - before)

    def queues(self):
        return {name: entry["queue_name"] for name, entry in self.postfix.listing().items()}

    def act(self, verb, *arguments, yes=True, **options):
        argv = [e2e.program(), "--dns=off", "--dump=ndjson", "--act", verb,
                *(["--yes"] if yes else []), *arguments, "postfix:" + self.postfix.queue]
        options.setdefault("env", self.environment)
        status, out, err, took = e2e.run(argv, **options)
        objects = [json.loads(line) for line in out.splitlines()]
        results = {o["id"]: o for o in objects if o["type"] == "action"}
        summary = next((o for o in objects if o["type"] == "action-summary"), None)
        return status, results, summary, err

    def log(self):
        with open(os.path.join(self.state, "actions.log"), encoding="ascii") as file:
            return file.read()


def of(ids):
    return [word for name in ids for word in ("-m", name)]


def expect_done(what, outcome, ids):
    status, results, summary, err = outcome
    same(what + ": exit status", status, 0)
    same(what + ": standard error", err, "")
    same(what + ": ids", sorted(results), sorted(ids))
    same(what + ": results", {r["result"] for r in results.values()}, {"done"})
    same(what + ": done", summary["done"], len(ids))


def verbs(rig):
    full, other = rig.fill(8, "full.test"), rig.fill(4, "greylist.test")
    before = rig.queues()
    status, results, summary, _ = rig.act("hold", "--filter", "domain:full.test", yes=False)
    same("dry run: exit status", status, 0)
    same("dry run", sorted(results), full)
    same("dry run: results", {r["result"] for r in results.values()}, {"planned"})
    check(summary["dry_run"] and "postsuper" in summary["commands"][0], "dry run:", summary)
    same("after the dry run", rig.queues(), before)

    expect_done("hold", rig.act("hold", "--filter", "domain:full.test"), full)
    same("held", rig.queues(), {**before, **dict.fromkeys(full, "hold")})
    expect_done("release", rig.act("release", *of(full[:3])), full[:3])
    same("released", rig.queues(), {**before, **dict.fromkeys(full[3:], "hold")})

    log = len(open(rig.postfix.log, encoding="utf-8", errors="replace").read())
    expect_done("flush", rig.act("flush", *of(full[:1])), full[:1])
    tried = re.compile(r"\]: (\w+): to=<")
    e2e.wait_for("the attempt", lambda: tried.findall(log_from(rig, log)), 10)
    same("tried", set(tried.findall(log_from(rig, log))), set(full[:1]))
    e2e.wait_for("it to be deferred again", lambda: rig.queues().get(full[0]) == "deferred", 10)

    expect_done("expire", rig.act("expire", *of(full[1:2])), full[1:2])
    e2e.wait_for("the bounce", lambda: full[1] not in rig.queues(), 10)
    expect_done("requeue", rig.act("requeue", *of(full[2:3])), full[2:3])
    check(rig.queues().get(full[2]) in (None, "maildrop"), "requeued:", rig.queues())

    kept = set(rig.queues()) - set(full[3:5])
    texts = {name: rig.postfix.command("postcat", "-bhq", name) for name in full[3:5]}
    outcome = rig.act("delete", *of(full[3:5]))
    expect_done("delete", outcome, full[3:5])
    check(set(full[3:5]).isdisjoint(rig.queues()), "deleted ids are still there")
    check(set(other) <= set(rig.queues()) and kept - {full[2]} <= set(rig.queues()) | {full[1]},
          "others were hit:", rig.queues())
    saved(rig, outcome[2]["saved"], texts)
    for name in full[3:5]:
        check(f"action=delete source=postfix:{rig.postfix.queue} id={name} " in rig.log(),
              "not in the log:", name)
    outcome = rig.act("delete", "--no-save", "--yes", *of(full[5:6]), yes=False)
    expect_done("delete unsaved", outcome, full[5:6])
    same("saved of it", outcome[2]["saved"], None)
    refusals(rig, full[6])


def log_from(rig, start):
    with open(rig.postfix.log, encoding="utf-8", errors="replace") as file:
        return file.read()[start:]


def saved(rig, folder, texts):
    """What was deleted is there to the byte, opens in hopq, and goes back into the queue."""
    ids = list(texts)
    found = e2e.dump("--dns=off", "maildir:" + folder)
    same("saved messages", len(found.messages), len(ids))
    with open(f"{folder}/envelopes", encoding="ascii") as file:
        envelopes = {paragraph.split("\n")[0]: paragraph.rstrip("\n").split("\n")[1:]
                     for paragraph in file.read().split("\n\n") if paragraph}
    same("envelopes", sorted(envelopes), sorted(name + ".hopq" for name in ids))
    for name in ids:
        sender, recipient = envelopes[name + ".hopq"]
        check(sender.endswith("@corp.test") and recipient.endswith("@full.test"), sender, recipient)
        with open(f"{folder}/new/{name}.hopq", "rb") as file:
            same(f"content of {name}", file.read(), texts[name])
    with open(f"{folder}/messages.ndjson", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    same("records", sorted(r["id"] for r in records), sorted(ids))
    send = os.path.join(rig.where, "sendmail")
    with open(send, "w", encoding="ascii") as file:
        file.write(f'#!/bin/sh\nexec /usr/sbin/sendmail -C {rig.postfix.config} "$@"\n')
    os.chmod(send, 0o755)
    before = set(rig.queues())
    done = subprocess.run(["sh", folder + "/resubmit"], env={**os.environ, "SENDMAIL": send},
                          capture_output=True, check=False, timeout=60)
    same("resubmit", (done.returncode, done.stderr), (0, b""))
    e2e.wait_for("them to come back", lambda: len(set(rig.queues()) - before) >= len(ids), 20)
    sent_to_many(rig, folder, ids[0], texts[ids[0]])


def sent_to_many(rig, folder, name, text):
    """More recipients than a command takes: each command reads the whole text."""
    sent = os.path.join(rig.where, "sent")
    os.mkdir(sent)
    os.rename(f"{folder}/cur/{name}.hopq:2,S", f"{folder}/new/{name}.hopq")
    with open(f"{folder}/envelopes", "a", encoding="ascii") as file:
        file.writelines([f"{name}.hopq\n", "user@corp.test\n",
                         *(f"a.long.local.part.{i}@full.test\n" for i in range(6000)), "\n"])
    send = os.path.join(rig.where, "keep")
    with open(send, "w", encoding="ascii") as file:
        file.write(f'#!/bin/sh\nexec cat >{sent}/$$\n')
    os.chmod(send, 0o755)
    subprocess.run(["sh", folder + "/resubmit", name + ".hopq"],
                   env={**os.environ, "SENDMAIL": send}, check=True, timeout=60,
                   stdout=subprocess.DEVNULL)
    texts = []
    for entry in os.scandir(sent):
        with open(entry.path, "rb") as file:
            texts.append(file.read())
    check(len(texts) > 1, "one command took all recipients")
    check(set(texts) == {text}, "some commands sent another text")


def refusals(rig, held):
    status, results, summary, _ = rig.act("hold", *of([held, "FFFFFFFFFFF", "FFFFFFFFFFF"]))
    same("hold twice", (status, results[held]["result"]), (1, "refused"))
    same("one that is not there", (summary["chosen"], results["FFFFFFFFFFF"]["result"]), (2, "gone"))
    check("on hold already" in results[held]["detail"], results)
    for arguments, wanted in ((("--read-only", *of([held])), 77), (("-m", "FFFFFFFFFFF"), 66),
                              ((), 64), (("--filter", "nonsense:x"), 64)):
        status, _, _, err = rig.act("delete", *arguments)
        same(f"delete {arguments}", status, wanted)
        check(err.startswith("hopq: "), "no word about", arguments)
    status, results, _, _ = rig.act("delete", *of([held]), as_nobody=True,
                                    env=e2e.environment(HOPQ_STATE=rig.where + "/no"))
    check(status != 0 and held in rig.queues(), "nobody could delete", status, results)
    copy = os.path.join(rig.where, "copy")
    shutil.copytree(os.path.join(rig.postfix.queue), copy, ignore=lambda *_: ["private", "public"])
    argv = [e2e.program(), "--dns=off", "--act", "delete", "--yes", "--filter", "age:>0s",
            "postfix:" + copy]
    status, out, _, _ = e2e.run(argv, env=rig.environment)
    check(status == 1 and b"no Postfix of this machine works in this queue" in out, "copy:", out)
    check(os.path.exists(copy + "/hold") and any(os.scandir(copy + "/hold")), "the copy was hit")


def full_disk(rig):
    """Nothing is deleted that is not saved: here nothing can be."""
    ids = rig.fill(3, "throttle.test")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

    log = os.path.join(rig.state, "actions.log")
    os.rename(log, log + ".1")  # its growth would be the first to fail
    status, results, summary, _ = rig.act("delete", *of(ids), preexec_fn=limit)
    same("full disk: exit status", status, 1)
    check(summary["failure"] and "File too large" in summary["failure"], summary)
    same("full disk: done", summary["done"], 0)
    same("full disk: results", {r["result"] for r in results.values()} - {"not-run"},
         {"refused"})
    check(set(ids) <= set(rig.queues()), "deleted though not saved")


def stopped(rig):
    """The daemon that flushes is down: that is said; holding needs none."""
    ids = sorted(name for name, queue in rig.queues().items() if queue == "deferred")
    socket = os.path.join(rig.postfix.queue, "public/flush")
    os.rename(socket, socket + ".away")
    status, results, summary, _ = rig.act("flush", *of(ids[:2]))
    same("flush without flush(8)", (status, summary["done"]), (1, 0))
    check("mail system is down" in results[ids[0]]["detail"], results)
    os.rename(socket + ".away", socket)
    expect_done("hold", rig.act("hold", *of(ids[:2])), ids[:2])
    rig.postfix.stop()
    status, results, _, _ = rig.act("delete", *of(ids[:1]))
    same("queue of a Postfix that is not there", (status, results[ids[0]]["result"]),
         (1, "refused"))
    rig.postfix.start()


def interrupted(rig):
    """SIGINT between two batches: what was done is told exactly, and nothing more is."""
    ids = rig.fill(300, "greylist.test")
    before = len(rig.log())
    argv = [e2e.program(), "--dns=off", "--dump=ndjson", "--act", "flush", "--yes", *of(ids),
            "postfix:" + rig.postfix.queue]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=rig.environment, start_new_session=True)
    e2e.wait_for("the first batch", lambda: "action=flush" in rig.log()[before:], 30, 0.002)
    os.killpg(process.pid, signal.SIGINT)  # as the terminal does: to all of them
    out, _ = process.communicate(timeout=60)
    objects = [json.loads(line) for line in out.splitlines()]
    done = [o["id"] for o in objects if o.get("result") == "done"]
    not_run = [o["id"] for o in objects if o.get("result") == "not-run"]
    same("interrupted: exit status", process.returncode, 1)
    same("interrupted: all are told of", sorted(o["id"] for o in objects if "id" in o), ids)
    check(done and not_run, "interrupted too late or too early:", len(done), len(not_run))
    logged = set(re.findall(r"action=flush \S+ id=(\w+) \S+ result=done", rig.log()[before:]))
    check(set(done) <= logged and logged.isdisjoint(not_run), "the log says otherwise")


def main():
    postfix_rig.need()
    e2e.need("postsuper", "xargs")
    rig = Rig()
    for part in (verbs, full_disk, stopped, interrupted):
        e2e.say(part.__name__)
        part(rig)
    e2e.finish()


main()
