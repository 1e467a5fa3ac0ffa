// The log's two parts: log.c makes entries of output, log-file.c keeps them in files.

#ifndef SAMPAN_LOG_H
#define SAMPAN_LOG_H

#include "init.h"

int log_file_open(const struct log_options *options);
int log_file_is_full(size_t more);
void log_file_write(const char *entries, size_t size, uint64_t stamp_ns);
uint64_t log_file_lost(void);
void log_file_told_lost(uint64_t lost);
void log_file_rotate(void);
void log_file_close(void);

#endif
