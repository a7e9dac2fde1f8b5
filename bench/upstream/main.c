/* Both platforms' APIs on one port, for the benchmark: one thread, epoll, replies that are ready. */
#define _GNU_SOURCE
#include "people.h"
#include "request.h"
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 8192, INPUT = 64 * 1024, EVENTS = 256 };

struct connection {
    char *input;
    size_t input_length;
    const struct reply *reply;      /* being written, or waiting for its time */
    size_t written;
    unsigned generation;            /* tells a connection from the next one with the same number */
    bool waiting, last, watched_for_room;
};

/* A reply whose time has not come; all wait equally long, so the first in is the first out. */
struct delayed {
    long long due;
    int number;
    unsigned generation;
};

static struct connection connections[MOST_CONNECTIONS];
static struct delayed *queue;
static size_t queue_first, queue_length;
static struct world world;
static unsigned long long calls;
static long long delay_ms;
static int poller;

static void serve(int number);

static long long now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static void hang_up(int number) {
    struct connection *connection = &connections[number];
    free(connection->input);
    *connection = (struct connection){.generation = connection->generation + 1};
    close(number);
}

static void watch_for_room(int number, bool wanted) {
    struct connection *connection = &connections[number];
    if (connection->watched_for_room == wanted) return;
    connection->watched_for_room = wanted;
    struct epoll_event event = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0u), .data.fd = number};
    epoll_ctl(poller, EPOLL_CTL_MOD, number, &event);
}

/* Write what there is room for. False when the connection is gone. */
static bool write_reply(int number) {
    struct connection *connection = &connections[number];
    const struct reply *reply = connection->reply;
    while (connection->written < reply->length) {
        ssize_t sent = send(number, reply->data + connection->written, reply->length - connection->written,
                            MSG_NOSIGNAL);
        if (sent > 0) {
            connection->written += (size_t)sent;
        } else if (sent < 0 && errno == EAGAIN) {
            watch_for_room(number, true);
            return true;
        } else {
            hang_up(number);
            return false;
        }
    }
    watch_for_room(number, false);
    connection->reply = NULL;
    if (!connection->last) return true;
    hang_up(number);
    return false;
}

static void put_off(int number) {
    connections[number].waiting = true;
    queue[(queue_first + queue_length++) % MOST_CONNECTIONS] = (struct delayed){
        .due = now_ms() + delay_ms, .number = number, .generation = connections[number].generation};
}

/* Answer the requests that have arrived whole, one after the other. */
static void serve(int number) {
    struct connection *connection = &connections[number];
    while (!connection->reply && connection->input_length) {
        struct request request;
        enum reading reading = request_read(&request, connection->input, connection->input_length);
        if (reading == INCOMPLETE && connection->input_length < INPUT) return;
        if (reading != COMPLETE) {
            hang_up(number);
            return;
        }
        connection->reply = request_answer(&request, &world, &calls);
        reply_stamp(connection->reply);
        connection->written = 0;
        connection->last = request.last;
        connection->input_length -= request.length;
        memmove(connection->input, connection->input + request.length, connection->input_length);
        if (delay_ms && strncmp(request.path, "/bench/", 7))
            put_off(number);
        else if (!write_reply(number))
            return;
    }
}

static void read_input(int number) {
    struct connection *connection = &connections[number];
    ssize_t length = recv(number, connection->input + connection->input_length,
                          INPUT - connection->input_length, 0);
    if (length > 0) {
        connection->input_length += (size_t)length;
        serve(number);
    } else if (length == 0 || errno != EAGAIN) {
        hang_up(number);
    }
}

static void accept_all(int listener) {
    int number, yes = 1;
    while ((number = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (number >= MOST_CONNECTIONS || !(connections[number].input = malloc(INPUT))) {
            close(number);
            continue;
        }
        setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = number};
        epoll_ctl(poller, EPOLL_CTL_ADD, number, &event);
    }
}

/* Write the replies whose time has come, and tell how long to wait for the next one. */
static int write_due(void) {
    while (queue_length) {
        struct delayed delayed = queue[queue_first];
        long long left = delayed.due - now_ms();
        if (left > 0) return (int)left;
        queue_first = (queue_first + 1) % MOST_CONNECTIONS;
        queue_length--;
        struct connection *connection = &connections[delayed.number];
        if (!connection->waiting || connection->generation != delayed.generation) continue;
        connection->waiting = false;
        if (write_reply(delayed.number)) serve(delayed.number);
    }
    return -1;
}

static void handle(const struct epoll_event *event) {
    int number = event->data.fd;
    if (!connections[number].input) return;
    if (event->events & EPOLLOUT && connections[number].reply && !connections[number].waiting) {
        if (!write_reply(number)) return;
        serve(number);
    }
    if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR) && connections[number].input) read_input(number);
}

static void run(int listener) {
    struct epoll_event events[EVENTS], event = {.events = EPOLLIN, .data.fd = listener};
    poller = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(poller, events, EVENTS, write_due());
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                accept_all(listener);
            else
                handle(&events[i]);
        }
    }
}

/* Listen on a free port of the loopback address and say which. */
static int listen_on_free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) ||
        listen(listener, 4096) || getsockname(listener, (struct sockaddr *)&address, &length)) {
        perror("upstream");
        exit(1);
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int main(int count, char **words) {
    size_t projects = 25, members = 10;
    bool stamped = false;
    for (int i = 1; i + 1 < count; i += 2) {
        if (!strcmp(words[i], "--projects")) projects = strtoul(words[i + 1], NULL, 10);
        else if (!strcmp(words[i], "--members")) members = strtoul(words[i + 1], NULL, 10);
        else if (!strcmp(words[i], "--apart")) set_people_apart(strtoul(words[i + 1], NULL, 10));
        else if (!strcmp(words[i], "--delay-ms")) delay_ms = strtoll(words[i + 1], NULL, 10);
        else if (!strcmp(words[i], "--stamped")) stamped = strtoul(words[i + 1], NULL, 10);
        else return fprintf(stderr, "upstream: what is %s?\n", words[i]), 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);   /* never left behind */
    queue = calloc(MOST_CONNECTIONS, sizeof *queue);
    world_make(&world, projects, members, stamped);
    run(listen_on_free_port());
    return 0;
}
