/* RTP receiver: packets as they come. See include/xunhu/rtp_receiver.h. */
#include "xunhu/rtp_receiver.h"

#include <errno.h>
#include <string.h>

#include "rtp_receiver_private.h"

#define JUMP (2000 * RATE)              /* a transit that far from the others is of a timestamp from elsewhere */
#define JUMPS 3                         /* packets in a row from there are believed */
#define TAKEOVER (60 * RATE)            /* another source is listened to when ours has been silent so long */
#define KEY_HZ 8000u

int xh_rtp_receiver_init(struct xh_rtp_receiver *r, const struct xh_rtp_receiver_params *params)
{
    memset(r, 0, sizeof *r);
    int error = xh_jitter_init(&r->jitter, &params->jitter);
    if (error)
        return error;
    xh_cng_generator_init(&r->noise, params->seed);
    xh_rtp_receiver_reset(r);
    return 0;
}

int xh_rtp_receiver_buffer(struct xh_rtp_receiver *r, const struct xh_jitter_params *params)
{
    struct xh_jitter_params before = r->jitter.params;
    struct xh_jitter probe;
    int error = xh_jitter_init(&probe, params);
    if (error)
        return error;
    r->jitter.params = *params;
    r->jitter.since = memcmp(&before, params, sizeof before) ? UINT16_MAX : r->jitter.since;    /* worked out with the next packet */
    return 0;
}

/* Sound of what was before is over: the next packet begins anew. */
static void stop(struct xh_rtp_receiver *r)
{
    xh_jitter_forget(&r->jitter);
    r->playing = r->noising = r->guest = 0;
    r->queued = r->queue_at = r->made = 0;
    r->extended = 0;
    r->jumps = 0;
    r->key_sequences = 0;
    r->off_since = r->wait = 0;
    r->margin = 0;
    r->skew.points = r->skew.at = r->skew.open = 0;
}

void xh_rtp_receiver_reset(struct xh_rtp_receiver *r)
{
    stop(r);
    xh_rtp_events_init(&r->events);
    xh_plc_init(&r->plc);
    memset(&r->count, 0, sizeof r->count);
    memset(&r->bursts, 0, sizeof r->bursts);
    memset(&r->source, 0, sizeof r->source);
    memset(&r->fresh, 0, sizeof r->fresh);
    r->believed = 0;
    r->window = 0;
    r->silent = 0;
    r->gone = SILENT;
    r->hole = 0;
    r->hole_made = 0;
    r->level = r->floor = 0.0f;
}

static int find(const struct xh_rtp_receiver *r, int payload_type)
{
    if (r->newest < r->types && r->type[r->newest].payload_type == payload_type)
        return r->newest;
    for (int i = 0; i < r->types; i++)
        if (r->type[i].payload_type == payload_type)
            return i;
    return -1;
}

int xh_rtp_receiver_accept(struct xh_rtp_receiver *r, int payload_type, enum xh_rtp_kind kind, const struct xh_rtp_codec *codec, void *state,
                           uint32_t clock_hz)
{
    if (payload_type < 0 || payload_type > 127 || (kind == XH_RTP_AUDIO) != (codec != 0) || kind > XH_RTP_KEY || clock_hz > 192000 ||
        (codec && codec->state_octets && !state))
        return -EINVAL;
    int i = find(r, payload_type);
    if (i < 0 && r->types == XH_RTP_TYPES)
        return -ENOSPC;
    if (i < 0)
        i = r->types++;
    else if (r->type[i].codec != codec || r->type[i].state != state) {
        xh_jitter_flush(&r->jitter);
        r->queued = r->queue_at = r->made = 0;
    }
    r->type[i] = (struct xh_rtp_type){codec, state, clock_hz ? clock_hz : codec ? codec->clock_hz : 8000, (uint8_t)payload_type, (uint8_t)kind};
    return 0;
}

void xh_rtp_receiver_types_clear(struct xh_rtp_receiver *r)
{
    xh_jitter_flush(&r->jitter);
    r->queued = r->queue_at = r->made = 0;
    r->types = r->newest = 0;
}

/* -- sources ---------------------------------------------------------------------------------------- */

static void take_over(struct xh_rtp_receiver *r)
{
    if (!r->guest || r->believed)
        stop(r);
    r->guest = 0;
    r->source = r->fresh;
    r->fresh.probation = 0;
    r->believed = 1;
    r->window = 0;
    r->count.sources++;
}

/* 1: the packet is of a source that is believed. */
static int is_believed(struct xh_rtp_receiver *r, const struct xh_rtp_header *h)
{
    if (r->believed && h->ssrc == r->source.ssrc) {
        enum xh_rtp_verdict v = xh_rtp_source_update(&r->source, h->sequence);
        if (v == XH_RTP_RESTARTED) {
            stop(r);
            r->window = 0;
        }
        return v != XH_RTP_WILD;
    }
    if (!r->fresh.probation || r->fresh.ssrc != h->ssrc)
        xh_rtp_source_init(&r->fresh, h->ssrc, h->sequence);
    if (xh_rtp_source_update(&r->fresh, h->sequence) == XH_RTP_PROBATION)
        return 0;
    if (r->believed && r->silent < TAKEOVER) {
        r->fresh.probation = 1;         /* ours is alive; the next one in order asks again */
        return 0;
    }
    take_over(r);
    return 1;
}

/* Extended sequence number; *again: it has come before. Kept of the last 64. */
static uint32_t number(struct xh_rtp_receiver *r, uint16_t sequence, int *again)
{
    uint32_t highest = xh_rtp_source_highest(&r->source);
    uint16_t behind = (uint16_t)(r->source.max_seq - sequence);
    *again = 0;
    if (!r->window) {
        r->window = 1;
        r->highest = highest;
        return highest;
    }
    uint32_t ahead = highest - r->highest;
    if (ahead) {
        r->window = ahead < 64 ? r->window << ahead : 0;
        r->highest = highest;
    }
    if (behind < 64) {
        *again = (int)(r->window >> behind & 1);
        r->window |= (uint64_t)1 << behind;
    }
    r->count.reordered += behind && !*again;
    return highest - behind;
}

/* -- sound ------------------------------------------------------------------------------------------ */

/* The packet's place on the sender's clock in samples of 8 kHz, from its timestamp, extended to 64 bits. */
static uint64_t place(struct xh_rtp_receiver *r, uint32_t timestamp, uint32_t clock_hz)
{
    if (!r->extended)
        r->extended = ((uint64_t)1 << 40) + timestamp;
    int32_t ahead = (int32_t)(timestamp - (uint32_t)r->extended);
    uint64_t extended = r->extended + (uint64_t)(int64_t)ahead;
    if (ahead > 0)
        r->extended = extended;
    return clock_hz == 8000 ? extended : extended * 8000 / clock_hz;
}

static void begin(struct xh_rtp_receiver *r, uint32_t at, uint32_t sequence)
{
    xh_jitter_forget(&r->jitter);
    xh_jitter_transit(&r->jitter, r->now, at, 0);
    r->next = r->now - xh_rtp_wanted(r);
    r->queued = r->queue_at = r->made = 0;
    r->last_sequence = sequence - 1;
    r->key_sequences = 0;
    r->noising = 0;
    r->playing = 1;
    r->jumps = 0;
}

/* Nothing is there to be played, and what is heard is silence: the sender may have begun to speak under any timestamp. */
static int is_waiting(const struct xh_rtp_receiver *r)
{
    return !r->queued && !xh_jitter_first(&r->jitter) && xh_rtp_is_silence(r);
}

/* A packet whose timestamp does not fit those before it. 1: all begins anew with it; 0: it is left out. */
static int jumps(struct xh_rtp_receiver *r, uint32_t at, uint32_t sequence, int marker)
{
    int row = sequence == r->highest && sequence - r->last_sequence <= 1 + r->key_sequences + r->jitter.packets;
    if (!((marker || is_waiting(r)) && row) && ++r->jumps < JUMPS)
        return 0;
    begin(r, at, sequence);
    return 1;
}

/* Remembers its transit; a delay that ought to be longer becomes so, where that is not heard: what was made up in its place is followed by it. */
static void in_time(struct xh_rtp_receiver *r, uint32_t at, uint32_t sequence)
{
    struct xh_jitter *j = &r->jitter;
    uint32_t transit = r->now - at;
    int late = (int32_t)(transit - xh_rtp_delay(r)) > 0;
    int32_t over = (int32_t)(transit - j->least);
    if (late && over > (int32_t)(j->params.max_ms * RATE) && is_waiting(r) && sequence == r->last_sequence + 1 + r->key_sequences) {
        begin(r, at, sequence);         /* a pause in which its clock stood still */
        return;
    }
    if (xh_jitter_transit(j, r->now, at, late)) {
        begin(r, at, sequence);
        return;
    }
    int32_t wants = (int32_t)(xh_rtp_wanted(r) - xh_rtp_delay(r));
    if (late && wants > 0 && !r->queued) {
        uint32_t most = r->gone < (uint32_t)wants ? r->gone : (uint32_t)wants;
        r->next -= most;
        r->hole = r->hole == 1 ? 3 : r->hole;
    }
}

static int keys(struct xh_rtp_receiver *r, const struct xh_rtp_header *h, const uint8_t *payload, int type, uint32_t sequence)
{
    r->key_sequences += (int32_t)(sequence - r->last_sequence) > 0;
    if (xh_rtp_events_payload(&r->events, h->timestamp, payload, h->payload_octets, r->type[type].clock_hz, r->now)) {
        r->count.invalid++;
        return XH_RTP_UNPLAYABLE;
    }
    return XH_RTP_KEPT;
}

static int sound(struct xh_rtp_receiver *r, const struct xh_rtp_header *h, const uint8_t *payload, int type, uint32_t sequence, uint64_t arrival_ns)
{
    const struct xh_rtp_type *t = &r->type[type];
    if (t->kind == XH_RTP_KEY)
        return keys(r, h, payload, type, sequence);
    int samples = t->kind == XH_RTP_NOISE ? 0 : t->codec->samples(payload, h->payload_octets), pushed = 0;
    if (samples < 0 || samples > XH_RTP_SAMPLES_MAX || h->payload_octets > XH_RTP_PAYLOAD_MAX || !h->payload_octets || (t->kind == XH_RTP_AUDIO && !samples)) {
        r->count.invalid++;
        return XH_RTP_UNPLAYABLE;
    }
    if (r->playing && r->type[r->newest].clock_hz != t->clock_hz)
        stop(r);
    uint64_t where = place(r, h->timestamp, t->clock_hz);
    uint32_t at = (uint32_t)where;
    r->newest = (uint8_t)type;
    xh_rtp_source_arrived(&r->source, h->timestamp, arrival_ns, t->clock_hz);
    if (!r->playing)
        begin(r, at, sequence);
    else {
        int32_t away = (int32_t)(r->now - at - r->jitter.least);
        if (away > JUMP || away < -JUMP) {
            if (!jumps(r, at, sequence, h->marker)) {
                r->count.invalid++;
                return XH_RTP_UNPLAYABLE;
            }
        } else {
            r->jumps = 0;
            in_time(r, at, sequence);
        }
    }
    xh_rtp_skew(r, arrival_ns, where);
    if ((int32_t)(at + (uint32_t)samples - r->next) <= 0 && samples) {
        r->count.late++;
        return XH_RTP_LATE;
    }
    struct xh_jitter_packet p = {.at = at, .sequence = sequence, .samples = (uint16_t)samples, .octets = (uint16_t)h->payload_octets, .type = (uint8_t)type,
                                 .marker = h->marker};
    int error = xh_jitter_put(&r->jitter, &p, payload, &pushed);
    r->count.early += (uint32_t)pushed;
    if (error == -EEXIST) {
        r->count.duplicates++;
        return XH_RTP_DUPLICATE;
    }
    r->count.invalid += error != 0;
    return error ? XH_RTP_UNPLAYABLE : XH_RTP_KEPT;
}

/* The first packet of the first source: it waits until the second proves it. Its number is one below that of the second, which may be 0. */
static int guest(struct xh_rtp_receiver *r, const struct xh_rtp_header *h, const uint8_t *payload, int type, uint64_t arrival_ns)
{
    if (r->type[type].kind == XH_RTP_KEY)
        return XH_RTP_UNPLAYABLE;
    stop(r);
    int taken = sound(r, h, payload, type, (uint32_t)(uint16_t)(h->sequence + 1) - 1, arrival_ns);
    r->guest = 1;
    return taken;
}

int xh_rtp_receiver_packet(struct xh_rtp_receiver *r, const uint8_t *packet, size_t octets, uint64_t arrival_ns)
{
    struct xh_rtp_header h;
    int again;
    if (octets > XH_RTP_PACKET_MAX || xh_rtp_parse(&h, packet, octets)) {
        r->count.invalid++;
        return -EBADMSG;
    }
    int type = find(r, h.payload_type);
    if (type < 0) {
        r->count.unknown++;
        return XH_RTP_UNKNOWN_TYPE;
    }
    if (!is_believed(r, &h)) {
        r->count.invalid += r->believed != 0;
        return r->believed ? XH_RTP_UNPLAYABLE : guest(r, &h, packet + h.payload, type, arrival_ns);
    }
    r->silent = 0;
    r->count.packets++;
    r->count.octets += h.payload_octets;
    uint32_t sequence = number(r, h.sequence, &again);
    if (again) {
        r->count.duplicates++;
        return XH_RTP_DUPLICATE;
    }
    return sound(r, &h, packet + h.payload, type, sequence, arrival_ns);
}

size_t xh_rtp_receiver_keys(struct xh_rtp_receiver *r, struct xh_rtp_key *keys, size_t room)
{
    return xh_rtp_events_take(&r->events, keys, room);
}
