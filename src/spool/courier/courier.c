/* SPDX-License-Identifier: ISC */
/* Courier's queue (Courier 1.0: libs/comqueuename.c, cdmsgq.C): msgs/S/Cn the control file and Dn
 * the message, n the control file's inode, S its last digits; what submit has not handed on yet is
 * in tmp/. The message's id stands in the control file. Files: 0 C, 1 D. */
#include "spool/dirs.h"
#include <string.h>

#define DEFAULT_PATH "/var/lib/courier"
#define CONFIG       "/etc/courier"

static const struct hq_dirs_place places[] = {{"queue", "msgs", true}, {"tmp", "tmp", true}};

static const char *id_of(const char *name)
{
    return name[0] == 'C' && g_ascii_isdigit(name[1]) ? name : NULL;
}

/* An id begins with the inode in hexadecimal: submit2.C, openctl(). */
static char *name_of(const char *id)
{
    char *end;
    guint64 inode = g_ascii_strtoull(id, &end, 16);

    return end > id && *end == '.' ? g_strdup_printf("C%" G_GUINT64_FORMAT, inode) : NULL;
}

static void open_files(int root, int dir, const char *path, const char *name, struct hq_item *item)
{
    g_autofree char *data = g_strdup_printf("D%s", name + 1);

    (void)root;
    (void)path;
    if (hq_file_open(dir, name, DT_UNKNOWN, &item->files[0]))
        hq_file_open(dir, data, DT_UNKNOWN, &item->files[1]);
}

static void configure(const char *path, struct hq_context *context)
{
    if (strcmp(path, DEFAULT_PATH) != 0)
        return;
    hq_dirs_me(context, CONFIG);
}

static const struct hq_dirs dirs = {places,   G_N_ELEMENTS(places), id_of, open_files, name_of,
                                    configure};

bool hq_courier_recognise(const char *path)
{
    static const char *const names[] = {"msgs", "msgq", "tmp", NULL};

    return hq_dirs_has(path, names);
}

const char *hq_courier_default(void)
{
    return hq_courier_recognise(DEFAULT_PATH) ? DEFAULT_PATH : NULL;
}

static struct hq_layout *courier_open(const char *path, GError **error)
{
    return hq_dirs_open(&dirs, path, error);
}

static const char *courier_why_not(const char *path)
{
    static const char *const names[] = {"msgs", "msgq", "tmp", NULL};

    return hq_dir_may_have(path, names)
               ? NULL
               : "no queue of Courier: neither msgs, msgq nor tmp is in it";
}

const struct hq_layout_ops hq_courier_layout = HQ_DIRS_LAYOUT(courier_open, courier_why_not);
