/* SPDX-License-Identifier: ISC */
/* Makes a plan: each message gets the way that its source has for the verb, or is refused in
 * words. */
#include "act/plan.h"
#include <string.h>

bool hq_plan_ready(struct hq_session *session, const GPtrArray *messages)
{
    const char *last = NULL;
    bool ready = true;

    if (!hq_session_may_change(session, &(const char *){NULL}))
        return true; /* the plan will say so */
    for (guint i = 0; i < messages->len; i++) {
        const struct hq_message *message = messages->pdata[i];
        if (message->source != last && message->source)
            ready = hq_session_ways(session, message->source) && ready;
        last = message->source;
    }
    return ready;
}

static const struct hq_wire_way *find_way(const struct hq_wire_ways *ways, enum hq_verb verb,
                                          enum hq_scope scope)
{
    for (uint32_t i = 0; ways && i < ways->way_count; i++)
        if (ways->ways[i].verb == verb && ways->ways[i].scope == scope)
            return &ways->ways[i];
    return NULL;
}

static bool waits(const struct hq_recipient *recipient)
{
    return recipient->state != HQ_STATE_DELIVERED && recipient->state != HQ_STATE_FAILED;
}

static struct hq_plan_target *new_target(struct hq_plan *plan, const struct hq_message *message)
{
    struct hq_plan_target *target = hq_arena_alloc(plan->arena, sizeof *target);
    const char *source = message->source ? message->source : "";

    target->source = hq_arena_intern(plan->arena, source, strlen(source));
    target->wire.id = hq_arena_strdup(plan->arena, message->id ? message->id : "");
    target->wire.stamp = message->stamp;
    target->wire.arrived = message->arrived;
    target->sender = hq_arena_strdup(plan->arena, message->sender);
    for (uint32_t i = 0; !target->to && i < message->recipient_count; i++)
        if (waits(&message->recipients[i]))
            target->to = hq_arena_strdup(plan->arena, message->recipients[i].address);
    target->fate = HQ_FATE_NOT_RUN;
    return target;
}

/* Why VERB cannot be done to MESSAGE; NULL: it can, by WAY. */
static const char *refusal(struct hq_session *session, enum hq_verb verb,
                           const struct hq_message *message, const struct hq_wire_way **way)
{
    const struct hq_changer_ops *ops = hq_changer_find(message->mta ? message->mta : "");
    const char *why = NULL;

    if (!hq_session_may_change(session, &why))
        return why;
    const struct hq_wire_ways *ways = hq_session_ways(session, message->source);
    if (!ways || ways->refusal)
        return ways ? ways->refusal : "hopq [act] has not answered";
    *way = find_way(ways, verb, HQ_SCOPE_IDS);
    if (!ops || !*way)
        return "this MTA cannot do it";
    if ((*way)->refusal)
        return (*way)->refusal;
    if (!message->id || !ops->id_ok(message->id))
        return "it has no queue id";
    why = ops->unfit(verb, message->queue ? message->queue : "");
    return why || !ops->needless ? why : ops->needless(verb, message);
}

static struct hq_plan_step *step_of(struct hq_plan *plan, const char *source,
                                    const struct hq_wire_way *way)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        struct hq_plan_step *step = plan->steps->pdata[i];
        if (step->way == way && strcmp(step->source, source) == 0)
            return step;
    }
    struct hq_plan_step *step = hq_arena_alloc(plan->arena, sizeof *step);
    step->source = source;
    step->way = way;
    step->targets = g_ptr_array_new();
    g_ptr_array_add(plan->steps, step);
    return step;
}

/* False: it is refused. */
static bool add(struct hq_plan *plan, struct hq_session *session, const struct hq_message *message)
{
    struct hq_plan_target *target = new_target(plan, message);
    const struct hq_wire_way *way = NULL;
    const char *why = refusal(session, plan->verb, message, &way);

    if (why) {
        target->fate = HQ_FATE_REFUSED;
        target->words = hq_arena_strdup(plan->arena, why);
        g_ptr_array_add(plan->refused, target);
        return false;
    }
    g_ptr_array_add(step_of(plan, target->source, way)->targets, target);
    plan->count++;
    const struct hq_wire_ways *ways = hq_session_ways(session, message->source);
    plan->saved_base = ways->saved;
    plan->log = ways->log;
    return true;
}

/* ---- all of a queue, and many of it ---- */

#define PATIENCE 500 /* messages that take a process each */

/* To how many messages of SOURCE a run of the whole queue would apply the verb: it knows nothing of
 * those that are needless, and would try them, too. */
static guint count_fit(const struct hq_plan *plan, const struct hq_snapshot *snapshot,
                       const char *source)
{
    guint count = 0;

    for (guint i = 0; i < snapshot->messages->len; i++) {
        const struct hq_message *message = snapshot->messages->pdata[i];
        const struct hq_changer_ops *ops = hq_changer_find(message->mta ? message->mta : "");
        count += g_strcmp0(message->source, source) == 0 && ops &&
                 !ops->unfit(plan->verb, message->queue ? message->queue : "");
    }
    return count;
}

/* SNAPSHOT NULL: not all was chosen. */
static void widen(struct hq_plan *plan, struct hq_session *session,
                  const struct hq_snapshot *snapshot)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        struct hq_plan_step *step = plan->steps->pdata[i];
        const struct hq_wire_ways *ways = hq_session_ways(session, step->source);
        const struct hq_wire_way *all = find_way(ways, plan->verb, HQ_SCOPE_ALL);
        const struct hq_wire_way *many = find_way(ways, plan->verb, HQ_SCOPE_MANY);
        if (all && !all->refusal && snapshot && step->targets->len > 1 &&
            step->targets->len == count_fit(plan, snapshot, step->source))
            step->way = all;
        else if (many && !many->refusal && step->targets->len > PATIENCE)
            step->way = many;
    }
}

/* ---- warnings ---- */

static void warn(struct hq_plan *plan, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void warn(struct hq_plan *plan, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(plan->warnings, (gpointer)hq_arena_strdup(plan->arena, text));
}

/* What flushing costs: attempts that the destination counts. */
static unsigned attempts(const struct hq_message *message, enum hq_category category)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct hq_recipient *recipient = &message->recipients[i];
        count +=
            waits(recipient) && recipient->reason && recipient->reason->kind->category == category;
    }
    return count;
}

static bool has_other_destinations(const struct hq_message *message)
{
    const char *first = NULL;
    size_t first_length = 0;

    for (uint32_t i = 0; i < message->recipient_count; i++) {
        size_t n = 0;
        const char *domain = waits(&message->recipients[i]) && message->recipients[i].address
                                 ? hq_address_domain(message->recipients[i].address, &n)
                                 : NULL;
        if (!domain)
            continue;
        if (first && (n != first_length || g_ascii_strncasecmp(domain, first, n) != 0))
            return true;
        first = domain;
        first_length = n;
    }
    return false;
}

static void add_warnings(struct hq_plan *plan, const GPtrArray *messages)
{
    unsigned throttled = 0, greylisted = 0, bounces = 0, others = 0;

    for (guint i = 0; i < messages->len; i++) {
        const struct hq_message *message = messages->pdata[i];
        throttled += attempts(message, HQ_CATEGORY_THROTTLED);
        greylisted += attempts(message, HQ_CATEGORY_GREYLIST);
        bounces += message->sender && !*message->sender;
        others += has_other_destinations(message);
    }
    bool tries = hq_verb_tries(plan->verb);
    if (tries && throttled)
        warn(plan,
             "costs %u attempt%s at destinations that throttle us: each counts against the limit "
             "and makes the wait longer",
             throttled, throttled == 1 ? "" : "s");
    if (tries && greylisted)
        warn(plan,
             "costs %u attempt%s at destinations that greylist: with some, trying too early "
             "restarts the wait",
             greylisted, greylisted == 1 ? "" : "s");
    if (plan->verb == HQ_VERB_EXPIRE && bounces)
        warn(plan, "%u %s from the null sender (bounces): nobody will be told about those", bounces,
             bounces == 1 ? "is" : "are");
    if (plan->verb != HQ_VERB_FLUSH && others)
        warn(plan, "%u also %s for other destinations: this acts on the whole message", others,
             others == 1 ? "waits" : "wait");
}

static void add_step_warnings(struct hq_plan *plan)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct hq_plan_step *step = plan->steps->pdata[i];
        bool each = step->way->batch == 1 || step->way->then;
        if (each && step->targets->len > PATIENCE)
            warn(plan,
                 "one process for each of %u messages: this takes a while, and can be stopped",
                 step->targets->len);
    }
}

/* ---- from start to end ---- */

struct hq_plan *hq_plan_new(struct hq_session *session, enum hq_verb verb,
                            const GPtrArray *messages, const struct hq_snapshot *snapshot)
{
    struct hq_plan *plan = g_new0(struct hq_plan, 1);
    g_autoptr(GPtrArray) taken = g_ptr_array_new();

    plan->arena = hq_arena_new();
    plan->verb = verb;
    plan->save = verb == HQ_VERB_DELETE;
    plan->chosen = messages->len;
    plan->steps = g_ptr_array_new();
    plan->refused = g_ptr_array_new();
    plan->warnings = g_ptr_array_new();
    for (guint i = 0; i < messages->len; i++)
        if (add(plan, session, messages->pdata[i]))
            g_ptr_array_add(taken, messages->pdata[i]);
    widen(plan, session, snapshot);
    if (plan->count) {
        add_warnings(plan, taken);
        add_step_warnings(plan);
    }
    return plan;
}

void hq_plan_add_missing(struct hq_plan *plan, const char *id)
{
    struct hq_plan_target *target = hq_arena_alloc(plan->arena, sizeof *target);

    target->wire.id = hq_arena_strdup(plan->arena, id);
    target->wire.stamp = target->wire.arrived = HQ_NONE;
    target->fate = HQ_FATE_GONE;
    target->words = "not in the queue";
    g_ptr_array_add(plan->refused, target);
    plan->chosen++;
}

void hq_plan_free(struct hq_plan *plan)
{
    if (!plan)
        return;
    for (guint i = 0; i < plan->steps->len; i++)
        g_ptr_array_free(((struct hq_plan_step *)plan->steps->pdata[i])->targets, TRUE);
    g_ptr_array_free(plan->steps, TRUE);
    g_ptr_array_free(plan->refused, TRUE);
    g_ptr_array_free(plan->warnings, TRUE);
    hq_arena_free(plan->arena);
    g_free(plan);
}

bool hq_plan_is_grave(const struct hq_plan *plan)
{
    const unsigned screenful = 100;

    return (plan->verb == HQ_VERB_DELETE || plan->verb == HQ_VERB_EXPIRE) &&
           plan->count > screenful;
}

unsigned hq_plan_count(const struct hq_plan *plan, enum hq_fate fate)
{
    unsigned count = 0;

    for (guint i = 0; i < plan->steps->len; i++) {
        const struct hq_plan_step *step = plan->steps->pdata[i];
        for (guint k = 0; k < step->targets->len; k++)
            count += ((struct hq_plan_target *)step->targets->pdata[k])->fate == fate;
    }
    return count;
}
