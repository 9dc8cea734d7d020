/* SPDX-License-Identifier: ISC */
/* Opening the mail log: the file with what logrotate made of it, or the journal through
 * journalctl(1), whose output goes to the parser as it is. */
#include "child.h"
#include "hopq/logfile.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNALCTL    "/usr/bin/journalctl"
#define JOURNAL_LINES "--lines=400000" /* some 64 MB */

/* A part of the log by its age. */
struct part {
    int fd;
    int64_t written;
};

static bool add_fd(struct hq_log_files *files, int fd)
{
    if (fd >= 0)
        files->fds[files->count++] = fd;
    return fd >= 0;
}

/* Regular files only: a pipe could hang us. */
static int open_regular(int dir, const char *name, int flags, struct stat *st)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);

    if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))) {
        close(fd);
        errno = ENOTSUP;
        return -1;
    }
    return fd;
}

/* "mail.log.1", "mail.log.2.gz", "maillog-20261115", "maillog.20261122-051701.gz" of "mail.log":
 * logrotate's and Postfix's ways. */
static bool is_rotated(const char *name, const char *base)
{
    size_t n = strlen(base);

    if (strncmp(name, base, n) != 0 || (name[n] != '.' && name[n] != '-'))
        return false;
    const char *rest = name + n + 1;
    size_t number = strspn(rest, "0123456789-");
    return number > 0 && (rest[number] == '\0' || strcmp(rest + number, ".gz") == 0);
}

static gint by_age(gconstpointer a, gconstpointer b)
{
    int64_t x = ((const struct part *)a)->written, y = ((const struct part *)b)->written;

    return (x < y) - (x > y);
}

/* The newest ones, of those written after SINCE. */
static void add_rotated(struct hq_log_files *files, const char *path, int64_t since)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *base = g_path_get_basename(path);
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(struct part));
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        struct stat st;
        int fd = is_rotated(entry->d_name, base)
                     ? open_regular(dirfd(dir), entry->d_name, O_NOFOLLOW, &st)
                     : -1;
        struct part part = {fd, fd >= 0 ? st.st_mtim.tv_sec * HQ_SECOND : 0};
        if (fd >= 0)
            g_array_append_val(parts, part);
    }
    g_array_sort(parts, by_age);
    for (guint i = 0; i < parts->len; i++) {
        const struct part *part = &g_array_index(parts, struct part, i);
        if (files->count < HQ_LOG_FILES && part->written >= since)
            add_fd(files, part->fd);
        else
            close(part->fd);
    }
    if (dir)
        closedir(dir);
}

static bool open_file(struct hq_log_files *files, const char *path, int64_t since)
{
    struct stat st;

    if (!add_fd(files, open_regular(AT_FDCWD, path, 0, &st)))
        return false;
    files->name = g_strdup(path);
    add_rotated(files, path, since);
    return true;
}

static bool open_journal(struct hq_log_files *files, const char *folder, int64_t since)
{
    g_autofree char *from = g_strdup_printf("--since=@%" G_GINT64_FORMAT, since / HQ_SECOND);
    const char *argv[] = {JOURNALCTL,
                          "--output=short-unix",
                          "--quiet",
                          "--no-pager",
                          "--all",
                          JOURNAL_LINES,
                          from,
                          "SYSLOG_FACILITY=2", /* mail */
                          folder ? "--directory" : NULL,
                          folder,
                          NULL};
    int fd = -1;

    files->child = hq_child_start(argv, FALSE, &fd);
    if (!files->child)
        return false;
    files->name = g_strdup(folder ? folder : "journal");
    return add_fd(files, fd);
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool hq_log_open(struct hq_log_files *files, const char *name, const char *const *logs,
                 bool journal, int64_t since)
{
    *files = (struct hq_log_files){0};
    if (name && strcmp(name, "journal") == 0)
        return open_journal(files, NULL, since);
    if (name)
        return is_folder(name) ? open_journal(files, name, since) : open_file(files, name, since);
    for (; *logs; logs++)
        if (open_file(files, *logs, since))
            return true;
    errno = ENOENT;
    return journal && (is_folder("/run/log/journal") || is_folder("/var/log/journal")) &&
           open_journal(files, NULL, since);
}

void hq_log_close(struct hq_log_files *files)
{
    for (unsigned i = 0; i < files->count; i++)
        if (files->fds[i] >= 0)
            close(files->fds[i]);
    hq_child_free(files->child);
    g_free(files->name);
    *files = (struct hq_log_files){0};
}
