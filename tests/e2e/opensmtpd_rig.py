# SPDX-License-Identifier: ISC
"""A real OpenSMTPD in a mount namespace of its own: its package is unpacked, not installed, since it
cannot live beside Postfix, and the places that are compiled in are laid over with private ones. And
what smtpctl says about its queue."""
import glob
import os
import re
import shutil
import smtplib
import subprocess
import sys

import e2e
import sink

INSIDE = "HOPQ_TEST_INSIDE"  # set in the namespace
SPOOL = "/var/spool/smtpd"
CTL = "/usr/sbin/smtpctl"
HOST = "mail.ours.test"
KEY = "00112233445566778899aabbccddeeff"


def package():
    """The folder that the package is unpacked in, which stays for the next time."""
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                         "hopq-tests", "opensmtpd")
    if not os.path.exists(os.path.join(cache, "usr/sbin/smtpd")):
        fresh = cache + f".{os.getpid()}"
        os.makedirs(fresh)
        done = subprocess.run("apt-get -qq download opensmtpd && dpkg -x opensmtpd_*.deb .",
                              shell=True, cwd=fresh, capture_output=True, check=False)
        if done.returncode:
            shutil.rmtree(fresh)
            e2e.skip("no package opensmtpd: " + done.stderr.decode(errors="replace")[-200:])
        shutil.rmtree(cache, ignore_errors=True)
        os.rename(fresh, cache)
    missing = re.findall(r"(\S+) => not found", subprocess.run(
        ["ldd", os.path.join(cache, "usr/sbin/smtpd")], capture_output=True, check=True,
        encoding="ascii").stdout)
    if missing:
        e2e.skip("OpenSMTPD lacks " + ", ".join(missing))
    return cache


def need():
    """Goes on in a namespace where mounts are nobody else's."""
    e2e.need_root()
    e2e.need("dpkg", "apt-get", "unshare", "setpriv")
    if INSIDE in os.environ:
        return
    package()
    inside = ["unshare", "--mount", "--propagation", "private"]
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        e2e.skip("no mount namespace to be had here")
    os.environ[INSIDE] = "1"
    os.execvp(inside[0], [*inside, sys.executable, "-B", *sys.argv])


def mount(source, target):
    """Is taken off again before anything is removed: a private place and a real one must not be
    mistaken for each other."""
    subprocess.run(["mount", "--bind", source, target], check=True)
    e2e.cleanups.callback(subprocess.run, ["umount", "--lazy", target], check=False)


def beside(where, target, origin):
    """Lays a folder over TARGET that has all of it and the files of ORIGIN."""
    old, new = os.path.join(where, "old"), os.path.join(where, "new")
    for path in (old, new):
        os.makedirs(path)
    mount(target, old)
    subprocess.run(["mount", "-o", "remount,bind,ro", old], check=True)
    for name in os.listdir(old):
        os.symlink(os.path.join(old, name), os.path.join(new, name))
    for name in os.listdir(origin):
        path = os.path.join(new, name)
        if os.path.lexists(path):
            os.unlink(path)
        copy = shutil.copytree if os.path.isdir(os.path.join(origin, name)) else shutil.copy
        copy(os.path.join(origin, name), path)
    mount(new, target)


class OpenSMTPD:
    def __init__(self, where, routes, options=(), actions=""):
        """ROUTES: way to "address:port"; mail for WAY.test goes there. OPTIONS: lines of
        smtpd.conf."""
        self.where = where
        self.log = os.path.join(where, "log")
        self.port = e2e.free_port()
        self.process = None
        self.lay_out()
        lines = [*options, f"listen on 127.0.0.1 port {self.port}", "listen on socket",
                 "smtp max-message-size 50M", 'table "friends" { 192.0.2.0/24, 198.51.100.7 }']
        for way, place in routes.items():
            lines.append(f'action "to_{way}" relay host "smtp://{place}" helo {HOST}')
        lines += [actions, 'action "any" relay src 192.0.2.25']
        lines += [f'match from any for domain "{way}.test" action "to_{way}"' for way in routes]
        lines += ["match from src <friends> for any action \"any\"",
                  'match from local for any action "any"']
        self.write("/etc/smtpd.conf", "\n".join(lines) + "\n")

    @staticmethod
    def write(path, text, mode="w"):
        with open(path, mode, encoding="utf-8") as file:
            file.write(text)

    def lay_out(self):
        """Private /etc, /run, /var/spool, and programs where they would be installed."""
        root = package()
        etc = os.path.join(self.where, "etc")
        shutil.copytree("/etc", etc, symlinks=True, ignore=shutil.ignore_patterns("alternatives"))
        for name in ("hosts", "mailname", "resolv.conf"):
            if os.path.lexists(os.path.join(etc, name)):
                os.unlink(os.path.join(etc, name))
        mount(etc, "/etc")
        for number, name in ((64990, "opensmtpd"), (64991, "opensmtpq")):
            self.write("/etc/passwd", f"{name}:x:{number}:{number}::/nowhere:/bin/false\n", "a")
            self.write("/etc/group", f"{name}:x:{number}:\n", "a")
        self.write("/etc/mailname", HOST + "\n")
        self.write("/etc/hosts", f"127.0.0.1 localhost {HOST}\n" + "".join(
            f"127.0.1.{n} mx{n}.test\n" for n in range(1, 100)))
        self.write("/etc/resolv.conf", "nameserver 127.53.53.53\noptions timeout:1 attempts:1\n")
        for name in ("run", "spool"):
            os.mkdir(os.path.join(self.where, name))
        mount(os.path.join(self.where, "run"), os.path.realpath("/var/run"))
        mount(os.path.join(self.where, "spool"), "/var/spool")
        beside(os.path.join(self.where, "sbin"), "/usr/sbin", os.path.join(root, "usr/sbin"))
        beside(os.path.join(self.where, "libexec"), "/usr/libexec",
               os.path.join(root, "usr/libexec"))
        for name in ("opensmtpd/empty", "hopq"):  # for chroot(2); what hopq saves
            os.makedirs(os.path.join(self.where, "empty", name))
        beside(os.path.join(self.where, "lib"), "/var/lib", os.path.join(self.where, "empty"))
        os.mkdir(SPOOL, 0o711)
        os.chown(CTL, 0, 64991)
        os.chmod(CTL, 0o2755)
        self.sendmail = os.path.join(self.where, "sendmail")
        os.symlink(CTL, self.sendmail)

    # ---- running it ----

    def start(self):
        e2e.cleanups.callback(self.stop)
        with open(self.log, "ab") as log:
            self.process = e2e.start(["/usr/sbin/smtpd", "-d"], stdout=log, stderr=log)
        e2e.wait_for("smtpd to listen", self.listens, 20)

    def listens(self):
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=5):
                return True
        except (OSError, smtplib.SMTPException):
            return False

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
