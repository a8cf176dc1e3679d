/* memory.h - allocation that can't fail, and an arena that is freed in one call. */
#ifndef CONNECTORS_MEMORY_H
#define CONNECTORS_MEMORY_H

#include <stddef.h>

/* Small allocations: on exhaustion the program aborts. All state lives in PostgreSQL, so a restart is
 * safer than error paths that no test has walked. Sizes that come from outside are limited before. */
void *memory_allocate(size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result)); /* zeroed */
void *memory_resize(void *old, size_t size) __attribute__((returns_nonnull, warn_unused_result));
char *memory_copy_text(const char *text) __attribute__((returns_nonnull, warn_unused_result));
char *memory_copy(const char *bytes, size_t length) __attribute__((returns_nonnull, warn_unused_result));
char *memory_format(const char *format, ...)
	__attribute__((format(printf, 1, 2), returns_nonnull, warn_unused_result));
/* Before anything large is allocated: large buffers come from the system and go back to it each on its own. By itself glibc
 * takes them from the heap once one of their size was freed (mallopt(3), M_MMAP_THRESHOLD), and each run leaves it larger. */
void memory_keep_flat(void);
/* Gives what is free back to the system. After work that took much: glibc keeps the pages between what is still in use, for
 * days where nothing asks for them. */
void memory_give_back(void);

/* An arena hands out pieces that live until arena_reset; its first block is kept, so a page of records
 * costs no malloc at all once warm. */
struct arena;
struct arena *arena_new(void) __attribute__((returns_nonnull, warn_unused_result));
struct arena *arena_free(struct arena *arena); /* takes NULL, returns NULL */
void *arena_take(struct arena *arena, size_t size) __attribute__((returns_nonnull, warn_unused_result));
void arena_reset(struct arena *arena);

#endif
