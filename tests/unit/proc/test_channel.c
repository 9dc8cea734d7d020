/* SPDX-License-Identifier: ISC */
/* Frames between two ends of a socket pair: order, size, descriptors, and a broken other end. */
#include "proc/wire.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct end {
    struct hq_channel *channel;
    unsigned frames;
    GString *blobs;
    char *text;
    int taken; /* a descriptor that came */
    bool closed;
    bool free_in_frame;
    struct hq_channel *other; /* sends one more while a frame is taken, and the loop runs */
    unsigned frames_inside;   /* how many had come when it had run */
};

static void run_inside(struct end *end)
{
    struct hq_channel *other = g_steal_pointer(&end->other);

    if (!other)
        return;
    hq_wire_send_text(other, HQ_WIRE_NOTICE, "meanwhile");
    while (g_main_context_iteration(NULL, FALSE))
        ;
    end->frames_inside = end->frames;
}

static void on_frame(struct hq_channel *channel, struct hq_frame *frame, void *data)
{
    struct end *end = data;
    struct hq_arena *arena = hq_arena_new();
    const struct hq_wire_text *text = hq_frame_record(frame, &hq_wire_text_schema, arena);

    end->frames++;
    run_inside(end);
    g_string_append_len(end->blobs, (const char *)frame->blob, (gssize)frame->blob_length);
    if (text) {
        g_free(end->text);
        end->text = g_strdup(text->text);
    }
    if (frame->fd_count) {
        end->taken = frame->fds[0];
        frame->fds[0] = -1;
    }
    hq_arena_free(arena);
    if (end->free_in_frame) {
        hq_channel_free(channel);
        end->channel = NULL;
    }
}

static void on_closed(struct hq_channel *channel, void *data)
{
    (void)channel;
    ((struct end *)data)->closed = true;
}

static const struct hq_channel_events events = {on_frame, on_closed, true};
static struct end left;
static struct end right;
static int raw_fd; /* the left end when the test writes bytes of its own */

static void open_end(struct end *end, int fd)
{
    *end = (struct end){.taken = -1, .blobs = g_string_new(NULL)};
    if (fd >= 0)
        end->channel = hq_channel_new(fd, &events, end);
}

static int set_up(void **state)
{
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    open_end(&left, pair[0]);
    open_end(&right, pair[1]);
    return 0;
}

static int set_up_raw(void **state)
{
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    raw_fd = pair[0];
    open_end(&left, -1);
    open_end(&right, pair[1]);
    return 0;
}

static int tear_down(void **state)
{
    struct end *ends[] = {&left, &right};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        hq_channel_free(ends[i]->channel);
        g_string_free(ends[i]->blobs, TRUE);
        g_free(ends[i]->text);
        if (ends[i]->taken >= 0)
            close(ends[i]->taken);
    }
    return 0;
}

static void run_until(const bool *flag, const unsigned *count, unsigned wanted)
{
    while (!(flag && *flag) && !(count && *count >= wanted))
        g_main_context_iteration(NULL, TRUE);
}

static void test_order_and_size(void **state)
{
    (void)state;
    g_autofree char *large = g_malloc(3 << 20); /* more than any socket buffer */
    memset(large, 'x', 3 << 20);
    hq_wire_send_text(left.channel, HQ_WIRE_NOTICE, "first");
    hq_channel_send(left.channel, HQ_WIRE_MESSAGE, NULL, NULL, large, 3 << 20, NULL, 0);
    hq_wire_send_text(left.channel, HQ_WIRE_NOTICE, "last");
    run_until(NULL, &right.frames, 3);
    assert_string_equal(right.text, "last");
    assert_int_equal(right.blobs->len, 3 << 20);
    assert_memory_equal(right.blobs->str, large, 3 << 20);
}

static void test_corked_frames_arrive_together(void **state)
{
    (void)state;
    hq_channel_cork(left.channel);
    hq_wire_send_text(left.channel, HQ_WIRE_NOTICE, "a");
    hq_wire_send_text(left.channel, HQ_WIRE_NOTICE, "b");
    while (g_main_context_iteration(NULL, FALSE))
        ;
    assert_int_equal(right.frames, 0);
    hq_channel_uncork(left.channel);
    run_until(NULL, &right.frames, 2);
    assert_string_equal(right.text, "b");
}

/* Each frame's descriptors come with that frame, also behind a large one. */
static void test_descriptors(void **state)
{
    (void)state;
    int pipes[2];
    char byte = 0;
    g_autofree char *large = g_malloc0(1 << 20);
    assert_int_equal(pipe(pipes), 0);
    hq_channel_send(left.channel, HQ_WIRE_MESSAGE, NULL, NULL, large, 1 << 20, NULL, 0);
    hq_channel_send(left.channel, HQ_WIRE_PARSER, NULL, NULL, NULL, 0, &pipes[1], 1);
    hq_wire_send_text(left.channel, HQ_WIRE_NOTICE, "end");
    run_until(NULL, &right.frames, 3);
    assert_true(right.taken >= 0);
    assert_int_equal(write(right.taken, "!", 1), 1);
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    assert_int_equal(byte, '!');
    close(pipes[0]);
}

static void test_closed_once(void **state)
{
    (void)state;
    hq_wire_send_text(left.channel, HQ_WIRE_NOTICE, "goodbye");
    hq_channel_free(left.channel);
    left.channel = NULL;
    run_until(&right.closed, NULL, 0);
    assert_string_equal(right.text, "goodbye");
    hq_wire_send_text(right.channel, HQ_WIRE_NOTICE, "nobody there"); /* dropped, no signal */
}

static void test_free_inside_callback(void **state)
{
    (void)state;
    right.free_in_frame = true;
    hq_wire_send_text(left.channel, HQ_WIRE_NOTICE, "one");
    hq_wire_send_text(left.channel, HQ_WIRE_NOTICE, "two");
    run_until(NULL, &right.frames, 1);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    assert_int_equal(right.frames, 1);
}

/* A frame that comes while another one is taken waits: its bytes would move those of the first. */
static void test_loop_inside_callback(void **state)
{
    (void)state;
    g_autofree char *blob = g_malloc(1 << 20);
    memset(blob, 'x', 1 << 20);
    right.other = left.channel;
    hq_channel_send(left.channel, HQ_WIRE_MESSAGE, NULL, NULL, blob, 1 << 20, NULL, 0);
    run_until(NULL, &right.frames, 2);
    assert_int_equal(right.frames_inside, 1);
    assert_string_equal(right.text, "meanwhile");
    assert_memory_equal(right.blobs->str, blob, 1 << 20);
}

static void test_garbage_closes(void **state)
{
    (void)state;
    const uint32_t huge[4] = {HQ_WIRE_NOTICE, UINT32_MAX, UINT32_MAX, 0};
    assert_int_equal(write(raw_fd, huge, sizeof huge), sizeof huge);
    run_until(&right.closed, NULL, 0);
    assert_int_equal(right.frames, 0);
    close(raw_fd);
}

static void test_promised_descriptors_that_do_not_come(void **state)
{
    (void)state;
    const uint32_t lie[4] = {HQ_WIRE_PARSER, 0, 0, 7};
    assert_int_equal(write(raw_fd, lie, sizeof lie), sizeof lie);
    run_until(&right.closed, NULL, 0);
    assert_int_equal(right.frames, 0);
    close(raw_fd);
}

/* The first N bytes of HEADER with COUNT descriptors. */
static void send_raw(const uint32_t *header, size_t n, unsigned count)
{
    char room[CMSG_SPACE(HQ_FRAME_FDS * sizeof(int))] = {0};
    struct iovec io = {(void *)header, n};
    struct msghdr message = {.msg_iov = &io,
                             .msg_iovlen = 1,
                             .msg_control = room,
                             .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *control = CMSG_FIRSTHDR(&message);
    int fds[HQ_FRAME_FDS];

    for (unsigned i = 0; i < count; i++)
        fds[i] = raw_fd;
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(control), fds, count * sizeof(int));
    assert_int_equal(sendmsg(raw_fd, &message, 0), n);
}

static unsigned open_descriptors(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < 4096; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* More than a frame of ours can have: no frame, however it is announced. */
static void test_too_many_descriptors(void **state)
{
    (void)state;
    const uint32_t header[4] = {HQ_WIRE_PARSER, 0, 0, 2 * HQ_FRAME_FDS};
    unsigned before = open_descriptors();
    send_raw(header, 4, HQ_FRAME_FDS);
    send_raw(header + 1, sizeof header - 4, HQ_FRAME_FDS);
    run_until(&right.closed, NULL, 0);
    assert_int_equal(right.frames, 0);
    hq_channel_free(right.channel);
    right.channel = NULL;
    assert_int_equal(open_descriptors(), before - 1); /* the right end */
    close(raw_fd);
}

static void test_descriptors_that_were_not_asked_for(void **state)
{
    static const struct hq_channel_events none = {on_frame, on_closed, false};
    const uint32_t header[4] = {HQ_WIRE_NOTICE, 0, 0, 1};
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    hq_channel_free(right.channel);
    right.channel = hq_channel_new(pair[1], &none, &right);
    close(raw_fd);
    raw_fd = pair[0];
    send_raw(header, sizeof header, 1);
    run_until(&right.closed, NULL, 0);
    assert_int_equal(right.frames, 0);
    close(raw_fd);
}

static void test_half_a_frame(void **state)
{
    (void)state;
    const uint32_t header[4] = {HQ_WIRE_NOTICE, 0, 100, 0};
    assert_int_equal(write(raw_fd, header, sizeof header), sizeof header);
    assert_int_equal(write(raw_fd, "half", 4), 4);
    close(raw_fd);
    run_until(&right.closed, NULL, 0);
    assert_int_equal(right.frames, 0);
}

/* More descriptors on the way than a user may have; 0: as it should be, else what was wrong. */
static int send_too_many(void)
{
    enum { LIMIT = 64, FIRST = 100 };
    const struct rlimit few = {LIMIT, 1024}, many = {1024, 1024};
    int pair[2], fds[FIRST + 1], status = 0, turns = 0;
    struct end end;

    for (unsigned i = 0; i < G_N_ELEMENTS(fds); i++)
        fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || setrlimit(RLIMIT_NOFILE, &few) != 0 ||
        (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0))
        return 1;
    open_end(&end, pair[0]);
    hq_channel_send(end.channel, HQ_WIRE_NOTICE, NULL, NULL, "a", 1, fds, FIRST);
    hq_channel_send(end.channel, HQ_WIRE_NOTICE, NULL, NULL, "b", 1, fds + FIRST, 1);
    for (unsigned i = 0; i < 100; i++, g_usleep(1000))
        turns += g_main_context_iteration(NULL, FALSE);
    if (turns > 20)
        status = 2; /* it tried and tried */
    open_end(&right, pair[1]);
    if (setrlimit(RLIMIT_NOFILE, &many) != 0)
        status = 3;
    while (right.frames < 2)
        g_main_context_iteration(NULL, TRUE);
    return strcmp(right.blobs->str, "ab") == 0 && right.taken >= 0 ? status : 4;
}

static void test_more_descriptors_than_a_user_may_send(void **state)
{
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        alarm(60);
        _exit(send_too_many());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order_and_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_corked_frames_arrive_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_descriptors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_closed_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_free_inside_callback, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_loop_inside_callback, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_garbage_closes, set_up_raw, tear_down),
        cmocka_unit_test_setup_teardown(test_promised_descriptors_that_do_not_come, set_up_raw,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_too_many_descriptors, set_up_raw, tear_down),
        cmocka_unit_test_setup_teardown(test_descriptors_that_were_not_asked_for, set_up_raw,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_half_a_frame, set_up_raw, tear_down),
        cmocka_unit_test(test_more_descriptors_than_a_user_may_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
