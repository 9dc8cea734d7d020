#!/bin/sh
# SPDX-License-Identifier: ISC
# Makes doc/samples/samples.tar.gz, what "hopq --demo" opens: a queue and a Maildir as a real Postfix
# leaves them. As root, with the packages postfix, faketime, iproute2 and python3. Everything
# happens in namespaces of its own: nothing can leave, nothing of this machine is touched.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../doc/samples/samples.tar.gz}

if [ -z "${HOPQ_RIG:-}" ]; then
    HOPQ_RIG=$(mktemp -d /var/tmp/hopq-rig.XXXXXX)
    export HOPQ_RIG
    trap 'rm -rf "$HOPQ_RIG"' EXIT
    unshare --net --mount --pid --fork --mount-proc "$0" "$out"
    exit
fi

chmod 755 "$HOPQ_RIG"
ip link set lo up
ip route add local 198.51.100.0/24 dev lo
ip address add 203.0.113.7/32 dev lo
mount -t tmpfs tmpfs /dev/shm
python3 "$here/samples_relays.py" >"$HOPQ_RIG/hosts"
mount --bind "$HOPQ_RIG/hosts" /etc/hosts
PYTHONPATH=$here:$here/../e2e PYTHONDONTWRITEBYTECODE=1 python3 "$here/samples.py" "$HOPQ_RIG"

# Anyone may read them. To Postfix the owner's x bit says that a file is complete, the group's that
# the mail is to expire now (src/global/mail_queue.h).
find "$HOPQ_RIG/samples" -type d -exec chmod 755 {} + -o -exec chmod u+rw,go=r {} +
mkdir -p "$(dirname "$out")"
tar -C "$HOPQ_RIG/samples" --sort=name --owner=0 --group=0 --numeric-owner --format=posix \
    --pax-option=delete=atime,delete=ctime -cf - . | gzip -9n >"$out"
ls -l "$out"
