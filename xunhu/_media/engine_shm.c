/* The shared region: made by the engine, mapped by control. */
#define _GNU_SOURCE
#include "engine_shm.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct xh_shm *map_region(int fd, int flags, int *err)
{
    void *p = mmap(NULL, sizeof(struct xh_shm), PROT_READ | PROT_WRITE, flags, fd, 0);
    if (p == MAP_FAILED) {
        *err = errno;
        return NULL;
    }
    return p;
}

/* Sealed, so that no client can cut the file under the engine (SIGBUS). */
static int sealed_memfd(int *err)
{
    int fd = memfd_create("xunhu-media", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        *err = errno;
        return -1;
    }
    if (ftruncate(fd, sizeof(struct xh_shm)) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        *err = errno;
        close(fd);
        return -1;
    }
    return fd;
}

struct xh_shm *xh_shm_new(int *fd, int *err)
{
    struct xh_shm *m;
    if (fd) {
        *fd = sealed_memfd(err);
        if (*fd < 0)
            return NULL;
        m = map_region(*fd, MAP_SHARED, err);
        if (!m)
            close(*fd);
    } else {
        m = map_region(-1, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, err);
    }
    if (!m)
        return NULL;
    m->magic = XH_SHM_MAGIC;
    m->version = XH_SHM_VERSION;
    m->size = sizeof *m;
    return m;
}

struct xh_shm *xh_shm_map(int fd, int *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0) {
        *err = errno;
        return NULL;
    }
    if (st.st_size != (off_t)sizeof(struct xh_shm)) {
        *err = EPROTO;
        return NULL;
    }
    struct xh_shm *m = map_region(fd, MAP_SHARED, err);
    if (!m)
        return NULL;
    if (m->magic != XH_SHM_MAGIC || m->version != XH_SHM_VERSION || m->size != sizeof *m) {
        munmap(m, sizeof *m);
        *err = EPROTO;
        return NULL;
    }
    return m;
}

void xh_shm_unmap(struct xh_shm *m)
{
    munmap(m, sizeof *m);
}
