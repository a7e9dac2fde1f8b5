#include "world.h"

#include "people.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON "application/json"

enum { FIRST_ID = 23456000, ID_STEP = 137, STAMP = 32 };

static bool with_stamps;

static const char ID_PREFIX[] = "5f3e9a7c";

static long long quantconnect_id(size_t project) {
    return FIRST_ID + (long long)ID_STEP * (long long)project;
}

static void add_testomato_id(struct text *text, size_t project) {
    text_add(text, "%s%016zx", ID_PREFIX, project);
}

void reply_make(struct reply *reply, const char *status, const char *type, const char *body, size_t length) {
    struct text text = {0};
    text_add(&text, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", status, type, length);
    text_add_bytes(&text, body, length);
    reply->data = text.data;
    reply->length = text.length;
}

static void reply_with(struct reply *reply, const char *status, const char *type, struct text *body) {
    if (with_stamps) text_add(body, "%*s", STAMP, "");
    reply_make(reply, status, type, body->data, body->length);
    if (with_stamps) reply->stamp = reply->data + reply->length - STAMP;
    free(body->data);
    *body = (struct text){0};
}

/* A number in white space, which JSON allows behind a value (RFC 8259, 2). */
void reply_stamp(const struct reply *reply) {
    static unsigned long sent;
    if (!reply->stamp) return;
    sent++;
    for (size_t bit = 0; bit < STAMP; bit++) reply->stamp[bit] = sent >> bit & 1 ? '\t' : ' ';
}

static void add_people(struct text *text, size_t project, size_t members,
                       void (*add)(struct text *, size_t, size_t)) {
    text_add(text, "[");
    for (size_t place = 0; place < members; place++) {
        if (place) text_add(text, ",");
        add(text, project, place);
    }
    text_add(text, "]");
}

static void add_quantconnect_project(struct text *text, size_t project, size_t members) {
    text_add(text, "{\"projectId\":%lld,\"organizationId\":\"5cad178b20a1d52567b534553413b691\",\"name\":\"",
             quantconnect_id(project));
    add_project_name(text, project);
    text_add(text, "\",\"modified\":\"2026-%02zu-14T16:20:%02zuZ\",\"created\":\"2025-%02zu-03T09:12:%02zuZ\",",
             project % 9 + 1, project % 60, project % 12 + 1, project % 60);
    text_add(text, "\"ownerId\":412000,\"language\":\"Py\",\"collaborators\":");
    add_people(text, project, members, add_collaborator);
    text_add(text, ",\"leanVersionId\":16501,\"leanPinnedToMaster\":true,\"owner\":true,"
                   "\"description\":\"Strategy sheet %zu.\",\"channelId\":\"%016zx\",\"parameters\":[],"
                   "\"libraries\":[],\"grid\":[],\"liveGrid\":{\"xs\":[],\"sm\":[],\"md\":[]},",
             project + 1, project);
    text_add(text, "\"paperEquity\":null,\"lastLiveDeployment\":null,\"liveForm\":[],\"encrypted\":false,"
                   "\"codeRunning\":false,\"leanEnvironment\":1,\"encryptionKey\":null,\"isPinned\":false,"
                   "\"maxFileSize\":32768,\"sharingTokenBacktest\":null}");
}

static const char LIST_END[] =
    "],\"versions\":[{\"id\":16501,\"created\":\"2026-05-01 10:00:00\",\"description\":\"\","
    "\"leanHash\":\"d0c5cf0\",\"leanCloudHash\":\"91c2a3e\",\"name\":\"v16501\",\"ref\":\"refs/heads/master\","
    "\"public\":true}],\"success\":true,\"errors\":[]}";

static void make_quantconnect(struct world *world) {
    struct text list = {0}, body = {0};
    text_add(&list, "{\"projects\":[");
    for (size_t project = 0; project < world->projects; project++) {
        struct project_replies *replies = &world->quantconnect[project];
        text_add(&body, "{\"projects\":[");
        add_quantconnect_project(&body, project, world->members);
        text_add(&body, "%s", LIST_END);
        reply_with(&replies->read, "200 OK", JSON, &body);
        text_add(&body, "{\"collaborators\":");
        add_people(&body, project, world->members, add_collaborator);
        text_add(&body, ",\"userLiveControl\":true,\"userPermissions\":\"write\",\"success\":true}");
        reply_with(&replies->people, "200 OK", JSON, &body);
        if (project) text_add(&list, ",");
        add_quantconnect_project(&list, project, world->members);
    }
    text_add(&list, "%s", LIST_END);
    reply_with(&world->quantconnect_list, "200 OK", JSON, &list);
}

static void add_user_ids(struct text *text, size_t project, size_t members) {
    for (size_t place = 0; place < members; place++)
        text_add(text, "%s\"%zu\"", place ? "," : "", 4200 + 7 * person_at(project, place));
}

static void add_testomato_project(struct text *text, size_t project, size_t members) {
    text_add(text, "{\"id\":\"");
    add_testomato_id(text, project);
    text_add(text, "\",\"title\":\"");
    add_project_name(text, project);
    text_add(text, " site\",\"url\":\"https://sheet-%zu.example.com\",\"period\":\"5 minutes\","
                   "\"uptimeUrl\":\"https://sheet-%zu.example.com\",\"uptimeEnabled\":15,"
                   "\"apiKey\":\"key-%020zu\",\"payerId\":\"4200\",\"location\":\"eu\",",
             project, project, project);
    text_add(text, "\"checkDefaultErrors\":true,\"created\":\"2025-%02zu-14T15:59:51+00:00\","
                   "\"userAgent\":null,\"timeout\":7,\"delay\":50,\"name\":\"1icaoc-sheet-%zu.example.com\","
                   "\"status\":\"ok\",\"sslStatus\":\"ok\",\"sslExpiration\":\"2027-02-11T23:59:59+00:00\",",
             project % 12 + 1, project);
    text_add(text, "\"sslAlertPeriod\":14,\"sslDaysLeft\":82,\"httpsRedirectEnabled\":true,"
                   "\"isWordPress\":null,\"userIds\":[");
    add_user_ids(text, project, members);
    text_add(text, "],\"permissions\":{\"read\":true,\"run\":true,\"editTests\":true,\"edit\":true,"
                   "\"manageUsers\":true,\"apiKey\":true}}");
}

static void make_testomato(struct world *world) {
    struct text body = {0};
    for (size_t project = 0; project < world->projects; project++) {
        struct project_replies *replies = &world->testomato[project];
        add_testomato_project(&body, project, world->members);
        reply_with(&replies->read, "200 OK", JSON, &body);
        add_people(&body, project, world->members, add_user);
        reply_with(&replies->people, "200 OK", JSON, &body);
    }
}

static void make_ids(struct world *world) {
    struct text body = {0};
    text_add(&body, "{\"quantconnect\":[");
    for (size_t project = 0; project < world->projects; project++)
        text_add(&body, "%s\"%lld\"", project ? "," : "", quantconnect_id(project));
    text_add(&body, "],\"testomato\":[");
    for (size_t project = 0; project < world->projects; project++) {
        text_add(&body, "%s\"", project ? "," : "");
        add_testomato_id(&body, project);
        text_add(&body, "\"");
    }
    text_add(&body, "]}");
    reply_with(&world->ids, "200 OK", JSON, &body);
}

static void reply_text(struct reply *reply, const char *status, const char *type, const char *body) {
    reply_make(reply, status, type, body, strlen(body));
}

void world_make(struct world *world, size_t projects, size_t members, bool stamped) {
    with_stamps = stamped;
    *world = (struct world){.projects = projects, .members = members};
    world->quantconnect = calloc(projects, sizeof *world->quantconnect);
    world->testomato = calloc(projects, sizeof *world->testomato);
    if (projects && (!world->quantconnect || !world->testomato)) {
        perror("upstream");
        exit(1);
    }
    make_quantconnect(world);
    make_testomato(world);
    make_ids(world);
    reply_text(&world->authenticated, "200 OK", JSON, "{\"success\":true,\"errors\":[]}");
    /* {"alg":"HS256"} . {"id":4200,"exp":4102444800} . no real signature: nobody checks it here */
    reply_text(&world->token, "200 OK", "text/plain",
               "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6NDIwMCwiZXhwIjo0MTAyNDQ0ODAwfQ.bWFkZS11cA");
    reply_text(&world->account, "200 OK", JSON,
               "{\"id\":4200,\"name\":\"Ada Abbott\",\"email\":\"ada.abbott.0@example.com\","
               "\"exp\":4102444800,\"tid\":\"e2ew1g30xl\",\"iat\":1668074326,\"nbf\":1668074326}");
    reply_text(&world->unauthorized, "401 Unauthorized", JSON,
               "{\"message\":\"Access denied!\",\"code\":401,\"ok\":false,\"error\":true}");
    reply_text(&world->refused, "200 OK", JSON, "{\"success\":false,\"errors\":[\"No such project.\"]}");
    reply_text(&world->not_found, "404 Not Found", JSON,
               "{\"message\":\"Object not found\",\"code\":404,\"ok\":false,\"error\":true}");
}

struct project_replies *quantconnect_project(const struct world *world, long long id) {
    long long place = (id - FIRST_ID) / ID_STEP;
    if (id < FIRST_ID || (id - FIRST_ID) % ID_STEP || place >= (long long)world->projects) return NULL;
    return &world->quantconnect[place];
}

struct project_replies *testomato_project(const struct world *world, const char *id, size_t length) {
    char digits[17];
    if (length != sizeof ID_PREFIX - 1 + 16 || memcmp(id, ID_PREFIX, sizeof ID_PREFIX - 1)) return NULL;
    memcpy(digits, id + sizeof ID_PREFIX - 1, 16);
    digits[16] = 0;
    char *end;
    unsigned long long place = strtoull(digits, &end, 16);
    return *end || place >= world->projects ? NULL : &world->testomato[place];
}
