/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is taken and given back. A copy of a text, for those who could
 * not go on without it; what a start has used and nothing needs afterwards,
 * given back: freed memory, and the programs' and libraries' pages that were
 * only read. They are read again from their files when they are wanted. Nothing
 * that was written to may go this way.
 */
#include "lib/memory.h"

#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Some that is mapped to be run was written to, as nothing that Debian has. */
static bool is_patched(const struct dl_phdr_info *object)
{
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &object->dlpi_phdr[i];
		const ElfW(Dyn) *d =
			(const void *)(object->dlpi_addr + p->p_vaddr);

		for (; p->p_type == PT_DYNAMIC && d->d_tag != DT_NULL; d++)
			if (d->d_tag == DT_TEXTREL ||
				(d->d_tag == DT_FLAGS &&
					(d->d_un.d_val & DF_TEXTREL)))
				return true;
	}
	return false;
}

/* Of one object: what is mapped to be read or run. Where relocations go stands
 * in what can be written, though that is closed later (-z relro). */
static int drop_pages(struct dl_phdr_info *object, size_t size, void *context)
{
	uintptr_t page = *(const uintptr_t *)context;

	(void)size;
	if (is_patched(object))
		return 0;
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &object->dlpi_phdr[i];
		uintptr_t start = object->dlpi_addr + p->p_vaddr;
		uintptr_t from = start & ~(page - 1);

		if (p->p_type != PT_LOAD || (p->p_flags & PF_W))
			continue;
		(void)madvise(
			(void *)from, start + p->p_memsz - from, MADV_DONTNEED);
	}
	return 0;
}

void memory_settle(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	malloc_trim(0);
	dl_iterate_phdr(drop_pages, &page);
}

char *memory_copy(const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		abort();
	return copy;
}
