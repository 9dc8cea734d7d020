/* SPDX-License-Identifier: ISC */
/* Pasted text, which the terminal marks as such: a prompt takes its first line; elsewhere it is
 * dropped, because a line of mail pasted by mistake would be a series of commands. */
#include "tui/app.h"

/* Microseconds: a terminal that never tells the end does not take the keyboard away. */
#define PAUSE G_USEC_PER_SEC

static void begin(struct hq_app *app)
{
    app->paste = app->prompt ? HQ_PASTE_TAKEN : HQ_PASTE_DROPPED;
    if (!app->prompt)
        hq_app_say(app, HQ_ROLE_NOTICE, "text can be pasted only at a prompt, as after / or \\");
}

static void take(struct hq_app *app, int key)
{
    if (key == '\r' && app->edit.text->len)
        app->paste = HQ_PASTE_DROPPED;
    else
        hq_edit_paste(&app->edit, key);
}

bool hq_paste_take(struct hq_app *app, int key)
{
    int64_t now = g_get_monotonic_time();
    if (app->paste && now - app->pasted > PAUSE)
        app->paste = HQ_PASTE_NONE;
    app->pasted = now;
    if (key == HQ_KEY_PASTE)
        begin(app);
    else if (key == HQ_KEY_PASTE_END)
        app->paste = HQ_PASTE_NONE;
    else if (app->paste == HQ_PASTE_NONE)
        return false;
    else if (app->paste == HQ_PASTE_TAKEN)
        take(app, key);
    return true;
}
