/* The kernel's list of locks knows which process has which file (proc(5), /proc/locks). Asking by
 * fcntl would need the file open, and closing it again would take away the locks that this process
 * may have on it through SQLite. */

#include "store/store_holder.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const char what_to_do[] = "end that one, or give this one a folder of its own with --state";

static int holder(const struct stat *file)
{
    char line[256];
    int pid = 0, found = 0;
    unsigned major, minor;
    unsigned long inode;
    FILE *locks = fopen("/proc/locks", "re");
    if (!locks)
        return 0;
    while (!found && fgets(line, sizeof line, locks)) {
        if (sscanf(line, "%*s POSIX %*s %*s %d %x:%x:%lu", &pid, &major, &minor, &inode) == 4 &&
            inode == file->st_ino && makedev(major, minor) == file->st_dev)
            found = pid;
    }
    fclose(locks);
    return found;
}

void store_holder_name(const char *path, struct error *error)
{
    struct stat file;
    int pid = stat(path, &file) == 0 ? holder(&file) : 0;
    if (pid > 0)
        error_set(error, "%s is in use by process %d; %s", path, pid, what_to_do);
    else
        error_set(error, "%s is in use by another process; %s", path, what_to_do);
}
