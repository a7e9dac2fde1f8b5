#include "people.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const first_names[] = {
    "ada",   "bruno", "clara",  "dario", "edith", "felix",  "gwen",   "henrik",  "imani", "joaquin",
    "kaia",  "lorenzo", "maren", "niko", "orla",  "paolo",  "quinn",  "renata",  "stellan", "tove",
};
static const char *const last_names[] = {
    "abbott", "bergstrom", "castell", "dunmore", "eriksen", "farrow", "galvez",  "hartley", "iversen",
    "jansen", "keller",    "lombard", "moreau",  "norling", "oakley", "pereira", "quade",   "rossi",
    "sandoval", "thorne",
};
static const char *const adjectives[] = {
    "Adaptive", "Balanced", "Cyclical", "Defensive", "Enhanced", "Focused", "Global", "Hedged",
};
static const char *const subjects[] = {
    "Breakout", "Carry", "Momentum", "Pairs", "Reversal", "Rotation", "Seasonality", "Spread",
};
static const char *const timezones[] = {"Europe/Lisbon", "Europe/Prague", "America/New_York", "Asia/Singapore"};

static const char ADMIN[] =
    "{\"id\":\"4\",\"users_id\":null,\"name\":\"project admin\","
    "\"permissions\":[\"read\",\"run\",\"editTests\",\"edit\",\"manageUsers\",\"apiKey\"],"
    "\"systemRole\":true,\"permissionsSwitches\":{\"read\":true,\"run\":true,\"editTests\":true,"
    "\"edit\":true,\"manageUsers\":true,\"apiKey\":true}}";
static const char DEVELOPER[] =
    "{\"id\":\"5\",\"users_id\":null,\"name\":\"project developer\","
    "\"permissions\":[\"read\",\"run\",\"editTests\",\"apiKey\"],"
    "\"systemRole\":true,\"permissionsSwitches\":{\"read\":true,\"run\":true,\"editTests\":true,"
    "\"edit\":false,\"manageUsers\":false,\"apiKey\":true}}";
static const char GUEST[] =
    "{\"id\":\"6\",\"users_id\":null,\"name\":\"project guest\",\"permissions\":[\"read\"],"
    "\"systemRole\":true,\"permissionsSwitches\":{\"read\":true,\"run\":false,\"editTests\":false,"
    "\"edit\":false,\"manageUsers\":false,\"apiKey\":false}}";
static const char *const roles[] = {ADMIN, DEVELOPER, GUEST};

static void add_capitalised(struct text *text, const char *word) {
    text_add(text, "%c%s", word[0] - 'a' + 'A', word + 1);
}

/* Walking the table of names diagonally, neighbours share neither first nor last name. */
static const char *first_name(size_t person) {
    return first_names[(person + person / COUNT(last_names)) % COUNT(first_names)];
}

static const char *last_name(size_t person) {
    return last_names[person % COUNT(last_names)];
}

static void add_name(struct text *text, size_t person) {
    add_capitalised(text, first_name(person));
    text_add(text, " ");
    add_capitalised(text, last_name(person));
}

static void add_email(struct text *text, size_t person) {
    text_add(text, "%s.%s.%zu@example.com", first_name(person), last_name(person), person);
}

static size_t people_apart = 7;

void set_people_apart(size_t people) {
    people_apart = people;
}

size_t person_at(size_t project, size_t place) {
    return place == 0 ? 0 : 1 + project * people_apart + place;
}

void add_project_name(struct text *text, size_t project) {
    const char *adjective = adjectives[project % COUNT(adjectives)];
    const char *subject = subjects[project / COUNT(adjectives) % COUNT(subjects)];
    text_add(text, "%s %s %03zu", adjective, subject, project);
}

void add_collaborator(struct text *text, size_t project, size_t place) {
    size_t person = person_at(project, place);
    text_add(text, "{\"uid\":%zu,\"publicId\":\"%s-%s-%zu\",\"liveControl\":%s,\"permission\":\"%s\",",
             412000 + 11 * person, first_name(person), last_name(person), person,
             place % 4 == 0 ? "true" : "false", place % 3 == 2 ? "read" : "write");
    text_add(text, "\"profileImage\":\"https://cdn.example.net/profiles/%s-%s-%zu.png\",\"email\":\"",
             first_name(person), last_name(person), person);
    add_email(text, person);
    text_add(text, "\",\"name\":\"");
    add_name(text, person);
    text_add(text, "\",\"bio\":\"Desk %zu: research, execution and what comes after it.\",\"owner\":%s}",
             person % 9 + 1, place == 0 ? "true" : "false");
}

void add_user(struct text *text, size_t project, size_t place) {
    size_t person = person_at(project, place);
    text_add(text, "{\"id\":\"%zu\",\"email\":\"", 4200 + 7 * person);
    add_email(text, person);
    text_add(text, "\",\"phone\":null,\"confirmTokenExpiration\":{\"date\":\"2026-12-24 13:10:35.000000\","
                   "\"timezone_type\":3,\"timezone\":\"Europe/Prague\"},\"name\":\"");
    add_name(text, person);
    text_add(text, "\",\"confirmed\":true,\"timezone\":\"%s\",\"reportPeriod\":\"week\","
                   "\"notificationEmail\":null,\"notificationDelay\":1,\"apiKey\":\"key-%020zu\",\"role\":%s,",
             timezones[person % COUNT(timezones)], person, roles[place == 0 ? 0 : place % COUNT(roles)]);
    text_add(text, "\"isPayer\":%s,\"canBeRemoved\":%s}", place == 0 ? "true" : "false",
             place == 0 ? "false" : "true");
}
