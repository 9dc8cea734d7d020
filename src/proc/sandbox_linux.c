/* SPDX-License-Identifier: ISC */
/* Linux: user ids, capabilities, resource limits, Landlock, and the order of it all. The filters of
 * system calls are in sandbox_seccomp.c. */
#include "proc/sandbox.h"
#include "proc/sandbox_seccomp.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define NOBODY 65534

/* What a role keeps. */
static const struct profile {
    bool reads_files;      /* open any file for reading, and run the MTA's listing tools */
    bool may_gain_by_exec; /* set-gid helpers of the MTA (postqueue) must work for a plain user */
    bool limits;           /* no new processes, no files written, bounded memory */
    bool writes;           /* writes to files that others have opened for it */
} profiles[HQ_ROLE_COUNT] = {
    [HQ_ROLE_SPOOL] = {.reads_files = true, .may_gain_by_exec = true},
    [HQ_ROLE_PARSE] = {.limits = true},
    [HQ_ROLE_DNS] = {.limits = true},
    /* [act] is not confined: the tools that it runs need whatever they need, and inherit all */
    [HQ_ROLE_SAVE] = {.limits = true, .writes = true},
};

static void die(const char *what)
{
    fprintf(stderr, "hopq: confine helper: %s: %s\n", what, strerror(errno));
    _exit(127);
}

static bool change_user(uid_t uid, gid_t gid)
{
    return setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 &&
           setresuid(uid, uid, uid) == 0;
}

/* Reading without regard to permissions is the one thing of root's that [spool] keeps; a command
 * that it runs inherits nothing. */
static void keep_only_reading(void)
{
    cap_value_t reading = CAP_DAC_READ_SEARCH;
    cap_t caps = cap_init();

    if (!caps || cap_set_flag(caps, CAP_PERMITTED, 1, &reading, CAP_SET) ||
        cap_set_flag(caps, CAP_EFFECTIVE, 1, &reading, CAP_SET) || cap_set_proc(caps))
        die("keep only CAP_DAC_READ_SEARCH");
    cap_free(caps);
}

/* By the ambient set, which is passed to programs without capabilities of their own
 * (capabilities(7)). A plain user's [spool] has nothing to lend: the calls fail, and the user's
 * rights are all there is. */
void hq_sandbox_lend_reading(bool lend)
{
    cap_value_t reading = CAP_DAC_READ_SEARCH;
    cap_t caps = cap_get_proc();

    if (caps && cap_set_flag(caps, CAP_INHERITABLE, 1, &reading, lend ? CAP_SET : CAP_CLEAR) == 0 &&
        cap_set_proc(caps) == 0)
        cap_set_ambient(reading, lend ? CAP_SET : CAP_CLEAR);
    cap_free(caps);
}

static void drop_root(const struct profile *profile, GString *words)
{
    if (geteuid() != 0)
        return;
    if (profile->reads_files && prctl(PR_SET_KEEPCAPS, 1))
        die("keep capabilities");
    if (!change_user(NOBODY, NOBODY))
        die("change to uid 65534");
    if (profile->reads_files) {
        keep_only_reading();
        g_string_append(words, "only CAP_DAC_READ_SEARCH, ");
    }
    g_string_append_printf(words, "uid %d, ", NOBODY);
}

/* A tighter limit of the user's stays, and may not be raised. */
static void limit(__rlimit_resource_t resource, rlim_t value)
{
    struct rlimit bound;

    if (getrlimit(resource, &bound))
        die("read resource limits");
    bound.rlim_cur = bound.rlim_max = MIN(value, bound.rlim_max);
    if (setrlimit(resource, &bound))
        die("set resource limits");
}

static void set_limits(bool writes)
{
    limit(RLIMIT_NPROC, 0);
    if (!writes)
        limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CORE, 0);
#ifndef HOPQ_SANITIZED /* which reserves terabytes of shadow memory */
    limit(RLIMIT_AS, (rlim_t)2 << 30);
#endif
}

/* Root's [spool] sees all file systems mounted read-only and without access times, or every look at
 * a queue file would count as a change of it: a twentieth of all the time, and a write to the disk
 * for each. What is mounted later still appears. Where the kernel refuses (a container, a chroot)
 * nothing else is lost. */
static void view_read_only(GString *words)
{
    struct mount_attr view = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME,
                              .attr_clr = MOUNT_ATTR__ATIME};

    if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 &&
        mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &view, sizeof view) == 0)
        g_string_append(words, "file systems read-only, ");
}

#define READING_RIGHTS \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* Rights that are refused unless a rule grants them. By ABI (kernel: include/uapi/linux/landlock.h)
 * there are 13 at first, then REFER, TRUNCATE, and with ABI 5 IOCTL_DEV; Debian 12's header ends at
 * REFER. A role that reads everything is not confined in reading, nor in TRUNCATE and IOCTL_DEV,
 * which belong to every open: for those the kernel would walk from each file up to the root, a
 * sixth of [spool]'s time. Its user may write no file of a spool anyway. */
static uint64_t landlock_rights(int abi, bool reads_files)
{
    unsigned count = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;

    if (reads_files)
        return ((UINT64_C(1) << MIN(count, 14)) - 1) & ~(uint64_t)READING_RIGHTS;
    return (UINT64_C(1) << count) - 1;
}

static bool allow(int ruleset, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {
        .allowed_access = rights,
        .parent_fd = open(path, O_PATH | O_CLOEXEC),
    };
    bool added = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;

    close(rule.parent_fd);
    return added;
}

/* The MTA's tools are started with their output on /dev/null, which takes a right to write. */
static bool allow_null(int ruleset)
{
    return allow(ruleset, "/dev/null", LANDLOCK_ACCESS_FS_WRITE_FILE);
}

/* [spool] may read everything and write nothing; the others can open no file at all. */
static void enter_landlock(const struct profile *profile, GString *words)
{
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    if (abi < 1)
        return;
    struct landlock_ruleset_attr attr = {.handled_access_fs =
                                             landlock_rights(abi, profile->reads_files)};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (ruleset < 0)
        return;
    if ((!profile->reads_files || allow_null(ruleset)) &&
        syscall(SYS_landlock_restrict_self, ruleset, 0) == 0)
        g_string_append_printf(words, "Landlock ABI %d, ", abi);
    close(ruleset);
}

/* As many descriptors as the system lets us have, up to a few thousand: batches travel with
 * theirs. */
static void raise_files(void)
{
    struct rlimit bound;

    if (getrlimit(RLIMIT_NOFILE, &bound))
        return;
    bound.rlim_cur = bound.rlim_max < 8192 ? bound.rlim_max : 8192;
    setrlimit(RLIMIT_NOFILE, &bound);
}

char *hq_sandbox_enter(enum hq_role role)
{
    const struct profile *profile = &profiles[role];
    GString *words = g_string_new(NULL);

    raise_files();
    /* A plain user's set-gid tools stop working with it; for root nothing is lost. */
    bool no_gain = geteuid() == 0 || !profile->may_gain_by_exec;
    if (no_gain && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        die("give up new privileges");
    if (geteuid() == 0 && profile->reads_files)
        view_read_only(words); /* which Landlock would refuse */
    if (no_gain)
        enter_landlock(profile, words); /* before root goes: rules need no rights but the open */
    drop_root(profile, words);
    if (!hq_helper_own_life())
        die("end with the front");
    if (profile->limits)
        set_limits(profile->writes);
    if (hq_seccomp_enter(role))
        g_string_append(words, "seccomp, ");
    g_string_append(words, no_gain ? "no new privileges" : "the user's own rights");
    return g_string_free(words, FALSE);
}

void hq_sandbox_bound_work(unsigned seconds)
{
    const struct itimerval bound = {.it_value = {.tv_sec = seconds}};

    if (setitimer(ITIMER_PROF, &bound, NULL))
        die("bound the time of work");
}

static id_t id_from_env(const char *name)
{
    const char *value = getenv(name);
    guint64 id;

    if (value && g_ascii_string_to_unsigned(value, 10, 1, UINT32_MAX - 1, &id, NULL))
        return (id_t)id;
    return NOBODY;
}

bool hq_sandbox_drop_front(void)
{
    if (geteuid() != 0)
        return true;
    return change_user(id_from_env("SUDO_UID"), id_from_env("SUDO_GID"));
}
