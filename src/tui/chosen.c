/* SPDX-License-Identifier: ISC */
/* Which messages a change is about: all that are tagged, else those that the view on top is on. */
#include "hopq/change.h"
#include "tui/app.h"

/* All from one snapshot, which keeps them; an opened message may be of an older one. */
GPtrArray *hq_chosen(const struct hq_app *app)
{
    const struct hq_view *view = hq_app_top(app);
    const struct hq_snapshot *snapshot = app->shown ? app->shown->snapshot : NULL;
    g_autoptr(GPtrArray) asked = g_ptr_array_new();
    GPtrArray *messages = g_ptr_array_new();

    if (!snapshot)
        return messages;
    if (view->ops->id != HQ_VIEW_MESSAGE && hq_tags_count(app->tags)) {
        hq_tags_collect(app->tags, snapshot, messages);
        return messages;
    }
    if (view->ops->chosen)
        view->ops->chosen(view, asked);
    for (guint i = 0; i < asked->len; i++) {
        const struct hq_message *old = asked->pdata[i];
        const struct hq_message *now = hq_snapshot_find(snapshot, old->source, old->id);
        if (now && now->arrived == old->arrived)
            g_ptr_array_add(messages, (gpointer)now);
    }
    return messages;
}

bool hq_chosen_may_change(const struct hq_view *view)
{
    const struct hq_app *app = view->app;
    g_autoptr(GPtrArray) messages = g_ptr_array_new();
    if (!hq_session_may_change(app->session, &(const char *){NULL}))
        return false;
    if (hq_tags_count(app->tags))
        return true;
    if (view->ops->chosen)
        view->ops->chosen(view, messages);
    const struct hq_message *first = messages->len ? messages->pdata[0] : NULL;
    return first && hq_changer_find(first->mta ? first->mta : "");
}
