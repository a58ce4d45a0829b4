/* Three copies of a group's words and a few facts about the last write decide everything. A write
 * under way or in doubt makes polls worthless, so those are looked at first; then what the device
 * has is compared with `agreed` (did it change there?), and `local` with `agreed` (did it change
 * here?). All comparing and copying is done under the group's mask: the other bits of its cells
 * belong to others.
 *
 * While `on_loss` is shown, `local` is neither the device's nor a change: `held` says so, and
 * `agreed` keeps what the device had last, so that a change that waits, or is made meanwhile, still
 * stands against that.
 *
 * `agreed` is set to `local` where the device's value differs from it by less than the tolerance,
 * so that what counts as the same is the same from there on, word for word. */

#include "modbus/merge.h"

#include <string.h>

#define UNHEEDED_INTERVAL INT64_C(60000000000)

/* ---- words ---- */

static bool same(const struct merge_group *g, const uint16_t *a, const uint16_t *b)
{
    for (size_t i = 0; i < g->group->words; i++)
        if (((a[i] ^ b[i]) & g->group->mask) != 0)
            return false;
    return true;
}

static void copy(const struct merge_group *g, uint16_t *to, const uint16_t *from)
{
    uint16_t mask = g->group->mask;
    for (size_t i = 0; i < g->group->words; i++)
        to[i] = (uint16_t)((to[i] & ~mask) | (from[i] & mask));
}

static bool is_zero(const struct merge_group *g, const uint16_t *words)
{
    for (size_t i = 0; i < g->group->words; i++)
        if ((words[i] & g->group->mask) != 0)
            return false;
    return true;
}

static void clear(const struct merge_group *g, uint16_t *words)
{
    for (size_t i = 0; i < g->group->words; i++)
        words[i] &= (uint16_t)~g->group->mask;
}

/* The variable, where the group's words are one element of it. They are more than that where
 * variables overlap in part; then its options about values mean nothing for the whole. */
static const struct variable *covering(const struct merge_group *g)
{
    const struct variable *v = g->variable;
    if (v == NULL || v->words != g->group->words)
        return NULL;
    return __builtin_popcount(v->mask) == __builtin_popcount(g->group->mask) ? v : NULL;
}

static bool agrees(const struct merge_group *g, const uint16_t *a, const uint16_t *b)
{
    const struct variable *v = covering(g);
    return same(g, a, b) || (v != NULL && variable_agrees(v, a, b, g->group->mask));
}

/* ---- what is known ---- */

static bool differs(const struct merge_group *g)
{
    return !g->state->held && !same(g, g->local, g->agreed);
}

static bool waits(const struct merge_group *g)
{
    const struct merge *s = g->state;
    return !s->known || s->doubt || s->sending || differs(g);
}

/* A refusal is shown until something changes here. */
static void settle(const struct merge_group *g)
{
    if (g->state->refused)
        return;
    g->state->delivery = waits(g) ? DELIVERY_PENDING : DELIVERY_CONFIRMED;
    g->state->reason = 0;
}

static enum merged take(const struct merge_group *g, const uint16_t *words)
{
    g->state->known = true;
    g->state->held = false;
    copy(g, g->agreed, words);
    copy(g, g->local, words);
    return MERGED_TAKE;
}

/* What is here stays and is sent where it is not the same. */
static enum merged stay(const struct merge_group *g, const uint16_t *words)
{
    g->state->known = true;
    copy(g, g->agreed, agrees(g, g->local, words) ? g->local : words);
    settle(g);
    return MERGED_NOTHING;
}

/* ---- changed here ---- */

void merge_changed(const struct merge_group *g, int64_t time, bool early)
{
    struct merge *s = g->state;
    if (g->group->direction == DIRECTION_IN)
        return;
    s->refused = s->alone = s->held = false;
    s->unheeded = 0;
    s->assigned = true;
    s->early = early && !s->known;
    s->newer = s->sending;
    s->since = time;
    settle(g);
}

/* ---- polled ---- */

/* Whether what is here goes to a device that was not known yet. */
static bool is_ours(const struct merge_group *g)
{
    const struct merge *s = g->state;
    if (g->group->direction == DIRECTION_INOUT)
        return (s->assigned || g->group->program_wins) && !s->refused;
    return g->group->direction == DIRECTION_OUT;
}

static enum merged first_poll(const struct merge_group *g, const uint16_t *words)
{
    return is_ours(g) ? stay(g, words) : take(g, words);
}

/* A device that has something else right after it confirmed ours rounds it, or has a mind of its
 * own. One that still has what it had while ours waits to be sent has done nothing new. */
static enum merged polled_out(const struct merge_group *g, const uint16_t *words)
{
    struct merge *s = g->state;
    bool confirmed = !differs(g);
    if (agrees(g, g->agreed, words)) {
        s->unheeded = confirmed ? 0 : s->unheeded;
        return MERGED_NOTHING;
    }
    if (confirmed && s->unheeded < UINT8_MAX)
        s->unheeded++;
    return stay(g, words);
}

/* What was refused is lost here too: no conflict, it was reported when it was refused. */
static enum merged polled_inout(const struct merge_group *g, const uint16_t *words)
{
    struct merge *s = g->state;
    bool changed_here = differs(g);
    if (s->refused && changed_here)
        return take(g, words);
    if (agrees(g, g->agreed, words))
        return MERGED_NOTHING;
    if (!changed_here)
        return take(g, words);
    if (g->group->program_wins || agrees(g, g->local, words))
        return stay(g, words);
    take(g, words);
    s->delivery = DELIVERY_REFUSED;
    s->reason = 0;
    return MERGED_CONFLICT;
}

enum merged merge_polled(const struct merge_group *g, const uint16_t *words, uint64_t asked)
{
    const struct merge *s = g->state;
    const struct variable *v = covering(g);
    enum direction direction = g->group->direction;
    if (s->sending || s->doubt || asked < s->answered)
        return MERGED_EARLIER;
    bool settled =
        s->known || !is_ours(g); /* else a blank device would never get its first value */
    if (direction != DIRECTION_OUT && settled && v != NULL &&
        variable_is_invalid(v, words, g->group->mask)) {
        if (!s->known) /* there is no good value to stay: what the device says is not passed off as
                          0 */
            copy(g, g->local, words);
        return MERGED_INVALID;
    }
    if (!s->known)
        return first_poll(g, words);
    if (s->held)
        return take(g, words);
    if (direction == DIRECTION_OUT)
        return polled_out(g, words);
    if (direction == DIRECTION_INOUT)
        return polled_inout(g, words);
    return agrees(g, g->agreed, words) ? MERGED_NOTHING : take(g, words);
}

/* ---- sending ---- */

static int64_t later(int64_t time, int64_t by)
{
    return by > 0 && time > INT64_MAX - by ? INT64_MAX : time + by;
}

static bool is_refreshed(const struct merge_group *g)
{
    return g->variable != NULL && g->variable->refreshed;
}

/* Before the device was heard, only what is never polled is sent. */
static bool wants(const struct merge_group *g)
{
    const struct merge *s = g->state;
    if (!s->known)
        return g->variable != NULL && g->variable->unpolled &&
               (g->group->direction == DIRECTION_OUT || s->assigned);
    return !s->held && (s->doubt || differs(g) || is_refreshed(g));
}

/* The least time from one write to the next. A device whose watchdog wants to hear from us hears
 * from us each period, whatever it makes of it. */
static int64_t interval(const struct merge_group *g, int64_t period)
{
    const struct merge *s = g->state;
    int64_t least = g->variable != NULL ? g->variable->min_write_interval : 0;
    int64_t other = s->unheeded >= MERGE_UNHEEDED ? UNHEEDED_INTERVAL : 0;
    if (is_refreshed(g))
        other = other > 0 || (!s->doubt && !differs(g)) ? period : 0;
    return other > least ? other : least;
}

int64_t merge_due(const struct merge_group *g, bool ready, int64_t period, int64_t now)
{
    const struct merge *s = g->state;
    if (g->group->direction == DIRECTION_IN || s->refused || s->sending || !ready || !wants(g))
        return INT64_MAX;
    return s->sent == INT64_MIN ? now : later(s->sent, interval(g, period));
}

/* Doubt begins here and ends with an answer. To send again what the device has leaves none. */
void merge_sent(const struct merge_group *g, int64_t now)
{
    struct merge *s = g->state;
    s->doubt = s->doubt || !s->known || differs(g);
    s->sending = true;
    s->newer = false;
    s->sent = now;
}

enum merged merge_answered(const struct merge_group *g, const uint16_t *words, uint64_t count)
{
    struct merge *s = g->state;
    bool pulse = g->variable != NULL && g->variable->pulse && !is_zero(g, words);
    copy(g, g->agreed, words);
    s->known = true;
    s->sending = s->doubt = s->alone = false;
    s->answered = count;
    if (pulse)
        clear(g, g->local);
    settle(g);
    return pulse ? MERGED_TAKE : MERGED_NOTHING;
}

/* What was changed while the refused write was under way was not refused. */
enum merged merge_refused(const struct merge_group *g, uint8_t exception)
{
    struct merge *s = g->state;
    s->sending = s->doubt = false;
    if (s->newer) {
        settle(g);
        return MERGED_NOTHING;
    }
    s->refused = true;
    s->delivery = DELIVERY_REFUSED;
    s->reason = exception;
    if (g->variable == NULL || !g->variable->pulse)
        return MERGED_NOTHING;
    clear(g, g->local); /* so that the next pulse is a change */
    return MERGED_TAKE;
}

void merge_failed(const struct merge_group *g)
{
    g->state->sending = false;
    settle(g);
}

/* ---- given up, and lost ---- */

/* Only what somebody wrote is given up: a default that `wins = "program"` sends is as lasting as an
 * output. A pulse must end. */
static bool is_perishable(const struct merge_group *g)
{
    const struct merge *s = g->state;
    if (g->group->direction != DIRECTION_INOUT || s->delivery != DELIVERY_PENDING)
        return false;
    if (g->variable != NULL && g->variable->pulse && is_zero(g, g->local))
        return false;
    return s->assigned && !s->sending && !s->refused;
}

int64_t merge_expires(const struct merge_group *g, int64_t first)
{
    const struct merge *s = g->state;
    const struct variable *v = g->variable;
    int64_t expire = v != NULL ? v->expire : EXPIRE_DEFAULT;
    if (!is_perishable(g) || (s->early && first == 0))
        return INT64_MAX;
    return later(s->early && first > s->since ? first : s->since, expire);
}

/* A pulse that was sent and not answered may stand in the device: its 0 is owed. */
static void end_pulse(const struct merge_group *g)
{
    g->state->known = g->state->doubt = true;
    clear(g, g->local);
}

bool merge_expired(const struct merge_group *g)
{
    struct merge *s = g->state;
    bool owed = s->doubt && g->variable != NULL && g->variable->pulse;
    if (!is_perishable(g))
        return false;
    s->assigned = s->early = s->doubt = false;
    s->delivery = DELIVERY_EXPIRED;
    s->reason = 0;
    if (s->known)
        copy(g, g->local, g->agreed);
    if (owed)
        end_pulse(g);
    return true;
}

/* What is never polled cannot be seen to be missing: it is sent again on return. */
static enum merged lost_out(const struct merge_group *g)
{
    struct merge *s = g->state;
    if (!s->refused && g->variable != NULL && g->variable->unpolled) {
        s->doubt = true;
        settle(g);
    }
    return MERGED_NOTHING;
}

/* Nothing of ours is on its way to the device, or will be. */
static bool is_idle(const struct merge_group *g)
{
    return g->group->direction == DIRECTION_IN || g->state->refused || !waits(g);
}

enum merged merge_lost(const struct merge_group *g)
{
    const struct variable *v = covering(g);
    if (g->group->direction == DIRECTION_OUT)
        return lost_out(g);
    if (!g->state->known || v == NULL || v->on_loss_words == NULL || !is_idle(g))
        return MERGED_NOTHING;
    uint16_t words[VARIABLE_MAX_WORDS];
    memcpy(words, v->on_loss_words, v->words * sizeof *words);
    if (v->words == 1)
        words[0] = variable_move(words[0], v->mask, g->group->mask);
    copy(g, g->local, words);
    g->state->held = true;
    return MERGED_TAKE;
}

enum merged merge_back(const struct merge_group *g)
{
    return g->state->held ? take(g, g->agreed) : MERGED_NOTHING;
}
