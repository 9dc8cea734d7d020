/* SPDX-License-Identifier: ISC */
/* qmail's queue (netqmail 1.06, notqmail 1.08; INTERNALS): mess/S/N the message, todo/N its
 * envelope until qmail-send has read it, then info/S/N the sender, local/S/N and remote/S/N the
 * recipients, bounce/N what failed for good. S is N modulo conf-split. Files: 0 mess, 1 info, 2
 * local, 3 remote, 4 bounce, 5 todo. */
#include "qmail.h"
#include "spool/dirs.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char *const roots[] = {"/var/qmail/queue", "/var/lib/qmail/queue", "/var/spool/qmail"};
static const struct hq_dirs_place places[] = {{"queue", "mess", true}};

static const char *id_of(const char *name)
{
    return strspn(name, "0123456789") == strlen(name) ? name : NULL;
}

static void open_beside(int root, const char *path, struct hq_item_file *file)
{
    const char *name;
    int dir = hq_dir_open_parent(root, path, &name);

    if (dir < 0)
        return;
    if (!hq_file_open(dir, name, DT_UNKNOWN, file) && file->error == ENOENT)
        hq_file_init(file); /* in most states it should not be there */
    close(dir);
}

static void open_files(int root, int dir, const char *path, const char *name, struct hq_item *item)
{
    static const char *const parts[] = {"info", "local", "remote", "bounce", "todo"};
    const char *split = strchr(path, '/');

    if (!hq_file_open(dir, name, DT_UNKNOWN, &item->files[0]))
        return;
    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
        struct hq_item_file *file = &item->files[i + 1];
        g_autofree char *flat = g_strdup_printf("%s/%s", parts[i], name);
        g_autofree char *hashed = g_strdup_printf("%s%s/%s", parts[i], split ? split : "", name);
        open_beside(root, i + 1 < HQ_QMAIL_BOUNCE ? hashed : flat, file);
        if (i + 1 == HQ_QMAIL_TODO && file->fd < 0) /* the big-todo patch splits it */
            open_beside(root, hashed, file);
    }
}

static void configure(const char *path, struct hq_context *context)
{
    static const char *const names[] = {"queuelifetime", "locals"};
    g_autofree char *control = g_build_filename(path, "..", "control", NULL);

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        hq_dirs_setting(context, control, names[i]);
    hq_dirs_me(context, control);
}

static const struct hq_dirs dirs = {places,   G_N_ELEMENTS(places), id_of, open_files, NULL,
                                    configure};

bool hq_qmail_recognise(const char *path)
{
    static const char *const names[] = {"mess", "info", "local", "remote", "todo", NULL};

    return hq_dirs_has(path, names);
}

const char *hq_qmail_default(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(roots); i++)
        if (hq_qmail_recognise(roots[i]))
            return roots[i];
    return NULL;
}

static struct hq_layout *qmail_open(const char *path, GError **error)
{
    return hq_dirs_open(&dirs, path, error);
}

static const char *qmail_why_not(const char *path)
{
    static const char *const names[] = {"mess", "info", "todo", NULL};

    return hq_dir_may_have(path, names) ? NULL
                                        : "no queue of qmail: neither mess, info nor todo is in it";
}

const struct hq_layout_ops hq_qmail_layout = HQ_DIRS_LAYOUT(qmail_open, qmail_why_not);
