/* SPDX-License-Identifier: ISC */
/* The page of a change: the plan, the question, the progress, the result. The answer is no unless
 * another key than the one that opened the page says yes; where much would be lost, the number of
 * messages must be typed. */
#include "act/run.h"
#include "hopq/change.h"
#include "tui/app.h"
#include <string.h>

enum state {
    WAITING, /* for [act] to tell what can be done */
    ASKING,
    RUNNING,
    OVER
};

struct act_view {
    struct hq_view view;
    enum hq_verb verb;
    enum state state;
    bool stopping;
    bool seen; /* the question has been on the screen: keys typed before are no answer */
    struct hq_snapshot *snapshot; /* keeps the messages until there is a plan */
    GPtrArray *messages;
    struct hq_plan *plan;
    struct hq_run *run;
    struct hq_lines lines;
    struct hq_text_layout layout;
};

static const struct {
    enum hq_action action;
    enum hq_verb verb;
} verbs[] = {
    {HQ_ACTION_HOLD, HQ_VERB_HOLD},       {HQ_ACTION_RELEASE, HQ_VERB_RELEASE},
    {HQ_ACTION_FLUSH, HQ_VERB_FLUSH},     {HQ_ACTION_EXPIRE, HQ_VERB_EXPIRE},
    {HQ_ACTION_REQUEUE, HQ_VERB_REQUEUE}, {HQ_ACTION_DELETE, HQ_VERB_DELETE},
};

/* ---- the page ---- */

static void put_line(enum hq_plan_line line, const char *text, void *data)
{
    static const enum hq_role roles[] = {
        [HQ_PLAN_HEAD] = HQ_ROLE_STRONG,  [HQ_PLAN_COMMAND] = HQ_ROLE_KEY,
        [HQ_PLAN_TEXT] = HQ_ROLE_NORMAL,  [HQ_PLAN_WARNING] = HQ_ROLE_BAD,
        [HQ_PLAN_REFUSED] = HQ_ROLE_WARN, [HQ_PLAN_GOOD] = HQ_ROLE_GOOD,
    };
    struct hq_lines *lines = data;
    hq_lines_add(lines, HQ_ROLE_NORMAL, line == HQ_PLAN_WARNING ? " ! " : " ");
    hq_lines_hang(lines);
    hq_lines_add(lines, roles[line], text);
    hq_lines_end(lines);
}

static void put(struct act_view *self, enum hq_role role, const char *text)
{
    hq_lines_add(&self->lines, HQ_ROLE_NORMAL, " ");
    hq_lines_hang(&self->lines);
    hq_lines_add(&self->lines, role, text);
    hq_lines_end(&self->lines);
}

static void build_question(struct act_view *self)
{
    const char *name = hq_verb_names[self->verb];
    unsigned count = self->plan->count;
    g_autofree char *question =
        count ? g_strdup_printf("%c%s %u message%s?  y: yes   n, Esc, Enter: no",
                                g_ascii_toupper(*name), name + 1, count, count == 1 ? "" : "s")
              : g_strdup_printf("There is nothing to %s here", name);
    put(self, HQ_ROLE_PROMPT, question);
    if (count && self->verb == HQ_VERB_DELETE) {
        put(self, HQ_ROLE_NORMAL, "h: hold them instead, which can be undone");
        put(self, HQ_ROLE_NORMAL,
            self->plan->save ? "s: delete without saving" : "s: save them first");
    }
    hq_lines_empty(&self->lines);
    hq_plan_show(self->plan, put_line, &self->lines);
}

static void build_running(struct act_view *self)
{
    g_autofree char *progress = hq_run_describe(self->run);
    put(self, HQ_ROLE_STRONG, progress);
    put(self, HQ_ROLE_NORMAL,
        self->stopping
            ? "waiting for the current batch; Ctrl-C leaves hopq, and the batch then ends "
              "by itself and is logged"
            : "Esc or q: stop after the current batch");
}

static void build(struct act_view *self)
{
    hq_lines_clear(&self->lines);
    self->layout.valid = false;
    self->view.settled = self->state != ASKING || self->plan->count == 0;
    switch (self->state) {
    case WAITING:
        put(self, HQ_ROLE_DIM, "finding out what this MTA can do");
        break;
    case ASKING:
        build_question(self);
        break;
    case RUNNING:
        build_running(self);
        break;
    case OVER:
        hq_plan_show_result(self->plan, put_line, &self->lines);
        break;
    }
    hq_loop_damage(self->view.app);
}

/* ---- planning ---- */

static void try_plan(struct act_view *self)
{
    struct hq_session *session = self->view.app->session;
    if (self->state != WAITING || !hq_plan_ready(session, self->messages))
        return;
    self->plan = hq_plan_new(session, self->verb, self->messages,
                             self->snapshot->complete ? self->snapshot : NULL);
    self->state = ASKING;
    self->view.pending = false;
    build(self);
}

void hq_view_act_ways(struct hq_app *app)
{
    for (unsigned i = 0; i < app->depth; i++)
        if (app->views[i]->ops == &hq_view_act)
            try_plan((struct act_view *)app->views[i]);
}

/* Takes MESSAGES. */
static void open_view(struct hq_app *app, enum hq_verb verb, GPtrArray *messages)
{
    struct act_view *self = (struct act_view *)hq_app_push(app, &hq_view_act);
    if (!self) {
        g_ptr_array_unref(messages);
        return;
    }
    self->verb = verb;
    self->snapshot = hq_snapshot_ref(app->shown->snapshot);
    self->messages = messages;
    self->view.pending = true;
    hq_lines_init(&self->lines, &app->term);
    build(self);
    try_plan(self);
}

bool hq_view_act_open(struct hq_app *app, enum hq_action action)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(verbs); i++) {
        const char *why = NULL;
        if (verbs[i].action != action)
            continue;
        if (!hq_session_may_change(app->session, &why)) {
            hq_app_say(app, HQ_ROLE_WARN, "%s: %s", hq_verb_names[verbs[i].verb], why);
            return true;
        }
        GPtrArray *messages = hq_chosen(app);
        if (messages->len)
            open_view(app, verbs[i].verb, messages);
        else
            hq_app_say(app, HQ_ROLE_NOTICE,
                       app->shown && app->shown->messages->len ? "the message is gone"
                                                               : "there is no message here");
        if (!messages->len)
            g_ptr_array_unref(messages);
        return true;
    }
    return false;
}

/* ---- running ---- */

static void on_progress(void *data)
{
    build(data);
}

static void untag(struct act_view *self)
{
    for (guint i = 0; i < self->plan->steps->len; i++) {
        const struct hq_plan_step *step = self->plan->steps->pdata[i];
        for (guint k = 0; k < step->targets->len; k++) {
            const struct hq_plan_target *target = step->targets->pdata[k];
            if (target->fate == HQ_FATE_DONE || target->fate == HQ_FATE_GONE)
                hq_tags_drop(self->view.app->tags, target->source, target->wire.id);
        }
    }
}

static void on_finished(void *data)
{
    struct act_view *self = data;
    self->run = NULL;
    self->state = OVER;
    self->view.pending = false;
    self->view.list.cursor = 0;
    untag(self);
    build(self);
    hq_feed_rescan(self->view.app);
}

static void start(struct act_view *self)
{
    static const struct hq_run_events events = {on_progress, on_finished};
    self->state = RUNNING;
    self->view.pending = true;
    self->run = hq_run_start(self->view.app->session, self->plan, &events, self);
    build(self);
}

bool hq_view_act_typed(struct hq_app *app, const char *text)
{
    struct act_view *self = (struct act_view *)hq_app_top(app);
    g_autofree char *wanted = g_strdup_printf("%u", self->plan->count);
    if (strcmp(text, wanted) != 0) {
        hq_app_say(app, HQ_ROLE_BAD, "that is not %s: nothing was done (Esc: cancel)", wanted);
        return false;
    }
    start(self);
    return true;
}

/* ---- keys ---- */

/* Says that nothing is asked, or something else. */
static void say_no_question(struct act_view *self)
{
    static const char *const words[] = {
        [WAITING] = "wait: hopq is finding out what can be done",
        [ASKING] = "answer y or n",
        [RUNNING] = "working: Esc stops it after the current batch",
        [OVER] = "finished; q goes back",
    };
    bool none = self->state == ASKING && self->plan->count == 0;
    hq_app_say(self->view.app, HQ_ROLE_NOTICE, "%s",
               none ? "there is nothing to do; q goes back" : words[self->state]);
}

static bool is_asked(const struct act_view *self)
{
    return self->state == ASKING && self->plan->count > 0;
}

static void say_yes(struct act_view *self)
{
    struct hq_app *app = self->view.app;
    if (!is_asked(self)) {
        say_no_question(self);
        return;
    }
    if (!self->seen) {
        hq_app_say(app, HQ_ROLE_WARN, "that was typed before the page was shown: press y again");
        return;
    }
    if (hq_plan_is_grave(self->plan))
        hq_prompt_count(app);
    else
        start(self);
}

static void go_back(struct act_view *self)
{
    struct hq_app *app = self->view.app;
    if (self->state == RUNNING) {
        hq_run_cancel(self->run);
        self->stopping = true;
        build(self);
        return;
    }
    if (self->state != OVER)
        hq_app_say(app, HQ_ROLE_NOTICE, "nothing was done");
    hq_app_pop(app);
}

static void hold_instead(struct act_view *self)
{
    if (!is_asked(self) || self->verb != HQ_VERB_DELETE) {
        say_no_question(self);
        return;
    }
    g_clear_pointer(&self->plan, hq_plan_free);
    self->verb = HQ_VERB_HOLD;
    self->state = WAITING;
    self->seen = false;
    try_plan(self);
}

static void save_or_not(struct act_view *self)
{
    if (!is_asked(self) || self->verb != HQ_VERB_DELETE) {
        say_no_question(self);
        return;
    }
    self->plan->save = !self->plan->save;
    build(self);
}

static bool act(struct hq_view *view, enum hq_action action, G_GNUC_UNUSED int key)
{
    struct act_view *self = (struct act_view *)view;
    switch (action) {
    case HQ_ACTION_YES:
        say_yes(self);
        return true;
    case HQ_ACTION_BACK:
        go_back(self);
        return true;
    case HQ_ACTION_HOLD:
        hold_instead(self);
        return true;
    case HQ_ACTION_SAVE:
        save_or_not(self);
        return true;
    default:
        return false;
    }
}

static void draw(struct hq_view *view, int y, int height, int width)
{
    struct act_view *self = (struct act_view *)view;
    self->seen |= self->state == ASKING;
    hq_view_text(view, &self->lines, &self->layout, y, height, width);
}

static bool match(void *data, int row)
{
    const struct act_view *self = data;
    return hq_lines_match(&self->lines, row, self->view.app->needle);
}

static void copy(struct hq_view *view, GString *out)
{
    const struct act_view *self = (const struct act_view *)view;
    g_string_append(out, hq_lines_get(&self->lines, view->list.cursor));
}

static void where(struct hq_view *view, GString *out)
{
    static const char *const names[] = {"", "nothing done yet", "working", "done"};
    const struct act_view *self = (const struct act_view *)view;
    bool short_of =
        self->state == OVER &&
        (self->plan->failure || hq_plan_count(self->plan, HQ_FATE_DONE) < self->plan->count);
    g_string_append_printf(out, "%s: %s", hq_verb_names[self->verb],
                           short_of ? "not all was done" : names[self->state]);
}

static void close_view(struct hq_view *view)
{
    struct act_view *self = (struct act_view *)view;
    hq_run_drop(self->run); /* hopq is left by Ctrl-C */
    hq_plan_free(self->plan);
    g_ptr_array_unref(self->messages);
    hq_snapshot_unref(self->snapshot);
    hq_lines_finish(&self->lines);
}

const struct hq_view_ops hq_view_act = {
    .id = HQ_VIEW_ACT,
    .size = sizeof(struct act_view),
    .close = close_view,
    .draw = draw,
    .act = act,
    .match = match,
    .copy = copy,
    .where = where,
};
