/* SPDX-License-Identifier: ISC */
/* What only smtpd's scheduler knows: see scheduler.h. Of what smtpctl prints, here only
 * the id in front of each line is looked at. */
#include "scheduler.h"
#include "hopq/io.h"
#include "opensmtpd.h"
#include "spool/child.h"
#include "spool/files.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)256 * 1024 * 1024)
#define TIMEOUT    10000 /* milliseconds that smtpctl gets */

/* A question is the id of a message; no message has this one, it stands for all of them. */
#define ALL "00000000"

struct slice {
    size_t start, length;
};

struct hq_smtpd_scheduler {
    GString *text;
    GHashTable *slices; /* char *id to struct slice * */
    int64_t asked;
};

static int asker = -1; /* our end of the socket to the process that is left behind */

/* Distributions; OpenSMTPD's own configure, by default. */
static const char *const programs[] = {"/usr/sbin/smtpctl", "/usr/local/sbin/smtpctl", NULL};

const char *hq_smtpd_ctl(void)
{
    const char *found = hq_child_program(programs);

    return found ? found : programs[0];
}

/* ---- the process that stays root ---- */

static void send_answer(int fd, int answer)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    char dot = '.';
    struct iovec part = {&dot, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (answer >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        *header = (struct cmsghdr){
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
        memcpy(CMSG_DATA(header), &answer, sizeof answer);
    }
    if (sendmsg(fd, &message, MSG_NOSIGNAL) != 1)
        _exit(0);
}

/* The output of smtpctl as a file in memory, -1. */
static int ask_smtpctl(const char *id)
{
    const char *argv[] = {hq_smtpd_ctl(), "show", "queue", strcmp(id, ALL) == 0 ? NULL : id, NULL};
    g_autofree char *output = hq_child_output(argv, OUTPUT_MAX, TIMEOUT);
    int answer = output ? memfd_create("smtpctl", MFD_CLOEXEC) : -1;

    if (answer >= 0 && !hq_io_write_all(answer, output, strlen(output))) {
        close(answer);
        answer = -1;
    }
    return answer;
}

static void stay(int fd)
{
    char id[HQ_SMTPD_MESSAGE_ID + 1];

    while (read(fd, id, sizeof id) == sizeof id) {
        if (id[HQ_SMTPD_MESSAGE_ID] != '\0' || !hq_smtpd_id_ok(id, HQ_SMTPD_MESSAGE_ID))
            break;
        int answer = ask_smtpctl(id);
        send_answer(fd, answer);
        if (answer >= 0)
            close(answer);
    }
    _exit(0);
}

void hq_smtpd_scheduler_prepare(void)
{
    int ends[2];

    if (geteuid() != 0 || !g_file_test(HQ_SMTPD_SPOOL, G_FILE_TEST_IS_DIR) ||
        !hq_child_program(programs) ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return;
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(ends[1], STDERR_FILENO + 1); /* all others of ours are no longer its business */
        close_range(STDERR_FILENO + 2, ~0u, 0);
        stay(STDERR_FILENO + 1);
    }
    close(ends[1]);
    asker = ends[0];
}

/* ---- [spool] ---- */

struct hq_smtpd_scheduler *hq_smtpd_scheduler_new(void)
{
    struct hq_smtpd_scheduler *scheduler;

    if (asker < 0)
        return NULL;
    scheduler = g_new0(struct hq_smtpd_scheduler, 1);
    scheduler->text = g_string_new(NULL);
    scheduler->slices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return scheduler;
}

void hq_smtpd_scheduler_free(struct hq_smtpd_scheduler *scheduler)
{
    if (!scheduler)
        return;
    g_string_free(scheduler->text, TRUE);
    g_hash_table_destroy(scheduler->slices);
    g_free(scheduler);
}

/* The answer's descriptor; -1: there is none. */
static int receive(int fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    char dot;
    struct iovec part = {&dot, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    int answer = -1, ready;

    do
        ready = poll(&waiting, 1, TIMEOUT + 1000);
    while (ready < 0 && errno == EINTR);
    if (ready <= 0 || recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != 1) {
        close(asker); /* whatever it says now, it is no answer to what is asked next */
        asker = -1;
        return -1;
    }
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS)
        memcpy(&answer, CMSG_DATA(header), sizeof answer);
    return answer;
}

/* Lines of one message follow each other: srv_iter_messages() in smtpctl.c. */
static void cut(struct hq_smtpd_scheduler *scheduler)
{
    const char *text = scheduler->text->str;
    struct slice *slice = NULL;
    char id[HQ_SMTPD_MESSAGE_ID + 1] = "";

    for (size_t at = 0, next; at < scheduler->text->len; at = next) {
        const char *lf = memchr(text + at, '\n', scheduler->text->len - at);
        next = lf ? (size_t)(lf + 1 - text) : scheduler->text->len;
        if (next - at <= HQ_SMTPD_ENVELOPE_ID)
            continue;
        if (!slice || memcmp(id, text + at, HQ_SMTPD_MESSAGE_ID) != 0) {
            memcpy(id, text + at, HQ_SMTPD_MESSAGE_ID);
            slice = g_new(struct slice, 1);
            *slice = (struct slice){at, 0};
            g_hash_table_replace(scheduler->slices, g_strdup(id), slice);
        }
        slice->length = next - slice->start;
    }
}

void hq_smtpd_scheduler_ask(struct hq_smtpd_scheduler *scheduler, const char *id)
{
    char question[HQ_SMTPD_MESSAGE_ID + 1];
    int answer;

    g_string_truncate(scheduler->text, 0);
    g_hash_table_remove_all(scheduler->slices);
    g_strlcpy(question, id ? id : ALL, sizeof question);
    if (asker < 0 || send(asker, question, sizeof question, MSG_NOSIGNAL) != sizeof question)
        return;
    answer = receive(asker);
    scheduler->asked = g_get_real_time();
    if (answer < 0)
        return;
    hq_io_read_at(answer, 0, OUTPUT_MAX, scheduler->text);
    close(answer);
    cut(scheduler);
}

void hq_smtpd_scheduler_lines(const struct hq_smtpd_scheduler *scheduler, const char *id,
                              struct hq_item_file *file)
{
    const struct slice *slice = g_hash_table_lookup(scheduler->slices, id);
    int fd = slice ? memfd_create("states", MFD_CLOEXEC) : -1;

    if (fd < 0)
        return;
    if (!hq_io_write_all(fd, scheduler->text->str + slice->start, slice->length)) {
        close(fd);
        return;
    }
    if (hq_file_take(fd, file))
        file->mtime = scheduler->asked;
}
