/* SPDX-License-Identifier: ISC */
/* A plan and its result as lines of text, for the screen and for --act. */
#include "act/plan.h"
#include "hopq/time.h"
#include <string.h>

#define SAMPLES  3
#define FAILURES 200 /* told one by one; the log has all */

struct writer {
    hq_plan_line_fn line;
    void *data;
};

static void put(const struct writer *writer, enum hq_plan_line line, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void put(const struct writer *writer, enum hq_plan_line line, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    writer->line(line, text, writer->data);
}

static const char *plural(unsigned count)
{
    return count == 1 ? "" : "s";
}

/* "4fQ…  2h  a@b.example to c@d.example" */
static void put_target(const struct writer *writer, const struct hq_plan_target *target)
{
    const char *sender = !target->sender ? "?" : *target->sender ? target->sender : "<>";
    char age[16];

    hq_time_span(target->wire.arrived == HQ_NONE ? HQ_NONE : hq_time_now() - target->wire.arrived,
                 age);
    put(writer, HQ_PLAN_TEXT, "  %s  %s old  %s to %s", target->wire.id, age, sender,
        target->to ? target->to : "-");
}

static void put_samples(const struct writer *writer, const struct hq_plan_step *step)
{
    for (guint i = 0; i < step->targets->len && i < SAMPLES; i++)
        put_target(writer, step->targets->pdata[i]);
    if (step->targets->len > SAMPLES)
        put(writer, HQ_PLAN_TEXT, "  and %u more", step->targets->len - SAMPLES);
}

static bool by_input(const char *command)
{
    size_t n = strlen(command);
    return n > 2 && strcmp(command + n - 2, " -") == 0;
}

static void put_step(const struct writer *writer, const struct hq_plan_step *step)
{
    guint count = step->targets->len;

    put(writer, HQ_PLAN_TEXT, "%u message%s of %s, by:", count, plural(count), step->source);
    put(writer, HQ_PLAN_COMMAND, "  %s%s", step->way->words,
        by_input(step->way->words) ? "   (ids on its standard input)" : "");
    if (step->way->then)
        put(writer, HQ_PLAN_COMMAND, "  %s   (then)", step->way->then);
    if (step->way->note)
        put(writer, HQ_PLAN_TEXT, "  %s", step->way->note);
    put_samples(writer, step);
}

/* Each reason for a refusal once, with the number of messages it is true of; ids that no message
 * has, one by one. */
static void put_refused(const struct writer *writer, const struct hq_plan *plan)
{
    g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) reasons = g_ptr_array_new();

    for (guint i = 0; i < plan->refused->len; i++) {
        const struct hq_plan_target *target = plan->refused->pdata[i];
        if (target->fate == HQ_FATE_GONE) {
            put(writer, HQ_PLAN_REFUSED, "%s  gone: %s", target->wire.id, target->words);
            continue;
        }
        unsigned count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, target->words));
        if (!count)
            g_ptr_array_add(reasons, (gpointer)target->words);
        g_hash_table_insert(counts, (gpointer)target->words, GUINT_TO_POINTER(count + 1));
    }
    for (guint i = 0; i < reasons->len; i++)
        put(writer, HQ_PLAN_REFUSED, "%u left out: %s",
            GPOINTER_TO_UINT(g_hash_table_lookup(counts, reasons->pdata[i])),
            (const char *)reasons->pdata[i]);
}

void hq_plan_show(const struct hq_plan *plan, hq_plan_line_fn line, void *data)
{
    const struct writer writer = {line, data};

    if (plan->chosen)
        put(&writer, HQ_PLAN_HEAD, "%s %u of %u chosen message%s", hq_verb_names[plan->verb],
            plan->count, plan->chosen, plural(plan->chosen));
    else
        put(&writer, HQ_PLAN_HEAD, "no message matches: nothing to %s", hq_verb_names[plan->verb]);
    for (guint i = 0; i < plan->warnings->len; i++)
        put(&writer, HQ_PLAN_WARNING, "%s", (const char *)plan->warnings->pdata[i]);
    put_refused(&writer, plan);
    for (guint i = 0; i < plan->steps->len; i++)
        put_step(&writer, plan->steps->pdata[i]);
    if (plan->verb == HQ_VERB_DELETE && plan->count && plan->save)
        put(&writer, HQ_PLAN_GOOD, "saved first, under %s", plan->saved_base);
    else if (plan->verb == HQ_VERB_DELETE && plan->count)
        put(&writer, HQ_PLAN_WARNING, "not saved: they will be gone for good");
}

/* ---- the result ---- */

static void put_failures(const struct writer *writer, const struct hq_plan *plan)
{
    unsigned told = 0;

    for (guint i = 0; i < plan->steps->len; i++) {
        const struct hq_plan_step *step = plan->steps->pdata[i];
        for (guint k = 0; k < step->targets->len; k++) {
            const struct hq_plan_target *target = step->targets->pdata[k];
            if (target->fate == HQ_FATE_DONE && !target->words)
                continue;
            if (target->fate == HQ_FATE_NOT_RUN || told++ >= FAILURES)
                continue;
            put(writer, target->fate == HQ_FATE_FAILED ? HQ_PLAN_WARNING : HQ_PLAN_REFUSED,
                "%s  %s: %s", target->wire.id, hq_fate_names[target->fate],
                target->words ? target->words : "");
        }
    }
    if (told > FAILURES)
        put(writer, HQ_PLAN_TEXT, "and %u more: see the log of actions", told - FAILURES);
}

void hq_plan_show_result(const struct hq_plan *plan, hq_plan_line_fn line, void *data)
{
    const struct writer writer = {line, data};
    unsigned done = hq_plan_count(plan, HQ_FATE_DONE);
    unsigned left = hq_plan_count(plan, HQ_FATE_NOT_RUN);

    put(&writer, done == plan->count ? HQ_PLAN_GOOD : HQ_PLAN_HEAD,
        "%s: done for %u of %u message%s", hq_verb_names[plan->verb], done, plan->count,
        plural(plan->count));
    if (plan->failure)
        put(&writer, HQ_PLAN_WARNING, "%s", plan->failure);
    if (left)
        put(&writer, HQ_PLAN_WARNING, "%u message%s not reached: nothing was done to them", left,
            plural(left));
    if (plan->folder && done) { /* a line each: they are there to be copied */
        put(&writer, HQ_PLAN_GOOD, "saved: hopq maildir:%s", plan->folder);
        put(&writer, HQ_PLAN_GOOD, "send again: sh %s/resubmit", plan->folder);
    }
    if (plan->log && done)
        put(&writer, HQ_PLAN_TEXT, "logged: %s", plan->log);
    put_failures(&writer, plan);
    put_refused(&writer, plan);
}
