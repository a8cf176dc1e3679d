/* A scenario file: `at 12.5s COMMAND`, a line each, times since the start of the sandbox. */
#ifndef SANDBOX_SCENARIO_H
#define SANDBOX_SCENARIO_H

#include "tests/sandbox/command.h"

/* False with `file:line: what is wrong` on stderr. */
bool scenario_load(struct commander *commander, const char *file);

#endif
