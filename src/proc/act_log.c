/* SPDX-License-Identifier: ISC */
/* What was done to whose mail, by whom, with what result: a line a message in a file before it is
 * touched and one after it, the sum of a batch in syslog. */
#include "hopq/error.h"
#include "hopq/io.h"
#include "hopq/text.h"
#include "hopq/time.h"
#include "proc/act.h"
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define SYSTEM_LOG "/var/log/hopq.log"

static int log_fd = -1;

const char *hq_act_state_folder(void)
{
    static char *folder;
    const char *told = getenv("HOPQ_STATE");

    if (told && g_path_is_absolute(told))
        return told;
    if (geteuid() == 0)
        return NULL;
    if (!folder)
        folder = g_build_filename(g_get_user_state_dir(), "hopq", NULL);
    return folder;
}

/* A link or a pipe in its place would take the lines elsewhere, or make us wait for a reader. */
static int open_file(const char *path)
{
    const int flags =
        O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = open(path, flags, 0640);
    struct stat st;

    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
        return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

const char *hq_act_log_path(void)
{
    static char *path;
    const char *folder = hq_act_state_folder();

    if (!path)
        path = folder ? g_build_filename(folder, "actions.log", NULL) : g_strdup(SYSTEM_LOG);
    return path;
}

bool hq_act_log_open(GError **error)
{
    const char *folder = hq_act_state_folder();
    const char *path = hq_act_log_path();

    if (folder)
        g_mkdir_with_parents(folder, 0700);
    log_fd = open_file(path);
    if (log_fd < 0)
        hq_error_set(error, HQ_EXIT_DENIED, errno, "open the log of actions", path, NULL);
    openlog("hopq", LOG_PID, LOG_MAIL);
    return log_fd >= 0;
}

/* Who did it: the one who called sudo, else the owner of the process. */
static const char *user(void)
{
    static char *name;

    if (!name) {
        const struct passwd *entry = getpwuid(getuid());
        name = g_strdup(getenv("SUDO_USER"));
        if (!name)
            name = g_strdup(entry ? entry->pw_name : "?");
    }
    return name;
}

static void append_safe(GString *line, const char *text)
{
    if (text)
        hq_text_safe(line, text, strlen(text), HQ_TEXT_ASCII);
}

static void append_line(GString *lines, const struct hq_act_source *source,
                        const struct hq_wire_change *order, uint32_t i, const char *result,
                        const char *words)
{
    char now[32], arrived[32];

    hq_time_rfc3339(hq_time_now(), now);
    hq_time_rfc3339(order->targets[i].arrived, arrived);
    g_string_append_printf(lines, "%s user=", now);
    append_safe(lines, user());
    g_string_append_printf(lines, " action=%s source=", hq_verb_names[order->verb]);
    append_safe(lines, source->name);
    g_string_append_printf(lines, " id=%s arrived=%s result=%s", order->targets[i].id, arrived,
                           result);
    if (words) {
        g_string_append(lines, " words=");
        append_safe(lines, words);
    }
    g_string_append_c(lines, '\n');
}

static void write_lines(const GString *lines)
{
    if (!hq_io_write_all(log_fd, lines->str, lines->len))
        syslog(LOG_ERR, "cannot write to the log of actions: %m");
}

void hq_act_log_begun(const struct hq_act_source *source, const struct hq_wire_change *order,
                      const bool *meant)
{
    g_autoptr(GString) lines = g_string_new(NULL);

    for (uint32_t i = 0; i < order->target_count; i++)
        if (meant[i])
            append_line(lines, source, order, i, "begun", NULL);
    write_lines(lines);
}

void hq_act_log(const struct hq_act_source *source, const struct hq_wire_change *order,
                const char *command, const struct hq_wire_changed *answer)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    unsigned done = 0;

    for (uint32_t i = 0; i < answer->fate_count; i++) {
        const struct hq_wire_fate *fate = &answer->fates[i];
        append_line(lines, source, order, i, hq_fate_names[fate->result], fate->words);
        done += fate->result == HQ_FATE_DONE;
    }
    write_lines(lines);
    syslog(LOG_NOTICE, "%s: %s %s: %u of %u messages%s: %s", user(), hq_verb_names[order->verb],
           source->name, done, answer->fate_count, answer->folder ? ", saved before" : "", command);
}
