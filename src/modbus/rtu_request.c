/* The frames on a line that a server shares with other units: requests to all of them, and the
 * answers of the others. Nothing marks where a frame begins, so the next one is believed to begin
 * where the last one ended, and as long as these bytes may become a frame nothing inside them is
 * looked at. After noise or a torn frame the line is found again where right frames follow each
 * other without a hole: up to the silence, or two of them while there is none. One CRC alone in
 * noise would be right once in 65536 places, which is too often for a write to be carried out. */

#include "modbus/rtu.h"

#include "modbus/rtu_form.h"

enum look { LOOK_NONE, LOOK_MORE, LOOK_FRAME };

struct sight {
    size_t size;
    bool is_answer;
};

static enum look look(size_t form, const uint8_t *bytes, size_t length)
{
    if (form > length)
        return LOOK_MORE;
    return form > 0 && rtu_intact(bytes, form) ? LOOK_FRAME : LOOK_NONE;
}

/* What begins at `at`. A request that may still come is waited for although an answer is there:
 * the longer one decides. After silence nothing more comes. */
static enum look look_at(const struct rtu_input *input, size_t at, bool silent, struct sight *sight)
{
    const uint8_t *bytes = input->bytes + at;
    size_t length = input->length - at;
    sight->is_answer = false;
    sight->size = rtu_request_form(bytes, length);
    enum look seen = look(sight->size, bytes, length);
    if (seen == LOOK_FRAME || (seen == LOOK_MORE && !silent))
        return seen;
    sight->is_answer = true;
    sight->size = rtu_answer_form(bytes, length);
    seen = look(sight->size, bytes, length);
    return seen == LOOK_MORE && silent ? LOOK_NONE : seen;
}

/* Whether an unknown function code, or counts that contradict each other, may make one frame of all
 * that is there. */
static bool whole(const struct rtu_input *input, struct sight *sight)
{
    *sight = (struct sight){input->length, false};
    return input->length <= RTU_MAX && rtu_intact(input->bytes, input->length);
}

/* Whether only silence can tell what these bytes are: their length cannot be told from them. */
static bool may_be_unknown(const struct rtu_input *input)
{
    return input->length <= RTU_MAX && !rtu_request_form(input->bytes, input->length) &&
           !rtu_answer_form(input->bytes, input->length);
}

/* The first place from which right frames follow each other to the end. */
static bool find_row_to_end(const struct rtu_input *input, size_t *at, struct sight *sight)
{
    bool row[RTU_BUFFER + 1] = {false};
    bool found = false;
    row[input->length] = true;
    for (size_t i = input->length; i-- > 1;) {
        struct sight here;
        row[i] = look_at(input, i, true, &here) == LOOK_FRAME && row[i + here.size];
        if (row[i]) {
            *at = i;
            *sight = here;
            found = true;
        }
    }
    return found;
}

/* The first place with two right frames; none behind bytes that may still become one. */
static bool find_two(const struct rtu_input *input, size_t *at, struct sight *sight)
{
    for (*at = 1; *at < input->length; ++*at) {
        struct sight next;
        enum look seen = look_at(input, *at, false, sight);
        if (seen == LOOK_MORE)
            return false;
        if (seen == LOOK_FRAME && *at + sight->size < input->length &&
            look_at(input, *at + sight->size, false, &next) == LOOK_FRAME)
            return true;
    }
    return false;
}

static bool find(struct rtu_input *input, bool silent, size_t *at, struct sight *sight)
{
    *at = 0;
    enum look seen = look_at(input, 0, silent, sight);
    if (seen != LOOK_NONE)
        return seen == LOOK_FRAME;
    if (silent)
        return whole(input, sight) || find_row_to_end(input, at, sight);
    return !may_be_unknown(input) && find_two(input, at, sight);
}

bool rtu_request(struct rtu_input *input, bool silent, struct rtu_frame *frame, bool *is_answer)
{
    size_t at;
    struct sight sight;
    if (input->length > 0 && find(input, silent, &at, &sight)) {
        *is_answer = sight.is_answer;
        rtu_take(input, at, sight.size, frame);
        return true;
    }
    if (silent)
        input->length = 0;
    return false;
}
