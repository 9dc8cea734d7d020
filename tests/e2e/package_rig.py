# SPDX-License-Identifier: ISC
"""Servers that cannot be installed beside Postfix: their Debian packages are unpacked in a cache, and
laid over the system in a mount namespace of the test's own. There, nothing of the machine can be
written or deleted: overlays are read-only, what must be written is a file system in memory, and no
part of the machine is ever mounted below the test's folder, which is deleted in the end."""
import glob
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import threading

import e2e

OUTSIDE = "HOPQ_TEST_OUTSIDE"  # the mount namespace that the test was started in
PLACES = ("etc", "usr/sbin", "usr/libexec", "var/lib")
WRITTEN = ("/var/lib/hopq", "/var/log")  # what hopq saves and logs when it is root


def run(argv, **options):
    return subprocess.run(argv, capture_output=True, check=False, timeout=120, **options)


def write(path, text, mode="w"):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, mode, encoding="utf-8") as file:
        file.write(text)


def is_inside():
    """Asks the kernel: a variable that somebody exported is not to be trusted with mounts."""
    namespace = os.readlink("/proc/self/ns/mnt")
    return os.environ.get(OUTSIDE, namespace) != namespace


def go_inside():
    """Starts the test again in a namespace where mounts are nobody else's."""
    e2e.need_root()
    e2e.need("unshare")
    if is_inside():
        return
    inside = ["unshare", "--mount", "--propagation", "private"]
    if run([*inside, "true"]).returncode:
        e2e.skip("no mount namespace to be had here")
    os.environ[OUTSIDE] = os.readlink("/proc/self/ns/mnt")
    os.execvp(inside[0], [*inside, sys.executable, "-B", *sys.argv])


def mount(kind, target, options):
    if not is_inside():
        raise RuntimeError("this would mount on the machine itself: call need() before")
    done = run(["mount", "-t", kind, kind, "-o", options, target])
    if done.returncode:
        e2e.skip(f"no {kind} to be had here: " + done.stderr.decode(errors="replace"))


def overlay(target, *layers):
    """Lays LAYERS, the first on top, over TARGET, read-only."""
    mount("overlay", target, "ro,lowerdir=" + ":".join(layers))


def empty(target):
    """What is written there is gone with the namespace."""
    mount("tmpfs", target, "mode=755")


def own_devices():
    """A /dev of our own, where a log socket can be made: its place is compiled into the C library."""
    empty("/dev")
    for number, name in ((3, "null"), (5, "zero"), (7, "full"), (8, "random"), (9, "urandom")):
        os.mknod("/dev/" + name, 0o666 | stat.S_IFCHR, os.makedev(1, number))
        os.chmod("/dev/" + name, 0o666)


def system_log(path):
    """What daemons give to syslog(3) goes to the file PATH."""
    own_devices()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind("/dev/log")
    os.chmod("/dev/log", 0o666)

    def write_down():
        while True:
            record = listening.recv(65536).rstrip(b"\n\0")
            # "<22>Nov 22 05:17:01 sendmail[33]: …", without the host
            stamp, rest = record[record.find(b">") + 1:][:16], record[record.find(b">") + 17:]
            with open(path, "ab") as file:
                file.write(stamp + b"mx " + rest + b"\n")

    threading.Thread(target=write_down, daemon=True).start()


def journal():
    """A systemd-journald of our own, which is returned, and an empty /var/log."""
    own_devices()
    empty("/run")
    empty("/var/log")
    if not os.path.ismount("/sys/fs/cgroup"):  # without control groups it ends at once
        mount("cgroup2", "/sys/fs/cgroup", "ro")
    os.makedirs("/run/systemd/journal")
    os.makedirs("/run/log/journal")
    os.symlink("/run/systemd/journal/dev-log", "/dev/log")
    with open("/dev/null", "wb") as null:
        daemon = e2e.start(["/lib/systemd/systemd-journald"], stdout=null, stderr=null)
    e2e.wait_for("journald", lambda: os.path.exists("/run/systemd/journal/dev-log"), 20)
    return daemon


class Package:
    def __init__(self, name, program, *packages):
        """PROGRAM: what NAME runs as, when it is laid out."""
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        self.root = os.path.join(base, "hopq-tests", name)
        self.program = program
        self.packages = packages

    def need(self):
        e2e.need_root()
        e2e.need("dpkg", "apt-get", "setpriv")
        self.unpack()
        go_inside()

    def unpack(self):
        """In a folder that stays for the next time, and is whole as soon as it is there."""
        if os.path.isdir(self.root):
            return
        fresh = f"{self.root}.{os.getpid()}"
        os.makedirs(fresh)
        done = run(["apt-get", "-qq", "download", *self.packages], cwd=fresh)
        if done.returncode:
            e2e.remove(fresh)
            e2e.skip("no packages " + " ".join(self.packages))
        for name in glob.glob(os.path.join(fresh, "*.deb")):
            run(["dpkg", "-x", name, "."], cwd=fresh).check_returncode()
            os.unlink(name)
        try:
            os.rename(fresh, self.root)
        except OSError:  # another test was quicker, and uses its own by now
            e2e.remove(fresh)

    def copy(self, path, tree, mode, group=0):
        """A program of the package into TREE/usr/sbin, with rights as its installation sets them."""
        place = os.path.join(tree, "usr/sbin", os.path.basename(path))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copyfile(os.path.join(self.root, path), place)
        os.chown(place, 0, group)
        os.chmod(place, mode)

    def lay_out(self, tree, hosts, users=None):
        """The system as with the packages installed, and the files of TREE. USERS: name to id."""
        etc = os.path.join(tree, "etc")
        write(os.path.join(etc, "hosts"), hosts)
        write(os.path.join(etc, "resolv.conf"),
              "nameserver 127.53.53.53\noptions timeout:1 attempts:1\n")
        for file, line in (("passwd", "{0}:x:{1}:{1}::/nowhere:/bin/false\n"),
                           ("group", "{0}:x:{1}:\n")):
            shutil.copy(os.path.join("/etc", file), etc)
            write(os.path.join(etc, file), "".join(
                line.format(name, number) for name, number in (users or {}).items()), "a")
        os.makedirs(os.path.join(tree, "var/lib/hopq"))
        for place in PLACES:
            trees = (tree, self.root) if place.startswith("usr/") else (tree,)
            layers = [os.path.join(top, place) for top in trees]
            layers = [layer for layer in layers if os.path.isdir(layer)]
            if layers:
                overlay("/" + place, *layers, "/" + place)
        for library in glob.glob(os.path.join(self.root, "usr/lib/*-linux-gnu")):
            place = os.path.join("/usr/lib", os.path.basename(library))
            overlay(place, place, library)
        for place in WRITTEN:
            empty(place)
        missing = re.findall(r"(\S+) => not found", run(["ldd", self.program]).stdout.decode())
        if missing:
            e2e.skip(f"{self.program} lacks " + ", ".join(missing))
