/* SPDX-License-Identifier: ISC */
/* Daemons among the processes: see daemons.h. */
#include "daemons.h"
#include "hopq/io.h"
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND_MAX 4096

/* A file of /proc/PID; false: it is gone, or not for us. */
static bool read_file(const char *pid, const char *file, GString *text)
{
    g_autofree char *path = g_build_filename("/proc", pid, file, NULL);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    g_string_truncate(text, 0);
    if (fd < 0)
        return false;
    hq_io_read_at(fd, 0, COMMAND_MAX, text);
    close(fd);
    return true;
}

/* COMMAND is what /proc/PID/cmdline holds: the arguments, each with a NUL behind it, or the title
 * that the process has put in their place. */
static bool has_option(const GString *command, const char *const *options)
{
    const char *end = command->str + command->len;

    for (const char *word = command->str; word < end; word += strlen(word) + 1)
        for (unsigned i = 0; options[i]; i++)
            if (g_str_has_prefix(word, options[i]))
                return true;
    return false;
}

enum hq_daemon_seen hq_daemon_find(const char *name, const char *title, const char *const *options)
{
    g_autoptr(GString) text = g_string_new(NULL);
    GDir *proc = g_dir_open("/proc", 0, NULL);
    const char *pid;
    bool runs = false;

    /* where /proc is mounted with hidepid, users see their own processes only */
    bool all = read_file("1", "comm", text);
    while (proc && !runs && (pid = g_dir_read_name(proc)))
        runs = g_ascii_isdigit(*pid) && read_file(pid, "comm", text) &&
               g_str_has_prefix(text->str, name) && read_file(pid, "cmdline", text) &&
               ((title && g_str_has_prefix(text->str, title)) || has_option(text, options));
    if (proc)
        g_dir_close(proc);
    return runs ? HQ_DAEMON_RUNS : all ? HQ_DAEMON_NONE : HQ_DAEMON_HIDDEN;
}
