#include "daemon/shipped.h"

/* The assembler copies the file in, from the top of the tree where the compiler runs; a zero byte makes it a C string. */
#define CARRY(name, file)                                                                                          \
	__asm__(".section .rodata\n.global " name "\n" name ":\n.incbin \"" file "\"\n.byte 0\n.previous\n")

CARRY("shipped_messages", "etc/messages.conf");
CARRY("shipped_samples", "etc/samples.json");
