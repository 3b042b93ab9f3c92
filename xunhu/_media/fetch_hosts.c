/* Fetch: which hosts may be asked. URLs are taken apart by libcurl, which asks them: two readers of one URL could disagree. */
#define _GNU_SOURCE
#include "fetch_private.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

static int is_match(const char *rule, size_t n, const char *host)
{
    size_t len = strlen(host);
    if (n == 1 && rule[0] == '*')
        return 1;
    if (n > 2 && rule[0] == '*' && rule[1] == '.')      /* *.x: what ends with .x and has something before it */
        return len > n - 1 && strncasecmp(host + len - (n - 1), rule + 1, n - 1) == 0;
    return len == n && strncasecmp(host, rule, n) == 0;
}

static int is_listed(const char *hosts, const char *host)
{
    while (*hosts) {
        size_t n = strcspn(hosts, ",");
        const char *rule = hosts;
        size_t len = n;
        while (len && (*rule == ' ' || *rule == '\t')) {
            rule++;
            len--;
        }
        while (len && (rule[len - 1] == ' ' || rule[len - 1] == '\t'))
            len--;
        if (len && is_match(rule, len, host))
            return 1;
        hosts += n + (hosts[n] == ',');
    }
    return 0;
}

int xh_fetch_host_allowed(const char *hosts, const char *url, const char *location)
{
    CURLU *u = curl_url();
    char *host = NULL;
    int allowed = 0;
    if (!u)
        return 0;
    if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
        (!location || curl_url_set(u, CURLUPART_URL, location, 0) == CURLUE_OK) &&
        curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        allowed = is_listed(hosts, host);
    curl_free(host);
    curl_url_cleanup(u);
    return allowed;
}
