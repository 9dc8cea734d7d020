/* SPDX-License-Identifier: ISC */
/* The program behind the screen: the data at hand, the stack of views, the prompt. app.c holds the
 * views and keys together, feed.c brings the data, loop.c the events, frame.c draws around the
 * view, prompt.c asks, search.c finds, paste.c keeps pasted text from being commands. */
#ifndef HOPQ_TUI_APP_H
#define HOPQ_TUI_APP_H

#include "store/rates.h"
#include "store/trend.h"
#include "tui/edit.h"
#include "tui/shown.h"
#include "tui/tags.h"
#include "tui/term.h"
#include "tui/view.h"

#define HQ_VIEWS_MAX 8

struct hq_prompt;

/* Kinds of answers that are remembered. */
enum hq_past { HQ_PAST_NONE, HQ_PAST_SEARCH, HQ_PAST_FILTER, HQ_PAST_SORT, HQ_PAST_COUNT };

struct hq_app {
    const struct hq_tui_options *options;
    struct hq_session *session;
    struct hq_term term;
    GMainLoop *loop;
    char *sources;       /* names, for the title */
    GError *missed;      /* a source that could not be opened, when others were */
    GPtrArray *standing; /* char *: notices about the sources, for every scan */

    /* data: feed.c */
    struct hq_snapshot *snapshot; /* that may be shown: one of the next two, or an empty one */
    struct hq_snapshot *complete; /* of the last scan that has ended; NULL */
    struct hq_snapshot *incoming; /* being filled; NULL */
    bool complete_full;           /* it has the in-full part */
    bool incoming_full;
    struct hq_logbook *log;      /* what the mail log tells; NULL: it is not to be read */
    struct hq_trend_base *first; /* the look at the queue to compare with; NULL: none */
    bool logging;                /* the log is being read */
    char **log_ids;              /* for the lines of these messages; NULL: for all but lines */
    guint log_source;            /* puts it into COMPLETE, from LOG_NEXT on */
    unsigned log_next;
    struct hq_query *query;
    struct hq_shown *shown; /* what the views show; never NULL once the loop runs */
    bool stale;             /* SHOWN is older than SNAPSHOT or QUERY */
    bool working;           /* a thread works out the next SHOWN */
    int64_t scan_began;     /* monotonic */
    bool changed;           /* the queue was changed after the running scan began */
    guint work_timer;
    guint scan_timer;

    /* views: app.c */
    struct hq_view *views[HQ_VIEWS_MAX];
    unsigned depth;
    bool wrap;
    struct hq_tags *tags;

    /* search.c */
    char *needle; /* what was searched last */
    struct hq_list_search search;
    guint search_source;  /* 0: no search is under way */
    bool search_below;    /* the board has no match: the list was opened for it */
    int64_t search_began; /* monotonic */

    /* the last row: frame.c, prompt.c */
    const struct hq_prompt *prompt; /* NULL: none is open */
    struct hq_edit edit;
    GPtrArray *past[HQ_PAST_COUNT]; /* char *: answers given before, the newest last; NULL: none */
    int past_back;                  /* how far back among them the prompt is */
    char *message;                  /* until the next key */
    enum hq_role message_role;

    /* paste.c */
    enum { HQ_PASTE_NONE, HQ_PASTE_TAKEN, HQ_PASTE_DROPPED } paste;
    int64_t pasted; /* monotonic: when the last of it came */

    /* events: loop.c */
    guint draw_source;
    int64_t drawn; /* monotonic */
    int idle_fd;   /* tests wait for a byte here; -1: nobody does */
    bool acted;    /* the user did something that the byte has not yet answered */
};

/* app.c */
struct hq_view *hq_app_top(const struct hq_app *app);
/* Opens a view over the others; NULL when that is too deep. */
struct hq_view *hq_app_push(struct hq_app *app, const struct hq_view_ops *ops);
void hq_app_pop(struct hq_app *app);
void hq_app_key(struct hq_app *app, int key);
/* On the last row, until the next key. */
void hq_app_say(struct hq_app *app, enum hq_role role, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void hq_app_changed(struct hq_app *app); /* SHOWN is new: tells the views */

/* feed.c */
extern const struct hq_session_events hq_feed_events;
void hq_feed_scan(struct hq_app *app);   /* nothing when one runs */
void hq_feed_rescan(struct hq_app *app); /* one that begins now, even when one runs */
void hq_feed_work(struct hq_app *app);   /* works out SHOWN anew, now or as soon as it may */
/* Asks for something else (takes QUERY), reading in full what it needs in full. */
void hq_feed_ask(struct hq_app *app, struct hq_query *query);
bool hq_feed_wants_full(const struct hq_app *app);
/* The log's lines about the message ID will be in LOG: tells the views of messages when. */
void hq_feed_read_lines(struct hq_app *app, const char *id);
void hq_feed_finish(struct hq_app *app);

/* chosen.c: what a change would be done to (struct hq_message *, of the snapshot that is shown);
 * caller frees. */
GPtrArray *hq_chosen(const struct hq_app *app);
/* Whether what the cursor of VIEW is on, or what is tagged, lies in a queue that can be changed:
 * only then are the keys for it offered. */
bool hq_chosen_may_change(const struct hq_view *view);

/* loop.c */
void hq_loop_damage(struct hq_app *app); /* draws soon */
void hq_loop_run(struct hq_app *app);

/* frame.c */
void hq_frame_draw(struct hq_app *app);

/* search.c */
void hq_search_start(struct hq_app *app, bool back); /* for NEEDLE, in the view on top */
void hq_search_restart(struct hq_app *app);          /* its rows are others now */
/* KEY ends the search that is under way. True: it has done its work with that. */
bool hq_search_stop(struct hq_app *app, int key);

/* paste.c: true: KEY begins or ends pasted text or is part of it, and is dealt with. */
bool hq_paste_take(struct hq_app *app, int key);

/* tagging.c */
void hq_tagging_toggle(struct hq_app *app, const GPtrArray *messages);
void hq_tagging_range(struct hq_app *app, const GPtrArray *rows, guint from, guint to);
void hq_tagging_all(struct hq_app *app);
void hq_tagging_none(struct hq_app *app);
/* False with ERROR: TEXT is no filter; OFFSET takes the mistake's place. */
bool hq_tagging_filter(struct hq_app *app, const char *text, size_t *offset, GError **error);

/* prompt.c */
void hq_prompt_tag(struct hq_app *app);
void hq_prompt_count(struct hq_app *app);
void hq_prompt_search(struct hq_app *app);
void hq_prompt_filter(struct hq_app *app);
void hq_prompt_sort(struct hq_app *app);
void hq_prompt_key(struct hq_app *app, int key);
const char *hq_prompt_label(const struct hq_app *app);
void hq_prompt_help(const struct hq_app *app, GString *out);

#endif
