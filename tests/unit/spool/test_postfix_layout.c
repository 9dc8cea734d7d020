/* SPDX-License-Identifier: ISC */
/* Postfix queue directories: hashing, logs, what does not belong there, finding one again. */
#include "collect.h"
#include "postfix_writer.h"
#include "spool/postfix/id.h"
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

static const struct hq_spool *postfix(void)
{
    return hq_spool_find("postfix", strlen("postfix"));
}

struct queue {
    char *path;
    struct pf_writer message;
};

static int setup(void **state)
{
    static const char *const dirs[] = {"maildrop", "incoming", "active", "deferred",
                                       "hold",     "corrupt",  "defer",  "bounce"};
    struct queue *queue = g_new0(struct queue, 1);

    queue->path = collect_tempdir();
    for (unsigned i = 0; i < G_N_ELEMENTS(dirs); i++)
        collect_mkdir(queue->path, dirs[i]);
    pf_message(&queue->message, "s@sender.example", "r@d.example");
    *state = queue;
    return 0;
}

static int teardown(void **state)
{
    struct queue *queue = *state;

    collect_remove(queue->path);
    pf_free(&queue->message);
    g_free(queue->path);
    g_free(queue);
    return 0;
}

static void put(const struct queue *queue, const char *name)
{
    g_autofree char *dir = g_path_get_dirname(name);

    collect_mkdir(queue->path, dir);
    collect_write(queue->path, name, queue->message.bytes->str, queue->message.bytes->len, 0700);
}

static void put_log(const struct queue *queue, const char *name, const char *text)
{
    g_autofree char *dir = g_path_get_dirname(name);
    g_autofree char *log = g_strdup_printf("\nrecipient=r@d.example\nreason=%s\n\n", text);

    collect_mkdir(queue->path, dir);
    collect_write(queue->path, name, log, strlen(log), 0600);
}

static struct hq_layout *open_queue(const struct queue *queue)
{
    struct hq_layout *layout = postfix()->layout->open(queue->path, NULL);

    assert_non_null(layout);
    return layout;
}

static struct collect *list(const struct queue *queue)
{
    struct collect *collect = collect_new();
    struct hq_layout *layout = open_queue(queue);

    collect_all(collect, postfix(), layout);
    postfix()->layout->close(layout);
    return collect;
}

static void hash_of_ids(void **state)
{
    char hash[2 * HQ_PF_DEPTH_MAX + 1];

    (void)state;
    hq_pf_id_hash("EC443A8070A", 0, hash);
    assert_string_equal(hash, "");
    hq_pf_id_hash("EC443A8070A", 2, hash);
    assert_string_equal(hash, "E/C/");
    hq_pf_id_hash("4jX9SK1YvSz1c73r", 1, hash); /* 1YvS is 221492, 36134 in hex */
    assert_string_equal(hash, "3/");
    hq_pf_id_hash("4jX9SK1YvSz1c73r", 7, hash);
    assert_string_equal(hash, "3/6/1/3/4/_/_/");
    hq_pf_id_hash("4jX9SKaaaaz1", 1, hash); /* no digits of base 52: as Postfix, 0 */
    assert_string_equal(hash, "0/");
    hq_pf_id_hash("4jX9K1YvSz1", 1, hash); /* too short for a long id */
    assert_string_equal(hash, "4/");
    assert_true(hq_pf_id_ok("EC443A8070A"));
    assert_false(hq_pf_id_ok(""));
    assert_false(hq_pf_id_ok("../x"));
    assert_false(hq_pf_id_ok("A B"));
}

static void lists_all_depths(void **state)
{
    static const char *const names[] = {
        "maildrop/AAAA1",   "incoming/AAAA2",     "active/AAAA3",
        "deferred/A/AAAA4", "deferred/B/C/BCAA5", "deferred/AAAA6",
        "hold/AAAA7",       "corrupt/AAAA8",      "deferred/A/B/C/D/E/F/1/2/3/4/ABCD9"};
    struct collect *collect;

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        put(*state, names[i]);
    put(*state, "saved/AAAA0");
    collect = list(*state);
    assert_int_equal(collect->messages->len, G_N_ELEMENTS(names));
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        const struct hq_message *m = collect_find(collect, strrchr(names[i], '/') + 1);
        assert_non_null(m);
        assert_string_equal(m->ref, names[i]);
        assert_int_equal(strncmp(names[i], m->queue, strlen(m->queue)), 0);
        assert_int_equal(m->problem_count, 0);
    }
    collect_free(collect);
}

/* Logs may be hashed otherwise than the queue. */
static void finds_logs(void **state)
{
    static const struct {
        const char *file, *log, *text;
    } cases[] = {{"deferred/AAAA1", "defer/A/A/AAAA1", "one"},
                 {"deferred/BAAA2", "defer/B/A/BAAA2", "two"},
                 {"active/BAAA3", "defer/B/A/BAAA3", "three"},
                 {"hold/4jX9SK1YvSz1c73r", "defer/3/6/4jX9SK1YvSz1c73r", "four"},
                 {"deferred/DAAA5", NULL, NULL}};
    struct collect *collect;

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        put(*state, cases[i].file);
        if (cases[i].log)
            put_log(*state, cases[i].log, cases[i].text);
    }
    put_log(*state, "bounce/BAAA3", "failed");
    collect = list(*state);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct hq_message *m = collect_find(collect, strrchr(cases[i].file, '/') + 1);
        const struct hq_reason *reason = m->recipients[0].reason;
        assert_int_equal(m->problem_count, 0);
        if (i == 2)
            assert_string_equal(reason->text, "failed"); /* the bounce log has the last word */
        else if (cases[i].text)
            assert_string_equal(reason->text, cases[i].text);
        else
            assert_null(reason);
    }
    collect_free(collect);
}

/* Reasons that cannot be read are missed; a queue where nothing is deferred has no logs. */
static void tells_logs_that_cannot_be_read(void **state)
{
    const struct queue *queue = *state;
    g_autofree char *defer = g_build_filename(queue->path, "defer", NULL);
    struct collect *collect;

    put(queue, "deferred/AAAA1");
    assert_int_equal(rmdir(defer), 0);
    assert_int_equal(symlink("elsewhere", defer), 0);
    collect = list(queue);
    assert_true(collect_has_problem(collect_find(collect, "AAAA1"), "defer log cannot be read"));
    collect_free(collect);
    assert_int_equal(unlink(defer), 0);
    collect = list(queue);
    assert_int_equal(collect_find(collect, "AAAA1")->problem_count, 0);
    collect_free(collect);
}

static void plant_socket(const struct queue *queue, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", queue->path, name);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

/* None of these may hang the listing or be read, and none hides the message beside it. */
static void odd_files_are_told(void **state)
{
    static const char *const odd[] = {"deferred/FIFO1", "deferred/LINK1", "deferred/DIR01",
                                      "deferred/SOCK1", "deferred/L",     "deferred/F"};
    const struct queue *queue = *state;
    g_autofree char *fifo = g_build_filename(queue->path, odd[0], NULL);
    g_autofree char *link = g_build_filename(queue->path, odd[1], NULL);
    g_autofree char *dirlink = g_build_filename(queue->path, odd[4], NULL);
    g_autofree char *short_fifo = g_build_filename(queue->path, odd[5], NULL);

    put(queue, "deferred/A/AAAA1");
    put(queue, "deferred/.hidden");
    assert_int_equal(mkfifo(fifo, 0700), 0);
    assert_int_equal(mkfifo(short_fifo, 0700), 0);
    assert_int_equal(symlink("A/AAAA1", link), 0);
    assert_int_equal(symlink("A", dirlink), 0);
    collect_mkdir(queue->path, odd[2]);
    plant_socket(queue, odd[3]);
    struct collect *collect = list(queue);
    assert_int_equal(collect->messages->len, 1 + G_N_ELEMENTS(odd));
    assert_int_equal(collect_find(collect, "AAAA1")->problem_count, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(odd); i++)
        assert_true(collect_has_problem(collect_find(collect, strchr(odd[i], '/') + 1),
                                        "not a regular file"));
    collect_free(collect);
}

/* The same when readdir does not tell the type. */
static void opens_only_regular_files(void **state)
{
    const struct queue *queue = *state;
    g_autofree char *fifo = g_build_filename(queue->path, "FIFO", NULL);
    g_autofree char *link = g_build_filename(queue->path, "LINK", NULL);
    struct hq_item_file file;

    assert_int_equal(mkfifo(fifo, 0700), 0);
    assert_int_equal(symlink("/etc/passwd", link), 0);
    plant_socket(queue, "SOCK");
    assert_false(hq_file_open(AT_FDCWD, fifo, DT_UNKNOWN, &file));
    assert_int_equal(file.error, ENOTSUP);
    assert_false(hq_file_open(AT_FDCWD, link, DT_UNKNOWN, &file));
    assert_int_equal(file.error, ELOOP);
    assert_true(S_ISLNK(file.mode));
    assert_false(hq_file_open(AT_FDCWD, queue->path, DT_UNKNOWN, &file));
    assert_int_equal(file.error, ENOTSUP);
    g_autofree char *sock = g_build_filename(queue->path, "SOCK", NULL);
    assert_false(hq_file_open(AT_FDCWD, sock, DT_UNKNOWN, &file));
    assert_int_equal(file.error, ENXIO);
    assert_int_equal(file.fd, -1);
}

static void lists_a_moving_message_once(void **state)
{
    const struct queue *queue = *state;
    struct hq_layout *layout = open_queue(queue);
    struct hq_item item;
    unsigned count = 0;

    put(queue, "active/AAAA1");
    put(queue, "deferred/B/BAAA2");
    while (postfix()->layout->next(layout, &item)) {
        hq_item_close(&item);
        if (count++ == 0)
            put(queue, "deferred/A/AAAA1"); /* as if renamed behind our back */
    }
    assert_int_equal(count, 2);
    postfix()->layout->rewind(layout);
    for (count = 0; postfix()->layout->next(layout, &item); count++)
        hq_item_close(&item);
    assert_int_equal(count, 2);
    postfix()->layout->close(layout);
}

static void assert_found(struct hq_layout *layout, const char *ref, const char *id,
                         const char *where)
{
    struct hq_item item;
    bool found = postfix()->layout->find(layout, ref, id, &item);

    assert_int_equal(found, where != NULL);
    if (!found)
        return;
    assert_string_equal(item.ref, where);
    assert_string_equal(item.id, id);
    assert_true(item.files[0].fd >= 0);
    hq_item_close(&item);
}

static void finds_again(void **state)
{
    const struct queue *queue = *state;

    put(queue, "deferred/A/AAAA1");
    put(queue, "hold/AAAA2");
    put(queue, "secret/AAAA3");
    struct hq_layout *layout = open_queue(queue);
    assert_found(layout, "deferred/A/AAAA1", "AAAA1", "deferred/A/AAAA1");
    assert_found(layout, "active/AAAA1", "AAAA1", "deferred/A/AAAA1");
    assert_found(layout, "deferred/A/AAAA2", "AAAA2", "hold/AAAA2");
    assert_found(layout, "deferred/A/AAAA9", "AAAA9", NULL);
    /* what comes from a less trusted process opens nothing else */
    assert_found(layout, "secret/AAAA3", "AAAA3", NULL);
    assert_found(layout, "deferred/../secret/AAAA3", "AAAA3", NULL);
    assert_found(layout, "deferred/A/../../secret/AAAA3", "AAAA3", NULL);
    assert_found(layout, "/etc/passwd", "passwd", NULL);
    assert_found(layout, "deferred/A/AAAA1", "..", NULL);
    assert_found(layout, "", "", NULL);
    assert_found(layout, "deferred//AAAA1", "../AAAA1", NULL);
    postfix()->layout->close(layout);
}

/* A user whom the queue is closed to, and no Postfix that would list it for him. */
static void closed_queue(void **state)
{
    const struct queue *queue = *state;
    g_autofree char *deferred = g_build_filename(queue->path, "deferred", NULL);
    g_autofree char *below = g_build_filename(queue->path, "deferred", "A", NULL);
    GError *error = NULL;
    bool root = geteuid() == 0;

    put(queue, "deferred/A/AAAA1");
    put(queue, "hold/AAAA2");
    assert_int_equal(chmod(below, 0), 0);
    assert_int_equal(chmod(queue->path, 0755), 0);
    assert_int_equal(root ? seteuid(65534) : 0, 0);
    struct collect *collect = collect_new();
    struct hq_layout *layout = postfix()->layout->open(queue->path, NULL);
    struct hq_item item;
    unsigned unreadable = 0;
    while (layout && postfix()->layout->next(layout, &item)) {
        if (!*item.id) {
            unreadable++;
            assert_string_equal(item.ref, "deferred/A");
            assert_int_equal(item.files[0].error, EACCES);
        }
        hq_item_close(&item);
    }
    if (layout)
        postfix()->layout->close(layout);
    assert_int_equal(root ? seteuid(0) : 0, 0);
    chmod(below, 0755);
    assert_int_equal(unreadable, 1);

    assert_int_equal(chmod(deferred, 0), 0);
    assert_int_equal(root ? seteuid(65534) : 0, 0);
    layout = postfix()->layout->open(queue->path, &error);
    assert_int_equal(root ? seteuid(0) : 0, 0);
    chmod(deferred, 0755);
    assert_null(layout);
    assert_int_equal(error->code, 77);
    g_error_free(error);
    collect_free(collect);
}

static void no_queue_at_all(void **state)
{
    GError *error = NULL;

    (void)state;
    assert_null(postfix()->layout->open("/nonexistent/queue", &error));
    assert_int_equal(error->code, 66);
    g_error_free(error);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_of_ids),
        TEST(lists_all_depths),
        TEST(finds_logs),
        TEST(tells_logs_that_cannot_be_read),
        TEST(odd_files_are_told),
        TEST(opens_only_regular_files),
        TEST(lists_a_moving_message_once),
        TEST(finds_again),
        TEST(closed_queue),
        cmocka_unit_test(no_queue_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
