/* The made-up people, and what they are called. */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "text.h"

#include <stddef.h>

/* Who has the place `place` in project `project`; place 0 is the owner, the same everywhere. */
size_t person_at(size_t project, size_t place);

/* How many people further the team of the next project begins: the more, the more people there are. */
void set_people_apart(size_t people);

/* A project's name, the same on both platforms but for " site". */
void add_project_name(struct text *text, size_t project);

/* One person in a project, as each platform writes it. */
void add_collaborator(struct text *text, size_t project, size_t place);
void add_user(struct text *text, size_t project, size_t place);

#endif
