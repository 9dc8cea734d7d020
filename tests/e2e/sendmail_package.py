# SPDX-License-Identifier: ISC
"""Debian's Sendmail without installing it, which would remove Postfix: unpacked in a cache, and laid
over the system in a mount namespace of the test's own."""
import glob
import os
import shutil
import subprocess
import sys

import e2e

INSIDE = "HOPQ_TEST_INSIDE"  # set in the namespace
PACKAGES = ("sendmail-bin", "libwrap0", "libnsl2", "libldap-2.5-0", "libsasl2-2", "libdb5.3",
            "libtirpc3")


def run(argv, **options):
    return subprocess.run(argv, capture_output=True, check=False, timeout=120, **options)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def fetch(folder):
    """Unpacks the packages into FOLDER; False: they cannot be had."""
    done = run(["apt-get", "-qq", "download", *PACKAGES], cwd=folder)
    for name in glob.glob(os.path.join(folder, "*.deb")) if done.returncode == 0 else []:
        run(["dpkg", "-x", name, "."], cwd=folder).check_returncode()
        os.unlink(name)
    return done.returncode == 0


def package():
    """The folder that the packages are unpacked in, which stays for the next time."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    cache = os.path.join(base, "hopq-tests", "sendmail")
    if not os.path.exists(os.path.join(cache, "usr/libexec/sendmail/sendmail")):
        fresh = cache + f".{os.getpid()}"
        os.makedirs(fresh)
        if not fetch(fresh):
            shutil.rmtree(fresh)
            e2e.skip("no packages " + " ".join(PACKAGES))
        shutil.rmtree(cache, ignore_errors=True)
        os.rename(fresh, cache)
    return cache


def need():
    """Goes on in a namespace where mounts are nobody else's."""
    e2e.need_root()
    e2e.need("dpkg", "apt-get", "unshare", "setpriv")
    if INSIDE in os.environ:
        return
    package()
    inside = ["unshare", "--mount", "--propagation", "private"]
    if run([*inside, "true"]).returncode:
        e2e.skip("no mount namespace to be had here")
    os.environ[INSIDE] = "1"
    os.execvp(inside[0], [*inside, sys.executable, "-B", *sys.argv])


def overlay(target, *layers):
    """Lays LAYERS, the first on top, over TARGET, read-only. Nothing of the machine is mounted below
    the test's folder: that is deleted in the end."""
    done = run(["mount", "-t", "overlay", "overlay", "-o", "ro,lowerdir=" + ":".join(layers),
                target])
    if done.returncode:
        e2e.skip("no overlay to be had here: " + done.stderr.decode(errors="replace"))
