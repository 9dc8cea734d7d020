/* SPDX-License-Identifier: ISC */
/* What smtpd's scheduler knows: lines of "smtpctl show queue" (show_queue_envelope() in smtpctl.c,
 * OpenSMTPD 6.8 and 7): id|source|type|flags|sender|rcpt|dest|created|expires|tried|retry|state|
 * seconds|error. Seconds are those to the next attempt, or those since the one under way began. */
#include "base/scratch.h"
#include "hopq/io.h"
#include "opensmtpd.h"
#include <string.h>

#define LINES_MAX ((size_t)64 * 1024 * 1024)

struct hq_smtpd_states {
    GString *text;
    GHashTable *lines; /* id to line, both in TEXT */
    int64_t asked;
};

struct hq_smtpd_states *hq_smtpd_states_read(const struct hq_item_file *file)
{
    struct hq_smtpd_states *states;

    if (file->fd < 0)
        return NULL;
    states = g_new0(struct hq_smtpd_states, 1);
    states->asked = file->mtime;
    states->text = hq_scratch_take();
    states->lines = g_hash_table_new(g_str_hash, g_str_equal);
    hq_io_read_at(file->fd, 0, LINES_MAX, states->text);
    for (char *line = states->text->str, *next = NULL; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        char *bar = strchr(line, '|');
        if (!bar)
            continue;
        *bar = '\0';
        g_hash_table_insert(states->lines, line, bar + 1);
    }
    return states;
}

void hq_smtpd_states_free(struct hq_smtpd_states *states)
{
    if (!states)
        return;
    g_hash_table_destroy(states->lines);
    hq_scratch_give(states->text);
    g_free(states);
}

/* Behind PART of S and the "|" that follows it; NULL: S does not begin so. */
static const char *pass(const char *s, const char *part)
{
    size_t n = strlen(part);

    return s && strncmp(s, part, n) == 0 && s[n] == '|' ? s + n + 1 : NULL;
}

/* Behind N fields; NULL: there are not so many. */
static const char *skip(const char *s, unsigned n)
{
    for (; s && n; n--) {
        s = strchr(s, '|');
        s = s ? s + 1 : NULL;
    }
    return s;
}

/* The "time|tried…" part of a line. Addresses may hold a bar, so those of the envelope are passed
 * over as they are. */
static const char *times_of(const char *line, const struct hq_smtpd_envelope *envelope)
{
    const char *s = skip(line, 3); /* source, type, flags */

    if (!envelope->sender || !envelope->rcpt || !envelope->dest)
        return NULL;
    s = pass(s, envelope->sender);
    s = pass(s, envelope->rcpt);
    s = pass(s, envelope->dest);
    return skip(s, 4);
}

static bool has_flag(const char *line, const char *flag)
{
    const char *flags = skip(line, 2);
    size_t n = strlen(flag);

    for (; flags && *flags && *flags != '|'; flags += strcspn(flags, ",|"), flags += *flags == ',')
        if (strncmp(flags, flag, n) == 0 && (flags[n] == ',' || flags[n] == '|'))
            return true;
    return false;
}

bool hq_smtpd_states_find(const struct hq_smtpd_states *states, const char *id,
                          const struct hq_smtpd_envelope *envelope, struct hq_smtpd_state *state)
{
    const char *line = states ? g_hash_table_lookup(states->lines, id) : NULL;
    const char *run = line ? times_of(line, envelope) : NULL;
    const char *pending = pass(run, "pending"), *inflight = pass(run, "inflight");
    gint64 seconds, span;

    *state = (struct hq_smtpd_state){.next = HQ_NONE, .tried = HQ_NONE};
    if (!pending && !inflight)
        return false;
    seconds = g_ascii_strtoll(pending ? pending : inflight, NULL, 10);
    state->suspended = has_flag(line, "suspend");
    if (__builtin_mul_overflow(seconds, HQ_SECOND, &span))
        return true;
    if (pending && __builtin_add_overflow(states->asked, span, &state->next))
        state->next = HQ_NONE;
    if (inflight && __builtin_sub_overflow(states->asked, span, &state->tried))
        state->tried = HQ_NONE;
    return true;
}
