/* Preloaded into a process, lets its disk be full: from the $FAULT_FULL_AT-th write to a regular file on, each fails.
   $FAULT_FULL: "output" counts only the process's standard output and error, "files" only all other files. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int written;

ssize_t write(int descriptor, const void *data, size_t size)
{
    static ssize_t (*real)(int, const void *, size_t);
    if (!real)
        real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    const char *at = getenv("FAULT_FULL_AT"), *which = getenv("FAULT_FULL");
    struct stat found;
    int is_output = descriptor == 1 || descriptor == 2;
    if (at && which && is_output == !strcmp(which, "output") && !fstat(descriptor, &found) && S_ISREG(found.st_mode)) {
        if (__sync_add_and_fetch(&written, 1) >= atoi(at)) {
            errno = ENOSPC;
            return -1;
        }
    }
    return real(descriptor, data, size);
}
