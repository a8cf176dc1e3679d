#include "connectors/memory.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void exhausted(void)
{
	fputs("advocated: out of memory\n", stderr);
	abort();
}

void *memory_allocate(size_t size)
{
	void *memory = calloc(1, size == 0 ? 1 : size);

	if (memory == NULL)
		exhausted();
	return memory;
}

void *memory_resize(void *old, size_t size)
{
	void *memory = realloc(old, size == 0 ? 1 : size);

	if (memory == NULL)
		exhausted();
	return memory;
}

char *memory_copy(const char *bytes, size_t length)
{
	char *copy = memory_allocate(length + 1);

	memcpy(copy, bytes, length);
	return copy;
}

char *memory_copy_text(const char *text)
{
	return memory_copy(text, strlen(text));
}

char *memory_format(const char *format, ...)
{
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0 || text == NULL)
		exhausted();
	return text;
}

void memory_keep_flat(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 128 * 1024);
}

void memory_give_back(void)
{
	(void)malloc_trim(0);
}

enum { BLOCK_BYTES = 16 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	max_align_t bytes[];
};

struct arena {
	struct arena_block *blocks; /* the newest first; the last one is the block that is kept */
};

static struct arena_block *block_new(size_t size, struct arena_block *next)
{
	struct arena_block *block = malloc(sizeof *block + size);

	if (block == NULL)
		exhausted();
	*block = (struct arena_block){ .next = next, .size = size };
	return block;
}

struct arena *arena_new(void)
{
	struct arena *arena = memory_allocate(sizeof *arena);

	arena->blocks = block_new(BLOCK_BYTES, NULL);
	return arena;
}

void arena_reset(struct arena *arena)
{
	while (arena->blocks->next != NULL) {
		struct arena_block *next = arena->blocks->next;
		free(arena->blocks);
		arena->blocks = next;
	}
	arena->blocks->used = 0;
}

struct arena *arena_free(struct arena *arena)
{
	if (arena == NULL)
		return NULL;
	arena_reset(arena);
	free(arena->blocks);
	free(arena);
	return NULL;
}

void *arena_take(struct arena *arena, size_t size)
{
	const size_t alignment = _Alignof(max_align_t);
	struct arena_block *block = arena->blocks;

	size = (size + alignment - 1) / alignment * alignment;
	if (block->size - block->used < size)
		block = arena->blocks = block_new(size > BLOCK_BYTES ? size : BLOCK_BYTES, block);
	void *memory = (char *)block->bytes + block->used;
	block->used += size;
	return memory;
}
