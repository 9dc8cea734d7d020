# SPDX-License-Identifier: ISC
"""hopq on a real Sendmail against mailq and the control files: every id, sender, recipient, state,
reason; quarantined, lost and unfinished mail; also while it delivers.
usage: test_sendmail.py HOPQ [split]"""
import os
import re
import smtplib
import socket
import sys
import threading
from datetime import datetime

import e2e
import sendmail_rig
from e2e import check, same
from traffic import Traffic, rounds

WAYS = ("greylist", "throttle", "full", "dnsbl", "spam", "silent", "lost", "nosender", "mixed",
        "lines", "accept", "bounce", "late")


def content(subject, lines=3, extra=""):
    return (f"From: Ann Example <ann@ours.test>\nTo: someone@elsewhere.test\nSubject: {subject}\n"
            f"{extra}\n" + "A line of text.\n" * lines).encode()


def fill(sendmail):
    """Mail of every kind; how many messages must stay."""
    kept = 0
    for way in ("greylist", "throttle", "full", "dnsbl", "spam", "silent", "lost", "nosender",
                "lines", "refused", "late"):
        sendmail.send("ann@ours.test", [f"a@{way}.test"], content(f"to {way}"), f"host-{way}.test")
        sendmail.send("bob@far.test", [f"a@{way}.test", f"b+tag@{way}.test"], content("two"))
        kept += 2
    sendmail.send("ann@ours.test", [f"{n}@mixed.test" for n in ("grey", "full", "gone", "busy",
                                                                "taken")], content("five fates"))
    kept += 2  # and the bounce for "gone", which chief@full.test gets
    sendmail.send("ann@ours.test", [f"user{i}@greylist.test" for i in range(60)], content("60"))
    sendmail.send("ann@ours.test", [f"x@{way}.test" for way in ("throttle", "refused", "full")],
                  content("three ways"))
    sendmail.send("far@far.test", ["info@ours.test"], content("an alias"))
    sendmail.send("far@far.test", ["boss@ours.test"], content("another"),
                  rcpt=["ORCPT=rfc822;old+2Baddress@list.test", "NOTIFY=FAILURE"])
    sendmail.send("far@far.test", ["team@ours.test"], content("a list"))
    sendmail.send("ann@ours.test", ['"odd one"@full.test', '"a<b"@full.test'], content("quoted"))
    sendmail.send("", ["null@full.test"], content("a bounce"))
    sendmail.send("ann@ours.test", ["bulk@full.test"], content("b", extra="Precedence: bulk\n"))
    sendmail.submit("ann@ours.test", ["d@nodns.test"], content("no name server"))
    sendmail.submit("ann@ours.test", [], b"To: Eins <eins@full.test>, zwei@greylist.test (2)\n"
                    b"Subject: by header\n\nbody\n", "-t")
    return kept + 10


def bare(address):
    """As mailq prints addresses, they may have a phrase, brackets, or a comment."""
    found = re.search(r'^(?:[^"<]|"[^"]*")*<((?:[^">]|"[^"]*")*)>', address)
    return found[1] if found else re.sub(r" *\(.*\)$", "", address)


def seconds(text):
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()) if text else None


def compare(name, entry, message):
    sender = bare(entry["sender"])
    same(f"{name} sender", message["sender"], "" if sender == "MAILER-DAEMON" else sender)
    same(f"{name} size", message["size"], entry["size"])
    told = [r["address"] for r in message["recipients"]]
    same(f"{name} recipients", told, [bare(address) for address, _ in entry["to"]])
    for recipient, (address, reason) in zip(message["recipients"], entry["to"]):
        same(f"{name} {address} state", recipient["state"],
             "deferred" if entry["text"] else "queued")
        text = recipient["reason"]["text"] if recipient["reason"] else ""
        if reason:
            check(text.startswith(reason), name, address, "reason", repr(text), repr(reason))
        else:
            check(not text or text.startswith(entry["text"]), name, address, "reason", text)


def compare_file(sendmail, name, message):
    """What only the control file tells."""
    lines = sendmail.lines(name)
    values = {line[0]: line[1:] for line in lines if line[0] in "TKN"}
    macros = {line[1]: line[2:] for line in lines if line[0] == "$" and line[1] in "_rs"}
    arrived = int(values["T"])
    same(f"{name} arrived", seconds(message["arrived"]), arrived)
    client = message["client"]
    if "[" in macros["_"]:
        same(f"{name} client", f"{client['name']} [{client['ip']}]", macros["_"])
        same(f"{name} helo", client["helo"], macros["s"])
        same(f"{name} protocol", client["protocol"], macros["r"])
    else:
        same(f"{name} client", (client["ip"], client["helo"]), (None, None))
    days = 7 if message["subject"] == "b" else 5
    for recipient in message["recipients"]:
        same(f"{name} attempts", recipient["attempts"], int(values["N"]))
        same(f"{name} last attempt", seconds(recipient["last_attempt"]), int(values["K"]) or None)
        if recipient["state"] == "deferred":
            same(f"{name} expires", seconds(recipient["expires"]), arrived + days * 86400)
            check(seconds(recipient["next_attempt"]) > int(values["K"]), name, "next attempt")


def check_kinds(messages):
    """The mail that was sent must be there, or nothing above has been compared."""
    categories = {r["reason"]["category"] for m in messages for r in m["recipients"] if r["reason"]}
    for wanted in ("greylist", "throttled", "mailbox-full", "dnsbl", "spam", "network", "dns-temp",
                   "sender-bad"):
        check(wanted in categories, "no reason of category", wanted, "in", sorted(categories))
    aliases = {r["address"]: r["original"] for m in messages for r in m["recipients"]
               if m["sender"] == "far@far.test"}
    same("aliases", aliases, {"out@greylist.test": "info@ours.test", "two@full.test":
                              "info@ours.test", "x@full.test": "boss@ours.test",
                              "l1@greylist.test": "team@ours.test",
                              "l2@full.test": "team@ours.test"})
    check(any(m["sender"] == "" for m in messages), "no null sender")


def as_root(sendmail, listing):
    found = e2e.dump("--dns=off", "--full", "sendmail:" + sendmail.queue)
    same("exit status", found.status, 0)
    same("problems", found.problems(), {})
    messages = found.by_id()
    same("ids", sorted(messages), sorted(listing))
    for name in sorted(set(messages) & set(listing)):
        compare(name, listing[name], messages[name])
        compare_file(sendmail, name, messages[name])
    check_kinds(found.messages)
    e2e.say(f"{len(messages)} messages, {found.summary['recipients']} recipients,"
            f" {found.took:.2f} s")
    by_itself = e2e.dump("--dns=off")
    check(set(listing) <= set(by_itself.ids()), "not found by itself", by_itself.err)


def quarantined_and_lost(sendmail, listing):
    """Files that mailq shows only when it is asked, or never."""
    held, lost, *_ = sorted(listing)
    sendmail.command("-Qlook at this", "-qI" + held)
    with open(sendmail.control_file(lost), "w", encoding="ascii") as file:
        file.write("V8\nnothing sensible\n")
    sendmail.command("-qI" + lost)
    found = e2e.dump("--dns=off", "sendmail:" + sendmail.queue).by_id()
    same("quarantined", sendmail.listed_ids("-qQ") >= {held} and
         {r["state"] for r in found[held]["recipients"]}, {"held"})
    check(found[held]["queue"].endswith("/quarantined"), "queue", found[held]["queue"])
    check(found[lost]["queue"].endswith("/lost") and found[lost]["problems"], "lost:", found[lost])
    same("ids with them", set(found), set(listing))


def half_received(sendmail):
    """A message whose end has not come: its data file is there, and locked."""
    before = set(e2e.dump("--dns=off", "sendmail:" + sendmail.queue).ids())
    with socket.create_connection(("127.0.0.1", sendmail.port)) as client:
        client.recv(1000)
        for line in ("EHLO half.test", "MAIL FROM:<half@far.test>", "RCPT TO:<x@full.test>",
                     "DATA"):
            client.sendall(line.encode() + b"\r\n")
            client.recv(1000)
        client.sendall(b"Subject: half\r\n\r\n" + b"line of some length\r\n" * 20000)

        def there():
            found = e2e.dump("--dns=off", "sendmail:" + sendmail.queue)
            return [m for m in found.messages if m["id"] not in before]

        new = e2e.wait_for("the half message", there, 20)
        check(new[0]["incomplete"] and not new[0]["problems"], "half received:", new[0])


def being_delivered(sendmail):
    """Locked: mailq marks it with a star."""
    sendmail.submit("ann@ours.test", ["slow@silent.test"], content("at work"), "-odb")

    def locked():
        return [name for name, entry in sendmail.listing().items() if entry["locked"]]

    name = e2e.wait_for("a message at work", locked, 20, 0.02)[0]
    found = e2e.dump("--dns=off", "sendmail:" + sendmail.queue).by_id()
    if name in locked():
        check(found[name]["queue"].endswith("/active"), "at work:", found[name]["queue"])


class Watch:
    """Ids of all files that are in the queue from its beginning to its end."""

    def __init__(self, queue):
        self.queue, self.ids, self.over = queue, set(), threading.Event()
        self.look()
        self.thread = threading.Thread(target=self.go_on)
        self.thread.start()

    def look(self):
        for _, _, names in os.walk(self.queue):
            self.ids.update(name[2:] for name in names)

    def go_on(self):
        while not self.over.is_set():
            self.look()

    def end(self):
        self.over.set()
        self.thread.join()
        return self.ids


def one_round(sendmail, number, ever):
    before = sendmail.listed_ids()
    watch = Watch(sendmail.queue)
    found = e2e.dump("--dns=off", "sendmail:" + sendmail.queue)
    during = watch.end()
    after = sendmail.listed_ids()
    ids = set(found.by_id())
    check(not ids - during, "round", number, "invented:", sorted(ids - during))
    check(found.status in (0, 2), "round", number, "exit status", found.status, found.err)
    lasting = (before & after) - ever  # without what was made odd on purpose
    missing = lasting - ids
    check(not missing, "round", number, "lost:", sorted(missing), "of", len(lasting))
    odd = {name: text for name, text in found.problems().items() if name not in ever}
    check(not odd, "round", number, "problems:", odd)
    return len(ids), len(before ^ after), {m["id"] for m in found.messages if m["sender"]}


def live(sendmail, odd):
    traffic = Traffic(lambda to: sendmail.send("ann@ours.test", to, content("on")),
                      lambda: sendmail.command("-q"))
    done = [one_round(sendmail, number, odd) for number in rounds()]
    traffic.stop()
    moved = sum(r[1] for r in done)
    e2e.say(f"{len(done)} rounds, {min(r[0] for r in done)} to {max(r[0] for r in done)} messages,"
            f" {moved} came or went meanwhile")
    check(moved > len(done), "the queue hardly moved")


def as_nobody(sendmail, where):
    """A plain user is shown what the submission program would show him, and told that."""
    hopq = e2e.public_copy(where)
    wanted = ["x@full.test", '"q x"@greylist.test']
    with open(os.path.join(where, "mail"), "w+b") as mail:
        mail.write(b"Subject: from a user\n\nbody\n")
        mail.seek(0)
        sent = e2e.run([sendmail_rig.PROGRAM, "-Ac", "-i", "-odq", "-f", "nobody@ours.test", *wanted],
                       as_nobody=True, stdin=mail)
    same(f"submitted by a user ({sent[1:3]})", sent[0], 0)
    found = e2e.dump("--dns=off", "sendmail:" + sendmail.queue, hopq=hopq, as_nobody=True)
    same("exit status of a plain user", found.status, 2)
    same("ids for a plain user", [f"qf{name}" for name in found.ids()],
         [name for name in os.listdir(sendmail.client) if name.startswith("qf")])
    same("what a user sees", [(m["sender"], m["size"], [r["address"] for r in m["recipients"]])
                              for m in found.messages], [("nobody@ours.test", 5, wanted)])
    check("mailq -Ac" in str(found.notices), "a plain user is not told:", found.notices)
    for name in os.listdir(sendmail.client):  # root is shown it, too, and mailq -Am is not
        os.unlink(os.path.join(sendmail.client, name))
    other = os.path.join(where, "other")
    os.mkdir(other, 0o700)
    denied = e2e.run([hopq, "--dump=ndjson", "sendmail:" + other], as_nobody=True)
    same("exit status at another queue", denied[0], 77)
    check("only root may read it" in denied[2], "the refusal says", denied[2])


def main():
    sendmail_rig.PACKAGE.need()
    where = e2e.folder()
    sendmail = sendmail_rig.Sendmail(where, WAYS, split="split" in sys.argv[2:])
    sendmail.start()
    count = fill(sendmail)
    listing = e2e.wait_for("all mail to be tried", lambda: sendmail.is_settled(count), 90)
    same("messages sent", len(listing), count)
    as_root(sendmail, listing)
    as_nobody(sendmail, where)
    quarantined_and_lost(sendmail, listing)
    half_received(sendmail)
    being_delivered(sendmail)
    live(sendmail, set(sorted(listing)[:2]))
    e2e.finish()


main()
