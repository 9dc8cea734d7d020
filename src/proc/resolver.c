/* SPDX-License-Identifier: ISC */
/* c-ares 1.18 driven by GLib: a source for each socket, one timer. EDNS is off by default there and
 * set here; truncated answers come again over TCP by themselves. */
#include "proc/resolver.h"
#include "hopq/error.h"
#include "hopq/ip.h"
#include <ares.h>
#include <arpa/nameser.h>
#include <glib-unix.h>
#include <string.h>

#define MAX_IN_FLIGHT 256
#define EDNS_SIZE     1232 /* DNS flag day 2020: no fragments on any usual path */
#define DNS_PORT      53
/* Room for answers that come while we are busy: the usual 208 KB lose some of 256. */
#define RECEIVE_SIZE (1 << 20)

struct hq_resolver {
    ares_channel channel;
    GHashTable *watches; /* socket to id of its source */
    guint timer;
    GQueue waiting; /* struct question */
    unsigned in_flight;
    bool pumping;
    bool closing;
    hq_resolver_fn callback;
    void *data;
};

struct question {
    struct hq_resolver *resolver;
    enum hq_dns_type type;
    char name[];
};

static void arm_timer(struct hq_resolver *resolver);

/* ---- main loop ---- */

static gboolean on_socket(gint fd, GIOCondition condition, gpointer data)
{
    struct hq_resolver *resolver = data;
    bool readable = condition & (G_IO_IN | G_IO_HUP | G_IO_ERR);
    ares_process_fd(resolver->channel, readable ? fd : ARES_SOCKET_BAD,
                    condition & G_IO_OUT ? fd : ARES_SOCKET_BAD);
    arm_timer(resolver);
    return G_SOURCE_CONTINUE; /* removed by on_socket_state() when it is to go */
}

static void on_socket_state(void *data, ares_socket_t fd, int readable, int writable)
{
    struct hq_resolver *resolver = data;
    gpointer id = g_hash_table_lookup(resolver->watches, GINT_TO_POINTER(fd));
    GIOCondition condition = (readable ? G_IO_IN : 0) | (writable ? G_IO_OUT : 0);
    if (id)
        g_source_remove(GPOINTER_TO_UINT(id));
    g_hash_table_remove(resolver->watches, GINT_TO_POINTER(fd));
    if (condition == 0)
        return;
    guint source = g_unix_fd_add(fd, condition, on_socket, resolver);
    g_hash_table_insert(resolver->watches, GINT_TO_POINTER(fd), GUINT_TO_POINTER(source));
}

static gboolean on_timer(gpointer data)
{
    struct hq_resolver *resolver = data;
    resolver->timer = 0;
    ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm_timer(resolver);
    return G_SOURCE_REMOVE;
}

static void arm_timer(struct hq_resolver *resolver)
{
    struct timeval wait;
    if (resolver->timer)
        g_source_remove(resolver->timer);
    resolver->timer = 0;
    if (ares_timeout(resolver->channel, NULL, &wait))
        resolver->timer = g_timeout_add((guint)(wait.tv_sec * 1000 + wait.tv_usec / 1000) + 1,
                                        on_timer, resolver);
}

/* ---- questions ---- */

static enum hq_dns_status to_status(int status)
{
    switch (status) {
    case ARES_SUCCESS:
        return HQ_DNS_OK;
    case ARES_ENODATA:
        return HQ_DNS_NODATA;
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:
        return HQ_DNS_NXDOMAIN;
    default:
        return HQ_DNS_TEMPFAIL;
    }
}

static void pump(struct hq_resolver *resolver);

static void on_answer(void *data, int ares_status, int timeouts, unsigned char *packet, int n)
{
    struct question *question = data;
    struct hq_resolver *resolver = question->resolver;
    enum hq_dns_status status = to_status(ares_status);
    bool keep = packet && n > 0 && status != HQ_DNS_TEMPFAIL;
    (void)timeouts;
    resolver->in_flight--;
    if (!resolver->closing)
        resolver->callback(question->name, question->type, status, keep ? packet : NULL,
                           keep ? (size_t)n : 0, resolver->data);
    g_free(question);
    pump(resolver);
}

/* c-ares wants special bytes escaped with backslashes. */
static char *escape_name(const char *name)
{
    GString *out = g_string_new(NULL);
    for (; *name; name++) {
        if (*name == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *name);
    }
    return g_string_free(out, FALSE);
}

/* Sends waiting questions while there is room. c-ares may answer at once (a wrong name), hence the
 * guard: the queue is worked off in this loop, not by recursion. */
static void pump(struct hq_resolver *resolver)
{
    if (resolver->pumping || resolver->closing)
        return;
    resolver->pumping = true;
    while (resolver->in_flight < MAX_IN_FLIGHT && !g_queue_is_empty(&resolver->waiting)) {
        struct question *question = g_queue_pop_head(&resolver->waiting);
        g_autofree char *name = escape_name(question->name);
        resolver->in_flight++;
        ares_query(resolver->channel, name, ns_c_in, (int)question->type, on_answer, question);
    }
    resolver->pumping = false;
    arm_timer(resolver);
}

void hq_resolver_ask(struct hq_resolver *resolver, const char *name, enum hq_dns_type type)
{
    size_t n = strlen(name) + 1;
    struct question *question = g_malloc(sizeof(struct question) + n);
    question->resolver = resolver;
    question->type = type;
    memcpy(question->name, name, n);
    g_queue_push_tail(&resolver->waiting, question);
    pump(resolver);
}

/* ---- start and end ---- */

static bool read_port(const char *text, unsigned *port)
{
    guint64 value;
    if (!g_ascii_string_to_unsigned(text, 10, 1, 65535, &value, NULL))
        return false;
    *port = (unsigned)value;
    return true;
}

/* "192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:53". */
static bool parse_server(const char *server, struct hq_ip *ip, unsigned *port)
{
    *port = DNS_PORT;
    if (hq_ip_parse_str(server, ip))
        return true;
    bool bracket = server[0] == '[';
    const char *start = server + bracket;
    const char *end = strchr(start, bracket ? ']' : ':');
    if (!end || !hq_ip_parse(start, (size_t)(end - start), ip) || (ip->family == 6) != bracket)
        return false;
    const char *rest = end + bracket;
    return *rest == '\0' || (*rest == ':' && read_port(rest + 1, port));
}

bool hq_resolver_is_server(const char *server)
{
    struct hq_ip ip;
    unsigned port;

    return strcmp(server, "system") == 0 || parse_server(server, &ip, &port);
}

static bool set_server(struct hq_resolver *resolver, const char *server, GError **error)
{
    struct hq_ip ip;
    struct ares_addr_port_node node = {0};
    unsigned port;
    if (strcmp(server, "system") == 0)
        return true;
    if (!parse_server(server, &ip, &port)) {
        hq_error_set(error, HQ_EXIT_USAGE, 0, "DNS server", server, "no ADDRESS[:PORT]");
        return false;
    }
    node.family = ip.family == 4 ? AF_INET : AF_INET6;
    node.udp_port = node.tcp_port = (int)port;
    memcpy(&node.addr, ip.bytes, ip.family == 4 ? 4 : 16);
    int status = ares_set_servers_ports(resolver->channel, &node);
    if (status == ARES_SUCCESS)
        return true;
    hq_error_set(error, HQ_EXIT_INTERNAL, 0, "DNS server", server, ares_strerror(status));
    return false;
}

struct hq_resolver *hq_resolver_new(const char *server, int timeout, int tries,
                                    hq_resolver_fn callback, void *data, GError **error)
{
    struct hq_resolver *resolver = g_new0(struct hq_resolver, 1);
    struct ares_options options = {.flags =
                                       ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
                                   .timeout = timeout,
                                   .tries = tries,
                                   .ednspsz = EDNS_SIZE,
                                   .socket_receive_buffer_size = RECEIVE_SIZE,
                                   .lookups = (char[]){"b"},
                                   .sock_state_cb = on_socket_state,
                                   .sock_state_cb_data = resolver};
    resolver->callback = callback;
    resolver->data = data;
    resolver->watches = g_hash_table_new(NULL, NULL);
    g_queue_init(&resolver->waiting);
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    if (status == ARES_SUCCESS)
        status = ares_init_options(&resolver->channel, &options,
                                   ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                       ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_RCVBUF | ARES_OPT_LOOKUPS |
                                       ARES_OPT_SOCK_STATE_CB);
    if (status != ARES_SUCCESS)
        hq_error_set(error, HQ_EXIT_INTERNAL, 0, "DNS", NULL, ares_strerror(status));
    if (status == ARES_SUCCESS && set_server(resolver, server, error))
        return resolver;
    hq_resolver_free(resolver);
    return NULL;
}

void hq_resolver_free(struct hq_resolver *resolver)
{
    if (!resolver)
        return;
    resolver->closing = true;
    if (resolver->channel)
        ares_destroy(resolver->channel); /* calls on_answer() for what is under way */
    if (resolver->timer)
        g_source_remove(resolver->timer);
    g_queue_clear_full(&resolver->waiting, g_free);
    g_hash_table_destroy(resolver->watches);
    g_free(resolver);
    ares_library_cleanup();
}
