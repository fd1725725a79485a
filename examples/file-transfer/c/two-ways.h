/* What carries messages in one direction only is needed twice: the names, as in
 * ../transports/two-ways.ts. */
#ifndef TWO_WAYS_H
#define TWO_WAYS_H

#include <limits.h>
#include <stdio.h>

struct names {
    char there[PATH_MAX];
    char back[PATH_MAX];
};

static inline struct names names_of(const char* address) {
    struct names names;
    snprintf(names.there, sizeof names.there, "%s.there", address);
    snprintf(names.back, sizeof names.back, "%s.back", address);
    return names;
}

#endif
