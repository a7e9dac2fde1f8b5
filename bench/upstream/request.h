/* Reading a request, and finding what is said to it. */
#ifndef REQUEST_H
#define REQUEST_H

#include "world.h"

#include <stdbool.h>
#include <stddef.h>

struct request {
    const char *method, *path, *headers, *body;
    size_t method_length, path_length, headers_length, body_length;
    size_t length;              /* of all of it */
    bool last;                  /* the client wants the connection closed behind the reply */
};

enum reading { COMPLETE, INCOMPLETE, BROKEN };

/* Take one request from the beginning of `data`. Bodies with a Content-Length only. */
enum reading request_read(struct request *request, const char *data, size_t length);

/* What the platforms say to it. `calls` counts their requests, and is itself told at /bench/calls. */
const struct reply *request_answer(const struct request *request, const struct world *world,
                                   unsigned long long *calls);

#endif
