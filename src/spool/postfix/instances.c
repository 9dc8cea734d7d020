/* SPDX-License-Identifier: ISC */
/* The Postfix instances that run: which queue each works in, and where its configuration is. The
 * kernel shows that to root alone, so they are looked for before [spool] gives root up. */
#include "config.h"
#include "hopq/io.h"
#include "spool/files.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A master process: the queue it works in, and where its configuration is. */
struct instance {
    dev_t dev;
    ino_t ino;
    char *directory;
};

static GArray *instances; /* NULL: not looked for */

/* The value of NAME= among the NUL-terminated strings of an environment; NULL: not there. */
static const char *find_variable(const GString *environment, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = environment->str; p < environment->str + environment->len;
         p += strlen(p) + 1)
        if (strncmp(p, name, n) == 0)
            return p + n;
    return NULL;
}

static bool read_proc(int process, const char *name, size_t max, GString *text)
{
    int fd = openat(process, name, O_RDONLY | O_CLOEXEC);

    g_string_truncate(text, 0);
    if (fd < 0)
        return false;
    hq_io_read_at(fd, 0, max, text);
    close(fd);
    return true;
}

/* Of a Postfix started with "-c" only the environment of its master tells where that is. */
static void take_process(int process)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct stat owner, queue;

    if (fstat(process, &owner) != 0 || owner.st_uid != 0 || !read_proc(process, "comm", 32, text) ||
        strcmp(text->str, "master\n") != 0 || fstatat(process, "cwd", &queue, 0) != 0 ||
        !read_proc(process, "environ", 65536, text))
        return;
    const char *directory = find_variable(text, "MAIL_CONFIG=");
    struct instance instance = {queue.st_dev, queue.st_ino, g_strdup(directory)};
    if (directory)
        g_array_append_val(instances, instance);
}

void hq_pf_instances_find(void)
{
    GDir *proc = g_dir_open("/proc", 0, NULL);
    const char *name;

    instances = g_array_new(FALSE, FALSE, sizeof(struct instance));
    while (proc && (name = g_dir_read_name(proc))) {
        g_autofree char *path = g_build_filename("/proc", name, NULL);
        int process = g_ascii_isdigit(*name) ? hq_dir_open(AT_FDCWD, path) : -1;
        if (process < 0)
            continue;
        take_process(process);
        close(process);
    }
    if (proc)
        g_dir_close(proc);
}

const char *hq_pf_instance_directory(const char *path)
{
    struct stat queue;

    if (!instances || stat(path, &queue) != 0)
        return NULL;
    for (guint i = 0; i < instances->len; i++) {
        const struct instance *instance = &g_array_index(instances, struct instance, i);
        if (instance->dev == queue.st_dev && instance->ino == queue.st_ino)
            return instance->directory;
    }
    return NULL;
}
