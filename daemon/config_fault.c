#include "daemon/config_fault.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "connectors/option.h"
#include "daemon/log.h"

void config_faults_add(struct config_faults *faults, const char *file, int line, const char *format, ...)
{
	va_list arguments;
	char text[800];

	if (faults->count == CONFIG_FAULTS_MOST) {
		faults->left_out++;
		return;
	}
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	for (char *at = text; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = ' ';
	faults->items = memory_resize(faults->items, (faults->count + 1) * sizeof *faults->items);
	faults->items[faults->count++] = (struct config_fault){
		.file = memory_copy_text(file),
		.line = line,
		.text = memory_copy_text(text),
	};
}

size_t config_faults_count(const struct config_faults *faults)
{
	return faults->count + faults->left_out;
}

/* Insertion sort: stable, and there are few. */
void config_faults_sort(struct config_faults *faults)
{
	size_t begin = 0;

	while (begin < faults->count) {
		size_t end = begin;
		for (size_t i = begin; i < faults->count; i++) {
			struct config_fault fault = faults->items[i];
			if (strcmp(fault.file, faults->items[begin].file) != 0)
				continue;
			size_t place = end;
			while (place > begin && faults->items[place - 1].line > fault.line)
				place--;
			memmove(&faults->items[place + 1], &faults->items[place],
				(i - place) * sizeof *faults->items);
			faults->items[place] = fault;
			end++;
		}
		begin = end;
	}
}

void config_faults_print(const struct config_faults *faults, FILE *out)
{
	for (size_t i = 0; i < faults->count; i++)
		(void)fprintf(
			out, "%s:%d: %s\n", faults->items[i].file, faults->items[i].line, faults->items[i].text);
	if (faults->left_out > 0)
		(void)fprintf(out, "and %zu more\n", faults->left_out);
}

void config_faults_clear(struct config_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++) {
		free(faults->items[i].file);
		free(faults->items[i].text);
	}
	free(faults->items);
	*faults = (struct config_faults){ 0 };
}

const char *config_nearest(const char *const *names, size_t count, const char *name)
{
	struct option *rows = memory_allocate((count + 1) * sizeof *rows);

	for (size_t i = 0; i < count; i++)
		rows[i].name = names[i];
	const char *nearest = option_nearest(rows, count, name);
	free(rows);
	return nearest;
}

void config_faults_log(const struct config_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++)
		log_write(LOG_LEVEL_ERROR, "configuration_fault", NULL, "%s:%d: %s", faults->items[i].file,
			faults->items[i].line, faults->items[i].text);
}
