#include "daemon/exposition.h"

#include <math.h>

static void append_escaped(struct buffer *page, const char *text, bool quoted)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			(void)buffer_append_text(page, "\\\\");
		else if (*text == '\n')
			(void)buffer_append_text(page, "\\n");
		else if (*text == '"' && quoted)
			(void)buffer_append_text(page, "\\\"");
		else
			(void)buffer_append(page, text, 1);
	}
}

void exposition_family(struct buffer *page, const char *name, const char *kind, const char *help)
{
	(void)buffer_printf(page, "# HELP advocated_%s ", name);
	append_escaped(page, help, false);
	(void)buffer_printf(page, "\n# TYPE advocated_%s %s\n", name, kind);
}

static void append_value(struct buffer *page, double value)
{
	if (isnan(value))
		(void)buffer_append_text(page, " NaN\n");
	else if (isinf(value))
		(void)buffer_append_text(page, value < 0 ? " -Inf\n" : " +Inf\n");
	else
		(void)buffer_printf(page, " %.15g\n", value);
}

void exposition_sample(struct buffer *page, const char *name, const struct exposition_label *labels,
	size_t label_count, double value)
{
	(void)buffer_printf(page, "advocated_%s", name);
	for (size_t i = 0; i < label_count; i++) {
		(void)buffer_printf(page, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
		append_escaped(page, labels[i].value, true);
		(void)buffer_append_text(page, "\"");
	}
	if (label_count > 0)
		(void)buffer_append_text(page, "}");
	append_value(page, value);
}

void exposition_single(struct buffer *page, const char *name, const char *kind, const char *help, double value)
{
	exposition_family(page, name, kind, help);
	exposition_sample(page, name, NULL, 0, value);
}
