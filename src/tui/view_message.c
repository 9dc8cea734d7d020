/* SPDX-License-Identifier: ISC */
/* One message: who, whom and what on top, a pane of it below. What the scan knows is shown at
 * once; the rest is asked of the session and fills in when it comes. */
#include "proc/session.h"
#include "tui/app.h"
#include "tui/pane.h"
#include <string.h>

#define HEAD_ROWS 4

static const struct {
    const char *title;
    hq_pane_fn build;
    bool full;
} panes[] = {
#define HQ_PANE(name, title, full) {title, hq_pane_##name, full},
#include "tui/panes.def"
#undef HQ_PANE
};

/* What is first looked at in a message that waits for nothing: how it came. */
#define PANE_OF_A_MAILBOX 1
#define PANE_OF_HEADERS   3

/* Where the user was in a pane. */
struct place {
    int cursor;
    int top;
};

struct message_view {
    struct hq_view view;
    struct hq_snapshot *snapshot;     /* keeps MESSAGE */
    const struct hq_message *message; /* as the last scan saw it */
    struct hq_arena *arena;           /* keeps DETAIL */
    const struct hq_detail *detail;   /* NULL: not here yet */
    bool gone;                        /* it has left the queue */
    bool unread;                      /* it could not be opened: gone, or the parser died of it */
    bool raw;
    int explained; /* finding that the headers explain, from 1; 0: none */
    unsigned pane;
    unsigned pane_before; /* where the finding was opened */
    struct place places[G_N_ELEMENTS(panes)];
    struct hq_lines lines;
    struct hq_text_layout layout;
};

static const char *why_empty(const struct message_view *self)
{
    if (self->gone)
        return "It left the queue before it could be read.";
    if (self->unread)
        return "It could not be read: it has just left the queue, or it crashed the parser. "
               "q and Enter try again.";
    return "Reading the message.";
}

static void build(struct message_view *self)
{
    struct hq_pane_input in = {
        .message = self->message,
        .detail = self->detail,
        .now = hq_time_now(),
        .raw = self->raw,
        .log = self->view.app->log,
    };
    if (self->explained && self->detail &&
        (uint32_t)self->explained <= self->detail->finding_count) {
        in.explain = &self->detail->findings[self->explained - 1];
        in.raw = true;
    }
    if (panes[self->pane].build == hq_pane_log)
        hq_feed_read_lines(self->view.app, self->message->id);
    hq_lines_clear(&self->lines);
    self->layout.valid = false;
    if (self->detail || !panes[self->pane].full) {
        panes[self->pane].build(&in, &self->lines);
        return;
    }
    hq_lines_add(&self->lines, HQ_ROLE_DIM, why_empty(self));
    hq_lines_end(&self->lines);
}

static void show_pane(struct message_view *self, unsigned pane)
{
    struct hq_list *list = &self->view.list;
    self->places[self->pane] = (struct place){.cursor = list->cursor, .top = list->top};
    self->pane = pane;
    list->cursor = self->places[pane].cursor;
    list->top = self->places[pane].top;
    list->left = 0;
    build(self);
}

/* Scrolls to the first row of the explanation, with some of the field above it. */
static void go_to_explanation(struct message_view *self)
{
    struct hq_list *list = &self->view.list;
    int width = self->layout.width > 0 ? self->layout.width : 80;
    int count = hq_lines_layout(&self->lines, width, self->layout.wrap);
    int row = 0;
    while (row < count && hq_lines_mark_of(&self->lines, row) != HQ_PANE_EXPLANATION)
        row++;
    list->cursor = row < count ? row : 0;
    list->top = MAX(list->cursor - 8, 0);
}

/* False: there is nothing to go back from but the message. */
static bool leave_explanation(struct message_view *self)
{
    if (!self->explained || self->pane != PANE_OF_HEADERS)
        return false;
    self->explained = 0;
    show_pane(self, self->pane_before);
    return true;
}

/* Enter on a finding opens the headers at its evidence; on that, it goes back. */
static bool explain(struct message_view *self)
{
    int mark = hq_lines_mark_of(&self->lines, self->view.list.cursor);
    if (mark == 0) {
        hq_app_say(self->view.app, HQ_ROLE_NOTICE,
                   "Enter explains a finding: move to one first (%s)",
                   hq_glyph(&self->view.app->term, HQ_GLYPH_FINDING));
        return true;
    }
    if (mark == HQ_PANE_EXPLANATION)
        return leave_explanation(self);
    if (!self->explained)
        self->pane_before = self->pane;
    self->explained = mark;
    show_pane(self, PANE_OF_HEADERS);
    go_to_explanation(self);
    return true;
}

static void take_message(struct message_view *self, struct hq_snapshot *snapshot,
                         const struct hq_message *message)
{
    hq_snapshot_ref(snapshot);
    hq_snapshot_unref(self->snapshot);
    self->snapshot = snapshot;
    self->message = message;
}

static void take_arena(struct message_view *self, struct hq_arena *arena)
{
    if (self->arena)
        hq_arena_free(self->arena);
    self->arena = arena;
    self->detail = NULL;
}

/* Another message in the same view, at the same pane. */
static void show_message(struct message_view *self, const struct hq_message *message)
{
    take_message(self, self->view.app->shown->snapshot, message);
    take_arena(self, NULL);
    self->gone = self->unread = false;
    self->explained = 0;
    memset(self->places, 0, sizeof self->places);
    self->view.list.cursor = self->view.list.top = self->view.list.left = 0;
    self->view.pending = true;
    build(self);
    hq_session_open(self->view.app->session, message);
}

/* A mailbox may name whom it was delivered to. */
static bool waits(const struct hq_message *message)
{
    for (uint32_t i = 0; i < message->recipient_count; i++)
        if (message->recipients[i].state != HQ_STATE_DELIVERED)
            return true;
    return false;
}

void hq_view_message_open(struct hq_app *app, const struct hq_message *message)
{
    struct message_view *self = (struct message_view *)hq_app_push(app, &hq_view_message);
    if (!self)
        return;
    hq_lines_init(&self->lines, &app->term);
    self->pane = waits(message) ? 0 : PANE_OF_A_MAILBOX;
    show_message(self, message);
}

bool hq_view_message_detail(struct hq_view *view, struct hq_message *message,
                            struct hq_arena *arena, const char *source, const char *id)
{
    struct message_view *self = (struct message_view *)view;
    const char *from = self->message->via ? self->message->via : self->message->source;
    if (g_strcmp0(source, from) != 0 || g_strcmp0(id, self->message->id) != 0)
        return false;
    if (message) {
        take_arena(self, arena);
        self->detail = message->detail;
        self->unread = false;
        view->pending = self->detail && self->detail->spf.pending == HQ_YES;
    } else {
        hq_arena_free(arena);
        self->unread = true;
        view->pending = false;
    }
    build(self);
    return true;
}

void hq_view_message_logged(struct hq_view *view)
{
    struct message_view *self = (struct message_view *)view;
    if (panes[self->pane].build == hq_pane_log)
        build(self);
}

static void changed(struct hq_view *view)
{
    struct message_view *self = (struct message_view *)view;
    struct hq_snapshot *snapshot = view->app->shown->snapshot;
    const struct hq_message *same =
        hq_snapshot_find(snapshot, self->message->source, self->message->id);
    if (same == self->message)
        return;
    if (same)
        take_message(self, snapshot, same);
    self->gone = !same && snapshot->complete;
    if (!self->detail || !panes[self->pane].full)
        build(self);
}

static void draw_field(struct hq_view *view, int y, int width, const char *label,
                       enum hq_align align, const char *text)
{
    struct hq_term *term = &view->app->term;
    hq_term_put(term, y, 1, 9, HQ_ROLE_LABEL, label);
    hq_term_cell(term, y, 10, width - 11, HQ_ROLE_STRONG, align, text ? text : "-");
}

/* Who may not read headers does not know that there is none. */
static const char *subject_of(const struct message_view *self)
{
    const char *subject = self->message->subject;
    bool none = self->detail && self->detail->header_count > 0 && (!subject || !*subject);
    return none ? "(none)" : subject;
}

static void draw_tabs(const struct message_view *self, int y, int width)
{
    struct hq_term *term = &self->view.app->term;
    int x = width > 60 ? 1 : 0; /* all of them fit the narrowest screen */
    hq_term_rule(term, y, width, HQ_ROLE_RULE);
    for (unsigned i = 0; i < G_N_ELEMENTS(panes); i++) {
        g_autofree char *tab =
            g_strdup_printf(i == self->pane ? "[%u %s]" : " %u %s ", i + 1, panes[i].title);
        x +=
            hq_term_put(term, y, x, width - x, i == self->pane ? HQ_ROLE_TAB_ON : HQ_ROLE_TAB, tab);
    }
    if (self->gone || self->unread)
        hq_term_put(term, y, x + 1, width - x - 1, HQ_ROLE_WARN,
                    self->gone ? " left the queue " : " not read ");
}

static void draw(struct hq_view *view, int y, int height, int width)
{
    struct message_view *self = (struct message_view *)view;
    const struct hq_message *message = self->message;
    bool bounce = message->sender && !*message->sender;
    draw_field(view, y, width, "From", HQ_ENDS, message->from ? message->from : message->sender);
    draw_field(view, y + 1, width, "Envelope", HQ_ENDS, bounce ? "<> (a bounce)" : message->sender);
    draw_field(view, y + 2, width, "Subject", HQ_LEFT, subject_of(self));
    draw_tabs(self, y + 3, width);
    hq_view_text(view, &self->lines, &self->layout, y + HEAD_ROWS, height - HEAD_ROWS, width);
}

static void step(struct message_view *self, int way)
{
    struct hq_app *app = self->view.app;
    struct hq_view *below = app->views[app->depth - 2];
    const struct hq_message *message = hq_view_list_step(below, way);
    if (message)
        show_message(self, message);
    else
        hq_app_say(app, HQ_ROLE_NOTICE,
                   way > 0 ? "this is the last message" : "this is the first message");
}

static void chosen(const struct hq_view *view, GPtrArray *out)
{
    const struct message_view *self = (const struct message_view *)view;
    if (!self->gone)
        g_ptr_array_add(out, (gpointer)self->message);
}

static bool act(struct hq_view *view, enum hq_action action, int key)
{
    struct message_view *self = (struct message_view *)view;
    unsigned n = G_N_ELEMENTS(panes);
    switch (action) {
    case HQ_ACTION_PANE_NEXT:
        show_pane(self, (self->pane + 1) % n);
        return true;
    case HQ_ACTION_PANE_PREVIOUS:
        show_pane(self, (self->pane + n - 1) % n);
        return true;
    case HQ_ACTION_PANE:
        show_pane(self, MIN((unsigned)(key - '1'), n - 1));
        return true;
    case HQ_ACTION_OPEN:
        return explain(self);
    case HQ_ACTION_BACK:
        return leave_explanation(self);
    case HQ_ACTION_RAW:
        self->raw = !self->raw;
        build(self);
        hq_app_say(view->app, HQ_ROLE_NOTICE, "pane %d: headers %s", PANE_OF_HEADERS + 1,
                   self->raw ? "raw" : "decoded");
        return true;
    case HQ_ACTION_NEWER:
    case HQ_ACTION_OLDER:
        step(self, action == HQ_ACTION_NEWER ? 1 : -1);
        return true;
    default:
        return false;
    }
}

static bool match(void *data, int row)
{
    struct message_view *self = data;
    return hq_lines_match(&self->lines, row, self->view.app->needle);
}

static void copy(struct hq_view *view, GString *out)
{
    const char *line = hq_lines_get(&((struct message_view *)view)->lines, view->list.cursor);
    g_string_append(out, line + strspn(line, " "));
}

static void where(struct hq_view *view, GString *out)
{
    const struct message_view *self = (const struct message_view *)view;
    g_string_append_printf(out, "%s: line %d of %d", self->message->id ? self->message->id : "",
                           view->list.cursor + 1, view->list.count);
}

static void close_view(struct hq_view *view)
{
    struct message_view *self = (struct message_view *)view;
    take_arena(self, NULL);
    hq_snapshot_unref(self->snapshot);
    hq_lines_finish(&self->lines);
}

const struct hq_view_ops hq_view_message = {
    .id = HQ_VIEW_MESSAGE,
    .size = sizeof(struct message_view),
    .close = close_view,
    .changed = changed,
    .draw = draw,
    .act = act,
    .match = match,
    .copy = copy,
    .chosen = chosen,
    .where = where,
};
