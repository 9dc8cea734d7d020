# SPDX-License-Identifier: ISC
"""hopq on a real Postfix against postqueue -j and postcat: every id, recipient, reason, header.
usage: test_postfix.py HOPQ [long]"""
import base64
import os
import sys
from datetime import datetime, timezone

import e2e
import postfix_rig
from e2e import check, same

LONG_SUBJECT = "Übergröße: 見積書の件、почта и ещё раз " * 12


def encoded(text):
    words = [text[i:i + 12] for i in range(0, len(text), 12)]
    return "\n ".join("=?UTF-8?B?" + base64.b64encode(w.encode()).decode() + "?=" for w in words)


def content(subject, to="someone@elsewhere.test", lines=3, extra=""):
    return (f"From: Ann Example <ann@corp.test>\nTo: {to}\nSubject: {subject}\n"
            f"Message-Id: <{abs(hash(subject))}@corp.test>\n{extra}\n"
            + "A line of text.\n" * lines).encode()


def fill(postfix):
    """Mail of every kind to destinations that refuse it; how many messages must stay."""
    kept = 0
    for way in ("greylist", "throttle", "full", "unknown", "notls", "tlsfail", "tlsbroken", "dnsbl",
                "spam", "silent", "lost", "late", "nosender", "lines", "refused", "nodns"):
        postfix.submit("ann@corp.test", [f"user@{way}.test"], content(f"to {way}"))
        postfix.send("bob@corp.test", [f"first@{way}.test", f"second+tag@{way}.test"],
                     content(f"two to {way}", lines=200), helo=f"host-{way}.corp.test")
        kept += 2
    postfix.submit("ann@corp.test", ["user@later.test"], content("put off"))
    mixed = [f"{name}@mixed.test" for name in ("grey", "full", "gone", "busy", "taken")]
    postfix.send("carol@corp.test", mixed, content("five fates"))
    # "gone" bounces to carol@corp.test, which is refused as well: a null sender of Postfix's own
    kept += 2
    postfix.send("carol@corp.test", [f"user{i}@greylist.test" for i in range(60)],
                 content("sixty recipients"))
    postfix.submit("ann@corp.test", ["team@lists.test", "boss@lists.test"], content("a list"))
    postfix.submit("ann@corp.test", ["crew@ours.test"], content("a local alias"))
    postfix.submit("ann@corp.test", ['"odd one"@full.test', "plain@full.test"], content("quoted"))
    postfix.submit("", ["null@greylist.test"], content("a bounce of somebody's"))
    postfix.send("", ["nullsmtp@full.test"], content("another, by SMTP"))
    postfix.send("held@corp.test", ["user@greylist.test"], content("held by the access map"))
    postfix.submit("ann@corp.test", [], content(
        "by header", to="Eins <eins@full.test>, zwei@greylist.test", extra="Bcc: drei@spam.test\n"),
        "-t")
    postfix.submit("ann@corp.test", ["subject@full.test"], content(encoded(LONG_SUBJECT)))
    postfix.submit("ann@corp.test", ["folds@full.test"], content(
        "folds", extra="X-Folded: one\n two\n\tthree\nX-Empty:\nX-Bytes: caf\u00e9 \u0441\n"))
    postfix.send("büro@corp.test", ["утф@lines.test"], content("утф").decode().encode(),
                 options=["SMTPUTF8"])
    return kept + 12


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=timezone.utc)


def seconds(text):
    return int(instant(text).timestamp()) if text else None


def waiting(message):
    """Recipients as postqueue lists them: those that are done are not there."""
    return [(r["address"], r["reason"]["text"] if r["reason"] else None)
            for r in message["recipients"] if r["state"] != "delivered"]


def compare(entry, message):
    name = entry["queue_id"]
    sender = "" if entry["sender"] == "MAILER-DAEMON" else entry["sender"]
    same(f"{name} sender", message["sender"], sender)
    same(f"{name} queue", message["queue"], entry["queue_name"])
    same(f"{name} size", message["size"], entry["message_size"])
    same(f"{name} arrived", seconds(message["arrived"]), entry["arrival_time"])
    wanted = [(r["address"], r.get("delay_reason")) for r in entry["recipients"]]
    same(f"{name} recipients", sorted(waiting(message), key=str), sorted(wanted, key=str))
    state = {"deferred": "deferred", "hold": "held"}[entry["queue_name"]]
    for recipient in message["recipients"]:
        check(recipient["state"] in (state, "delivered"), name, "state", recipient["state"])


def compare_file(postfix, entry, message):
    """What only the queue file tells."""
    name = entry["queue_id"]
    path = postfix.path_of(entry)
    for recipient in message["recipients"]:
        if recipient["state"] == "deferred":
            same(f"{name} next attempt", seconds(recipient["next_attempt"]),
                 int(os.stat(path).st_mtime))
            lifetime = (2 if message["sender"] == "" else 3) * 86400
            same(f"{name} expires", seconds(recipient["expires"]), entry["arrival_time"] + lifetime)
    envelope = postfix.envelope(name)
    attributes = dict(value.split("=", 1) for word, value in envelope if word == "named_attribute")
    for key, attribute in (("ip", "log_client_address"), ("helo", "log_helo_name"),
                           ("protocol", "log_protocol_name")):
        same(f"{name} client {key}", message["client"][key], attributes.get(attribute))
    original, wanted = None, {}
    for word, value in envelope:
        if word == "original_recipient":
            original = value
        elif word in ("recipient", "done_recipient"):
            wanted[value] = original if original and original != value else None
            original = None
    told = {r["address"].replace('"', ""): r["original"] for r in message["recipients"]}
    for address, first in wanted.items():
        same(f"{name} original of {address}", told.get(address), first)


def compare_headers(postfix, message):
    name = message["id"]
    wanted = postfix.headers(name)
    got = [(h["name"], h["value"]) for h in message["headers"]]
    same(f"{name} header names", [n for n, _ in got], [n for n, _ in wanted])
    for (field, value), (_, text) in zip(got, wanted):
        if "=?" not in text:
            same(f"{name} {field}", " ".join(value.split()), " ".join(text.split()))


def check_kinds(messages):
    """The mail that was sent must be there, or nothing above has been compared."""
    categories = {r["reason"]["category"] for m in messages for r in m["recipients"] if r["reason"]}
    for wanted in ("greylist", "throttled", "mailbox-full", "user-unknown", "tls", "dnsbl", "spam",
                   "network", "dns-temp", "sender-bad"):
        check(wanted in categories, "no reason of category", wanted, "in", sorted(categories))
    subjects = [m["subject"] for m in messages]
    check(LONG_SUBJECT.strip() in [s.strip() for s in subjects if s], "the encoded subject:",
          [s for s in subjects if s and s.startswith("Über")])
    fates = next((m for m in messages if m["subject"] == "five fates"), {"recipients": []})
    same("fates", {r["address"]: r["state"] for r in fates["recipients"]},
         {"grey@mixed.test": "deferred", "full@mixed.test": "deferred", "gone@mixed.test":
          "delivered", "busy@mixed.test": "deferred", "taken@mixed.test": "delivered"})
    check(any(m["sender"] == "" and m["queue"] == "deferred" for m in messages), "no null sender")
    check(any(m["queue"] == "hold" for m in messages), "nothing held")


def as_root(postfix, hopq, listing, inside=(), notices=()):
    found = e2e.Dump(*e2e.run([*inside, hopq, "--dump=ndjson", "--dns=off", "--full",
                               "postfix:" + postfix.queue], seconds=120))
    same("exit status", found.status, 0)
    same("problems", found.problems(), {})
    same("notices", found.notices, list(notices))
    messages = found.by_id()
    same("ids", sorted(messages), sorted(listing))
    for name in sorted(set(messages) & set(listing)):
        compare(listing[name], messages[name])
        compare_file(postfix, listing[name], messages[name])
        compare_headers(postfix, messages[name])
    check_kinds(found.messages)
    e2e.say(f"{len(messages)} messages, {found.summary['recipients']} recipients,"
            f" {found.took:.2f} s")
    return found


def usual(postfix):
    """A command that sees our configuration as the machine's: postqueue, which is set-gid, obeys a
    plain user with no other, and a Postfix that is stopped tells nobody where its own is."""
    mount = 'mount --bind "$1" /etc/postfix && shift && exec "$@"'
    inside = ["unshare", "--mount", "sh", "-c", mount, "sh", postfix.config]
    if e2e.run([*inside, "true"])[0] != 0:
        e2e.skip("no mount namespace to be had here")
    return inside


def as_nobody(postfix, hopq, listing, inside):
    plain = ["setpriv", f"--reuid={e2e.NOBODY}", f"--regid={e2e.NOBODY}", "--clear-groups",
             hopq, "--dump=ndjson", "--dns=off"]
    found = e2e.Dump(*e2e.run([*inside, *plain, "postfix:" + postfix.queue]))
    if not postfix.running():
        same("exit status without root and without Postfix", found.status, 2)
        text = " ".join(sum(found.problems().values(), []) + found.notices)
        check("mail system is down" in text, "not told that Postfix is down:", text)
        return
    same("exit status without root", found.status, 2)
    messages = found.by_id()
    same("ids without root", sorted(messages), sorted(listing))
    for name in sorted(set(messages) & set(listing)):
        compare(listing[name], messages[name])
        same(f"{name} subject without root", messages[name]["subject"], None)
    check(any("root" in notice for notice in found.notices),
          "what a plain user cannot see is not told:", found.notices)
    for arguments, what in ((["postfix:" + postfix.queue], "named"), ([], "found by itself")):
        text = e2e.run([*inside, hopq, "--dump=ndjson", "--dns=off", *arguments])
        same(f"ids as root, {what}", sorted(e2e.Dump(*text).ids()), sorted(listing))


def main():
    postfix_rig.need()
    where = e2e.folder()
    hopq = e2e.public_copy(where)
    routes = postfix_rig.sinks("greylist", "throttle", "full", "unknown", "notls", "tlsfail",
                               "tlsbroken", "dnsbl", "spam", "silent", "lost", "late", "nosender",
                               "mixed", "lines")
    routes += [f"refused.test smtp:[127.0.0.1]:{e2e.free_port()}", "nodns.test smtpdns:",
               "later.test retry:4.3.0 put off by the transport table",
               routes[0].replace("greylist.test", "corp.test")]
    long_ids = "yes" if "long" in sys.argv[2:] else "no"
    postfix = postfix_rig.Postfix(where, routes, enable_long_queue_ids=long_ids)
    postfix.start()
    count = fill(postfix)
    listing = e2e.wait_for("all mail to be deferred", lambda: postfix.is_settled(count), 90, 0.5)
    same("messages sent", len(listing), count)
    check(all((len(name) > 13) == (long_ids == "yes") for name in listing), "ids", list(listing)[:3])
    inside = usual(postfix)
    alive = as_root(postfix, hopq, listing)
    as_nobody(postfix, hopq, listing, inside)
    denied = e2e.run([hopq, "--dump=ndjson", "--dns=off", "postfix:" + postfix.queue],
                     as_nobody=True)
    same("exit status of a plain user whose configuration is another", denied[0], 77)
    check("denied" in denied[2].lower(), "the refusal says", denied[2])
    postfix.stop()
    check(not postfix.running(), "Postfix still runs")
    dead = as_root(postfix, hopq, listing, inside, [
        f"read: postfix:{postfix.queue}: Postfix is not running: no mail is accepted and none"
        " is sent"])
    same("the dead queue", dead.messages, alive.messages)
    as_nobody(postfix, hopq, listing, inside)
    e2e.finish()


main()
