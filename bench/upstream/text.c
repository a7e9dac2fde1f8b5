#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make_room(struct text *text, size_t more) {
    if (text->length + more <= text->capacity) return;
    size_t capacity = text->capacity ? text->capacity : 1024;
    while (capacity < text->length + more) capacity *= 2;
    text->data = realloc(text->data, capacity);
    if (!text->data) {
        perror("upstream");
        exit(1);
    }
    text->capacity = capacity;
}

void text_add(struct text *text, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    make_room(text, (size_t)length + 1);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
    va_end(again);
    text->length += (size_t)length;
}

void text_add_bytes(struct text *text, const char *bytes, size_t length) {
    make_room(text, length);
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
}
