#include "daemon/config_file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/memory.h"
#include "connectors/utf8.h"

/* LINE_LIMIT is also what inih's buffer is set to: inih itself would take the rest of a longer line for
 * another line. A thousand includes of a thousand includes are a mistake, whatever their depth. */
enum { LINE_LIMIT = 4096, FILE_LIMIT = 1024 * 1024, DEPTH_LIMIT = 8, FILES_LIMIT = 256 };

static const size_t NO_SECTION = (size_t)-1; /* before the first heading */
static const size_t LOST = (size_t)-2;       /* after a heading at fault: its keys belong to nothing */

struct reading {
	struct config_file *file;
	struct config_faults *faults;
	bool includes;
	const struct reading *outer; /* the file that includes this one */
	int depth;
	dev_t device;
	ino_t inode;
	FILE *stream;
	const char *path;
	char *line;
	size_t line_size;
	int number;     /* of the line that inih has in hand */
	bool expecting; /* that line should reach the handler */
	size_t section;
};

static void read_file(struct config_file *file, const char *path, bool includes, const struct reading *outer,
	int line, struct config_faults *faults);

/* Headings ------------------------------------------------------------------------------------------- */

static char *copy_trimmed(const char *text, size_t length)
{
	while (length > 0 && isblank((unsigned char)*text)) {
		text++;
		length--;
	}
	while (length > 0 && isblank((unsigned char)text[length - 1]))
		length--;
	return memory_copy(text, length);
}

static void open_section(struct reading *reading, char *kind, char *name)
{
	struct config_file *file = reading->file;
	const struct config_section *before = config_file_find(file, kind, name);

	if (before != NULL) {
		config_faults_add(reading->faults, reading->path, reading->number,
			"[%.40s%s%.60s] was given before, at %s:%d; put the keys together", kind,
			name == NULL ? "" : " ", name == NULL ? "" : name, before->file, before->line);
		free(kind);
		free(name);
		reading->section = LOST;
		return;
	}
	file->sections = memory_resize(file->sections, (file->count + 1) * sizeof *file->sections);
	file->sections[file->count] = (struct config_section){
		.kind = kind, .name = name, .file = reading->path, .line = reading->number
	};
	reading->section = file->count++;
}

/* inih keeps 49 bytes of a heading and tells nobody about the rest, or about a section without keys. So
 * headings are read here, and what inih thinks the section is called is not looked at. */
static void read_heading(struct reading *reading, const char *text)
{
	const char *end = strchr(text, ']');
	const char *rest = end == NULL ? "" : end + 1 + strspn(end + 1, " \t");

	reading->section = LOST;
	if (end == NULL || (*rest != '\0' && *rest != ';' && *rest != '#')) {
		reading->file->incomplete = true;
		config_faults_add(reading->faults, reading->path, reading->number,
			"this heading is not closed by ']' at its end; write [daemon] or [source NAME]");
		return;
	}
	char *title = copy_trimmed(text + 1, (size_t)(end - text - 1));
	size_t kind_length = strcspn(title, " \t");
	char *name = copy_trimmed(title + kind_length, strlen(title + kind_length));
	if (kind_length == 0) {
		reading->file->incomplete = true;
		config_faults_add(reading->faults, reading->path, reading->number,
			"this heading is empty; write [daemon] or [source NAME]");
		free(name);
	} else if (*name == '\0') {
		free(name);
		open_section(reading, memory_copy(title, kind_length), NULL);
	} else {
		open_section(reading, memory_copy(title, kind_length), name);
	}
	free(title);
}

/* Lines ---------------------------------------------------------------------------------------------- */

/* Why a line can't be used, or NULL. The line itself is never shown: it may hold a misplaced password. */
static const char *line_problem(const char *line, size_t length)
{
	if (length > LINE_LIMIT)
		return "this line is longer than 4096 bytes; make it shorter";
	if (strlen(line) != length)
		return "this line holds a NUL byte; the file must be plain text, in UTF-8";
	if (!utf8_valid(line, length))
		return "this line is not valid UTF-8; save the file as UTF-8";
	for (size_t i = 0; i < length; i++)
		if (((unsigned char)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
			return "this line holds a control character; the file must be plain text";
	return NULL;
}

static void finish_line(struct reading *reading)
{
	if (reading->expecting && reading->section != LOST)
		config_faults_add(reading->faults, reading->path, reading->number,
			"this line is neither [section] nor key = value; a comment begins with '#' or ';'");
	reading->expecting = false;
}

/* inih's reader: hands it one line, or a blank one in place of a line at fault. inih then calls take_entry
 * before it asks for the next one, or not at all when it sees no key in the line. */
static char *next_line(char *out, int size, void *context)
{
	struct reading *reading = context;

	finish_line(reading);
	ssize_t length = getline(&reading->line, &reading->line_size, reading->stream);
	if (length < 0)
		return NULL;
	reading->number++;
	char *line = reading->line;
	size_t kept = (size_t)length;
	if (kept > 0 && line[kept - 1] == '\n')
		kept--;
	if (kept > 0 && line[kept - 1] == '\r')
		kept--;
	line[kept] = '\0';
	if (reading->number == 1 && kept >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
		kept -= 3;
		line += 3;
	}
	const char *problem = line_problem(line, kept);
	if (problem != NULL) {
		bool is_text = strlen(line) == kept;
		config_faults_add(reading->faults, reading->path, reading->number, "%s", problem);
		if (!is_text) { /* another encoding, or no text at all: it would be said of each line */
			reading->file->incomplete = true;
			return NULL;
		}
		line[0] = '\0';
	}
	const char *text = line + strspn(line, " \t");
	if (*text == '[')
		read_heading(reading, text);
	else
		reading->expecting = *text != '\0' && *text != '#' && *text != ';';
	(void)snprintf(out, (size_t)size, "%s\n", line);
	return out;
}

static bool is_include(const char *key)
{
	return strcmp(key, "include") == 0 || strcmp(key, "include_dir") == 0;
}

static void add_entry(struct reading *reading, struct config_section *section, const char *key, const char *value)
{
	const struct config_entry *before = config_section_find(section, key);

	if (reading->includes && is_include(key)) {
		config_faults_add(reading->faults, reading->path, reading->number,
			"%s: stands below a [section]; put it before the first section of the file", key);
		return;
	}
	if (before != NULL) {
		config_faults_add(reading->faults, reading->path, reading->number,
			"%.60s: was given before in this section, on line %d; keep one of the two", key,
			before->line);
		return;
	}
	/* inih takes " ;" for a comment, but not " #": without this it would silently become part of the
	 * value. */
	if (strstr(value, " #") != NULL || strstr(value, "\t#") != NULL) {
		config_faults_add(reading->faults, reading->path, reading->number,
			"%.60s: '#' begins a comment only at the start of a line; put the comment "
			"above the key",
			key);
		return;
	}
	section->entries = memory_resize(section->entries, (section->count + 1) * sizeof *section->entries);
	section->entries[section->count++] = (struct config_entry){
		.key = memory_copy_text(key), .value = memory_copy_text(value), .line = reading->number
	};
}

/* Includes ------------------------------------------------------------------------------------------- */

static int by_name(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static bool is_included_name(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > 5 && strcmp(name + length - 5, ".conf") == 0;
}

static void include_directory(struct reading *reading, const char *path)
{
	DIR *directory = opendir(path);
	char **names = NULL;
	size_t count = 0;

	if (directory == NULL) {
		reading->file->incomplete = true;
		config_faults_add(reading->faults, reading->path, reading->number,
			"include_dir: the directory %.200s can't be read (%s)", path, strerror(errno));
		return;
	}
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (!is_included_name(entry->d_name))
			continue;
		names = memory_resize(names, (count + 1) * sizeof *names);
		names[count++] = memory_copy_text(entry->d_name);
	}
	(void)closedir(directory);
	if (count > 0)
		qsort(names, count, sizeof *names, by_name);
	for (size_t i = 0; i < count; i++) {
		char *included = memory_format("%s/%s", path, names[i]);
		read_file(reading->file, included, true, reading, reading->number, reading->faults);
		free(included);
		free(names[i]);
	}
	free(names);
}

static void take_outside(struct reading *reading, const char *key, const char *value)
{
	bool is_directory = strcmp(key, "include_dir") == 0;

	if (!reading->includes || !is_include(key)) {
		config_faults_add(reading->faults, reading->path, reading->number,
			"%.60s: stands before the first section; %s", key,
			reading->includes ? "only include and include_dir may, other keys go below a [section]"
			: is_include(key) ? "a mapping is one file, and includes none"
					  : "put it below a [section]");
		return;
	}
	if (*value == '\0') {
		config_faults_add(reading->faults, reading->path, reading->number,
			"%s: has no value; name a file or leave the line out", key);
		return;
	}
	char *path = config_file_resolve(reading->path, value);
	if (is_directory)
		include_directory(reading, path);
	else
		read_file(reading->file, path, true, reading, reading->number, reading->faults);
	free(path);
}

/* inih's handler. Always 1: faults are kept here, with all of their lines, not only the first. */
static int take_entry(void *context, const char *section, const char *key, const char *value)
{
	struct reading *reading = context;

	(void)section;
	reading->expecting = false;
	if (reading->section == LOST)
		return 1;
	if (*key == '\0')
		config_faults_add(reading->faults, reading->path, reading->number,
			"there is no key before '='; write key = value");
	else if (reading->section == NO_SECTION)
		take_outside(reading, key, value);
	else
		add_entry(reading, &reading->file->sections[reading->section], key, value);
	return 1;
}

/* Files ---------------------------------------------------------------------------------------------- */

FILE *config_file_open(const char *path, struct stat *status, const char **ret_problem)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (descriptor < 0 || fstat(descriptor, status) != 0)
		*ret_problem = strerror(errno);
	else if (!S_ISREG(status->st_mode))
		*ret_problem = "not a regular file";
	else if (status->st_size > FILE_LIMIT)
		*ret_problem = "longer than 1 MiB";
	else
		return fdopen(descriptor, "r");
	if (descriptor >= 0)
		(void)close(descriptor);
	return NULL;
}

/* Why the file can't be included here, or NULL. */
static const char *include_problem(const struct reading *reading)
{
	for (const struct reading *outer = reading->outer; outer != NULL; outer = outer->outer)
		if (outer->device == reading->device && outer->inode == reading->inode)
			return "includes itself, directly or through others; take the include out";
	if (reading->depth > DEPTH_LIMIT)
		return "is included more than 8 files deep; include it from further up";
	if (reading->file->file_count >= FILES_LIMIT)
		return "is one file too many: a configuration has at most 256";
	return NULL;
}

static const char *keep_path(struct config_file *file, const char *path)
{
	file->files = memory_resize(file->files, (file->file_count + 1) * sizeof *file->files);
	file->files[file->file_count] = memory_copy_text(path);
	return file->files[file->file_count++];
}

static void parse(struct reading *reading)
{
	/* Variables of inih: an indented line is a key of its own rather than more of the value above, and a
	 * line of LINE_LIMIT bytes fits with its line end. */
	ini_allow_multiline = false;
	ini_max_line = LINE_LIMIT + 3;
	(void)ini_parse_stream(next_line, reading, take_entry, reading);
	finish_line(reading);
}

static void read_file(struct config_file *file, const char *path, bool includes, const struct reading *outer,
	int line, struct config_faults *faults)
{
	const char *blamed = outer == NULL ? path : outer->path;
	const char *problem = NULL;
	struct stat status;
	FILE *stream = config_file_open(path, &status, &problem);

	if (stream == NULL) {
		file->incomplete = true;
		config_faults_add(faults, blamed, line, "the file %.200s can't be read (%s)", path, problem);
		return;
	}
	struct reading reading = {
		.file = file,
		.faults = faults,
		.includes = includes,
		.outer = outer,
		.depth = outer == NULL ? 0 : outer->depth + 1,
		.device = status.st_dev,
		.inode = status.st_ino,
		.stream = stream,
		.section = NO_SECTION,
	};
	problem = include_problem(&reading);
	if (problem != NULL) {
		file->incomplete = true;
		config_faults_add(faults, blamed, line, "%.200s %s", path, problem);
	} else {
		reading.path = keep_path(file, path);
		parse(&reading);
	}
	free(reading.line);
	(void)fclose(stream);
}

struct config_file *config_file_read(const char *path, bool includes, struct config_faults *faults)
{
	struct config_file *file = memory_allocate(sizeof *file);

	read_file(file, path, includes, NULL, 1, faults);
	return file;
}

struct config_file *config_file_parse(const char *name, const char *text, struct config_faults *faults)
{
	struct config_file *file = memory_allocate(sizeof *file);
	struct reading reading = { .file = file, .faults = faults, .section = NO_SECTION };

	reading.path = keep_path(file, name);
	/* Opened for reading: what the type doesn't say. */
	reading.stream = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	if (reading.stream == NULL) {
		config_faults_add(faults, name, 1, "the text can't be read (%s)", strerror(errno));
		return file;
	}
	parse(&reading);
	free(reading.line);
	(void)fclose(reading.stream);
	return file;
}

struct config_file *config_file_free(struct config_file *file)
{
	if (file == NULL)
		return NULL;
	for (size_t i = 0; i < file->count; i++) {
		struct config_section *section = &file->sections[i];
		for (size_t j = 0; j < section->count; j++) {
			free(section->entries[j].key);
			free(section->entries[j].value);
		}
		free(section->entries);
		free(section->kind);
		free(section->name);
	}
	for (size_t i = 0; i < file->file_count; i++)
		free(file->files[i]);
	free(file->files);
	free(file->sections);
	free(file);
	return NULL;
}

const struct config_section *config_file_find(const struct config_file *file, const char *kind, const char *name)
{
	for (size_t i = 0; i < file->count; i++) {
		const struct config_section *section = &file->sections[i];
		if (strcmp(section->kind, kind) != 0 || (section->name == NULL) != (name == NULL))
			continue;
		if (name == NULL || strcmp(section->name, name) == 0)
			return section;
	}
	return NULL;
}

const struct config_entry *config_section_find(const struct config_section *section, const char *key)
{
	for (size_t i = 0; i < section->count; i++)
		if (strcmp(section->entries[i].key, key) == 0)
			return &section->entries[i];
	return NULL;
}

int config_section_line(const struct config_section *section, const char *key)
{
	const struct config_entry *entry = config_section_find(section, key);

	return entry == NULL ? section->line : entry->line;
}

char *config_file_resolve(const char *standing_in, const char *path)
{
	const char *slash = strrchr(standing_in, '/');

	if (path[0] == '/' || slash == NULL)
		return memory_copy_text(path);
	return memory_format("%.*s/%s", (int)(slash - standing_in), standing_in, path);
}
