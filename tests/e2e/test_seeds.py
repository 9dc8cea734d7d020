#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Stories of senders, with real servers: a provider that counts, reached by one user's forwarding; one
that says spam; and no TLS between two Postfixes, as either of them tells it.
usage: test_seeds.py HOPQ"""
import os
import re
import smtplib

import e2e
import postfix_rig
import sink
from e2e import check, same

THROTTLE = {"greeting": "421 Too many messages (1.5.6.1) from 192.0.2.25"}
SPAM = {"end": "554 Message rejected, policy (3.2.1.1) - Your message looks like SPAM or has been "
               "reported as SPAM please read www.bt.example/spam"}
STRANGER = "203.0.113.50"


def route(name, way):
    server = sink.Sink(way)
    e2e.cleanups.callback(server.stop)
    return f"{name}.test smtp:[127.0.0.1]:{server.port}"


def postfix_in(where, name, routes, **settings):
    home = os.path.join(where, name)
    os.mkdir(home, 0o755)
    postfix = postfix_rig.Postfix(home, routes, myhostname=f"{name}.ours.test", **settings)
    return postfix


def send_as(postfix, address, sender, recipient):
    """As a client at ADDRESS would: Postfix's XCLIENT."""
    with smtplib.SMTP("127.0.0.1", postfix.port, local_hostname="out.stranger.test",
                      timeout=60) as client:
        client.ehlo()
        client.docmd("XCLIENT", f"NAME=out.stranger.test ADDR={address}")
        client.sendmail(sender, [recipient], b"Subject: news\n\nbody\n")


def group_of(found, domain):
    return next((group for group in found.groups if group["domain"] == domain), None)


def providers(where):
    """Eight strangers' mails for Ann go on to her mailbox at the provider, one is from a user."""
    postfix = postfix_in(where, "mx", [route("bt", THROTTLE), route("spam", SPAM)],
                         soft_bounce="yes", smtpd_authorized_xclient_hosts="127.0.0.1",
                         smtpd_relay_restrictions="permit_mynetworks, reject_unauth_destination")
    postfix.write("virtual", "ann@lists.test ann.home@bt.test\nbob@lists.test bob@spam.test\n")
    postfix.start()
    for i in range(8):
        send_as(postfix, STRANGER, f"s{i}@shop{i}.test", "ann@lists.test")
    postfix.send("carl@ours.test", ["friend@bt.test"], b"Subject: hi\n\nbody\n")
    send_as(postfix, STRANGER, "s@shop.test", "bob@lists.test")
    e2e.wait_for("all to be put off", lambda: postfix.is_settled(10), 60)
    queue = "postfix:" + postfix.queue
    found = e2e.dump("--dns=off", "--our", "lists.test", queue)
    many = group_of(found, "bt.test")
    same("many", (many["reason"], many["messages"], many["forwarded"]), ("throttled", 9, 8))
    same("through", (many["through"], many["through_count"], many["through_to"]),
         ("ann@lists.test", 8, "ann.home@bt.test"))
    check("421 Too many messages (1.5.6.1)" in many["sample"], many["sample"])
    check("do not flush" in many["advice"], many["advice"])
    spam = group_of(found, "spam.test")
    same("spam", (spam["reason"], spam["messages"]), ("spam", 1))
    check("looks like SPAM" in spam["sample"] and "read one message" in spam["advice"], spam)
    _, text, _, _ = e2e.run([e2e.program(), "--dump", "--dns=off", "--our", "lists.test", queue])
    words = " ".join(text.decode().split())
    check("this is forwarding: 88 % of these come through ann@lists.test -> ann.home@bt.test"
          in words, words)


def make_certificate(where):
    """(certificate, key): RSA, of nobody."""
    files = [os.path.join(where, name) for name in ("cert.pem", "key.pem")]
    status, _, err, _ = e2e.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                                 "2", "-subj", "/CN=far.ours.test", "-out", files[0], "-keyout",
                                 files[1]])
    check(status == 0, "openssl:", err)
    return files


def explain(text):
    status, out, err, _ = e2e.run([e2e.program(), "--explain", "--dump=ndjson", text])
    check(status == 0, "explain", status, err)
    return e2e.json.loads(out)


def no_tls(where):
    """The far one offers only what its RSA certificate cannot do: no cipher is left to share."""
    certificate, key = make_certificate(where)
    far = postfix_in(where, "far", [], smtpd_tls_security_level="may",
                     smtpd_tls_cert_file=certificate, smtpd_tls_key_file=key,
                     smtpd_tls_protocols="TLSv1.2", smtpd_tls_exclude_ciphers="aRSA, kRSA, aNULL")
    far.start()
    near = postfix_in(where, "near", [f"far.test smtptls:[127.0.0.1]:{far.port}"])
    near.start()
    near.send("carl@ours.test", ["friend@far.test"], b"Subject: hi\n\nbody\n")
    e2e.wait_for("it to be put off", lambda: near.is_settled(1), 60)
    message = e2e.dump("--dns=off", "--full", "postfix:" + near.queue).messages[0]
    reason = message["recipients"][0]["reason"]
    same("as the client stores it", (reason["category"], reason["phase"], reason["fault"]),
         ("tls", "starttls", "tls"))
    cause = next((entry["cause"] for entry in message["history"] if entry["cause"]), "")
    check("handshake failure" in cause, "the cause is in other lines of the log:",
          message["history"])

    with open(far.log, encoding="utf-8") as file:
        log = file.read()
    told = re.search(r"SSL_accept error from .*", log), re.search(r"TLS library problem: .*", log)
    check(all(told) and "no shared cipher" in told[1][0], "the server's log:", log[-800:])
    for line in told:
        reason = explain(line[0])
        same(line[0], reason["category"], "tls")
        check(reason["advice"], "what is to be changed?")


def main():
    postfix_rig.need()
    e2e.need("openssl")
    where = e2e.folder()
    providers(where)
    no_tls(where)
    e2e.finish()


main()
