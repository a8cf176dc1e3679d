#include "tests/sandbox/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool line_load(struct commander *commander, const char *line)
{
	char *end;

	line += strspn(line, " \t\r\n");
	if (!*line || *line == '#')
		return true;
	if (strncmp(line, "at ", 3) != 0)
		return false;
	double seconds = strtod(line + 3, &end);

	if (end == line + 3 || *end != 's' || (end[1] != ' ' && end[1] != '\t') || seconds < 0)
		return false;
	command_execute_later(commander, end + 1 + strspn(end + 1, " \t"), seconds, 0);
	return true;
}

bool scenario_load(struct commander *commander, const char *file)
{
	FILE *stream = fopen(file, "re");
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0;
	bool fine = true;

	if (!stream) {
		fprintf(stderr, "sandbox: %s: %s\n", file, strerror(errno));
		return false;
	}
	while (fine && getline(&line, &size, stream) > 0) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		fine = line_load(commander, line);
	}
	if (!fine)
		fprintf(stderr, "%s:%u: a line reads `at 12.5s COMMAND`\n", file, number);
	free(line);
	fclose(stream);
	return fine;
}
