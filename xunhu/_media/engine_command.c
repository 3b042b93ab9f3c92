/* Commands.  What stands in the ring may come from a control that is dead, broken or hostile: every field is checked
 * here before anything else in the engine sees it.  A command that cannot be done is answered by XH_EV_REFUSED. */
#include "engine_private.h"

#include "xunhu/time_scale.h"

#include <errno.h>
#include <string.h>

#define TONE_MS_MAX 3600000
#define DTMF_MS_MAX 10000

int xh_digit_bit(int digit)
{
    static const char digits[] = "0123456789*#ABCD";
    const char *at = digit ? strchr(digits, digit) : NULL;
    return at ? (int)(at - digits) : -1;
}

static int is_open(const struct xh_engine *e, uint32_t port)
{
    return port < XH_MAX_PORTS && e->port[port].kind != XH_PORT_FREE && !e->port[port].ending;
}

/* A configured timeslot that may carry voice: 0, -EINVAL, -ENODEV, -EBUSY (it carries a link) */
static int check_timeslot(const struct xh_engine *e, uint32_t port)
{
    if (port >= XH_TS_PORTS || port % XH_TIMESLOTS == 0)
        return -EINVAL;
    const struct xh_line *line = &e->line[port / XH_TIMESLOTS];
    if (line->spec.driver == XH_DRIVER_NONE)
        return -ENODEV;
    return line->links >> port % XH_TIMESLOTS & 1 ? -EBUSY : 0;
}

static int do_ts_open(struct xh_engine *e, const struct xh_command *c)
{
    int r = check_timeslot(e, c->port);
    if (r)
        return r;
    if (e->port[c->port].kind != XH_PORT_FREE)
        return -EBUSY;
    xh_line_of(e, c->port)->mask |= 1u << c->port % XH_TIMESLOTS;
    xh_port_open(e, c->port, XH_PORT_TIMESLOT, c->tag);
    return 0;
}

static int do_close(struct xh_engine *e, const struct xh_command *c)
{
    if (c->port >= XH_MAX_PORTS)
        return -EINVAL;
    struct xh_port *p = &e->port[c->port];
    switch (p->kind) {
    case XH_PORT_FREE:
        return -ENOENT;
    case XH_PORT_PLAYER:
        xh_player_end(e, c->port, XH_END_STOPPED);
        break;
    case XH_PORT_RECORDER:
        xh_recorder_end(e, c->port, XH_END_STOPPED);
        break;
    case XH_PORT_TONE:
        xh_engine_emit(e, (struct xh_event){.type = XH_EV_TONE_DONE, .port = c->port, .tag = p->tag,
                                            .a0 = XH_END_STOPPED});
        xh_port_free(e, c->port);
        break;
    default:
        xh_port_free(e, c->port);
    }
    return 0;
}

/* NaN fails every comparison, so each is written such that it must hold. */
static int step_is_good(const struct xh_tone_step *s)
{
    return s->f1_hz >= 0 && s->f1_hz < XH_RATE / 2 && s->f2_hz >= -200 && s->f2_hz < XH_RATE / 2 &&
           s->level1_dbm0 >= -100 && s->level1_dbm0 <= 6 && s->level2_dbm0 >= -100 && s->level2_dbm0 <= 6 &&
           s->ms >= 0 && s->ms <= TONE_MS_MAX;
}

static int do_tone(struct xh_engine *e, const struct xh_command *c)
{
    struct xh_tone_step steps[XH_PAYLOAD / sizeof(struct xh_tone_step)];
    int most = (int)(sizeof steps / sizeof *steps);
    if (c->a0 < 1 || c->a0 > most || c->payload_len != (uint32_t)c->a0 * sizeof *steps || c->a1 < 0)
        return -EINVAL;
    memcpy(steps, c->payload, c->payload_len);
    for (int i = 0; i < c->a0; i++)
        if (!step_is_good(&steps[i]))
            return -EINVAL;
    return xh_send_steps(e, c, steps, c->a0, c->a1);
}

static int do_dtmf(struct xh_engine *e, const struct xh_command *c)
{
    struct xh_tone_step steps[XH_TONE_STEPS];
    if (c->a0 < 1 || c->a0 > DTMF_MS_MAX || c->a1 < 1 || c->a1 > DTMF_MS_MAX || c->a2 < -600 || c->a2 > 30 ||
        c->a3 < -200 || c->a3 > 200 || !c->payload_len)
        return -EINVAL;
    int count = xh_dtmf_steps(steps, XH_TONE_STEPS, (const char *)c->payload, c->payload_len, c->a0, c->a1, c->a2 / 10.0,
                              c->a3 / 10.0);
    return count < 1 ? (count < 0 ? count : -EINVAL) : xh_send_steps(e, c, steps, count, 1);
}

static int do_connect(struct xh_engine *e, const struct xh_command *c)
{
    uint32_t source = (uint32_t)c->a0, destination = (uint32_t)c->a1;
    if (source >= XH_MAX_PORTS || destination >= XH_MAX_PORTS || c->a2 < 0 || c->a2 > 32767 || c->a3 < 0 || c->a3 > 1)
        return -EINVAL;
    return xh_connect(e, source, destination, c->a2, c->a3);
}

static int do_disconnect(struct xh_engine *e, const struct xh_command *c)
{
    uint32_t source = (uint32_t)c->a0, destination = (uint32_t)c->a1;
    return source < XH_MAX_PORTS && destination < XH_MAX_PORTS ? xh_disconnect(e, source, destination) : -EINVAL;
}

static int do_detect(struct xh_engine *e, const struct xh_command *c)
{
    if (c->port >= XH_MAX_PORTS)
        return -EINVAL;
    return is_open(e, c->port) ? xh_port_detect(e, c->port, (uint32_t)c->a0) : -ENOENT;
}

static int do_detect_with(struct xh_engine *e, const struct xh_command *c)
{
    if (c->port >= XH_MAX_PORTS)
        return -EINVAL;
    return is_open(e, c->port) ? xh_detect_with(e, c->port, c->a0, c->a1) : -ENOENT;
}

static int do_answer(struct xh_engine *e, const struct xh_command *c)
{
    if (c->port >= XH_MAX_PORTS)
        return -EINVAL;
    return is_open(e, c->port) ? xh_answer(e, c->port, c->payload, c->payload_len) : -ENOENT;
}

static int do_cas(struct xh_engine *e, const struct xh_command *c)
{
    int r = check_timeslot(e, c->port);
    if (r && r != -EBUSY)
        return r;
    return c->a0 < 0 || c->a0 > 15 ? -EINVAL : xh_cas_write(e, c->port, c->a0);
}

static int do_key(struct xh_engine *e, const struct xh_command *c)
{
    if (c->port >= XH_LINE_PORTS || c->a0 < 0 || c->a0 > 127 || xh_digit_bit(c->a0) < 0 || c->a1 < 0 || c->a1 > DTMF_MS_MAX)
        return -EINVAL;
    if (!is_open(e, c->port))
        return -ENOENT;
    struct xh_event ev = {.type = XH_EV_DIGIT, .port = c->port, .tag = e->port[c->port].tag, .a0 = c->a0, .a1 = -990, .a2 = 1};
    xh_engine_emit(e, ev);
    xh_keys(e, c->port, c->a0);
    ev.type = XH_EV_DIGIT_END;
    ev.a1 = c->a1;
    xh_engine_emit(e, ev);
    return 0;
}

static int do_pause(struct xh_engine *e, const struct xh_command *c)
{
    if (c->port >= XH_MAX_PORTS || c->a0 < 0 || c->a0 > 1)
        return -EINVAL;
    return xh_pause(e, c->port, c->a0);
}

/* No further channel while overloaded; no player, recorder or tone when there is no time left at all. Closing always works. */
static int refused(const struct xh_engine *e, uint32_t op)
{
    if (op == XH_CMD_TS_OPEN || op == XH_CMD_RTP_OPEN)
        return e->load.overloaded;
    int opens = op == XH_CMD_PLAY || op == XH_CMD_RECORD || op == XH_CMD_TONE || op == XH_CMD_DTMF ||
                op == XH_CMD_CONFERENCE || op == XH_CMD_FAX_TONE || op == XH_CMD_CALLER_ID;
    return opens && xh_load_full(&e->load);
}

static int run(struct xh_engine *e, const struct xh_command *c)
{
    if (c->payload_len > XH_PAYLOAD)
        return -EINVAL;
    if (refused(e, c->op))
        return -EBUSY;
    switch (c->op) {
    case XH_CMD_NOP: return 0;
    case XH_CMD_TS_OPEN: return do_ts_open(e, c);
    case XH_CMD_CLOSE: return do_close(e, c);
    case XH_CMD_PLAY: return xh_play(e, c);
    case XH_CMD_PLAY_MORE: return xh_play_more(e, c);
    case XH_CMD_RECORD: return xh_record(e, c);
    case XH_CMD_TONE: return do_tone(e, c);
    case XH_CMD_DTMF: return do_dtmf(e, c);
    case XH_CMD_CONNECT: return do_connect(e, c);
    case XH_CMD_DISCONNECT: return do_disconnect(e, c);
    case XH_CMD_DETECT: return do_detect(e, c);
    case XH_CMD_LINK_OPEN: return xh_link_open(e, c);
    case XH_CMD_LINK_CLOSE: return xh_link_close(e, (uint32_t)c->a0);
    case XH_CMD_CAS: return do_cas(e, c);
    case XH_CMD_RAI: return (uint32_t)c->a1 <= 1 ? xh_rai(e, (uint32_t)c->a0, c->a1) : -EINVAL;
    case XH_CMD_CONFERENCE: return xh_conference_open(e, c);
    case XH_CMD_CONFERENCE_SET: return xh_conference_set(e, c);
    case XH_CMD_PAUSE: return do_pause(e, c);
    case XH_CMD_PLAY_SEEK: return (uint32_t)c->a1 <= 1 ? xh_play_seek(e, c) : -EINVAL;
    case XH_CMD_PLAY_SKIP: return xh_play_skip(e, c);
    case XH_CMD_PLAY_SPEED: return c->a0 >= XH_SCALE_MIN && c->a0 <= XH_SCALE_MAX ? xh_play_speed(e, c) : -EINVAL;
    case XH_CMD_PLAY_GAIN: return c->a0 >= 0 && c->a0 <= 32767 ? xh_play_gain(e, c) : -EINVAL;
    case XH_CMD_RECORD_START: return xh_record_start(e, c);
    case XH_CMD_RECORD_PAUSE: return xh_record_pause(e, c);
    case XH_CMD_LINK_MONITOR: return (uint32_t)c->a1 <= 1 ? xh_link_monitor(e, (uint32_t)c->a0, c->a1) : -EINVAL;
    case XH_CMD_DETECT_WITH: return do_detect_with(e, c);
    case XH_CMD_ANSWER: return do_answer(e, c);
    case XH_CMD_TONE_ROW: return xh_tone_row(e, (uint32_t)c->a0, c->payload, c->payload_len);
    case XH_CMD_FAX_TONE: return xh_send_fax(e, c);
    case XH_CMD_CALLER_ID: return xh_send_caller_id(e, c);
    case XH_CMD_CONCEAL: return xh_conceal_command(e, c);
    case XH_CMD_ECHO: return xh_echo_command(e, c);
    case XH_CMD_LEVEL: return xh_level_command(e, c);
    case XH_CMD_RTP_OPEN: return xh_rtp_open(e, c);
    case XH_CMD_RTP_SEND: return xh_rtp_send(e, c);
    case XH_CMD_RTP_RECEIVE: return xh_rtp_receive(e, c);
    case XH_CMD_RTP_DIGITS: return xh_rtp_digits(e, c);
    case XH_CMD_RTP_DIRECTION: return xh_rtp_direction(e, c);
    case XH_CMD_KEY: return do_key(e, c);
    case XH_CMD_RTP_DTLS: return xh_rtp_dtls(e, c);
    default: return -ENOSYS;
    }
}

void xh_commands_run(struct xh_engine *e)
{
    struct xh_command c;
    struct xh_shm_stats *stats = &e->shm->stats;
    for (uint32_t i = 0; i < XH_COMMANDS; i++) {
        int got = xh_commands_get(e->shm, &e->command_tail, &c);
        if (got == 0)
            return;
        if (got < 0) {
            atomic_fetch_add_explicit(&stats->commands_damaged, 1, memory_order_relaxed);
            return;
        }
        atomic_fetch_add_explicit(&stats->commands, 1, memory_order_relaxed);
        int r = run(e, &c);
        if (r < 0) {
            atomic_fetch_add_explicit(&stats->commands_refused, 1, memory_order_relaxed);
            xh_engine_emit(e, (struct xh_event){.type = XH_EV_REFUSED, .port = c.port, .tag = c.tag, .a0 = -r,
                                                .a1 = (int32_t)c.op});
        }
    }
}
