# SPDX-License-Identifier: ISC
"""The cleaning of all these tests: a folder that something is mounted in stays, with what is
mounted there, also when both are of one file system; else it goes. Only what is made here is bound.
usage: test_remove.py HOPQ"""
import os

import e2e
import package_rig
from e2e import same


def bound(where, name):
    """A folder below which another one is bound, which has a file; both."""
    other, inner = os.path.join(where, "other"), os.path.join(where, name, "in here")
    for path in (other, inner):
        os.makedirs(path, exist_ok=True)
    package_rig.write(os.path.join(other, "file"), "not to be lost\n")
    e2e.run(["mount", "--bind", other, inner])
    same("file below the folder", os.listdir(inner), ["file"])
    return os.path.dirname(inner), inner


def main():
    package_rig.go_inside()
    where = e2e.folder()
    folder, inner = bound(where, "folder")
    same("mounts", e2e.mounts_below(folder), [os.fsencode(inner)])
    same("mounts of the place itself", e2e.mounts_below(inner), [os.fsencode(inner)])
    same("mounts beside it", e2e.mounts_below(folder + "/in"), [])
    os.symlink(folder, where + "/link")
    same("mounts by another name", e2e.mounts_below(where + "/link"), [os.fsencode(inner)])
    before = list(e2e.failures)
    e2e.remove(folder)
    same("refusals", len(e2e.failures), len(before) + 1)
    e2e.failures[:] = before
    same("what is mounted", os.listdir(where + "/other"), ["file"])
    same("umount", e2e.run(["umount", inner])[0], 0)
    e2e.remove(folder)
    same("after umount", (os.path.exists(folder), os.listdir(where + "/other")), (False, ["file"]))
    e2e.finish()


main()
