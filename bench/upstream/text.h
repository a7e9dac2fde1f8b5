/* Text that grows. */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>

struct text {
    char *data;
    size_t length;
    size_t capacity;
};

/* Append as printf would. Ends the program when memory does. */
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Append bytes as they are. */
void text_add_bytes(struct text *text, const char *bytes, size_t length);

#endif
