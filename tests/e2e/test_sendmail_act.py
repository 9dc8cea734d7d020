# SPDX-License-Identifier: ISC
"""Changes to a real Sendmail's queue: mailq shows exactly the wanted change on exactly the wanted
messages, and what cannot be done is refused in words.
usage: test_sendmail_act.py HOPQ [split]"""
import fcntl
import os
import sys

import e2e
import sendmail_rig
from e2e import check, same

BODY = 3000 * b"A line of a body that must be saved before it is deleted.\n"


class Queue:
    def __init__(self, sendmail):
        self.sendmail = sendmail
        self.source = "sendmail:" + sendmail.queue

    def sets(self):
        """Ids that wait, and that are quarantined, as mailq has them."""
        return self.sendmail.listed_ids(), self.sendmail.listed_ids("-qQ")

    def act(self, verb, *names, yes=True):
        chosen = [f"--message={name}" for name in names]
        return e2e.run([e2e.program(), "--act=" + verb, "--dns=off", *chosen,
                        *(["--yes"] if yes else []), self.source])

    def files(self):
        return {name for _, _, names in os.walk(self.sendmail.queue) for name in names}


def held_and_released(queue, two):
    waiting, held = queue.sets()
    same("nothing is quarantined", held, set())
    status, out, err, _ = queue.act("hold", *two, yes=False)
    same("dry run", (status, queue.sets()), (0, (waiting, held)))
    check(b"-qI" in out and b"sendmail" in out, "the dry run tells the command:", out, err)
    same("hold", queue.act("hold", *two)[0], 0)
    same("after hold", queue.sets(), (waiting - set(two), set(two)))
    shown = e2e.dump("--dns=off", queue.source).by_id()
    same("states", {r["state"] for name in two for r in shown[name]["recipients"]}, {"held"})
    status, out, err, _ = queue.act("hold", two[0])
    check(status == 1 and b"already" in out + err.encode(), "hold again:", status, out, err)
    status, out, err, _ = queue.act("flush", two[0])
    check(status == 1 and b"release" in out + err.encode(), "flush what is held:", status, out, err)
    same("release", queue.act("release", two[0])[0], 0)
    same("after release", queue.sets(), (waiting - {two[1]}, {two[1]}))
    same("release the other", queue.act("release", two[1])[0], 0)
    same("after both", queue.sets(), (waiting, set()))


def flushed(queue, name):
    def attempts():
        return {m["id"]: m["recipients"][0]["attempts"]
                for m in e2e.dump("--dns=off", queue.source).messages}

    before = attempts()
    same("flush", queue.act("flush", name)[0], 0)
    e2e.wait_for("the attempt", lambda: attempts().get(name) == before[name] + 1, 20)
    same("others are not tried", {n: a for n, a in attempts().items() if n != name},
         {n: a for n, a in before.items() if n != name})


def deleted(queue, names):
    waiting, _ = queue.sets()
    others = {name for name in queue.files() if name[2:] not in names}
    status, out, err, _ = queue.act("delete", *names)
    check(status == 0, "delete:", status, out.decode(errors="replace"), err)
    same("after delete", queue.sets(), (waiting - set(names), set()))
    same("files", queue.files(), others)
    texts = e2e.saved_texts("/var/lib/hopq")
    same("saved", (len(texts), {text.partition(b"\n\n")[2] for text in texts}),
         (len(names), {BODY}))


def locked(queue, name):
    """Sendmail's own lock keeps everybody off."""
    waiting = queue.sets()[0]
    with open(queue.sendmail.control_file(name), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for verb in ("delete", "hold"):
            status, out, err, _ = queue.act(verb, name)
            check(status == 1 and b"at work" in out + err.encode(), verb, "of a locked message:",
                  status, out, err)
    same("after that", queue.sets()[0], waiting)


def refused(queue, name):
    before = queue.sets()
    for verb in ("expire", "requeue"):
        status, out, err, _ = queue.act(verb, name)
        check(status != 0 and "Sendmail cannot" in out.decode() + err, verb, status, out, err)
    same("after refusals", queue.sets(), before)


def submission(queue, sendmail):
    """What waits in the submission program's queue is listed with the other, not changed by it."""
    os.makedirs(sendmail.client, exist_ok=True)
    name = "6AM18qs1002221"
    for letter, text in (("q", "V8\nT1795309732\nK0\nN0\nSa@b.test\nRPFD:c@d.test\n.\n"),
                         ("d", "body\n")):
        with open(os.path.join(sendmail.client, f"{letter}f{name}"), "w", encoding="ascii") as file:
            file.write(text)
    check(name in e2e.dump("--dns=off", queue.source).ids(), "the submission queue is not listed")
    status, out, err, _ = queue.act("delete", name)
    check(status == 1 and b"submission" in out + err.encode(), "delete there:", status, out, err)
    check(os.path.exists(os.path.join(sendmail.client, "qf" + name)), "it was deleted")


def main():
    sendmail_rig.PACKAGE.need()
    where = e2e.folder()
    sendmail = sendmail_rig.Sendmail(where, ("greylist", "full"), split="split" in sys.argv[2:])
    sendmail.start()
    for i in range(8):
        sendmail.send("ann@ours.test", [f"u{i}@{('greylist', 'full')[i % 2]}.test"],
                      b"Subject: x\n\n" + BODY)
    names = sorted(e2e.wait_for("all to be tried", lambda: sendmail.is_settled(8), 60))
    queue = Queue(sendmail)
    held_and_released(queue, names[:2])
    flushed(queue, names[2])
    locked(queue, names[3])
    refused(queue, names[3])
    deleted(queue, names[4:6])
    submission(queue, sendmail)
    same("the rest", queue.sets()[0], set(names) - set(names[4:6]))
    e2e.say(len(names), "messages")
    e2e.finish()


main()
