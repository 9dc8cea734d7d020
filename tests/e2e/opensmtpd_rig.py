# SPDX-License-Identifier: ISC
"""A real OpenSMTPD, not installed but laid over the system; and what smtpctl says about its queue."""
import glob
import os
import re
import smtplib
import subprocess

import e2e
import package_rig
import sink
from package_rig import write

SPOOL = "/var/spool/smtpd"
CTL = "/usr/sbin/smtpctl"
HOST = "mail.ours.test"
KEY = "00112233445566778899aabbccddeeff"
# It would wait seconds between two connections or two messages to a host.
LIMITS = "mta limit " + " ".join(f"{name} 0" for name in (
    "conn-delay-host", "conn-delay-source", "conn-delay-connector", "conn-delay-relay",
    "conn-delay-domain", "reconn-delay-route", "session-transaction-delay"))
GROUP = 64991  # of smtpctl
PACKAGE = package_rig.Package("opensmtpd", "/usr/sbin/smtpd", "opensmtpd")


class OpenSMTPD:
    def __init__(self, where, routes, options=(), actions=""):
        """ROUTES: way to "address:port"; mail for WAY.test goes there. OPTIONS: lines of
        smtpd.conf."""
        self.where = where
        self.log = os.path.join(where, "log")
        self.port = e2e.free_port()
        self.process = None
        lines = [*options, LIMITS, f"listen on 127.0.0.1 port {self.port}", "listen on socket",
                 "smtp max-message-size 50M", 'table "friends" { 192.0.2.0/24, 198.51.100.7 }']
        for way, place in routes.items():
            lines.append(f'action "to_{way}" relay host "smtp://{place}" helo {HOST}')
        lines += [actions, 'action "any" relay src 192.0.2.25']
        lines += [f'match from any for domain "{way}.test" action "to_{way}"' for way in routes]
        lines += ["match from src <friends> for any action \"any\"",
                  'match from local for any action "any"']
        self.lay_out("\n".join(lines) + "\n")

    def lay_out(self, configuration):
        """Queue and sockets are where they are compiled in, in memory."""
        tree = os.path.join(self.where, "tree")
        write(os.path.join(tree, "etc/smtpd.conf"), configuration)
        write(os.path.join(tree, "etc/mailname"), HOST + "\n")
        os.makedirs(os.path.join(tree, "var/lib/opensmtpd/empty"))  # for chroot(2)
        PACKAGE.copy("usr/sbin/smtpctl", tree, 0o2755, GROUP)
        hosts = "".join(f"127.0.1.{n} mx{n}.test\n" for n in range(1, 100))
        PACKAGE.lay_out(tree, f"127.0.0.1 localhost {HOST}\n" + hosts,
                        {"opensmtpd": 64990, "opensmtpq": GROUP})
        package_rig.empty(os.path.realpath("/var/run"))
        package_rig.empty("/var/spool")
        os.mkdir(SPOOL, 0o711)
        self.sendmail = os.path.join(self.where, "sendmail")
        os.symlink(CTL, self.sendmail)

    # ---- running it ----

    def start(self):
        e2e.cleanups.callback(self.stop)
        with open(self.log, "ab") as log:
            self.process = e2e.start(["/usr/sbin/smtpd", "-d"], stdout=log, stderr=log)
        e2e.wait_for("smtpd to listen", self.listens, 20)

    def listens(self):
        return e2e.speaks_smtp(self.port)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    # ---- mail into it ----

    def submit(self, sender, recipients, content):
        return subprocess.run([self.sendmail, "-i", "-f", sender or "<>", "--", *recipients],
                              input=content, check=False, capture_output=True, timeout=60)

    def send(self, sender, recipients, content, helo="client.test", rcpt=()):
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname=helo, timeout=60) as client:
            client.sendmail(sender, recipients, content, rcpt_options=list(rcpt))

    # ---- what it says ----

    @staticmethod
    def control(*words):
        done = subprocess.run([CTL, *words], capture_output=True, check=False, timeout=60)
        return done.stdout.decode(errors="surrogateescape")

    def listing(self):
        """Fields of "smtpctl show queue" by envelope id; no address in these tests has a bar."""
        names = ("id", "source", "type", "flags", "sender", "rcpt", "dest", "created", "expires",
                 "tried", "retry", "state", "seconds", "error")
        rows = [line.split("|", 13) for line in self.control("show", "queue").splitlines()]
        return {row[0]: dict(zip(names, row)) for row in rows if len(row) == len(names)}

    def ids_ever(self):
        """Every message id that its log names."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return set(re.findall(r"(?:msgid=|evpid=)([0-9a-f]{8})", file.read()))

    @staticmethod
    def ids_on_disk():
        """Of complete messages, by what lies in the queue."""
        return {os.path.basename(path) for path in glob.glob(SPOOL + "/queue/??/????????")}


def sinks(*ways):
    """Starts sinks, each on an address of its own: smtpd makes one connection to a host at a time,
    and waits between two. Way to "address:port"; "refused" is where nobody listens."""
    routes = {}
    for number, way in enumerate(ways, 1):
        address = f"127.0.1.{number}"
        server = sink.Sink(sink.WAYS[way], address)
        e2e.cleanups.callback(server.stop)
        routes[way] = f"{address}:{server.port}"
    return {**routes, "refused": f"127.0.1.{len(ways) + 1}:{e2e.free_port()}"}


def vis(text):
    """strnvis(3) of smtpctl: what does not print is written out."""
    out = []
    for byte in text.encode("utf-8", "surrogateescape"):
        low, sign = byte & 0x7F, "\\M" if byte & 0x80 else "\\"
        if 0x20 <= byte < 0x7F and byte != 0x5C or byte == 0x09:
            out.append(chr(byte))
        elif byte == 0x5C:
            out.append("\\\\")
        elif low < 0x20 or low == 0x7F:
            out.append(sign + "^" + chr(low ^ 0x40))
        else:
            out.append(sign + "-" + chr(low))
    return "".join(out)
