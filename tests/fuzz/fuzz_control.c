/* A fuzzer as a peer of the control socket: the input is what he sends, in pieces whose size comes
 * from its first byte; the second one's bits say when the host answers what takes time, when the
 * program is replaced and when there is no room. What must hold: every line is answered or stays
 * under way, every answer is a line of JSON, a refusal has a kind and a text, and nothing is left
 * when the peer goes. Built with clang and -DMSM_SANITIZE=fuzzer-no-link,address,undefined. */

#include "../c/ask_bed.h"
#include "../c/line_in_help.h"
#include "control/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { LINE = 1024 };

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void declare(struct bed *bed)
{
    static const struct label labels[] = {{0, "STOP"}, {2, "RUN"}};
    bed_plc(bed);
    bed_declare(bed, BED_VARIABLE("L", TABLE_HOLDING, TYPE_FLOAT32, 0, RANGE(0, 100)));
    bed_declare(bed, WORD("M", 2, DEFAULT(1), .labels = labels, .label_count = 2));
    bed_declare(bed, BED_VARIABLE("T", TABLE_HOLDING, TYPE_INT64, 4, .count = 3));
    bed_declare(bed, BED_VARIABLE("U", TABLE_HOLDING, TYPE_UINT64, 20));
    bed_declare(bed, BED_VARIABLE("S", TABLE_HOLDING, TYPE_STRING, 30, .length = 5));
    bed_declare(bed, BIT("B", 40, 15, .count = 4));
    bed_declare(bed, COIL("P", 0, .has_safe = true, .safe = BOOLEAN(false)));
    bed_declare(bed, BED_VARIABLE("I", TABLE_INPUT, TYPE_UINT16, 0, PLC(.path = "plc.I")));
    bed_raw(bed, TABLE_HOLDING, 50, 4);
    bed_raw(bed, TABLE_INPUT, 50, 4);
    bed_ready(bed);
}

static void check_lines(struct fake *fake)
{
    json_t *line;
    while ((line = fake_take(fake))) {
        char *text = json_dumps(line, JSON_COMPACT);
        must(text && !strchr(text, '\n'));
        must(json_is_boolean(json_object_get(line, "ok")));
        must(json_is_true(json_object_get(line, "ok")) ||
             (json_is_string(json_object_get(line, "kind")) &&
              json_string_length(json_object_get(line, "error")) > 0));
        free(text);
        json_decref(line);
    }
}

static void carry_out(struct fake *fake, const char *line, size_t length)
{
    struct error error;
    size_t before = json_array_size(fake->lines) + fake->asker.count;
    unsigned forgotten = fake->forgotten;
    json_t *request = request_read(line, length, &error);
    if (request)
        asks_run(&fake->asker, &fake->host, fake->loop, request);
    else
        asks_complain(&fake->asker, error.text);
    json_decref(request);
    must(json_array_size(fake->lines) + fake->asker.count + (fake->forgotten - forgotten) >
             before ||
         json_array_size(fake->lines) > 0);
}

static void take(struct fake *fake, struct line_in *in, bool ended, uint8_t moods)
{
    const char *line;
    size_t length;
    enum line_in_kind kind;
    while ((kind = line_in_next(in, ended, &line, &length)) != LINE_IN_NONE) {
        fake->room = moods & 1 ? 0 : 1024 * 1024;
        fake->at_once = moods & 2;
        if (kind == LINE_IN_TOO_LONG)
            asks_complain(&fake->asker, "too long");
        else
            carry_out(fake, line, length);
        if (moods & 4 && fake->pending)
            fake_answer(fake, moods & 8 ? HOST_OK : HOST_REFUSED, "text \xFF\nmore");
        check_lines(fake);
        moods = (uint8_t)(moods << 1 | moods >> 7);
    }
    if (moods & 16) {
        reading_forget(fake->asker.reading);
        asks_look(&fake->asker);
    }
    check_lines(fake);
}

static void run(struct fake *fake, const uint8_t *bytes, size_t length)
{
    struct line_in in;
    struct piece rest = {(const char *)bytes + 2, length - 2};
    size_t most = 1u + bytes[0];
    uint8_t moods = bytes[1];
    must(line_in_open(&in, LINE));
    while (rest.length > 0) {
        line_in_give(&in, &rest, most);
        take(fake, &in, rest.length == 0, moods);
    }
    line_in_close(&in);
    asks_forget(&fake->asker);
    must(fake->asker.count == 0 && !fake->pending);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct fake *fake;
    if (!fake) {
        fake_init((void **)&fake);
        declare(&fake->bed);
    }
    if (length > 2)
        run(fake, bytes, length);
    return 0;
}
