// The files of a log. `path` is the newest and grows; when it is full it becomes `path.1`, the next
// one `path.2`, and so on: a name, once given, is never given anew, so that whoever reads or ships
// the log can say where it was.
//
// Beside each file that is not small is an index, `path.index`: which stretch of the file has entries
// of which times. The clock may step, so each stretch has its earliest and its latest.

#define _GNU_SOURCE
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STRETCH_BYTES = 1024 * 1024 };

// As it is in the index. src/engine/logs/log-stretches.ts reads it.
struct stretch {
	uint64_t begin, end; // offsets in the file
	uint64_t earliest_ns, latest_ns;
};

static struct {
	char path[PATH_MAX - 40];
	int fd, index;
	uint64_t size, max_bytes, max_files, number; // the one it gets when it is full
	uint64_t lost; // entries that could not be written
	int torn; // the last write stopped in the middle of an entry
	struct stretch stretch;
} file = { .fd = -1, .index = -1 };

static void name_of(char *name, uint64_t number, const char *ending)
{
	if (number == 0)
		snprintf(name, PATH_MAX, "%s%s", file.path, ending);
	else
		snprintf(name, PATH_MAX, "%s.%llu%s", file.path, (unsigned long long)number, ending);
}

static void remove_file(uint64_t number)
{
	static const char *const endings[] = { "", ".gz", ".index" };
	char name[PATH_MAX];
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		name_of(name, number, endings[i]);
		(void)unlink(name);
	}
}

static int open_for_append(const char *path)
{
	return open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

static void begin_stretch(uint64_t offset)
{
	file.stretch = (struct stretch){ .begin = offset, .end = offset, .earliest_ns = UINT64_MAX };
}

// What an earlier monitor wrote may have been cut off since, by a crash or by hand.
static void forget_stale_index(void)
{
	char name[PATH_MAX];
	struct stat status;
	struct stretch last;
	name_of(name, 0, ".index");
	const int fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	const off_t whole = fstat(fd, &status) < 0 ? 0 : status.st_size - status.st_size % (off_t)sizeof last;
	const ssize_t got = pread(fd, &last, sizeof last, whole - (off_t)sizeof last);
	if (got != (ssize_t)sizeof last || last.end > file.size)
		(void)truncate(name, 0);
	close(fd);
}

static int open_file(void)
{
	struct stat status;
	char last = '\n';
	file.fd = open_for_append(file.path);
	if (file.fd < 0)
		return -1;
	file.size = fstat(file.fd, &status) == 0 ? (uint64_t)status.st_size : 0;
	if (file.size > 0)
		(void)!pread(file.fd, &last, 1, (off_t)file.size - 1);
	file.torn = last != '\n';
	begin_stretch(file.size);
	forget_stale_index();
	return 0;
}

int log_file_open(const struct log_options *options)
{
	if (strlen(options->path) >= sizeof file.path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(file.path, options->path);
	file.max_bytes = options->max_bytes;
	file.max_files = options->max_files;
	file.number = options->number;
	return open_file();
}

// An entry that a crash cut off must not shift those after it.
static void open_index(void)
{
	char name[PATH_MAX];
	struct stat status;
	name_of(name, 0, ".index");
	file.index = open_for_append(name);
	if (file.index >= 0 && fstat(file.index, &status) == 0)
		(void)ftruncate(file.index, status.st_size - status.st_size % (off_t)sizeof(struct stretch));
}

static void end_stretch(void)
{
	if (file.index < 0)
		open_index();
	// What is not in the index is read: losing a stretch costs time only.
	if (file.index >= 0)
		(void)!write(file.index, &file.stretch, sizeof file.stretch);
	begin_stretch(file.stretch.end);
}

static void note_stamp(uint64_t stamp_ns)
{
	if (stamp_ns < file.stretch.earliest_ns)
		file.stretch.earliest_ns = stamp_ns;
	if (stamp_ns > file.stretch.latest_ns)
		file.stretch.latest_ns = stamp_ns;
	file.stretch.end = file.size;
	if (file.size - file.stretch.begin >= STRETCH_BYTES)
		end_stretch();
}

void log_file_close(void)
{
	if (file.fd >= 0 && file.size >= STRETCH_BYTES && file.stretch.end > file.stretch.begin)
		end_stretch();
	if (file.index >= 0)
		close(file.index);
	if (file.fd >= 0)
		close(file.fd);
	file.index = -1;
	file.fd = -1;
	file.torn = 0;
}

void log_file_rotate(void)
{
	char from[PATH_MAX], to[PATH_MAX];
	if (*file.path == '\0')
		return;
	log_file_close();
	if (file.max_files <= 1) {
		remove_file(0);
	} else {
		name_of(to, file.number, ".index");
		name_of(from, 0, ".index");
		(void)rename(from, to);
		name_of(to, file.number, "");
		(void)rename(file.path, to);
		if (file.number >= file.max_files)
			remove_file(file.number - file.max_files + 1);
		file.number++;
	}
	(void)open_file();
}

// Somebody may have emptied the file, or removed it.
static int look_after_file(void)
{
	struct stat status;
	if (file.fd >= 0 && (fstat(file.fd, &status) < 0 || status.st_nlink == 0))
		log_file_close();
	// A file that could not be made, as on a full disk, is tried again with the next output.
	if (file.fd < 0)
		return open_file();
	if ((uint64_t)status.st_size < file.size) {
		char name[PATH_MAX];
		name_of(name, 0, ".index");
		(void)truncate(name, 0);
		begin_stretch((uint64_t)status.st_size);
	}
	file.size = (uint64_t)status.st_size;
	return 0;
}

int log_file_is_full(size_t more)
{
	return file.max_bytes > 0 && file.size > 0 && file.size + more > file.max_bytes;
}

static uint64_t count_entries(const char *entries, size_t size)
{
	uint64_t count = 0;
	for (const char *end; size > 0 && (end = memchr(entries, '\n', size)) != NULL; count++) {
		size -= (size_t)(end - entries) + 1;
		entries = end + 1;
	}
	return count;
}

// A full disk loses entries, never the container.
void log_file_write(const char *entries, size_t size, uint64_t stamp_ns)
{
	ssize_t sent = -1;
	if (look_after_file() == 0 && log_file_is_full(size))
		log_file_rotate();
	if (file.torn && write(file.fd, "\n", 1) == 1)
		file.torn = 0;
	if (file.fd >= 0 && !file.torn)
		sent = write(file.fd, entries, size);
	const size_t written = sent > 0 ? (size_t)sent : 0;
	file.torn |= written > 0 && written < size;
	file.lost += count_entries(entries + written, size - written);
	file.size += written;
	if (written > 0)
		note_stamp(stamp_ns);
}

uint64_t log_file_lost(void)
{
	return file.lost;
}

// Word of so many lost entries was written just now, or is lost itself and counts as none.
void log_file_told_lost(uint64_t lost)
{
	file.lost = file.lost == lost ? 0 : lost;
}
