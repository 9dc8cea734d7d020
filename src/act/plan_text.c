/* SPDX-License-Identifier: ISC */
/* A plan and its result as lines of text, for the screen and for --act. */
#include "act/plan.h"
#include "hopq/time.h"
#include <string.h>

#define SAMPLES  3
#define FAILURES 200 /* ids and reasons that are told; the log has all */

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

/* Targets with the same fate for the same reason, in the order in which those are met first. */
struct groups {
    GPtrArray *all;    /* GPtrArray *, each of targets */
    GHashTable *index; /* of these, by fate and reason */
};

static struct groups *groups_new(void)
{
    struct groups *groups = g_new(struct groups, 1);

    groups->all = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    groups->index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return groups;
}

static void groups_free(struct groups *groups)
{
    g_hash_table_destroy(groups->index);
    g_ptr_array_unref(groups->all);
    g_free(groups);
}

static void groups_add(struct groups *groups, const struct hq_plan_target *target)
{
    g_autofree char *key =
        g_strdup_printf("%u %s", target->fate, target->words ? target->words : "");
    GPtrArray *group = g_hash_table_lookup(groups->index, key);

    if (!group) {
        group = g_ptr_array_new();
        g_ptr_array_add(groups->all, group);
        g_hash_table_insert(groups->index, g_steal_pointer(&key), group);
    }
    g_ptr_array_add(group, (gpointer)target);
}

/* Each reason for a refusal once, with the number of messages it is true of; ids that no message
 * has, one by one. */
static void put_refused(const struct writer *writer, const struct hq_plan *plan)
{
    struct groups *groups = groups_new();

    for (guint i = 0; i < plan->refused->len; i++) {
        const struct hq_plan_target *target = plan->refused->pdata[i];
        if (target->fate == HQ_FATE_GONE)
            put(writer, HQ_PLAN_REFUSED, "%s  gone: %s", target->wire.id, target->words);
        else
            groups_add(groups, target);
    }
    for (guint i = 0; i < groups->all->len; i++) {
        const GPtrArray *group = groups->all->pdata[i];
        const struct hq_plan_target *first = group->pdata[0];
        put(writer, HQ_PLAN_REFUSED, "%u left out: %s", group->len, first->words);
    }
    groups_free(groups);
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

static void put_ids(const struct writer *writer, const GPtrArray *targets)
{
    g_autoptr(GString) ids = g_string_new(" ");

    for (guint i = 0; i < MIN(targets->len, FAILURES); i++)
        g_string_append_printf(ids, " %s",
                               ((const struct hq_plan_target *)targets->pdata[i])->wire.id);
    put(writer, HQ_PLAN_TEXT, "%s", ids->str);
    if (targets->len > FAILURES)
        put(writer, HQ_PLAN_TEXT, "  and %u more: see the log of actions", targets->len - FAILURES);
}

/* One reason for what is often true of all, then whose it is. */
static void put_failure(const struct writer *writer, const GPtrArray *group)
{
    const struct hq_plan_target *first = group->pdata[0];
    enum hq_plan_line line = first->fate == HQ_FATE_FAILED ? HQ_PLAN_WARNING : HQ_PLAN_REFUSED;
    const char *words = first->words ? first->words : "";

    if (group->len == 1) {
        put(writer, line, "%s  %s: %s", first->wire.id, hq_fate_names[first->fate], words);
        return;
    }
    put(writer, line, "%u %s: %s", group->len, hq_fate_names[first->fate], words);
    put_ids(writer, group);
}

static void put_failures(const struct writer *writer, const struct hq_plan *plan)
{
    struct groups *groups = groups_new();

    for (guint i = 0; i < plan->steps->len; i++) {
        const struct hq_plan_step *step = plan->steps->pdata[i];
        for (guint k = 0; k < step->targets->len; k++) {
            const struct hq_plan_target *target = step->targets->pdata[k];
            if (target->fate != HQ_FATE_NOT_RUN && (target->fate != HQ_FATE_DONE || target->words))
                groups_add(groups, target);
        }
    }
    for (guint i = 0; i < MIN(groups->all->len, FAILURES); i++)
        put_failure(writer, groups->all->pdata[i]);
    if (groups->all->len > FAILURES)
        put(writer, HQ_PLAN_TEXT, "and %u more: see the log of actions",
            groups->all->len - FAILURES);
    groups_free(groups);
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
