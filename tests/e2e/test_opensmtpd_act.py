# SPDX-License-Identifier: ISC
"""Changes to a real OpenSMTPD's queue: "smtpctl show queue" shows exactly the wanted change on
exactly the wanted envelopes, and what cannot be done is refused in words.
usage: test_opensmtpd_act.py HOPQ"""
import os
import subprocess

import e2e
import opensmtpd_rig as rig
from e2e import check, same

BODY = 3000 * b"A line of a body that must be saved before it is deleted.\n"


def act(verb, *names, yes=True, source=()):
    chosen = [f"--message={name}" for name in names]
    return e2e.run([e2e.program(), "--act=" + verb, "--dns=off", *chosen,
                    *(["--yes"] if yes else []), *source])


def paused(smtpd):
    return {name for name, row in smtpd.listing().items() if "suspend" in row["flags"].split(",")}


def of(listing, ids):
    return {name for name in listing if name[:8] in ids}


def held_and_released(smtpd, two):
    listing = smtpd.listing()
    same("nothing is paused", paused(smtpd), set())
    status, out, err, _ = act("hold", *two, yes=False)
    same("dry run", (status, paused(smtpd), set(smtpd.listing())), (0, set(), set(listing)))
    check(b"smtpctl pause envelope" in out, "the dry run tells the command:", out, err)
    same("hold", act("hold", *two)[0], 0)
    same("after hold", paused(smtpd), of(listing, two))
    shown = e2e.dump("--dns=off").by_id()
    same("states", {name for name, m in shown.items() for r in m["recipients"]
                    if r["state"] == "held"}, set(two))
    same("release", act("release", two[0])[0], 0)
    same("after release", paused(smtpd), of(listing, two[1:]))
    status, out, err, _ = act("release", two[0])
    check(status and b"it is not paused" in out, "release of what is not paused:", status, out, err)
    status, out, err, _ = act("flush", two[1])
    check(status and b"release it first" in out, "flush of what is paused:", status, out, err)
    same("release the other", act("release", two[1])[0], 0)
    same("after both", (paused(smtpd), set(smtpd.listing())), (set(), set(listing)))
    same("attempts", {evp: row["retry"] for evp, row in smtpd.listing().items()},
         {evp: row["retry"] for evp, row in listing.items()})


def flushed(smtpd, name):
    def attempts():
        return {evp: int(row["retry"]) for evp, row in smtpd.listing().items()}

    before = attempts()
    wanted = {evp: n + (evp[:8] == name) for evp, n in before.items()}
    same("flush", act("flush", name)[0], 0)
    e2e.wait_for("the attempt", lambda: attempts() == wanted, 20)


def deleted(smtpd, names):
    listing, disk = smtpd.listing(), smtpd.ids_on_disk()
    shown = e2e.dump("--dns=off").by_id()
    subjects = [shown[name]["subject"] for name in names]
    status, out, err, _ = act("delete", *names)
    same("delete " + err + out.decode(errors="replace"), status, 0)
    same("after delete", set(smtpd.listing()), set(listing) - of(listing, names))
    e2e.wait_for("the files to go", lambda: smtpd.ids_on_disk() == disk - set(names), 10)
    kept = e2e.dump("--dns=off", "maildir:" + os.path.dirname(e2e.newest("/var/lib/hopq", "cur")))
    same("saved", sorted(m["subject"] for m in kept.messages), sorted(subjects))
    bodies = {text.partition(b"\n\n")[2] for text in e2e.saved_texts("/var/lib/hopq")}
    same("saved bodies", bodies, {BODY + b"\n"})  # smtpd stores an empty line more


def being_tried(smtpd, name):
    """A message that is being delivered is not deleted; one beside it is."""
    smtpd.send("ann@corp.test", ["slow@silent.test"], b"Subject: on its way\n\nbody\n")
    busy = e2e.wait_for("an attempt", lambda: {key[:8] for key, row in smtpd.listing().items()
                                               if row["state"] == "inflight"}, 60)
    status, out, err, _ = act("delete", name, *busy)
    same("delete of one being tried " + err, status, 1)
    check(b"at work" in out, "says", out)
    left = {key[:8] for key in smtpd.listing()}
    check(name not in left and busy <= left, "after it", left)


def refused(smtpd, name, where):
    before = smtpd.listing().keys()
    for verb in ("expire", "requeue"):
        status, out, err, _ = act(verb, name)
        check(status and "OpenSMTPD cannot" in err + out.decode(), verb, status, out, err)
    copy = os.path.join(where, "copy")
    subprocess.run(["cp", "-a", rig.SPOOL, copy], check=True)
    status, out, err, _ = act("delete", name, source=["opensmtpd:" + copy])
    check(status and "works in this queue" in err + out.decode(), "a copy:", status, out, err)
    same("after refusals", smtpd.listing().keys(), before)


def stopped(smtpd, name):
    smtpd.stop()
    before = smtpd.ids_on_disk()
    for verb in ("hold", "flush", "delete"):
        status, out, err, _ = act(verb, name)
        same(f"{verb} without smtpd", status, 1)
    same("after smtpd was stopped", smtpd.ids_on_disk(), before)


def main():
    rig.PACKAGE.need()
    where = e2e.folder()
    smtpd = rig.OpenSMTPD(where, rig.sinks("greylist", "silent"), ["queue compression"])
    smtpd.start()
    for number in range(6):
        smtpd.send("ann@corp.test", [f"a{number}@greylist.test", f"b{number}@greylist.test"],
                   f"Subject: number {number}\n\n".encode() + BODY)
    listing = e2e.wait_for("all mail to be deferred", lambda: all(
        int(row["retry"]) for row in smtpd.listing().values()) and smtpd.listing(), 60)
    names = sorted({name[:8] for name in listing})
    same("messages", len(names), 6)
    held_and_released(smtpd, names[:2])
    flushed(smtpd, names[2])
    deleted(smtpd, names[3:5])
    being_tried(smtpd, names[5])
    refused(smtpd, names[0], where)
    stopped(smtpd, names[0])
    e2e.finish()


main()
