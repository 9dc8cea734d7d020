/* SPDX-License-Identifier: ISC */
/* What the mail log tells of the message: each attempt, who answered what, and what the same
 * process had logged before it. */
#include "store/rates.h"
#include "tui/pane.h"

static const enum hq_role roles[HQ_OUTCOME_COUNT] = {
    [HQ_OUTCOME_NOTE] = HQ_ROLE_DIM,       [HQ_OUTCOME_SENT] = HQ_ROLE_GOOD,
    [HQ_OUTCOME_DEFERRED] = HQ_ROLE_WARN,  [HQ_OUTCOME_SUSPENDED] = HQ_ROLE_DIM,
    [HQ_OUTCOME_BOUNCED] = HQ_ROLE_BAD,    [HQ_OUTCOME_EXPIRED] = HQ_ROLE_BAD,
    [HQ_OUTCOME_HELD] = HQ_ROLE_STRONG,    [HQ_OUTCOME_RELEASED] = HQ_ROLE_STRONG,
    [HQ_OUTCOME_ARRIVED] = HQ_ROLE_STRONG,
};

static void add_attempt(struct hq_lines *lines, const struct hq_attempt *attempt)
{
    char when[32];

    hq_lines_add(lines, HQ_ROLE_DIM, hq_time_local(attempt->time, when));
    hq_lines_tab(lines, 14);
    hq_lines_add(lines, roles[attempt->result], hq_outcome_names[attempt->result]);
    hq_lines_tab(lines, 24);
    hq_lines_hang(lines);
    if (attempt->recipient)
        hq_lines_printf(lines, HQ_ROLE_STRONG, "%s ", attempt->recipient);
    if (attempt->relay)
        hq_lines_printf(lines, HQ_ROLE_DIM, "by %s ", attempt->relay);
    hq_lines_add(lines, HQ_ROLE_NORMAL, attempt->text);
    hq_lines_end(lines);
    if (!attempt->cause)
        return;
    hq_lines_tab(lines, 24);
    hq_lines_add(lines, HQ_ROLE_LABEL, "cause ");
    hq_lines_hang(lines);
    hq_lines_add(lines, HQ_ROLE_WARN, attempt->cause);
    hq_lines_end(lines);
}

static const char *why_empty(const struct hq_logbook *log, const char *id)
{
    bool named = log && hq_logbook_ended(log) && hq_logbook_name(log);

    if (!log || !hq_logbook_ended(log) || (named && id && hq_logbook_awaits(log, id)))
        return "The mail log is being read.";
    if (!hq_logbook_name(log))
        return "No mail log was found, or it could not be read; name one with --log.";
    return "The mail log, as far back as it was read, says nothing about this message.";
}

void hq_pane_log(const struct hq_pane_input *in, struct hq_lines *lines)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_history history = {0};

    if (hq_logbook_history(in->log, in->message->id, &history, arena)) {
        for (uint32_t i = 0; i < history.attempt_count; i++)
            add_attempt(lines, &history.attempts[i]);
    } else {
        hq_lines_add(lines, HQ_ROLE_DIM, why_empty(in->log, in->message->id));
        hq_lines_end(lines);
    }
    hq_arena_free(arena);
}
