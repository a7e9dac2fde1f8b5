/* What both platforms have to say, made once at the start. */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stddef.h>

/* A whole HTTP reply, headers included. */
struct reply {
    char *data;
    size_t length;
    char *stamp;                /* white space at its end, another at each sending; NULL for none */
};

struct project_replies {
    struct reply read;          /* QuantConnect: projects/read of this one; Testomato: project/:id */
    struct reply people;        /* QuantConnect: projects/collaboration/read; Testomato: project/:id/users */
};

struct world {
    size_t projects;
    size_t members;
    struct reply quantconnect_list;
    struct project_replies *quantconnect;
    struct project_replies *testomato;
    struct reply authenticated;     /* QuantConnect's authenticate */
    struct reply token;             /* Testomato's, for whoever signs in */
    struct reply account;           /* whose token it is */
    struct reply ids;               /* not of the platforms: every project's id, for the benchmark */
    struct reply unauthorized;
    struct reply refused;           /* QuantConnect's 200 with success: false */
    struct reply not_found;
};

/* `stamped`: what is said of projects never comes twice in the same bytes. */
void world_make(struct world *world, size_t projects, size_t members, bool stamped);

/* Make the reply's bytes others than at any time before. */
void reply_stamp(const struct reply *reply);

/* The replies about one project; NULL where there is none with this id. */
struct project_replies *quantconnect_project(const struct world *world, long long id);
struct project_replies *testomato_project(const struct world *world, const char *id, size_t length);

/* Lay `body` into a reply with status line and headers. */
void reply_make(struct reply *reply, const char *status, const char *type, const char *body, size_t length);

#endif
