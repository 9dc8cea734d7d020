/* SPDX-License-Identifier: ISC */
/* Allow-lists of system calls. [spool] has none: it opens, and it runs the MTA's tools, which need
 * whatever they need. */
#include "proc/sandbox_seccomp.h"
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef HOPQ_SANITIZED
/* An error, not a kill, under sanitizers: they are to report what went wrong. */
#define OTHERWISE SCMP_ACT_ERRNO(EPERM)
#else
#define OTHERWISE SCMP_ACT_KILL_PROCESS
#endif

/* Reading what was handed over, memory, time, the main loop, the end. */
static const int common_calls[] = {
    SCMP_SYS(read),           SCMP_SYS(pread64),
    SCMP_SYS(readv),          SCMP_SYS(write),
    SCMP_SYS(writev),         SCMP_SYS(close),
    SCMP_SYS(lseek),          SCMP_SYS(fstat),
    SCMP_SYS(recvmsg),        SCMP_SYS(recvfrom),
    SCMP_SYS(sendmsg),        SCMP_SYS(sendto),
    SCMP_SYS(shutdown),       SCMP_SYS(poll),
    SCMP_SYS(ppoll),          SCMP_SYS(futex),
    SCMP_SYS(munmap),         SCMP_SYS(mremap),
    SCMP_SYS(madvise),        SCMP_SYS(brk),
    SCMP_SYS(clock_gettime),  SCMP_SYS(gettimeofday),
    SCMP_SYS(time),           SCMP_SYS(getrandom),
    SCMP_SYS(getpid),         SCMP_SYS(gettid),
    SCMP_SYS(rt_sigaction),   SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(sigaltstack),
    SCMP_SYS(setitimer),      SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),           SCMP_SYS(exit_group),
};

/* What c-ares does with its sockets. */
static const int network_calls[] = {
    SCMP_SYS(connect),     SCMP_SYS(bind),       SCMP_SYS(getsockname),
    SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
};
static const int fcntl_commands[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL};
static const int families[] = {AF_INET, AF_INET6};

static bool allow_all(scmp_filter_ctx filter, const int *calls, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0))
            return false;
    }
    return true;
}

/* Allows CALL where its argument number ARGUMENT, an int, is one of VALUES. */
static bool allow_values(scmp_filter_ctx filter, int call, unsigned argument, const int *values,
                         unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (seccomp_rule_add(
                filter, SCMP_ACT_ALLOW, call, 1,
                SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t)values[i])))
            return false;
    }
    return true;
}

/* Memory, but none that is executable. Signals (abort()) to ourselves alone: other helpers run as
 * the same user. fstat() as glibc makes it: that system call also takes paths, which tells that a
 * file exists, never what is in it. */
static bool allow_common(scmp_filter_ctx filter)
{
    const int self = getpid(), flags = AT_EMPTY_PATH;

    return allow_all(filter, common_calls, G_N_ELEMENTS(common_calls)) &&
           !seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                             SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) &&
           !seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                             SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) &&
           allow_values(filter, SCMP_SYS(newfstatat), 3, &flags, 1) &&
           allow_values(filter, SCMP_SYS(tgkill), 0, &self, 1);
}

/* Without the fcntl() commands that direct a socket's signals at others, and without ioctl(). */
static bool allow_network(scmp_filter_ctx filter)
{
    return allow_all(filter, network_calls, G_N_ELEMENTS(network_calls)) &&
           allow_values(filter, SCMP_SYS(socket), 0, families, G_N_ELEMENTS(families)) &&
           allow_values(filter, SCMP_SYS(fcntl), 1, fcntl_commands, G_N_ELEMENTS(fcntl_commands));
}

bool hq_seccomp_enter(enum hq_role role)
{
    if (role == HQ_ROLE_SPOOL)
        return false;
    scmp_filter_ctx filter = seccomp_init(OTHERWISE);
    bool loaded = filter && allow_common(filter) &&
                  (role != HQ_ROLE_DNS || allow_network(filter)) && !seccomp_load(filter);
    seccomp_release(filter);
    return loaded;
}
