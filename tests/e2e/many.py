# SPDX-License-Identifier: ISC
"""Queues of some or many messages, one class for each MTA: a real daemon takes one message in and defers it,
copies of its files under other ids make the many, and what is there then can be put back before each
measurement. OWN: verb to the MTA's own way to do it to many ids: (argv, lines of input)."""
import contextlib
import glob
import os
import shutil
import subprocess

import e2e
import exim_rig
import opensmtpd_rig
import postfix_rig
import sendmail_rig

CONTENT = b"Subject: one of many\n\n" + 60 * b"A line of the text of a message of usual size.\n"
SENDER, OTHER = "many@corp.test", "alone@corp.test"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def copy_file(old, new, *replaced):
    """A copy with owner, mode and times; REPLACED: pairs of bytes."""
    os.makedirs(os.path.dirname(new), exist_ok=True)
    status = os.stat(old)
    with open(old, "rb") as file:
        data = file.read()
    for before, after in replaced:
        data = data.replace(before, after)
    with open(new, "wb") as file:
        file.write(data)
    os.chown(new, status.st_uid, status.st_gid)
    os.chmod(new, status.st_mode & 0o7777)  # afterwards: chown(2) takes set-gid away
    os.utime(new, ns=(status.st_atime_ns, status.st_mtime_ns))


def to_xargs(*argv, form="{}", some=()):
    return lambda queue: (["xargs", *some, *argv], [form.format(name) for name in queue.ids])


class Queue:
    """IDS: of the many. One message more is from somebody else, and is never chosen."""
    before = {"release": "hold"}  # what must be done first
    flush_form = "{}"

    def make(self, count):
        self.start()
        self.submit(SENDER)
        first = self.wait(1)[0]
        self.submit(OTHER)
        self.other = next(name for name in self.wait(2) if name != first)
        self.stop()
        self.ids = [first, *(self.clone(first, number) for number in range(1, count))]
        self.fix_owners()
        self.staged = os.path.join(self.where, "staged")
        for place in self.places:
            os.makedirs(os.path.dirname(self.staged + place), exist_ok=True)
            subprocess.run(["cp", "-a", place, self.staged + place], check=True)

    def fill(self, between=lambda: None):
        """The queue as made. BETWEEN: called when it is empty."""
        self.stop()
        for place in self.places:
            for name in os.listdir(place):
                path = os.path.join(place, name)
                with contextlib.suppress(FileNotFoundError):
                    shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        between()
        for place in self.places:
            subprocess.run(["cp", "-a", self.staged + place + "/.", place], check=True)
        self.start()

    def run_own(self, verb):
        argv, lines = self.own[verb](self)
        done = subprocess.run(argv, input="".join(line + "\n" for line in lines).encode(),
                              capture_output=True, check=False)
        e2e.check(done.returncode == 0, *argv[:6], "exit", done.returncode, done.stderr[-300:])

    def wait_for_runs(self):
        """Until what a change started in the background has ended."""

    def submit(self, sender):
        self.server.send(sender, ["user@" + self.domain], CONTENT)

    def wait(self, count):
        return sorted(e2e.wait_for("mail to be deferred", lambda: self.settled(count), 60))

    def settled(self, count):
        return self.server.is_settled(count)

    def try_one(self, name):
        argv, _ = self.own["flush"](self)
        subprocess.run(argv, input=self.flush_form.format(name).encode(), check=True,
                       capture_output=True)

    def fix_owners(self):
        """Directories that were made here are the MTA's."""
        for place in self.places:
            owner = os.stat(place)
            for base, folders, _ in os.walk(place):
                for name in folders:
                    os.chown(os.path.join(base, name), owner.st_uid, owner.st_gid)
                    os.chmod(os.path.join(base, name), owner.st_mode & 0o7777)

    def start(self):
        self.server.start()

    def stop(self):
        self.server.stop()


class Postfix(Queue):
    domain = "later.test"

    def __init__(self, where):
        postfix_rig.need()
        self.where = where
        self.server = postfix_rig.Postfix(where, [f"* smtp:[127.0.0.1]:{e2e.free_port()}"],
                                          queue_run_delay="86400s", in_flow_delay="0s",
                                          maillog_file_prefixes=where)
        spool, config = self.server.queue, self.server.config
        self.source = "postfix:" + spool
        self.places = [f"{spool}/{name}" for name in (
            "deferred", "defer", "hold", "incoming", "active", "maildrop", "bounce")]
        super_ = {verb: lambda queue, option=option: (
            ["postsuper", "-c", config, option, "-"], queue.ids)
            for verb, option in (("hold", "-h"), ("release", "-H"), ("requeue", "-r"),
                                 ("expire", "-f"), ("delete", "-d"))}
        self.own = {**super_, "flush": to_xargs("postqueue", "-c", config, "-i", some=["-n1"])}

    def attempts(self, name):
        """What changes with each attempt; None: it is being tried."""
        path = f"{self.server.queue}/deferred/{name[0]}/{name}"
        return os.path.exists(path) and os.stat(path).st_mtime or None

    def stop(self):
        """It goes on: a start would rename what does not match its inode."""
        places = [f"{self.server.queue}/{name}" for name in ("incoming", "active", "maildrop")]
        e2e.wait_for("the queue manager to be through",
                     lambda: not any(os.listdir(place) for place in places), 600)

    def start(self):
        if not self.server.running():
            self.server.start()

    def clone(self, first, number):
        name = f"{number * 7919 % 0xFFFFF:05X}{number:06X}"
        for queue in ("deferred", "defer"):
            place = f"{self.server.queue}/{queue}"
            copy_file(f"{place}/{first[0]}/{first}", f"{place}/{name[0]}/{name}")
        return name


class Exim(Queue):
    domain = "nodns.test"

    def __init__(self, where):
        exim_rig.PACKAGE.need()
        self.where = where
        self.server = exim_rig.Exim(where, ())
        self.process = None
        self.source = "exim:" + self.server.spool
        self.places = [f"{self.server.spool}/{name}" for name in ("input", "msglog")]
        self.own = {verb: to_xargs(exim_rig.PROGRAM, option) for verb, option in (
            ("hold", "-Mf"), ("release", "-Mt"), ("flush", "-M"), ("expire", "-Mg"),
            ("delete", "-Mrm"))}

    def start(self):
        for place in self.places:
            os.makedirs(place, mode=0o750, exist_ok=True)
            os.chown(place, exim_rig.USER, exim_rig.USER)
        self.process = e2e.start([exim_rig.PROGRAM, "-bdf", "-oX", str(self.server.port)])
        e2e.wait_for("Exim to listen", self.server.listens, 20)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def attempts(self, name):
        return os.stat(f"{self.server.spool}/msglog/{name}").st_size

    def clone(self, first, number):
        digits = "".join(DIGITS[number // 62 ** place % 62] for place in (3, 2, 1, 0))
        name = f"{first[:7]}zz{digits}{first[13:]}"
        for path in (f"input/{first}-H", f"input/{first}-D", f"msglog/{first}"):
            path = f"{self.server.spool}/{path}"
            copy_file(path, path.replace(first, name), (first.encode(), name.encode()))
        return name


class Sendmail(Queue):
    domain = "refused.test"
    flush_form = "-qI{}"

    def __init__(self, where):
        sendmail_rig.PACKAGE.need()
        self.where = where
        self.server = sendmail_rig.Sendmail(where, ())
        self.process = None
        spool = self.server.queue
        self.source = "sendmail:" + spool
        self.places = [spool]
        self.own = {
            "hold": to_xargs("sendmail", "-Am", "-Qheld", form="-qI{}"),
            "release": to_xargs("sendmail", "-Am", "-Q", "-qQ", form="-qI{}"),
            "flush": to_xargs("sendmail", "-Am", form="-qI{}"),
            "delete": to_xargs("rm", form=f"{spool}/qf{{0}}\n{spool}/df{{0}}"),
        }

    def start(self):
        self.process = e2e.start([sendmail_rig.PROGRAM, "-bD"])
        e2e.wait_for("Sendmail to listen", self.server.listens, 20)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.wait_for_runs()

    def wait_for_runs(self):
        e2e.wait_for("queue runs to end", lambda: not self.running(), 600)

    def running(self):
        """Sendmail's processes but the daemon, in this mount namespace."""
        here = os.readlink("/proc/self/ns/mnt")
        found = []
        for path in glob.glob("/proc/[0-9]*"):
            with contextlib.suppress(OSError), open(path + "/cmdline", "rb") as line:
                if (line.read().startswith(b"sendmail:") and os.readlink(path + "/ns/mnt") == here
                        and path != f"/proc/{self.process.pid}"):
                    found.append(path)
        return found

    def attempts(self, name):
        entry = self.server.listing().get(name)
        if not entry or entry["locked"]:
            return None
        return [line for line in self.server.lines(name) if line[0] in "NK"]

    def clone(self, first, number):
        name = f"{first[:8]}{number:06d}"
        for letter in "qd":
            path = f"{self.server.queue}/{letter}f{first}"
            copy_file(path, path.replace(first, name))
        return name


class OpenSMTPD(Queue):
    domain = "greylist.test"

    def __init__(self, where):
        opensmtpd_rig.PACKAGE.need()
        self.where = where
        self.server = opensmtpd_rig.OpenSMTPD(where, opensmtpd_rig.sinks("greylist"))
        self.source = "opensmtpd:" + opensmtpd_rig.SPOOL
        self.places = [opensmtpd_rig.SPOOL + "/queue"]
        self.own = {verb: to_xargs(opensmtpd_rig.CTL, *words, some=["-n1"]) for verb, words in (
            ("hold", ("pause", "envelope")), ("release", ("resume", "envelope")),
            ("flush", ("schedule",)), ("delete", ("remove",)))}

    def start(self):
        """Nothing is tried once the many are there. It listens before it has read its queue, and
        smtpctl finds nothing of what is not read yet."""
        self.server.start()
        if hasattr(self, "staged"):
            self.server.control("pause", "mta")
            count = sum(len(names) - 1 for _, folders, names in os.walk(self.places[0])
                        if not folders and names)
            e2e.wait_for("smtpd to read its queue",
                         lambda: len(self.server.listing()) >= count, 300)

    def try_one(self, name):
        self.server.control("resume", "mta")
        super().try_one(name)

    def attempts(self, name):
        return [row["retry"] for key, row in self.server.listing().items() if key[:8] == name]

    def settled(self, count):
        listing = self.server.listing()
        tried = all(int(row["retry"]) for row in listing.values())
        return len(listing) >= count and tried and {name[:8] for name in listing}

    def clone(self, first, number):
        name = f"{number:08x}"
        for path in glob.glob(f"{self.places[0]}/{first[:2]}/{first}/*"):
            copy_file(path, f"{self.places[0]}/{name[:2]}/{name}/"
                      + os.path.basename(path).replace(first, name))
        return name


MTAS = {"postfix": Postfix, "exim": Exim, "sendmail": Sendmail, "opensmtpd": OpenSMTPD}
