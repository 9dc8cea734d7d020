# SPDX-License-Identifier: ISC
"""hopq on a real OpenSMTPD against "smtpctl show queue": every envelope, recipient, state, reason.
usage: test_opensmtpd.py HOPQ [gzip|encrypted]"""
import os
import subprocess
import sys
import threading
import time
from datetime import datetime, timezone

import e2e
import opensmtpd_rig as rig
from e2e import check, same
from traffic import rounds

WAYS = ("greylist", "throttle", "full", "unknown", "dnsbl", "spam", "lost", "nosender", "mixed",
        "lines")


def content(subject, lines=3):
    return (f"From: Ann Example <ann@corp.test>\nTo: someone@elsewhere.test\nSubject: {subject}\n\n"
            + "A line of text.\n" * lines).encode()


def fill(smtpd):
    for way in (*WAYS, "refused"):
        smtpd.submit("ann@corp.test", [f"user@{way}.test"], content(f"to {way}"))
        smtpd.send("bob@corp.test", [f"first@{way}.test", f"second+tag@{way}.test"],
                   content(f"two to {way}", lines=200), helo=f"host-{way}.corp.test")
    smtpd.send("carol@corp.test", [f"{name}@mixed.test" for name in ("grey", "full", "busy", "taken")],
               content("four fates"))
    smtpd.send("carol@corp.test", [f"user{i}@greylist.test" for i in range(300)],
               content("three hundred"))
    smtpd.submit("", ["null@greylist.test"], content("a bounce of somebody's"))
    smtpd.send("ann@corp.test", ["last@full.test"], content("orcpt"),
               rcpt=["NOTIFY=FAILURE", "ORCPT=rfc822;first@ours.test"])
    smtpd.send("ann@corp.test", ["MiXeD@Full.TEST"], content("case"))


def is_settled(smtpd):
    listing = smtpd.listing()
    return all(int(row["retry"]) > 0 for row in listing.values()) and listing


def seconds(text):
    return text and datetime.fromisoformat(text.replace("Z", "+00:00")).replace(
        tzinfo=timezone.utc).timestamp()


def envelopes(found):
    return {r["id"]: (message, r) for message in found.messages for r in message["recipients"]}


def near(what, got, wanted, slack):
    check(got is not None and abs(got - wanted) <= slack, what, "got", got, "wanted", wanted)


def compare(row, message, recipient, asked):
    """ASKED: when smtpctl was, as a span of seconds; None: the scheduler could not be."""
    name = row["id"]
    same(f"{name} message", message["id"], name[:8])
    same(f"{name} queue", message["queue"], "queue")
    same(f"{name} sender", message["sender"], "" if row["sender"] == "@" else row["sender"])
    same(f"{name} address", recipient["address"], row["dest"])
    same(f"{name} reason", rig.vis(recipient["reason"]["text"] if recipient["reason"] else ""),
         row["error"])
    same(f"{name} attempts", recipient["attempts"], int(row["retry"]))
    same(f"{name} local", message["client"]["ip"] is None, row["source"] == "local")
    check(seconds(message["arrived"]) <= int(row["created"]), name, "arrived", message["arrived"])
    state = "deferred" if int(row["retry"]) else "queued"
    if asked and "suspend" in row["flags"].split(","):
        state = "held"
    same(f"{name} state", recipient["state"], state)
    if row["state"] == "pending" and state == "deferred":
        near(f"{name} next attempt", seconds(recipient["next_attempt"]),
             time.time() + int(row["seconds"]), 4)


def as_root(smtpd, listing, *source, asked=True):
    found = e2e.dump("--dns=off", "--full", *source, seconds=120)
    same("exit status", found.status, 0)
    same("problems", found.problems(), {})
    same("notices", found.notices, [])
    found.by_id()
    told = envelopes(found)
    same("envelopes", sorted(told), sorted(listing))
    for name in sorted(set(told) & set(listing)):
        compare(listing[name], *told[name], asked)
    texts = {m["id"]: (m["subject"], m["size"], len(m["hops"])) for m in found.messages}
    for name, (_, size, hops) in texts.items():
        text = smtpd.control("show", "message", name)
        same(f"{name} size", size, len(text.encode("utf-8", "surrogateescape")))
        check(hops >= 1, name, "has no hop of smtpd's own")
    e2e.say(f"{len(found.messages)} messages, {len(told)} envelopes, {found.took:.2f} s")
    return found


def check_kinds(found):
    """The mail that was sent must be there, or nothing above has been compared."""
    categories = {r["reason"]["category"] for m in found.messages for r in m["recipients"]
                  if r["reason"]}
    for wanted in ("greylist", "throttled", "mailbox-full", "user-unknown", "dnsbl", "spam",
                   "network", "sender-bad"):
        check(wanted in categories, "no reason of category", wanted, "in", sorted(categories))
    by_subject = {m["subject"]: m for m in found.messages}
    same("recipients of many", len(by_subject["three hundred"]["recipients"]), 300)
    same("who waits of four", {r["address"] for r in by_subject["four fates"]["recipients"]},
         {"grey@mixed.test", "full@mixed.test", "busy@mixed.test"})
    same("original", by_subject["orcpt"]["recipients"][0]["original"], "first@ours.test")
    client = by_subject["two to full"]["client"]
    same("client", (client["ip"], client["name"], client["helo"], client["auth"]),
         ("127.0.0.1", "localhost", "host-full.corp.test", None))


def check_found_by_id(listing):
    name = next(iter(listing))
    for wanted in (name, name[:8]):
        same(f"ids by --message {wanted}", e2e.dump("--dns=off", "-m", wanted).ids(), [name[:8]])
    same("ids by a filter", e2e.dump("--dns=off", "-f", f"id:{name}").ids(), [name[:8]])
    same("a message that is not there", e2e.dump("--dns=off", "-m", "0" * 16).ids(), [])


def check_pausing(smtpd):
    """Paused is what only the scheduler knows."""
    name = next(iter(smtpd.listing()))
    smtpd.control("pause", "envelope", name)
    told = envelopes(as_root(smtpd, smtpd.listing(), "opensmtpd:" + rig.SPOOL))
    same("paused", [n for n, (_, r) in told.items() if r["state"] == "held"], [name])
    same("a paused one alone",
         [r["state"] for m in e2e.dump("--dns=off", "-m", name).messages for r in m["recipients"]
          if r["id"] == name], ["held"])
    smtpd.control("resume", "envelope", name)
    told = envelopes(e2e.dump("--dns=off"))
    check(told[name][1]["state"] != "held", "still held:", told[name][1])


def check_copy(smtpd, where):
    """A copy of the files: the times of the next attempts are worked out."""
    copy = os.path.join(where, "copy")
    subprocess.run(["cp", "-a", rig.SPOOL, copy], check=True)
    as_root(smtpd, smtpd.listing(), copy, asked=False)


def check_expiry(smtpd):
    """Mail of an action with a short life goes when hopq says it will."""
    smtpd.send("", ["user@short.test"], content("short"))
    short = e2e.dump("--dns=off", "-f", "to:user@short.test").messages
    same("messages of a short life", len(short), 1)
    expires = seconds(short[0]["recipients"][0]["expires"])
    near("a short life", expires, seconds(short[0]["arrived"]) + 8, 0)
    same("a long life", {seconds(r["expires"]) - seconds(m["arrived"]) // 1
                         for m in e2e.dump("--dns=off", "-f", "to:null@greylist.test").messages
                         for r in m["recipients"]}, {2 * 86400.0})
    name = short[0]["id"]
    e2e.wait_for("the end of a short life", lambda: name not in smtpd.ids_on_disk(), 30)
    near("the end of a short life", time.time(), expires, 4)


def check_live(smtpd):
    """Rounds while mail comes in and goes out: nothing that was there before and after is missed,
    nothing is listed that never was."""
    ending = threading.Event()

    def send():
        count = 0
        while not ending.wait(0.15):
            count += 1
            smtpd.send("ann@corp.test", [f"{i}@{way}.test" for i in range(count % 5 + 1)
                                         for way in ("accept", "greylist", "bounce")],
                       content(f"live {count}", lines=count % 300))

    senders = [threading.Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    done = moved = 0
    for _ in rounds():
        before = smtpd.ids_on_disk()
        found = e2e.dump("--dns=off")
        after = smtpd.ids_on_disk()
        done, moved = done + 1, moved + len(before ^ after)
        same("exit status while live", found.status, 0)
        same("problems while live", found.problems(), {})
        listed = set(found.by_id())
        same("missed while live", (before & after) - listed, set())
        phantoms = listed - smtpd.ids_ever() - before - after
        same("phantoms while live", {name for name in phantoms if name in found.by_id()
                                     and not found.by_id()[name]["incomplete"]}, set())
        smtpd.control("schedule", "all")
    ending.set()
    for sender in senders:
        sender.join()
    e2e.say(f"{done} rounds, {len(smtpd.ids_ever())} messages, {moved} came or went meanwhile")
    check(moved > done / 2, "the queue hardly moved")


def check_plain_user(where):
    hopq = e2e.public_copy(where)
    for source in ([], ["opensmtpd:" + rig.SPOOL]):
        status, _, err, _ = e2e.run([hopq, "--dump=ndjson", "--dns=off", *source], as_nobody=True)
        check(status in (69, 77) and status == (77 if source else status), "status of a plain user",
              status, err)
        check("only root may read it" in err, "a plain user is not told why:", err)


def check_stopped(smtpd, listing):
    """Without smtpd the files are what there is, and sendmail(1) leaves mail for later."""
    smtpd.stop()
    smtpd.submit("ann@corp.test", ["a@greylist.test", "b@full.test"], content("for later"))
    found = e2e.dump("--dns=off")
    same("exit status without smtpd", found.status, 0)
    told = envelopes(found)
    same("envelopes without smtpd", {name for name in told if name}, set(listing))
    for name in listing:
        compare({**listing[name], "state": "offline"}, *told[name], None)
    later = [m for m in found.messages if m["queue"] == "offline"]
    same("mail for later", [(m["subject"], m["sender"], [r["address"] for r in m["recipients"]])
                            for m in later],
         [("for later", "ann@corp.test", ["a@greylist.test", "b@full.test"])])


def check_encrypted(smtpd):
    found = e2e.dump("--dns=off")
    same("exit status of an encrypted queue", found.status, 2)
    same("messages of an encrypted queue", set(found.ids()), smtpd.ids_on_disk())
    for name, problems in found.problems().items():
        check(any("of its envelopes cannot be read" in p for p in problems), name, problems)
        check(any("encryption: no text" in p for p in problems), name, problems)
    same("messages with problems", set(found.problems()), smtpd.ids_on_disk())


def main():
    rig.PACKAGE.need()
    where = e2e.folder()
    way = sys.argv[2] if len(sys.argv) > 2 else ""
    routes = rig.sinks(*WAYS, "accept", "bounce")
    options = {"gzip": ["queue compression"], "encrypted": [f"queue encryption {rig.KEY}"]}
    smtpd = rig.OpenSMTPD(
        where, routes, ["queue ttl 2d", *options.get(way, [])],
        f'action "short" relay host "smtp://{routes["greylist"]}" ttl 8s\n'
        'match from any for domain "short.test" action "short"')
    smtpd.start()
    fill(smtpd)
    listing = e2e.wait_for("all mail to be deferred", lambda: is_settled(smtpd), 90)
    check(len(listing) > 300, "only", len(listing), "envelopes")
    if way == "encrypted":
        check_encrypted(smtpd)
        e2e.finish()
    found = as_root(smtpd, listing)
    check_kinds(found)
    check_found_by_id(listing)
    check_pausing(smtpd)
    check_copy(smtpd, where)
    check_plain_user(where)
    if not way:
        check_expiry(smtpd)
    check_stopped(smtpd, smtpd.listing())
    if not way:
        smtpd.start()
        e2e.wait_for("mail for later to be taken", lambda: not os.listdir(rig.SPOOL + "/offline"))
        check_live(smtpd)  # at last: what it leaves takes minutes to settle
    e2e.finish()


main()
