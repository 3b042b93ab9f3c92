/* See srtp.h. */
#include "srtp.h"

#include <errno.h>
#include <pthread.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 1024                     /* packets for which repeats are known */

struct xh_srtp {
    srtp_t session;
};

static const struct {
    int key;
    void (*rtp)(srtp_crypto_policy_t *p), (*rtcp)(srtp_crypto_policy_t *p);
} SUITES[XH_SRTP_SUITES] = {
    /* RFC 4568 §6.2.2: RTCP of the short tag has the long one */
    [XH_SRTP_AES_CM_128_80] = {30, srtp_crypto_policy_set_rtp_default, srtp_crypto_policy_set_rtp_default},
    [XH_SRTP_AES_CM_128_32] = {30, srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32, srtp_crypto_policy_set_rtp_default},
    [XH_SRTP_AES_256_CM_80] = {46, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
    [XH_SRTP_AES_256_CM_32] = {46, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
    [XH_SRTP_AEAD_AES_128_GCM] = {28, srtp_crypto_policy_set_aes_gcm_128_16_auth, srtp_crypto_policy_set_aes_gcm_128_16_auth},
    [XH_SRTP_AEAD_AES_256_GCM] = {44, srtp_crypto_policy_set_aes_gcm_256_16_auth, srtp_crypto_policy_set_aes_gcm_256_16_auth},
};

static srtp_err_status_t begun;

static void begin(void)
{
    begun = srtp_init();
}

int xh_srtp_key_octets(int suite)
{
    return suite > XH_SRTP_NONE && suite < XH_SRTP_SUITES ? SUITES[suite].key : 0;
}

static int errno_of(srtp_err_status_t status)
{
    switch (status) {
    case srtp_err_status_ok: return 0;
    case srtp_err_status_alloc_fail: return ENOMEM;
    case srtp_err_status_auth_fail: return EBADMSG;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old: return EALREADY;
    default: return EINVAL;
    }
}

struct xh_srtp *xh_srtp_new(const struct xh_srtp_secret *secret, int inbound, int *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint8_t key[XH_SRTP_KEY_MAX];
    pthread_once(&once, begin);
    *err = EINVAL;
    if (begun != srtp_err_status_ok || secret->suite >= XH_SRTP_SUITES || secret->octets != xh_srtp_key_octets(secret->suite) ||
        !secret->octets)
        return NULL;
    *err = ENOMEM;
    struct xh_srtp *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    memcpy(key, secret->key, secret->octets);
    srtp_policy_t policy = {.key = key, .window_size = WINDOW};
    policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
    SUITES[secret->suite].rtp(&policy.rtp);
    SUITES[secret->suite].rtcp(&policy.rtcp);
    *err = errno_of(srtp_create(&s->session, &policy));
    explicit_bzero(key, sizeof key);
    if (*err) {
        free(s);
        return NULL;
    }
    return s;
}

void xh_srtp_free(struct xh_srtp *s)
{
    if (!s)
        return;
    srtp_dealloc(s->session);
    free(s);
}

int xh_srtp_protect(struct xh_srtp *s, uint8_t *packet, size_t octets, size_t room, int rtcp)
{
    int n = (int)octets;
    if (octets + XH_SRTP_ROOM > room)
        return -EINVAL;
    int r = errno_of(rtcp ? srtp_protect_rtcp(s->session, packet, &n) : srtp_protect(s->session, packet, &n));
    return r ? -r : n;
}

int xh_srtp_unprotect(struct xh_srtp *s, uint8_t *packet, size_t octets, int rtcp)
{
    int n = (int)octets;
    if (octets < 12)
        return -EINVAL;
    int r = errno_of(rtcp ? srtp_unprotect_rtcp(s->session, packet, &n) : srtp_unprotect(s->session, packet, &n));
    return r ? -r : n;
}
