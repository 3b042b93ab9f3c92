/* Fetch: prompts from HTTP and HTTPS servers, read ahead into memory by one thread, and kept for a while.
 *
 * What does it do: xh_fetch_open asks for a URL and returns at once; octets appear as the server gives them and are read from the
 * beginning by as many as like, at any time, without waiting (-EAGAIN). How: one thread runs all transfers (libcurl, multi interface).
 * A body lies in memory reserved up to the limit of a file and touched as it grows; all bodies together stay below a limit: what nobody
 * reads is forgotten, oldest first. What is complete is asked for again after `fresh_ms`, with its ETag or date: unchanged it is used as it
 * is; so it is when its server cannot be reached. A transfer that nobody reads any more is broken off.
 *
 * Redirects lead to http and https only, at most five; with `only_hosts` they and the URLs themselves to these hosts only. Errors are errno, told to every reader of the URL:
 * ENOENT 404 and 410 and other 4xx, EACCES 401 and 403 and a host that is not allowed, ETIMEDOUT (connect, first octet, then less than `low_octets` a second for
 * `low_ms`, 408, 504), EHOSTUNREACH (no such name, no route, 502, 503), ECONNREFUSED, ECONNRESET, EFBIG (larger than the limit, or endless),
 * ELOOP (redirects), EPROTO (no HTTP, TLS, another status, shorter than it said), ENOSPC (all memory is in use), EINVAL (no URL),
 * EMFILE (more transfers than `transfers`).
 *
 * Belongs to the file side; may be called by any of its threads; takes a lock that is never held across I/O. */
#ifndef XUNHU_FETCH_H
#define XUNHU_FETCH_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define XH_FETCH_HOSTS 2048

struct xh_fetch_limits {
    size_t file_octets;                 /* of one body; default 64 MiB: two hours of A-law */
    size_t all_octets;                  /* default 256 MiB */
    int transfers;                      /* at once; default 256 */
    int connect_ms, first_ms;           /* default 3,000 each */
    int low_octets, low_ms;             /* default 400 octets a second for 5,000 ms */
    int fresh_ms;                       /* default 30,000 */
    int insecure;                       /* certificates are not checked */
    int only_hosts;                     /* 1: no other hosts than `hosts`, separated by commas; *.x is every host below x, * every host */
    char hosts[XH_FETCH_HOSTS];
};
#define XH_FETCH_DEFAULTS {64u << 20, 256u << 20, 256, 3000, 3000, 400, 5000, 30000, 0, 0, ""}

struct xh_fetch;                        /* opaque */
struct xh_fetch_file;                   /* one reader of one URL */
int xh_fetch_is_url(const char *path);  /* begins with http:// or https:// */
struct xh_fetch *xh_fetch_new(const struct xh_fetch_limits *limits);    /* NULL: no memory. The thread begins with the first URL */
int xh_fetch_limit(struct xh_fetch *f, const struct xh_fetch_limits *limits);    /* other limits, before the first URL; then -EBUSY */
/* Is the host of a URL, or of what it redirects to (`location`, NULL none; relative ones stay at the host), among `hosts`? 0 also when it is no URL. */
int xh_fetch_host_allowed(const char *hosts, const char *url, const char *location);
void xh_fetch_free(struct xh_fetch *f); /* all files closed before; waits for the thread */

int xh_fetch_open(struct xh_fetch *f, const char *url, struct xh_fetch_file **out);     /* 0 or -errno */
int xh_fetch_ready(struct xh_fetch_file *file);         /* 1 the server says yes, 0 not yet, -errno */
uint64_t xh_fetch_size(struct xh_fetch_file *file);     /* octets in all, UINT64_MAX: not said */
int xh_fetch_whole(struct xh_fetch_file *file, const void **octets, size_t *n);         /* 1 all of it is there, to stay until close */
ssize_t xh_fetch_read(struct xh_fetch_file *file, void *out, size_t n);         /* octets, 0 the end, -EAGAIN, -errno */
int xh_fetch_waiting(struct xh_fetch_file *file);       /* 1 the next read would say -EAGAIN */
void xh_fetch_rewind(struct xh_fetch_file *file);       /* the next read begins at the first octet */
void xh_fetch_close(struct xh_fetch_file *file);        /* NULL: nothing */

struct xh_fetch_stats { uint64_t opened, hits, transfers, unchanged, failed, octets; uint32_t active, kept; uint64_t kept_octets; };
void xh_fetch_stats(struct xh_fetch *f, struct xh_fetch_stats *s);
#endif
