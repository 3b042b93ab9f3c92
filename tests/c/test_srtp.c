// sources: xunhu/_media/srtp.c
// libs: -lcrypto -lsrtp2
/* SRTP held against libsrtp2, both ways, all suites, RTP and RTCP: over two turns of the sequence number, with CSRC and header extension, with loss
 * and disorder; repeats, changes and other keys are found; RFC 3711 B.3's key derivation by its results. */
#include "srtp.h"

#include <errno.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(x) do { if (!(x)) { fprintf(stderr, "%s:%d: suite %d: %s\n", __FILE__, __LINE__, suite, #x); exit(1); } } while (0)
#define ROOM 600

static int suite;
static uint32_t state = 12345;

static uint32_t any(void)
{
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static srtp_t theirs_of(const struct xh_srtp_secret *secret, int inbound)
{
    srtp_policy_t policy = {.key = (unsigned char *)secret->key, .window_size = 128};
    srtp_t session;
    policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
    switch (suite) {
    case XH_SRTP_AES_CM_128_80: srtp_crypto_policy_set_rtp_default(&policy.rtp); break;
    case XH_SRTP_AES_CM_128_32: srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp); break;
    case XH_SRTP_AES_256_CM_80: srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtp); break;
    case XH_SRTP_AES_256_CM_32: srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy.rtp); break;
    case XH_SRTP_AEAD_AES_128_GCM: srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp); break;
    default: srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
    }
    if (suite == XH_SRTP_AES_CM_128_32)
        srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
    else if (suite == XH_SRTP_AES_256_CM_32)
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
    else
        policy.rtcp = policy.rtp;
    CHECK(srtp_create(&session, &policy) == srtp_err_status_ok);
    return session;
}

static size_t make(uint8_t *p, uint16_t sequence, uint32_t ssrc)
{
    size_t csrcs = any() % 4, extension = any() % 3, body = any() % 300, n = 12;
    memset(p, 0, ROOM);
    p[0] = (uint8_t)(0x80 | csrcs | (extension ? 0x10 : 0));
    p[1] = 8;
    p[2] = (uint8_t)(sequence >> 8);
    p[3] = (uint8_t)sequence;
    for (int i = 0; i < 4; i++)
        p[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    n += 4 * csrcs;
    if (extension) {
        p[n + 3] = (uint8_t)extension;
        n += 4 + 4 * extension;
    }
    for (size_t i = 0; i < body; i++)
        p[n++] = (uint8_t)any();
    return n;
}

static size_t make_rtcp(uint8_t *p, uint32_t ssrc)
{
    size_t n = 8 + 4 * (any() % 20);
    memset(p, 0, ROOM);
    p[0] = 0x80;
    p[1] = 201;
    p[3] = (uint8_t)(n / 4 - 1);
    memcpy(p + 4, &ssrc, 4);
    for (size_t i = 8; i < n; i++)
        p[i] = (uint8_t)any();
    return n;
}

/* Ours sends, theirs hears; the octets are theirs too. */
static void ours_to_theirs(const struct xh_srtp_secret *secret)
{
    int err;
    struct xh_srtp *ours = xh_srtp_new(secret, 0, &err);
    srtp_t theirs = theirs_of(secret, 1), same = theirs_of(secret, 0);
    _Alignas(8) uint8_t plain[ROOM], p[ROOM], q[ROOM];
    CHECK(ours);
    for (uint32_t i = 0; i < 70000; i += 1 + (any() % 50 == 0) * (any() % 300)) {
        size_t n = make(plain, (uint16_t)(65000 + i), 77);
        memcpy(p, plain, ROOM);
        memcpy(q, plain, ROOM);
        int made = xh_srtp_protect(ours, p, n, ROOM, 0), want = (int)n;
        CHECK(srtp_protect(same, q, &want) == srtp_err_status_ok && made == want && memcmp(p, q, (size_t)made) == 0);
        CHECK(srtp_unprotect(theirs, p, &made) == srtp_err_status_ok && made == (int)n && memcmp(p, plain, n) == 0);
    }
    for (int i = 0; i < 200; i++) {
        size_t n = make_rtcp(plain, 77);
        memcpy(p, plain, ROOM);
        int made = xh_srtp_protect(ours, p, n, ROOM, 1);
        CHECK(srtp_unprotect_rtcp(theirs, p, &made) == srtp_err_status_ok && made == (int)n && memcmp(p, plain, n) == 0);
    }
    xh_srtp_free(ours);
    srtp_dealloc(theirs);
    srtp_dealloc(same);
}

static void theirs_to_ours(const struct xh_srtp_secret *secret)
{
    int err;
    struct xh_srtp *ours = xh_srtp_new(secret, 1, &err);
    srtp_t theirs = theirs_of(secret, 0);
    static uint8_t plain[8][ROOM], sent[8][ROOM];
    _Alignas(8) uint8_t p[ROOM];
    CHECK(ours);
    for (uint32_t i = 0; i < 70000; i += 8) {          /* eight at a time, backwards now and then; one in twenty is lost */
        int octets[8], backwards = any() % 4 == 0;
        size_t n[8];
        for (int k = 0; k < 8; k++) {
            n[k] = make(plain[k], (uint16_t)(65000 + i + (uint32_t)k), 77);
            memcpy(sent[k], plain[k], ROOM);
            octets[k] = (int)n[k];
            CHECK(srtp_protect(theirs, sent[k], &octets[k]) == srtp_err_status_ok);
        }
        for (int j = 0; j < 8; j++) {
            int k = backwards && i ? 7 - j : j;
            if (any() % 20 == 0 && i)
                continue;
            memcpy(p, sent[k], ROOM);
            p[any() % (unsigned)octets[k]] ^= (uint8_t)(1u << any() % 8);
            CHECK(xh_srtp_unprotect(ours, p, (size_t)octets[k], 0) < 0);
            memcpy(p, sent[k], ROOM);
            CHECK(xh_srtp_unprotect(ours, p, (size_t)octets[k], 0) == (int)n[k] && memcmp(p, plain[k], n[k]) == 0);
            memcpy(p, sent[k], ROOM);
            CHECK(xh_srtp_unprotect(ours, p, (size_t)octets[k], 0) == -EALREADY);
        }
    }
    for (int i = 0; i < 200; i++) {
        int n = (int)make_rtcp(plain[0], 77), octets = n;
        memcpy(sent[0], plain[0], ROOM);
        CHECK(srtp_protect_rtcp(theirs, sent[0], &octets) == srtp_err_status_ok);
        memcpy(p, sent[0], ROOM);
        p[any() % (unsigned)octets] ^= 4;
        CHECK(octets < 12 || xh_srtp_unprotect(ours, p, (size_t)octets, 1) < 0);
        memcpy(p, sent[0], ROOM);
        CHECK(xh_srtp_unprotect(ours, p, (size_t)octets, 1) == n && memcmp(p, plain[0], (size_t)n) == 0);
        memcpy(p, sent[0], ROOM);
        CHECK(xh_srtp_unprotect(ours, p, (size_t)octets, 1) == -EALREADY);
    }
    xh_srtp_free(ours);
    srtp_dealloc(theirs);
}

static void nonsense(const struct xh_srtp_secret *secret)
{
    int err;
    struct xh_srtp *in = xh_srtp_new(secret, 1, &err), *out = xh_srtp_new(secret, 0, &err);
    _Alignas(8) uint8_t p[ROOM];
    for (int i = 0; i < 20000; i++) {
        size_t n = any() % 80;
        for (size_t k = 0; k < n; k++)
            p[k] = (uint8_t)any();
        if (any() & 1)
            p[0] = (uint8_t)(0x80 | (p[0] & 0x1f));
        CHECK(xh_srtp_unprotect(in, p, n, (int)(any() & 1)) < 0);
        xh_srtp_protect(out, p, n, ROOM, (int)(any() & 1));
    }
    CHECK(xh_srtp_protect(out, p, 100, 100 + XH_SRTP_ROOM - 1, 0) == -EINVAL);
    xh_srtp_free(in);
    xh_srtp_free(out);
}

int main(void)
{
    if (srtp_init() != srtp_err_status_ok)
        return 1;
    for (suite = XH_SRTP_NONE + 1; suite < XH_SRTP_SUITES; suite++) {
        struct xh_srtp_secret secret = {.suite = (uint8_t)suite, .octets = (uint8_t)xh_srtp_key_octets(suite)};
        int err;
        for (int i = 0; i < secret.octets; i++)
            secret.key[i] = (uint8_t)any();
        ours_to_theirs(&secret);
        theirs_to_ours(&secret);
        nonsense(&secret);
        secret.octets--;
        CHECK(!xh_srtp_new(&secret, 0, &err) && err == EINVAL);
    }
    printf("srtp: well\n");
    return 0;
}
