#define _GNU_SOURCE
#include "request.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define QUANTCONNECT "/api/v2/"
#define TESTOMATO "/api/"

/* A header's value, up to the end of its line; NULL where there is none. */
static const char *header(const struct request *request, const char *name) {
    size_t length = strlen(name);
    const char *line = request->headers, *end = request->headers + request->headers_length;
    while (line < end) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        if (!line_end) return NULL;
        if ((size_t)(line_end - line) > length && line[length] == ':' && !strncasecmp(line, name, length)) {
            const char *value = line + length + 1;
            while (*value == ' ') value++;
            return value;
        }
        line = line_end + 1;
    }
    return NULL;
}

static bool read_first_line(struct request *request, const char *data, const char *end) {
    const char *space = memchr(data, ' ', (size_t)(end - data));
    const char *second = space ? memchr(space + 1, ' ', (size_t)(end - space - 1)) : NULL;
    if (!second) return false;
    request->method = data;
    request->method_length = (size_t)(space - data);
    request->path = space + 1;
    request->path_length = (size_t)(second - space - 1);
    return true;
}

enum reading request_read(struct request *request, const char *data, size_t length) {
    const char *end = memmem(data, length, "\r\n\r\n", 4);
    if (!end) return length > 64 * 1024 ? BROKEN : INCOMPLETE;
    const char *line_end = memchr(data, '\n', (size_t)(end + 2 - data));
    if (!line_end || !read_first_line(request, data, line_end)) return BROKEN;
    request->headers = line_end + 1;
    request->headers_length = (size_t)(end + 2 - request->headers);
    const char *said_length = header(request, "content-length");
    request->body = end + 4;
    request->body_length = said_length ? strtoul(said_length, NULL, 10) : 0;
    if (header(request, "transfer-encoding") || request->body_length > 1024 * 1024) return BROKEN;
    request->length = (size_t)(end + 4 - data) + request->body_length;
    const char *connection = header(request, "connection");
    request->last = connection && !strncasecmp(connection, "close", 5);
    return length < request->length ? INCOMPLETE : COMPLETE;
}

static bool is(const struct request *request, const char *method, const char *path) {
    return request->method_length == strlen(method) && !memcmp(request->method, method, strlen(method)) &&
           request->path_length == strlen(path) && !memcmp(request->path, path, strlen(path));
}

/* The number under `projectId` in a JSON object; 0 where there is none. */
static long long project_id_in(const struct request *request) {
    static const char KEY[] = "\"projectId\"";
    const char *key = memmem(request->body, request->body_length, KEY, sizeof KEY - 1);
    if (!key) return 0;
    const char *end = request->body + request->body_length;
    const char *at = key + sizeof KEY - 1;
    while (at < end && (isspace((unsigned char)*at) || *at == ':' || *at == '"')) at++;
    long long id = 0;
    for (; at < end && isdigit((unsigned char)*at) && id < 100000000000LL; at++) id = id * 10 + (*at - '0');
    return id ? id : -1;
}

static const struct reply *quantconnect_answer(const struct request *request, const struct world *world) {
    if (!header(request, "authorization") || !header(request, "timestamp")) return &world->unauthorized;
    if (is(request, "POST", QUANTCONNECT "authenticate")) return &world->authenticated;
    bool read = is(request, "POST", QUANTCONNECT "projects/read");
    if (!read && !is(request, "POST", QUANTCONNECT "projects/collaboration/read")) return &world->not_found;
    long long id = project_id_in(request);
    if (read && id == 0) return &world->quantconnect_list;
    const struct project_replies *project = quantconnect_project(world, id);
    if (!project) return &world->refused;
    return read ? &project->read : &project->people;
}

static const struct reply *testomato_answer(const struct request *request, const struct world *world) {
    static const char PROJECT[] = TESTOMATO "project/", USERS[] = "/users";
    if (is(request, "POST", TESTOMATO "authenticate")) return &world->token;
    if (!header(request, "authorization")) return &world->unauthorized;
    if (is(request, "GET", TESTOMATO "authenticate")) return &world->account;
    size_t begin = sizeof PROJECT - 1, tail = sizeof USERS - 1;
    if (request->path_length <= begin || memcmp(request->path, PROJECT, begin)) return &world->not_found;
    const char *id = request->path + begin;
    size_t length = request->path_length - begin;
    bool users = length > tail && !memcmp(id + length - tail, USERS, tail);
    const struct project_replies *project = testomato_project(world, id, users ? length - tail : length);
    if (!project || request->method_length != 3) return &world->not_found;
    return users ? &project->people : &project->read;
}

static const struct reply *calls_answer(unsigned long long calls) {
    static struct reply reply;
    char body[32];
    int length = snprintf(body, sizeof body, "%llu", calls);
    free(reply.data);
    reply_make(&reply, "200 OK", "application/json", body, (size_t)length);
    return &reply;
}

const struct reply *request_answer(const struct request *request, const struct world *world,
                                   unsigned long long *calls) {
    if (is(request, "GET", "/bench/calls")) return calls_answer(*calls);
    if (is(request, "GET", "/bench/ids")) return &world->ids;
    ++*calls;
    if (request->path_length > sizeof QUANTCONNECT - 1 &&
        !memcmp(request->path, QUANTCONNECT, sizeof QUANTCONNECT - 1))
        return quantconnect_answer(request, world);
    return testomato_answer(request, world);
}
