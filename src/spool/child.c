/* SPDX-License-Identifier: ISC */
/* A program of the MTA run for its output: see child.h. */
#include "child.h"
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_AFTER 50   /* milliseconds of silence, then: has the child ended? */
#define GATHER     1000 /* microseconds in which lines gather; the pipe has room for them */

struct hq_child {
    pid_t pid;
};

static bool is_roots(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 &&
           !(st.st_mode & (S_IWGRP | S_IWOTH));
}

const char *hq_child_program(const char *const *places)
{
    while (*places && !is_roots(*places))
        places++;
    return *places;
}

/* INPUT -1: /dev/null. */
static int spawn(pid_t *pid, const char *const *argv, int input, int out, bool merge, bool group)
{
    static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
                                              NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int error;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              (group ? POSIX_SPAWN_SETPGROUP : 0));
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawn_file_actions_init(&actions);
    if (input >= 0)
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    else
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (merge)
        posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
    else
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    error = posix_spawn(pid, argv[0], &actions, &attributes, (char **)argv, (char **)environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static struct hq_child *start(const char *const *argv, int input, bool merge, bool group, int *out)
{
    int ends[2], error;
    pid_t pid;
    struct hq_child *child;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return NULL;
    error = spawn(&pid, argv, input, ends[1], merge, group);
    close(ends[1]);
    if (error) {
        close(ends[0]);
        errno = error;
        return NULL;
    }
    child = g_new(struct hq_child, 1);
    child->pid = pid;
    *out = ends[0];
    return child;
}

struct hq_child *hq_child_start(const char *const *argv, gboolean merge, int *out)
{
    return start(argv, -1, merge, false, out);
}

struct hq_child *hq_child_list(const char *const *argv, struct hq_item_file *file)
{
    hq_file_init(file);
    struct hq_child *child = hq_child_start(argv, TRUE, &file->fd);
    if (!child)
        file->error = errno;
    return child;
}

/* The exit status, -1 for any other end. */
static int finish(struct hq_child *child, bool end)
{
    int status = -1;

    if (end)
        kill(child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    g_free(child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Waits for the end of a child that has closed its output, which it does when it ends. */
static bool has_ended(const struct hq_child *child, gint64 deadline)
{
    siginfo_t info = {0};

    while (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0 && g_get_monotonic_time() < deadline)
        g_usleep(500);
    return info.si_pid != 0;
}

void hq_child_free(struct hq_child *child)
{
    if (child)
        finish(child, true);
}

/* Reads until the end, MAX bytes or DEADLINE (monotonic microseconds); true: the end. */
static bool collect(int fd, GString *output, size_t max, gint64 deadline)
{
    char piece[4096];

    for (;;) {
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        gint64 left = deadline - g_get_monotonic_time();
        int ready = left > 0 ? poll(&waiting, 1, (int)(left / 1000) + 1) : 0;

        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        if (output->len + (size_t)n > max)
            return false;
        g_string_append_len(output, piece, n);
    }
}

char *hq_child_output(const char *const *argv, size_t max, int timeout)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout * 1000;
    int fd;
    struct hq_child *child = hq_child_start(argv, FALSE, &fd);
    GString *output;
    bool whole;

    if (!child)
        return NULL;
    output = g_string_new(NULL);
    whole = collect(fd, output, max, deadline);
    close(fd);
    if (finish(child, !whole || !has_ended(child, deadline)) != 0)
        whole = false;
    return g_string_free(output, !whole);
}

/* Reads until the output ends or the child does: its own children may hold the output open for
 * hours (a delivery). False: TIMEOUT came first, which counts from the last word when SILENT. Tools
 * write a line a message, one write each; to wake up for every one would cost more than they do. */
static bool gather(const struct hq_child *child, int fd, GString *output, size_t max, int timeout,
                   bool silent)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout * 1000;
    char piece[16384];

    for (;;) {
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        int ready = poll(&waiting, 1, LOOK_AFTER);
        ssize_t n = ready > 0 ? read(fd, piece, sizeof piece) : -1;
        if (n > 0 && silent && output->len < max)
            deadline = g_get_monotonic_time() + (gint64)timeout * 1000;
        if (n > 0)
            g_string_append_len(output, piece, (gssize)MIN((size_t)n, max - output->len));
        if (n > 0 && n < (ssize_t)sizeof piece)
            g_usleep(GATHER);
        else if (n == 0)
            return has_ended(child, deadline);
        else if (ready == 0 && has_ended(child, 0))
            return true;
        if (g_get_monotonic_time() > deadline)
            return false;
    }
}

struct hq_child *hq_child_begin(const char *const *argv, int input, int *out)
{
    return start(argv, input, true, true, out);
}

int hq_child_end(struct hq_child *child, int out, size_t max, int timeout, GString *output)
{
    bool ended = gather(child, out, output, max, timeout, true);

    close(out);
    int status = finish(child, !ended);
    if (status < 0)
        errno = ended ? ECANCELED : ETIME;
    return status;
}

/* OUT was open until now: to write there would have ended it by a signal. */
static void forget(GPid pid, gint status, gpointer out)
{
    (void)pid;
    (void)status;
    close(GPOINTER_TO_INT(out));
}

int hq_child_watch(struct hq_child *child, int out, size_t max, int timeout, GString *output)
{
    if (gather(child, out, output, max, timeout, false)) {
        close(out);
        int status = finish(child, false);
        if (status < 0)
            errno = ECANCELED;
        return status;
    }
    g_child_watch_add(child->pid, forget, GINT_TO_POINTER(out));
    g_free(child);
    errno = EINPROGRESS;
    return -1;
}
