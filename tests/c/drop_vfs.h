#pragma once
/* A disk for SQLite that loses power: what was not synced when the power goes is written in part,
 * torn at sectors, or not at all; a file that was deleted without its folder being synced may come
 * back. It can also be full, or answer with errors. Everything lies in memory; one thread. */

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DROP_FILES = 64, DROP_SECTOR = 512 };

/* A write, or with `bytes` NULL a truncation to `at`. */
struct drop_write {
    int64_t at;
    size_t size;
    unsigned char *bytes;
};

struct drop_bytes {
    unsigned char *bytes;
    int64_t size, room;
};

struct drop_file {
    char name[512];              /* "" for a free place */
    bool deleted;                /* as programs see it; the disk may still have it */
    struct drop_bytes now, disk; /* as programs see it; as it is after a power loss */
    struct drop_write *writes;   /* those that were not synced */
    size_t count;
};

struct drop_disk {
    sqlite3_vfs vfs, *below;
    struct drop_file files[DROP_FILES];
    uint64_t random;
    long left;           /* writes and syncs until the power goes; -1: it stays */
    bool dead;           /* the power is gone */
    int refuses;         /* every write answers with this code; 0: none */
    unsigned long works; /* writes and syncs so far */
};

struct drop_handle {
    sqlite3_file base;
    struct drop_disk *disk;
    struct drop_file *file;
};

static inline uint64_t drop_random(struct drop_disk *disk)
{
    disk->random ^= disk->random << 13;
    disk->random ^= disk->random >> 7;
    disk->random ^= disk->random << 17;
    return disk->random * UINT64_C(0x2545F4914F6CDD1D) >> 16;
}

static inline void drop_resize(struct drop_bytes *to, int64_t size)
{
    if (size > to->room) {
        to->room = 2 * size + 4096;
        to->bytes = realloc(to->bytes, (size_t)to->room);
    }
    if (size > to->size)
        memset(to->bytes + to->size, 0, (size_t)(size - to->size));
    to->size = size;
}

static inline void drop_put(struct drop_bytes *to, int64_t at, const void *bytes, size_t size)
{
    if (at + (int64_t)size > to->size)
        drop_resize(to, at + (int64_t)size);
    memcpy(to->bytes + at, bytes, size);
}

static inline void drop_apply(struct drop_bytes *to, const struct drop_write *write)
{
    if (write->bytes)
        drop_put(to, write->at, write->bytes, write->size);
    else
        drop_resize(to, write->at);
}

static inline void drop_forget(struct drop_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        free(file->writes[i].bytes);
    free(file->writes);
    file->writes = NULL;
    file->count = 0;
}

/* ---- power ---- */

/* Sectors of one write get through, are lost, or hold anything. */
static inline void drop_tear(struct drop_disk *disk, struct drop_file *file,
                             const struct drop_write *write)
{
    for (size_t at = 0, size; at < write->size; at += size) {
        unsigned char rubbish[DROP_SECTOR];
        uint64_t luck = drop_random(disk) % 16;
        size = DROP_SECTOR - (size_t)((write->at + (int64_t)at) % DROP_SECTOR);
        size = size < write->size - at ? size : write->size - at;
        for (size_t i = 0; i < size; i++)
            rubbish[i] = (unsigned char)drop_random(disk);
        if (luck < 8)
            drop_put(&file->disk, write->at + (int64_t)at, write->bytes + at, size);
        else if (luck == 8)
            drop_put(&file->disk, write->at + (int64_t)at, rubbish, size);
    }
}

static inline void drop_settle(struct drop_disk *disk, struct drop_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        uint64_t luck = drop_random(disk) % 4;
        if (luck == 0 && file->writes[i].bytes)
            drop_tear(disk, file, &file->writes[i]);
        else if (luck >= 2)
            drop_apply(&file->disk, &file->writes[i]);
    }
    drop_forget(file);
}

/* The power goes. Until drop_restore everything fails. */
static inline void drop_cut(struct drop_disk *disk)
{
    disk->dead = true;
    for (int i = 0; i < DROP_FILES; i++) {
        struct drop_file *file = &disk->files[i];
        if (!file->name[0])
            continue;
        drop_settle(disk, file);
        if (file->deleted && drop_random(disk) % 2 == 0)
            file->deleted = false;
        if (file->deleted)
            file->disk.size = 0;
        file->now.size = 0;
        drop_put(&file->now, 0, file->disk.bytes ? file->disk.bytes : (unsigned char *)"",
                 (size_t)file->disk.size);
    }
}

static inline void drop_restore(struct drop_disk *disk)
{
    disk->dead = false;
    disk->left = -1;
}

/* Counts the work; false when it is not done. */
static inline bool drop_works(struct drop_disk *disk)
{
    if (disk->dead)
        return false;
    disk->works++;
    if (disk->left > 0 && --disk->left == 0)
        drop_cut(disk);
    return !disk->dead;
}

/* ---- an open file ---- */

static inline struct drop_handle *drop_of(sqlite3_file *file)
{
    return (struct drop_handle *)file;
}

static inline int drop_close(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

static inline int drop_read(sqlite3_file *file, void *to, int size, sqlite3_int64 at)
{
    const struct drop_bytes *now = &drop_of(file)->file->now;
    int64_t there = now->size > at ? now->size - at : 0;
    if (drop_of(file)->disk->dead)
        return SQLITE_IOERR_READ;
    if (there >= size)
        return memcpy(to, now->bytes + at, (size_t)size), SQLITE_OK;
    memset(to, 0, (size_t)size);
    if (there > 0)
        memcpy(to, now->bytes + at, (size_t)there);
    return SQLITE_IOERR_SHORT_READ;
}

/* The write that the power cuts off is one of those that are lost in part. */
static inline int drop_note(struct drop_handle *handle, int64_t at, const void *bytes, size_t size)
{
    struct drop_disk *disk = handle->disk;
    struct drop_file *file = handle->file;
    if (disk->dead)
        return SQLITE_IOERR_WRITE;
    if (disk->refuses)
        return disk->refuses;
    struct drop_write write = {at, size, NULL};
    if (bytes)
        write.bytes = memcpy(malloc(size + 1), bytes, size);
    file->writes = realloc(file->writes, (file->count + 1) * sizeof write);
    file->writes[file->count++] = write;
    drop_apply(&file->now, &write);
    return drop_works(disk) ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

static inline int drop_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    return drop_note(drop_of(file), at, bytes, (size_t)size);
}

static inline int drop_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return drop_note(drop_of(file), size, NULL, 0);
}

static inline int drop_sync(sqlite3_file *file, int flags)
{
    struct drop_file *of = drop_of(file)->file;
    (void)flags;
    if (!drop_works(drop_of(file)->disk))
        return SQLITE_IOERR_FSYNC;
    for (size_t i = 0; i < of->count; i++)
        drop_apply(&of->disk, &of->writes[i]);
    drop_forget(of);
    return SQLITE_OK;
}

static inline int drop_size(sqlite3_file *file, sqlite3_int64 *size)
{
    *size = drop_of(file)->file->now.size;
    return drop_of(file)->disk->dead ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static inline int drop_lock(sqlite3_file *file, int lock)
{
    (void)file;
    (void)lock;
    return SQLITE_OK;
}

static inline int drop_is_locked(sqlite3_file *file, int *locked)
{
    (void)file;
    *locked = 0;
    return SQLITE_OK;
}

static inline int drop_control(sqlite3_file *file, int what, void *argument)
{
    (void)file;
    (void)what;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static inline int drop_sector(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

/* As SQLite takes it of any disk: what lies beside a write is not touched by it. */
static inline int drop_traits(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods drop_methods = {
    .iVersion = 1,
    .xClose = drop_close,
    .xRead = drop_read,
    .xWrite = drop_write,
    .xTruncate = drop_truncate,
    .xSync = drop_sync,
    .xFileSize = drop_size,
    .xLock = drop_lock,
    .xUnlock = drop_lock,
    .xCheckReservedLock = drop_is_locked,
    .xFileControl = drop_control,
    .xSectorSize = drop_sector,
    .xDeviceCharacteristics = drop_traits,
};

/* ---- the folder ---- */

static inline struct drop_file *drop_find(struct drop_disk *disk, const char *name)
{
    for (int i = 0; i < DROP_FILES; i++)
        if (name && strcmp(disk->files[i].name, name) == 0)
            return &disk->files[i];
    return NULL;
}

static inline struct drop_file *drop_make(struct drop_disk *disk, const char *name)
{
    struct drop_file *file = drop_find(disk, name);
    for (int i = 0; i < DROP_FILES && !file; i++)
        if (!disk->files[i].name[0])
            file = &disk->files[i];
    if (!file)
        abort();
    snprintf(file->name, sizeof file->name, "%s", name ? name : "temporary");
    if (file->deleted)
        file->now.size = file->disk.size = 0;
    file->deleted = false;
    return file;
}

static inline int drop_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *to, int flags,
                            int *out)
{
    struct drop_disk *disk = vfs->pAppData;
    struct drop_file *file = drop_find(disk, name);
    to->pMethods = NULL;
    if (disk->dead || ((!file || file->deleted) && !(flags & SQLITE_OPEN_CREATE)))
        return SQLITE_CANTOPEN;
    *drop_of(to) = (struct drop_handle){.disk = disk, .file = drop_make(disk, name)};
    to->pMethods = &drop_methods;
    if (out)
        *out = flags;
    return SQLITE_OK;
}

static inline int drop_delete(sqlite3_vfs *vfs, const char *name, int synced)
{
    struct drop_disk *disk = vfs->pAppData;
    struct drop_file *file = drop_find(disk, name);
    if (!file || file->deleted)
        return SQLITE_IOERR_DELETE_NOENT;
    if (!drop_works(disk))
        return SQLITE_IOERR_DELETE;
    file->deleted = true;
    drop_forget(file);
    if (synced)
        file->disk.size = 0, file->name[0] = '\0', file->deleted = false;
    file->now.size = 0;
    return SQLITE_OK;
}

static inline int drop_access(sqlite3_vfs *vfs, const char *name, int flags, int *there)
{
    const struct drop_file *file = drop_find(vfs->pAppData, name);
    (void)flags;
    *there = file && !file->deleted && (file->now.size > 0 || flags != SQLITE_ACCESS_EXISTS);
    return SQLITE_OK;
}

/* Makes it the disk of this process. */
static inline struct drop_disk *drop_disk_create(uint64_t seed)
{
    struct drop_disk *disk = calloc(1, sizeof *disk);
    disk->below = sqlite3_vfs_find(NULL);
    disk->vfs = *disk->below;
    disk->vfs.pNext = NULL;
    disk->vfs.iVersion = 2;
    disk->vfs.zName = "drop";
    disk->vfs.pAppData = disk;
    disk->vfs.szOsFile = sizeof(struct drop_handle);
    disk->vfs.xOpen = drop_open;
    disk->vfs.xDelete = drop_delete;
    disk->vfs.xAccess = drop_access;
    disk->random = seed * 2 + 1;
    disk->left = -1;
    sqlite3_vfs_register(&disk->vfs, 1);
    return disk;
}

static inline void drop_disk_destroy(struct drop_disk *disk)
{
    sqlite3_vfs_unregister(&disk->vfs);
    sqlite3_vfs_register(disk->below, 1);
    for (int i = 0; i < DROP_FILES; i++) {
        drop_forget(&disk->files[i]);
        free(disk->files[i].now.bytes);
        free(disk->files[i].disk.bytes);
    }
    free(disk);
}
