/* SPDX-License-Identifier: ISC */
/* Which files are locked now: see locks.h. Lines of /proc/locks: proc(5), "1: FLOCK
 * ADVISORY WRITE 4711 fe:00:1234 0 EOF"; numbers of the device are hexadecimal. */
#include "locks.h"
#include "hopq/time.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

struct held {
    uint64_t inode;
    unsigned major, minor;
};

void hq_locks_init(struct hq_locks *locks)
{
    *locks = (struct hq_locks){.held = g_array_new(FALSE, FALSE, sizeof(struct held))};
}

void hq_locks_clear(struct hq_locks *locks)
{
    g_array_free(locks->held, TRUE);
}

void hq_locks_forget(struct hq_locks *locks)
{
    locks->taken = 0;
}

/* The clock that files are stamped by, which is up to a tick behind. */
static int64_t file_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (int64_t)now.tv_sec * HQ_SECOND + now.tv_nsec / 1000;
}

static int compare(const void *a, const void *b)
{
    const struct held *x = a, *y = b;

    return (x->inode > y->inode) - (x->inode < y->inode);
}

/* False: some may be missing. The kernel hands the table out a page at a time and continues by line
 * number: when a lock before that place was dropped meanwhile, another one is skipped. */
static bool add_table(struct hq_locks *locks)
{
    const size_t page = 4096;
    FILE *table = fopen(HQ_LOCKS_TABLE, "re");
    char line[256], mode[16];
    struct held held;
    size_t read = 0;

    while (table && fgets(line, sizeof line, table)) {
        read += strlen(line);
        /* The kernel writes it, so its numbers fit. Those that wait for a lock have an arrow in
         * front, and do not match. NOLINTNEXTLINE(cert-err34-c) */
        if (sscanf(line, "%*d: %*[A-Z] %*[A-Z] %15[A-Z] %*d %x:%x:%" SCNu64, mode, &held.major,
                   &held.minor, &held.inode) == 4 &&
            strcmp(mode, "WRITE") == 0)
            g_array_append_val(locks->held, held);
    }
    if (table)
        fclose(table);
    return read < page;
}

static void read_table(struct hq_locks *locks)
{
    locks->taken = file_clock();
    g_array_set_size(locks->held, 0);
    if (!add_table(locks)) /* a lock skipped twice was hardly held all the time */
        add_table(locks);
    if (locks->held->len)
        g_array_sort(locks->held, compare);
}

/* Some file systems (btrfs, overlays) give their files other devices than the kernel's own number,
 * all of them of major number 0. */
static bool same_device(const struct held *held, dev_t device)
{
    return (held->major == major(device) && held->minor == minor(device)) ||
           (held->major == 0 && major(device) == 0);
}

bool hq_locks_has(struct hq_locks *locks, int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && hq_locks_has_file(locks, &st);
}

bool hq_locks_has_file(struct hq_locks *locks, const struct stat *st)
{
    struct held key = {.inode = st->st_ino};
    guint at;

    if (!locks->taken || (int64_t)st->st_ctim.tv_sec * HQ_SECOND + st->st_ctim.tv_nsec / 1000 >=
                             locks->taken - HQ_SECOND / 10)
        read_table(locks);
    if (!locks->held->len || !g_array_binary_search(locks->held, &key, compare, &at))
        return false;
    while (at > 0 && g_array_index(locks->held, struct held, at - 1).inode == key.inode)
        at--;
    for (; at < locks->held->len; at++) {
        const struct held *held = &g_array_index(locks->held, struct held, at);
        if (held->inode != key.inode)
            break;
        if (same_device(held, st->st_dev))
            return true;
    }
    return false;
}
