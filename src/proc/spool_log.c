/* SPDX-License-Identifier: ISC */
/* Which log belongs to the queues that are shown. */
#include "proc/spool_log.h"
#include "hopq/logfile.h"
#include "proc/sandbox.h"
#include <errno.h>
#include <string.h>

static struct hq_log_files files; /* the child of a pipe is kept until the next time */
static int64_t journal_read = HQ_NONE;
static bool anew; /* what is asked for now is read from the beginning */

/* Where the mail log is: syslog of Debian, of Red Hat and the BSDs, Exim's own. */
static const char *const usual[] = {"/var/log/mail.log", "/var/log/maillog", NULL};
static const char *const usual_exim[] = {"/var/log/exim4/mainlog", "/var/log/exim/main.log",
                                         "/var/log/exim/mainlog",  "/var/log/mail.log",
                                         "/var/log/maillog",       NULL};

static bool is_this_machines(const struct hq_spool_source *source)
{
    const char *path = source->spool->default_path ? source->spool->default_path() : NULL;
    const char *colon = strchr(source->name, ':');

    return path && colon && strcmp(colon + 1, path) == 0;
}

/* The journal only from where it was read last, when it goes on from there; a bit more, in case the
 * clock was set. */
static int64_t since(void)
{
    int64_t oldest = hq_time_now() - HQ_LOG_AGE;

    return anew || journal_read == HQ_NONE ? oldest : MAX(oldest, journal_read - 10 * HQ_SECOND);
}

static bool open_of(const struct hq_spool_source *source)
{
    const char *told = hq_context_setting(source->context, "maillog_file", "");
    bool exim = strcmp(source->spool->scheme, "exim") == 0;

    if (g_path_is_absolute(told))
        return hq_log_open(&files, told, NULL, false, since());
    return is_this_machines(source) &&
           hq_log_open(&files, NULL, exim ? usual_exim : usual, true, since());
}

static bool open_any(const GPtrArray *sources)
{
    for (guint i = 0; i < sources->len; i++)
        if (open_of(sources->pdata[i]))
            return true;
    return false;
}

bool hq_spool_log_send(const GPtrArray *sources, const struct hq_wire_log *wish,
                       struct hq_channel *parser, const char **cause)
{
    const char *name = wish->name;

    hq_log_close(&files);
    anew = wish->id_count > 0;
    errno = 0;
    hq_sandbox_lend_reading(true);
    bool found = name ? hq_log_open(&files, name, NULL, false, since()) : open_any(sources);
    *cause = found || !name ? "" : strerror(errno);
    hq_sandbox_lend_reading(false);
    if (!found)
        return false;
    struct hq_wire_log log = *wish;
    log.name = files.name;
    log.pipe = files.child != NULL;
    if (files.child && !anew)
        journal_read = hq_time_now();
    hq_channel_send(parser, HQ_WIRE_LOG, &hq_wire_log_schema, &log, NULL, 0, files.fds,
                    files.count);
    files.count = 0;
    return true;
}
