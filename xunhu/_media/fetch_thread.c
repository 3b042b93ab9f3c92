/* Fetch: the thread that runs all transfers, with libcurl's multi interface. It never waits but for sockets. */
#define _GNU_SOURCE
#include "fetch_private.h"

#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define IDLE_MS 60000
#define BUSY_MS 100
#define HOST_CONNECTIONS 32
#define REDIRECTS 5

struct transfer {
    struct xh_fetch *f;
    struct xh_entry *e;
    CURL *easy;
    struct curl_slist *headers;
    uint64_t begun_ms;
    int error;                          /* ours, before curl's */
    char etag[128], modified[64];
};

/* -- what curl and HTTP say, as errno ------------------------------------------------------------------ */

static int of_status(long status)
{
    switch (status) {
    case 401: case 403: case 407: return EACCES;
    case 408: case 504: return ETIMEDOUT;
    case 429: case 502: case 503: return EHOSTUNREACH;
    default: return status >= 400 && status < 500 ? ENOENT : EPROTO;
    }
}

static int of_connect(CURL *easy)
{
    long code = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &code);
    return code == ECONNREFUSED || code == ETIMEDOUT || code == ENETUNREACH ? (int)code : EHOSTUNREACH;
}

static int errno_of(CURL *easy, CURLcode result)
{
    long status = 0;
    switch (result) {
    case CURLE_OK: return 0;
    case CURLE_HTTP_RETURNED_ERROR:
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        return of_status(status);
    case CURLE_COULDNT_RESOLVE_HOST: return EHOSTUNREACH;
    case CURLE_COULDNT_CONNECT: return of_connect(easy);
    case CURLE_OPERATION_TIMEDOUT: return ETIMEDOUT;
    case CURLE_TOO_MANY_REDIRECTS: return ELOOP;
    case CURLE_FILESIZE_EXCEEDED: return EFBIG;
    case CURLE_URL_MALFORMAT: return EINVAL;
    case CURLE_OUT_OF_MEMORY: return ENOMEM;
    case CURLE_RECV_ERROR: case CURLE_SEND_ERROR: case CURLE_GOT_NOTHING: return ECONNRESET;
    default: return EPROTO;             /* TLS, no HTTP at all, shorter than it said, a redirect to another protocol */
    }
}

/* -- callbacks of a transfer --------------------------------------------------------------------------- */

static void take_value(char *to, size_t room, const char *line, size_t n, const char *name)
{
    size_t len = strlen(name);
    if (n <= len || strncasecmp(line, name, len) != 0)
        return;
    while (len < n && (line[len] == ' ' || line[len] == '\t'))
        len++;
    while (n > len && (line[n - 1] == '\r' || line[n - 1] == '\n'))
        n--;
    if (n - len < room) {               /* one too long to be kept is as good as none */
        memcpy(to, line + len, n - len);
        to[n - len] = '\0';
    }
}

/* Where a redirect leads, before it is followed. What is too long to be looked at leads nowhere. */
static int leads_astray(struct transfer *t, const char *line, size_t n)
{
    char location[2048] = "";
    const char *now = NULL;
    long status = 0;
    if (!t->f->limits.only_hosts || n < 9 || strncasecmp(line, "Location:", 9) != 0)
        return 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &now);
    if (status / 100 != 3)
        return 0;
    take_value(location, sizeof location, line, n, "Location:");
    return !now || !location[0] || !xh_fetch_host_allowed(t->f->limits.hosts, now, location);
}

static size_t on_header(char *line, size_t size, size_t n, void *context)
{
    struct transfer *t = context;
    n *= size;
    if (leads_astray(t, line, n)) {
        t->error = EACCES;
        return 0;
    }
    if (n > 5 && strncasecmp(line, "HTTP/", 5) == 0)
        t->etag[0] = t->modified[0] = '\0';     /* of a redirect's answer, perhaps */
    take_value(t->etag, sizeof t->etag, line, n, "ETag:");
    take_value(t->modified, sizeof t->modified, line, n, "Last-Modified:");
    return n;
}

static int begin_body(struct transfer *t)
{
    curl_off_t length = -1;
    curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length > 0 && (uint64_t)length > t->f->limits.file_octets)
        return EFBIG;
    t->e->body = xh_body_new(t->f);
    if (!t->e->body)
        return ENOMEM;
    t->e->size = length >= 0 ? (uint64_t)length : UINT64_MAX;
    t->e->state = XH_FETCH_GIVING;
    return 0;
}

static size_t on_octets(char *octets, size_t size, size_t n, void *context)
{
    struct transfer *t = context;
    struct xh_fetch *f = t->f;
    n *= size;
    pthread_mutex_lock(&f->lock);
    if (!t->error && !t->e->body)
        t->error = begin_body(t);
    size_t have = t->e->body ? atomic_load(&t->e->body->have) : 0;
    if (!t->error && n > f->limits.file_octets - have)
        t->error = EFBIG;
    if (!t->error)
        t->error = -xh_fetch_make_room(f, n);
    if (!t->error) {
        f->stats.kept_octets += n;
        f->stats.octets += n;
    }
    pthread_mutex_unlock(&f->lock);
    if (t->error)
        return 0;
    memcpy(t->e->body->octets + have, octets, n);
    atomic_store(&t->e->body->have, have + n);
    return n;
}

/* -- transfers --------------------------------------------------------------------------------------------- */

static void condition(struct transfer *t, const char *name, const char *value)
{
    char line[256];
    if (!value[0])
        return;
    snprintf(line, sizeof line, "%s: %s", name, value);
    struct curl_slist *more = curl_slist_append(t->headers, line);
    t->headers = more ? more : t->headers;
}

static void options(struct transfer *t)
{
    CURL *c = t->easy;
    const struct xh_fetch_limits *l = &t->f->limits;
    curl_easy_setopt(c, CURLOPT_URL, t->e->url);
    curl_easy_setopt(c, CURLOPT_PRIVATE, t);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);        /* a resolver that hangs is not waited for */
    curl_easy_setopt(c, CURLOPT_PROXY, "");             /* what the environment says is of somebody else */
    curl_easy_setopt(c, CURLOPT_USERAGENT, "xunhu");
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS);
    curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)l->connect_ms);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)l->low_octets);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)(l->low_ms + 999) / 1000);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, l->insecure ? 0L : 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, l->insecure ? 0L : 2L);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_octets);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    if (t->e->old) {
        condition(t, "If-None-Match", t->e->etag);
        if (!t->e->etag[0])
            condition(t, "If-Modified-Since", t->e->modified);
    }
    if (t->headers)
        curl_easy_setopt(c, CURLOPT_HTTPHEADER, t->headers);
}

static void fail_entry(struct xh_entry *e, int error)
{
    e->state = XH_FETCH_FAILED;
    e->error = error ? error : EPROTO;
    e->checked_ms = xh_fetch_now_ms();
}

/* Under the lock. */
static void begin(struct xh_fetch *f, struct xh_entry *e)
{
    struct transfer *t = calloc(1, sizeof *t);
    e->queued = 0;
    f->waiting--;
    if (t)
        t->easy = curl_easy_init();
    if (!t || !t->easy) {
        free(t);
        fail_entry(e, ENOMEM);
        return;
    }
    t->f = f;
    t->e = e;
    t->begun_ms = xh_fetch_now_ms();
    options(t);
    if (curl_multi_add_handle(f->multi, t->easy) != CURLM_OK) {
        curl_easy_cleanup(t->easy);
        curl_slist_free_all(t->headers);
        free(t);
        fail_entry(e, ENOMEM);
        return;
    }
    e->transfer = t;
    f->stats.active++;
    f->stats.transfers++;
}

/* Errors that say nothing of the document: what we had is used. */
static int of_the_way(int error)
{
    return error == EHOSTUNREACH || error == ECONNREFUSED || error == ENETUNREACH || error == ETIMEDOUT || error == ECONNRESET;
}

/* Under the lock: the transfer is over. */
static void finish(struct transfer *t, int error)
{
    struct xh_fetch *f = t->f;
    struct xh_entry *e = t->e;
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (!error && !e->body && status != 304)
        error = begin_body(t);          /* an empty one */
    if (e->old && !e->body && ((!error && status == 304) || of_the_way(error))) {
        e->body = e->old;
        e->old = NULL;
        e->state = XH_FETCH_WHOLE;
        e->size = atomic_load(&e->body->have);
        f->stats.unchanged++;
    } else if (error || !e->body) {
        fail_entry(e, error);
        f->stats.failed++;
    } else {
        e->state = XH_FETCH_WHOLE;
        memcpy(e->etag, t->etag, sizeof e->etag);
        memcpy(e->modified, t->modified, sizeof e->modified);
    }
    xh_body_leave(f, e->old);
    e->old = NULL;
    e->checked_ms = e->used_ms = xh_fetch_now_ms();
    e->transfer = NULL;
    f->stats.active--;
    if (!e->readers && e->state == XH_FETCH_FAILED)
        xh_entry_free(f, e);
}

/* Not under the lock. */
static void end(struct transfer *t, int error)
{
    struct xh_fetch *f = t->f;
    curl_multi_remove_handle(f->multi, t->easy);
    pthread_mutex_lock(&f->lock);
    finish(t, error);
    pthread_mutex_unlock(&f->lock);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    free(t);
}

/* -- the thread ------------------------------------------------------------------------------------------------ */

/* One transfer to be broken off: nobody reads it any more, or no octet came in time; NULL none. Also begins those queued. */
static struct transfer *look_after(struct xh_fetch *f, int *error)
{
    uint64_t now = xh_fetch_now_ms();
    struct transfer *found = NULL;
    pthread_mutex_lock(&f->lock);
    for (struct xh_entry *e = f->entries, *next; e; e = next) {
        next = e->next;
        struct transfer *t = e->transfer;
        if (e->queued && e->cancelled && !e->readers) {
            e->queued = 0;
            f->waiting--;
            xh_entry_free(f, e);
        } else if (e->queued) {
            begin(f, e);
        } else if (t && ((e->cancelled && !e->readers) || f->stop)) {
            *error = ECANCELED;
            found = t;
        } else if (t && !e->body && now - t->begun_ms > (uint64_t)(f->limits.connect_ms + f->limits.first_ms)) {
            *error = ETIMEDOUT;
            found = t;
        }
        if (found)
            break;
    }
    pthread_mutex_unlock(&f->lock);
    return found;
}

static void reap(struct xh_fetch *f)
{
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(f->multi, &left))) {
        struct transfer *t = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode result = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        end(t, t->error ? t->error : errno_of(t->easy, result));
    }
}

static void *fetch_main(void *arg)
{
    struct xh_fetch *f = arg;
    for (;;) {
        struct transfer *t;
        int error = 0, running = 0;
        while ((t = look_after(f, &error)))
            end(t, error);
        pthread_mutex_lock(&f->lock);
        int stop = f->stop;
        pthread_mutex_unlock(&f->lock);
        if (stop)
            return NULL;
        curl_multi_perform(f->multi, &running);
        reap(f);
        curl_multi_poll(f->multi, NULL, 0, running ? BUSY_MS : IDLE_MS, NULL);
    }
}

static int start(struct xh_fetch *f)
{
    sigset_t all, before;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return -ENOMEM;
    f->multi = curl_multi_init();
    if (!f->multi)
        return -ENOMEM;
    curl_multi_setopt(f->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HOST_CONNECTIONS);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&f->thread, NULL, fetch_main, f);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r) {
        curl_multi_cleanup(f->multi);
        f->multi = NULL;
        return -r;
    }
    f->running = 1;
    return 0;
}

int xh_fetch_thread_wake(struct xh_fetch *f)
{
    if (!f->running)
        return start(f);
    curl_multi_wakeup(f->multi);
    return 0;
}

void xh_fetch_thread_stop(struct xh_fetch *f)
{
    if (!f->running)
        return;
    pthread_mutex_lock(&f->lock);
    f->stop = 1;
    curl_multi_wakeup(f->multi);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    curl_multi_cleanup(f->multi);
    f->running = 0;
}
