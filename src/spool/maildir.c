/* SPDX-License-Identifier: ISC */
/* Maildir (cr.yp.to/proto/maildir.html) with the folders of Maildir++ (".Sub" directories, which
 * are "INBOX.Sub"). One file a message in new/ and cur/; its id is the name without the flags that
 * follow ":2,". tmp/ holds what is still being written. */
#include "files.h"
#include "hopq/error.h"
#include "mailfile.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const subdirs[] = {"new", "cur"};

struct folder {
    GString *directory; /* "." is the root itself */
    GString *queue;     /* its name as Maildir++ writes it */
};

struct hq_layout {
    int root;
    DIR *folders;         /* the root, for the folders below it; NULL: not begun */
    struct folder listed; /* the one being listed */
    struct folder found;  /* of the last find */
    unsigned subdir;      /* of it, the next to open */
    DIR *files;           /* what is being listed; NULL: none */
    GString *id, *ref;    /* of the item given last */
};

bool hq_maildir_recognise(const char *path)
{
    bool all = true;

    for (unsigned i = 0; all && i < G_N_ELEMENTS(subdirs); i++) {
        g_autofree char *name = g_build_filename(path, subdirs[i], NULL);
        all = g_file_test(name, G_FILE_TEST_IS_DIR);
    }
    return all;
}

const char *hq_maildir_default(void)
{
    return NULL;
}

static void set_folder(struct folder *folder, const char *directory)
{
    g_string_assign(folder->directory, directory);
    g_string_assign(folder->queue, "INBOX");
    if (directory[1] != '\0')
        g_string_append(folder->queue, directory);
}

static void maildir_rewind(struct hq_layout *layout)
{
    hq_dir_stream_end(&layout->folders);
    hq_dir_stream_end(&layout->files);
    set_folder(&layout->listed, ".");
    layout->subdir = 0;
}

static struct hq_layout *maildir_open(const char *path, GError **error)
{
    int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct hq_layout *layout;

    if (root < 0) {
        hq_error_set(error, errno == EACCES ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, errno,
                     "open mailbox", path, NULL);
        return NULL;
    }
    layout = g_new0(struct hq_layout, 1);
    layout->root = root;
    layout->listed = (struct folder){g_string_new(NULL), g_string_new(NULL)};
    layout->found = (struct folder){g_string_new(NULL), g_string_new(NULL)};
    layout->id = g_string_new(NULL);
    layout->ref = g_string_new(NULL);
    maildir_rewind(layout);
    return layout;
}

static void maildir_close(struct hq_layout *layout)
{
    hq_dir_stream_end(&layout->folders);
    hq_dir_stream_end(&layout->files);
    close(layout->root);
    for (unsigned i = 0; i < 2; i++) {
        struct folder *folder = i ? &layout->found : &layout->listed;
        g_string_free(folder->directory, TRUE);
        g_string_free(folder->queue, TRUE);
    }
    g_string_free(layout->id, TRUE);
    g_string_free(layout->ref, TRUE);
    g_free(layout);
}

/* "cur" or ".Sub/cur" */
static void set_ref(struct hq_layout *layout, const struct folder *folder, unsigned subdir)
{
    bool root = strcmp(folder->directory->str, ".") == 0;

    g_string_printf(layout->ref, "%s%s%s", root ? "" : folder->directory->str, root ? "" : "/",
                    subdirs[subdir]);
}

static size_t id_length(const char *name)
{
    const char *flags = strstr(name, ":2,");

    return flags ? (size_t)(flags - name) : strlen(name);
}

static void name_item(struct hq_layout *layout, const struct folder *folder, struct hq_item *item,
                      const char *name)
{
    g_string_truncate(layout->id, 0);
    g_string_append_len(layout->id, name, (gssize)id_length(name));
    if (*name) {
        g_string_append_c(layout->ref, '/');
        g_string_append(layout->ref, name);
    }
    item->queue = folder->queue->str;
    item->id = layout->id->str;
    item->ref = layout->ref->str;
}

static bool unreadable(struct hq_layout *layout, struct hq_item *item, int error)
{
    name_item(layout, &layout->listed, item, "");
    item->files[0].error = error;
    return true;
}

/* One name of the directory at hand. True: ITEM is filled. */
static bool step_file(struct hq_layout *layout, struct hq_item *item)
{
    errno = 0;
    const struct dirent *entry = readdir(layout->files);
    int error = errno;

    set_ref(layout, &layout->listed, layout->subdir - 1);
    if (!entry) {
        hq_dir_stream_end(&layout->files);
        return error && unreadable(layout, item, error);
    }
    if (entry->d_name[0] == '.' ||
        (!hq_file_open(dirfd(layout->files), entry->d_name, entry->d_type, &item->files[0]) &&
         item->files[0].error == ENOENT))
        return false;
    name_item(layout, &layout->listed, item, entry->d_name);
    return true;
}

/* The next of new/ and cur/. A folder without them is no folder. */
static bool step_subdir(struct hq_layout *layout, struct hq_item *item)
{
    set_ref(layout, &layout->listed, layout->subdir++);
    layout->files = hq_dir_stream(layout->root, layout->ref->str);
    return !layout->files && errno != ENOENT && unreadable(layout, item, errno);
}

static bool is_directory(int root, const struct dirent *entry)
{
    struct stat st;

    return entry->d_type == DT_DIR ||
           (entry->d_type == DT_UNKNOWN &&
            fstatat(root, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode));
}

/* The next folder. False: no more. */
static bool step_folder(struct hq_layout *layout)
{
    const struct dirent *entry;

    if (!layout->folders)
        layout->folders = hq_dir_stream(layout->root, ".");
    while (layout->folders && (entry = readdir(layout->folders)))
        if (entry->d_name[0] == '.' && entry->d_name[1] != '\0' &&
            strcmp(entry->d_name, "..") != 0 && is_directory(layout->root, entry)) {
            set_folder(&layout->listed, entry->d_name);
            layout->subdir = 0;
            return true;
        }
    return false;
}

static bool maildir_next(struct hq_layout *layout, struct hq_item *item)
{
    hq_item_init(item);
    for (;;) {
        if (layout->files) {
            if (step_file(layout, item))
                return true;
        } else if (layout->subdir < G_N_ELEMENTS(subdirs)) {
            if (step_subdir(layout, item))
                return true;
        } else if (!step_folder(layout)) {
            return false;
        }
    }
}

/* Looks for ID in the folder of REF: a mail program has set a flag, or moved it to cur/. */
static bool find_renamed(struct hq_layout *layout, const char *id, struct hq_item *item)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(subdirs) && item->files[0].fd < 0; i++) {
        const struct dirent *entry;
        set_ref(layout, &layout->found, i);
        DIR *stream = hq_dir_stream(layout->root, layout->ref->str);
        while (stream && item->files[0].fd < 0 && (entry = readdir(stream)))
            if (id_length(entry->d_name) == strlen(id) &&
                strncmp(entry->d_name, id, strlen(id)) == 0 &&
                hq_file_open(dirfd(stream), entry->d_name, entry->d_type, &item->files[0]))
                name_item(layout, &layout->found, item, entry->d_name);
        hq_dir_stream_end(&stream);
    }
    return item->files[0].fd >= 0;
}

/* Opens PATH, which must be new/NAME or cur/NAME of a folder, of the message ID. */
static bool find_at(struct hq_layout *layout, const char *path, const char *id,
                    struct hq_item *item)
{
    const char *name;
    int dir = hq_dir_open_parent(layout->root, path, &name);

    if (dir < 0)
        return false;
    if (name - path >= 4 &&
        (strncmp(name - 4, "new/", 4) == 0 || strncmp(name - 4, "cur/", 4) == 0) &&
        id_length(name) == strlen(id) && strncmp(name, id, strlen(id)) == 0 &&
        hq_file_open(dir, name, DT_UNKNOWN, &item->files[0])) {
        g_string_truncate(layout->ref, 0);
        g_string_append_len(layout->ref, path, name - path - 1);
        name_item(layout, &layout->found, item, name);
    }
    close(dir);
    return item->files[0].fd >= 0;
}

static bool maildir_find(struct hq_layout *layout, const char *ref, const char *id,
                         struct hq_item *item)
{
    const char *slash = strchr(ref, '/');
    g_autofree char *folder =
        ref[0] == '.' && slash ? g_strndup(ref, (size_t)(slash - ref)) : g_strdup(".");

    hq_item_init(item);
    set_folder(&layout->found, folder);
    if (find_at(layout, ref, id, item) || find_renamed(layout, id, item))
        return true;
    errno = ENOENT;
    return false;
}

/* A root of Maildir++ may have nothing but folders. */
static const char *maildir_why_not(const char *path)
{
    static const char *const parts[] = {"new", "cur", "tmp", NULL};
    GDir *dir = g_dir_open(path, 0, NULL);
    bool may_be = !dir || hq_dir_may_have(path, parts);
    const char *name;

    while (!may_be && (name = g_dir_read_name(dir))) {
        g_autofree char *folder = name[0] == '.' ? g_build_filename(path, name, NULL) : NULL;
        may_be = folder && hq_dir_may_have(folder, parts);
    }
    if (dir)
        g_dir_close(dir);
    return may_be ? NULL : "no Maildir: neither new nor cur is in it";
}

const struct hq_layout_ops hq_maildir_layout = {.open = maildir_open,
                                                .why_not = maildir_why_not,
                                                .close = maildir_close,
                                                .rewind = maildir_rewind,
                                                .next = maildir_next,
                                                .find = maildir_find};

void hq_maildir_parse(struct hq_parse *parse, const struct hq_item *item)
{
    hq_mailfile_parse(parse, item);
}
