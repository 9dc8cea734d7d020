/* SPDX-License-Identifier: ISC */
/* Frames over a stream socket: unlike packets they have no size limit, and the kernel keeps
 * descriptors with the first byte they were sent with. */
#include "proc/channel.h"
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_CHUNK (256u << 10)

/* The kernel counts the descriptors that a user's processes have on the way, and no poll tells when
 * there is room again (net/core/scm.c, ETOOMANYREFS). */
#define CROWDED_PAUSE 10 /* milliseconds */

struct header {
    uint32_t type;
    uint32_t record_length;
    uint32_t blob_length;
    uint32_t fd_count;
};

/* Descriptors that go out with the byte at OFFSET of the queue. */
struct outgoing_fds {
    size_t offset;
    unsigned count;
    int fds[HQ_FRAME_FDS];
};

struct hq_channel {
    int fd;
    const struct hq_channel_events *events;
    void *data;
    guint read_source;
    guint write_source;
    unsigned fds_max; /* of a frame that comes in */
    GByteArray *in;
    size_t in_start; /* frames before this are done */
    GArray *in_fds;
    GByteArray *out;
    size_t out_start; /* bytes before this are sent */
    GQueue out_fds;   /* struct outgoing_fds * */
    bool closed;
    bool corked;
    bool *freed; /* set while a callback runs: told when it frees us */
};

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data);
static gboolean on_writable(gint fd, GIOCondition condition, gpointer data);
static gboolean on_pause_over(gpointer data);

/* While a callback that must not be entered again runs, GLib takes the descriptor out of its poll
 * set and puts it back, at the price of four system calls. So this one may be entered again, and
 * on_readable() itself sees to that. */
static void watch(struct hq_channel *channel)
{
    GSource *source = g_unix_fd_source_new(channel->fd, G_IO_IN | G_IO_HUP);

    g_source_set_callback(source, G_SOURCE_FUNC(on_readable), channel, NULL);
    g_source_set_can_recurse(source, TRUE);
    channel->read_source = g_source_attach(source, NULL);
    g_source_unref(source);
}

struct hq_channel *hq_channel_new(int fd, const struct hq_channel_events *events, void *data)
{
    struct hq_channel *channel = g_new0(struct hq_channel, 1);

    g_unix_set_fd_nonblocking(fd, TRUE, NULL);
    channel->fd = fd;
    channel->events = events;
    channel->data = data;
    channel->fds_max = events->takes_fds ? HQ_FRAME_FDS : 0;
    channel->in = g_byte_array_new();
    channel->in_fds = g_array_new(FALSE, FALSE, sizeof(int));
    channel->out = g_byte_array_new();
    g_queue_init(&channel->out_fds);
    watch(channel);
    return channel;
}

static void close_all(const int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
}

static void outgoing_free(gpointer data)
{
    struct outgoing_fds *outgoing = data;

    close_all(outgoing->fds, outgoing->count);
    g_free(outgoing);
}

/* Closes the socket and leaves the loop; what has been received stays. */
static void shut(struct hq_channel *channel)
{
    if (channel->read_source)
        g_source_remove(channel->read_source);
    if (channel->write_source)
        g_source_remove(channel->write_source);
    channel->read_source = channel->write_source = 0;
    if (channel->fd >= 0)
        close(channel->fd);
    channel->fd = -1;
    g_queue_clear_full(&channel->out_fds, outgoing_free);
}

void hq_channel_free(struct hq_channel *channel)
{
    if (!channel)
        return;
    if (channel->freed)
        *channel->freed = true;
    shut(channel);
    close_all((const int *)(void *)channel->in_fds->data, channel->in_fds->len);
    g_array_free(channel->in_fds, TRUE);
    g_byte_array_free(channel->in, TRUE);
    g_byte_array_free(channel->out, TRUE);
    g_free(channel);
}

/* Tells the owner, who may free the channel: it is not touched afterwards. */
static void lost(struct hq_channel *channel)
{
    if (channel->closed)
        return;
    channel->closed = true;
    shut(channel);
    channel->events->closed(channel, channel->data);
}

/* ---- sending ---- */

static void attach_fds(struct msghdr *message, const struct outgoing_fds *outgoing)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    size_t n = outgoing->count * sizeof(int);

    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(n);
    memcpy(CMSG_DATA(control), outgoing->fds, n);
    message->msg_controllen = CMSG_SPACE(n);
}

/* Sends the bytes before the next descriptors, or the stretch that begins with them. */
static ssize_t send_stretch(struct hq_channel *channel)
{
    union {
        char bytes[CMSG_SPACE(HQ_FRAME_FDS * sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct outgoing_fds *first = g_queue_peek_head(&channel->out_fds);
    struct outgoing_fds *stop = first;
    struct iovec io = {channel->out->data + channel->out_start,
                       channel->out->len - channel->out_start};
    struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};
    bool with_fds = first && first->offset == channel->out_start;

    if (with_fds) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        attach_fds(&message, first);
        stop = g_queue_peek_nth(&channel->out_fds, 1);
    }
    if (stop)
        io.iov_len = stop->offset - channel->out_start;
    ssize_t sent = sendmsg(channel->fd, &message, MSG_NOSIGNAL);
    if (sent > 0 && with_fds)
        outgoing_free(g_queue_pop_head(&channel->out_fds));
    return sent;
}

/* Forgets what is sent, but not each time: the rest has to be moved. */
static void compact(struct hq_channel *channel)
{
    if (channel->out_start < channel->out->len && channel->out_start < (1u << 20))
        return;
    for (GList *l = channel->out_fds.head; l; l = l->next)
        ((struct outgoing_fds *)l->data)->offset -= channel->out_start;
    g_byte_array_remove_range(channel->out, 0, (guint)channel->out_start);
    channel->out_start = 0;
}

/* Sends what the socket takes. When it is full or gone, on_writable or on_readable goes on. */
static void flush(struct hq_channel *channel)
{
    bool crowded = false;

    while (channel->fd >= 0 && channel->out_start < channel->out->len) {
        ssize_t sent = send_stretch(channel);
        if (sent < 0 && errno == EINTR)
            continue;
        crowded = sent < 0 && errno == ETOOMANYREFS;
        if (sent < 0)
            break;
        channel->out_start += (size_t)sent;
    }
    compact(channel);
    /* A broken pipe is told by on_readable, in the loop: never from inside a send. */
    if (channel->fd >= 0 && channel->out->len && !channel->write_source)
        channel->write_source =
            crowded ? g_timeout_add(CROWDED_PAUSE, on_pause_over, channel)
                    : g_unix_fd_add(channel->fd, G_IO_OUT | G_IO_ERR, on_writable, channel);
}

static gboolean on_pause_over(gpointer data)
{
    struct hq_channel *channel = data;

    channel->write_source = 0;
    flush(channel);
    return G_SOURCE_REMOVE;
}

static gboolean on_writable(gint fd, GIOCondition condition, gpointer data)
{
    struct hq_channel *channel = data;

    (void)fd;
    channel->write_source = 0;
    if (!(condition & G_IO_ERR))
        flush(channel);
    return G_SOURCE_REMOVE;
}

void hq_channel_send(struct hq_channel *channel, uint32_t type, const struct hq_schema *schema,
                     const void *record, const void *blob, size_t blob_length, const int *fds,
                     unsigned fd_count)
{
    struct header header = {
        .type = type, .blob_length = (uint32_t)blob_length, .fd_count = fd_count};

    g_assert(fd_count <= HQ_FRAME_FDS);
    if (!channel || channel->fd < 0) {
        close_all(fds, fd_count);
        return;
    }
    GByteArray *out = channel->out;
    guint start = out->len;
    for (unsigned i = 0; i < fd_count; i++)
        g_assert(fds[i] >= 0); /* sendmsg() would never take it */
    if (fd_count) {
        struct outgoing_fds *outgoing = g_new(struct outgoing_fds, 1);
        outgoing->offset = start;
        outgoing->count = fd_count;
        memcpy(outgoing->fds, fds, fd_count * sizeof *fds);
        g_queue_push_tail(&channel->out_fds, outgoing);
    }
    g_byte_array_append(out, (const guint8 *)&header, sizeof header);
    if (record)
        hq_schema_encode(schema, record, out);
    header.record_length = out->len - start - (guint)sizeof header;
    memcpy(out->data + start, &header, sizeof header);
    if (blob_length)
        g_byte_array_append(out, blob, (guint)blob_length);
    if (!channel->write_source && !channel->corked)
        flush(channel);
}

void hq_channel_cork(struct hq_channel *channel)
{
    channel->corked = true;
}

void hq_channel_uncork(struct hq_channel *channel)
{
    channel->corked = false;
    if (!channel->write_source)
        flush(channel);
}

size_t hq_channel_queued(const struct hq_channel *channel)
{
    return channel->out->len - channel->out_start;
}

/* ---- receiving ---- */

static void take_control(struct hq_channel *channel, struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
            g_array_append_vals(channel->in_fds, CMSG_DATA(c),
                                (guint)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int)));
    }
}

static ssize_t receive(struct hq_channel *channel)
{
    union {
        char bytes[CMSG_SPACE(HQ_FRAME_FDS * sizeof(int))];
        struct cmsghdr align;
    } control;
    guint had = channel->in->len;

    g_byte_array_set_size(channel->in, had + READ_CHUNK);
    struct iovec io = {channel->in->data + had, READ_CHUNK};
    struct msghdr message = {.msg_iov = &io,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t n = recvmsg(channel->fd, &message, MSG_CMSG_CLOEXEC);
    g_byte_array_set_size(channel->in, had + (n > 0 ? (guint)n : 0));
    if (n > 0)
        take_control(channel, &message);
    return n;
}

enum next { NEXT_NONE, NEXT_FRAME, NEXT_GARBAGE };

/* The first whole frame of what is in; its descriptors have arrived with its first byte. */
static enum next peek_frame(struct hq_channel *channel, struct hq_frame *frame)
{
    struct header header;
    size_t have = channel->in->len - channel->in_start;
    const uint8_t *at = channel->in->data + channel->in_start;

    if (have < sizeof header)
        return NEXT_NONE;
    memcpy(&header, at, sizeof header);
    if (header.record_length > HQ_FRAME_MAX || header.blob_length > HQ_FRAME_MAX ||
        header.fd_count > MIN(channel->fds_max, channel->in_fds->len))
        return NEXT_GARBAGE;
    size_t whole = sizeof header + header.record_length + header.blob_length;
    if (have < whole)
        return NEXT_NONE;
    *frame = (struct hq_frame){
        .type = header.type,
        .record = at + sizeof header,
        .record_length = header.record_length,
        .blob = at + sizeof header + header.record_length,
        .blob_length = header.blob_length,
        .fds = (int *)(void *)channel->in_fds->data,
        .fd_count = header.fd_count,
    };
    channel->in_start += whole;
    return NEXT_FRAME;
}

/* Hands out the frame; false: the receiver has freed the channel. */
static bool deliver(struct hq_channel *channel, struct hq_frame *frame)
{
    bool freed = false;
    int fds[HQ_FRAME_FDS];

    g_assert(frame->fd_count <= HQ_FRAME_FDS);
    if (frame->fd_count) {
        memcpy(fds, frame->fds, frame->fd_count * sizeof *fds);
        g_array_remove_range(channel->in_fds, 0, frame->fd_count);
    }
    frame->fds = fds;
    channel->freed = &freed;
    channel->events->frame(channel, frame, channel->data);
    close_all(fds, frame->fd_count);
    if (!freed)
        channel->freed = NULL;
    return !freed;
}

/* Hands out all frames that have come; false: a receiver has freed the channel. */
static bool deliver_all(struct hq_channel *channel, enum next *next)
{
    struct hq_frame frame;

    while ((*next = peek_frame(channel, &frame)) == NEXT_FRAME && !channel->closed)
        if (!deliver(channel, &frame))
            return false;
    return true;
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
    struct hq_channel *channel = data;
    enum next next;

    (void)fd;
    (void)condition;
    /* a receiver runs the loop: the next frame waits until it is done with its own */
    if (channel->freed) {
        channel->read_source = 0;
        return G_SOURCE_REMOVE;
    }
    ssize_t n = receive(channel);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return G_SOURCE_CONTINUE;
    if (!deliver_all(channel, &next) || channel->closed)
        return G_SOURCE_CONTINUE; /* the source is gone already */
    /* a large frame that is still coming in need not be moved at each piece */
    if (channel->in_start)
        g_byte_array_remove_range(channel->in, 0, (guint)channel->in_start);
    channel->in_start = 0;
    /* the descriptors that are here can only be of one frame: more are meant to use up ours */
    if (n <= 0 || next == NEXT_GARBAGE || channel->in_fds->len > channel->fds_max)
        lost(channel);
    else if (!channel->read_source)
        watch(channel);
    return G_SOURCE_CONTINUE;
}

void *hq_frame_record(const struct hq_frame *frame, const struct hq_schema *schema,
                      struct hq_arena *arena)
{
    struct hq_decoder *decoder = hq_decoder_new(arena);
    void *record = hq_decoder_read(decoder, schema, frame->record, frame->record_length);

    hq_decoder_free(decoder);
    return record;
}
