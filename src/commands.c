/* The table of commands: what each is for, in the words of its help. */

#include "control/command.h"
#include "desk/test.h"
#include "hmi/passwd.h"
#include "run/run.h"

#define LUA_ROOT                                                                                   \
    {                                                                                              \
        "lua-root", "DIR", "take the Lua library from DIR instead of the binary", COMPLETES_FOLDER \
    }
#define NAME                                                                                       \
    {                                                                                              \
        "name", "PROGRAM", "which one, where several run", COMPLETES_PROGRAM                       \
    }
#define JSON                                                                                       \
    {                                                                                              \
        "json", NULL, "as JSON, for other programs", COMPLETES_NOTHING                             \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, NULL, NULL, COMPLETES_NOTHING                                                        \
    }

static const struct option_help CHECK[] = {
    {"against-running", NULL,
     "say what a reload of the running program from this file would do, as well",
     COMPLETES_NOTHING},
    LUA_ROOT,
    {"name", "PROGRAM", "the running program to compare with", COMPLETES_PROGRAM},
    END,
};

static const struct option_help ONLY_NAME[] = {NAME, END};
static const struct option_help JSON_NAME[] = {JSON, NAME, END};

static const struct option_help ACK[] = {
    {"all", NULL, "all that nobody has acknowledged", COMPLETES_NOTHING},
    JSON,
    NAME,
    END,
};

static const struct option_help ALARMS[] = {
    {"all", NULL, "the normal ones, too", COMPLETES_NOTHING},
    JSON,
    NAME,
    END,
};

static const struct option_help SHELVE[] = {
    {"for", "TIME", "how long, 1s to 7d", COMPLETES_NOTHING},
    JSON,
    NAME,
    {"reason", "TEXT", "why, for whoever looks next", COMPLETES_NOTHING},
    END,
};

static const struct option_help FORCE[] = {
    JSON,
    NAME,
    {"persist", NULL, "also after a restart of the program", COMPLETES_NOTHING},
    END,
};

#define HISTORY_FILE                                                                               \
    {                                                                                              \
        "file", "FILE", "of a program that does not run: its NAME.history", COMPLETES_FILE         \
    }

static const struct option_help JOURNAL[] = {
    HISTORY_FILE,
    {"from", "MOMENT", "begin there: -7d (ago), 10:30, 2026-01-31 10:30 (-1d)", COMPLETES_NOTHING},
    JSON,
    {"kind", "KIND", "only alarm, or only audit", COMPLETES_NOTHING},
    {"lines", "N", "the newest N, 1..2000 (100)", COMPLETES_NOTHING},
    NAME,
    END,
};

static const struct option_help LOG[] = {
    {"follow", NULL, "go on with what it says from now on", COMPLETES_NOTHING},
    JSON,
    {"lines", "N", "begin with the last N lines, 0..10000 (10)", COMPLETES_NOTHING},
    NAME,
    END,
};

static const struct option_help SET[] = {
    {"default", NULL, "the declared default instead of a value", COMPLETES_NOTHING},
    JSON,
    NAME,
    END,
};

static const struct option_help TEST[] = {
    {"filter", "PATTERN", "only tests whose name has this Lua pattern in it; after ! the others",
     COMPLETES_NOTHING},
    LUA_ROOT,
    {"memory", "MIB", "the most that tests may use, beside their scripts (256)", COMPLETES_NOTHING},
    {"output", "FORMAT", "text, tap or junit (text)", COMPLETES_NOTHING},
    {"replay", "FILE",
     "play what msm run --record has kept to the script, or to that which was recorded, and show "
     "the first difference",
     COMPLETES_FILE},
    {"report", "FILE", "where junit goes, FILE.xml (msm-test.xml)", COMPLETES_FILE},
    END,
};

static const struct option_help TREND[] = {
    {"csv", NULL, "comma-separated, with a header line; times are UTC", COMPLETES_NOTHING},
    HISTORY_FILE,
    {"from", "MOMENT", "begin there: -8h (ago), 10:30, 2026-01-31 10:30 (-1h)", COMPLETES_NOTHING},
    JSON,
    NAME,
    {"points", "N", "cut the time into so many stretches, 1..10000 (600)", COMPLETES_NOTHING},
    {"to", "MOMENT", "end there (now)", COMPLETES_NOTHING},
    END,
};

static const struct option_help UNFORCE[] = {
    {"all", NULL, "everything that is forced", COMPLETES_NOTHING},
    JSON,
    NAME,
    {"restore", NULL, "bring back what the force has suppressed, else its value stays",
     COMPLETES_NOTHING},
    END,
};

static const struct option_help WATCH[] = {
    JSON,
    NAME,
    {"period", "SECONDS", "look so often, 0.02..3600 (0.1)", COMPLETES_NOTHING},
    END,
};

static const struct option_help MAP[] = {
    {"csv", NULL, "comma-separated, with a header line", COMPLETES_NOTHING},
    {"json", NULL, "an array of objects", COMPLETES_NOTHING},
    {"luals", "DIR",
     "write what lua-language-server needs to DIR: the script's variables, the language, its "
     "library; print the editor's settings",
     COMPLETES_FOLDER},
    {"markdown", NULL, "a table for a document", COMPLETES_NOTHING},
    LUA_ROOT,
    END,
};

static const struct option_help PROBE[] = {
    {"unit", "N", "unit id, 0..255 (1)", COMPLETES_NOTHING},
    {"at", "ADDR", "first address, 0..65535 (0)", COMPLETES_NOTHING},
    {"count", "N", "registers, 1..125 (10)", COMPLETES_NOTHING},
    {"expect", "VALUE",
     "print only the declarations that give this value, as the device's own display shows it, also "
     "scaled by powers of ten",
     COMPLETES_NOTHING},
    {"json", NULL, "an array with an object for each of the two tables", COMPLETES_NOTHING},
    END,
};

static const struct option_help PASSWD[] = {
    {"delete", NULL, "the user is not one any more", COMPLETES_NOTHING},
    {"list", NULL, "print who there is: NAME ROLE, and (token) of a program", COMPLETES_NOTHING},
    {"name", "PROGRAM", "whose pages, where several run, or with --state", COMPLETES_PROGRAM},
    {"role", "ROLE",
     "viewer (sees), operator (writes what is declared writable, acknowledges alarms) or engineer "
     "(forces, changes the program); a user who has one keeps it otherwise",
     COMPLETES_NOTHING},
    {"state", "DIR", "the folder of what a program keeps, where it does not run", COMPLETES_FOLDER},
    {"token", NULL,
     "the user is a program: print a new token for its header \"Authorization: Bearer TOKEN\", "
     "instead of asking for a password",
     COMPLETES_NOTHING},
    END,
};

static const struct option_help RUN[] = {
    {"dry", "N", "run N scans without a network and without waiting, then end", COMPLETES_NOTHING},
    {"history", NULL,
     "write what values were, and what happened, to NAME.history beside what is retained, for msm "
     "trend and msm journal",
     COMPLETES_NOTHING},
    {"history-days", "N", "what is older goes, 1..3660 (30)", COMPLETES_NOTHING},
    {"history-size", "MIB", "of that file; what is oldest goes, at least 4 (256)",
     COMPLETES_NOTHING},
    {"http", "PORT",
     "serve pages for browsers on this computer there, or on ADDRESS:PORT, as 0.0.0.0:8080",
     COMPLETES_NOTHING},
    {"http-name", "NAME", "a further name by which browsers may call this computer",
     COMPLETES_NOTHING},
    LUA_ROOT,
    {"name", "PROGRAM", "the name that commands find it by, instead of the script's",
     COMPLETES_NOTHING},
    {"record", "FILE",
     "keep what comes in and what the script makes of it in FILE, and FILE.1 before it, for msm "
     "test --replay",
     COMPLETES_FILE},
    {"record-size", "MIB", "of both of these files, at least 4 (64)", COMPLETES_NOTHING},
    {"sim", NULL,
     "simulate the devices behind all clients: nothing goes to a real one, and msm set also sets "
     "what comes from them",
     COMPLETES_NOTHING},
    {"spin", NULL,
     "keep virtual processor cores awake, so that the scan wakes on time; for virtual machines, "
     "and "
     "at the price of a core's idle time each",
     COMPLETES_NOTHING},
    {"state", "DIR",
     "keep what is retained, and the audit log, in DIR; otherwise they lie beside the script, "
     "once there is something to retain",
     COMPLETES_FOLDER},
    {"tls", NULL,
     "encrypt the pages, with a certificate that is made once and kept; its fingerprint is said",
     COMPLETES_NOTHING},
    {"tls-cert", "FILE", "encrypt them with this certificate (PEM, with its chain)",
     COMPLETES_FILE},
    {"tls-key", "FILE", "the certificate's key (PEM)", COMPLETES_FILE},
    {"watch", NULL, "reload when the script, or a file that it requires, changes",
     COMPLETES_NOTHING},
    {"web-root", "DIR", "serve the files of the pages from DIR, for those who work on them",
     COMPLETES_FOLDER},
    END,
};

const struct command COMMANDS[] = {
    {"ack", "[ALARM]", COMPLETES_NOTHING,
     "Acknowledges an alarm of a running program: it was seen.",
     "It stays on as long as its cause is there. Prints the names of those that were acknowledged; "
     "of one that is held by its latch alone the latch is let go.",
     ACK, "  msm ack LEVEL\n  msm ack --all", ack_run},
    {"alarms", "", COMPLETES_NOTHING, "Prints the alarms of a running program.",
     "A line each, those that nobody has seen first, then by priority: since when, priority, "
     "state, "
     "name, text.",
     ALARMS, NULL, alarms_run},
    {"check", "FILE", COMPLETES_FILE,
     "Runs a script's body, no task and no server, and says what is wrong or odd.",
     "Errors and remarks go to stderr as file:line: message; the exit status is 1 on errors.",
     CHECK, "  msm check scripts/tank.lua", check_run},
    {"complete", "WORD…", COMPLETES_NOTHING, NULL,
     "For the shell: prints what the last of the words of a command line could become.", NULL, NULL,
     complete_run},
    {"eval", "[CODE]", COMPLETES_NOTHING, "Runs a line of Lua in a running program.",
     "It runs between two scans, as one: what it assigned is taken back when it raises an error. "
     "Values are printed, one a line. Without CODE there is a prompt with history and completion, "
     "or on standard input one line after the other.",
     ONLY_NAME, "  msm eval 'mem.LEVEL * 2'", eval_run},
    {"force", "[NAME VALUE]", COMPLETES_VALUE,
     "Holds a value against script, masters and devices, until unforce.",
     "What the others write meanwhile is kept beneath. Without NAME and VALUE all that is forced "
     "is "
     "listed. After a restart nothing is forced but what was forced with --persist.",
     FORCE, "  msm force PUMP false", force_run},
    {"get", "NAME…", COMPLETES_NAME, "Prints values of a running program.",
     "One name: the bare value. Several, or a pattern with * and ?: NAME value, a line each. Names "
     "are LEVEL, plc.SPEED, TEMPS[3], holding[5]. A program that does not answer for 10 s is given "
     "up with exit status 1, as by all commands that need not wait for it.",
     JSON_NAME, "  msm get LEVEL SETPOINT\n  msm get 'plc.*' LEVEL", get_run},
    {"journal", "[PATTERN]", COMPLETES_NAME, "Prints what happened: alarms, writes, reloads.",
     "From the history that msm run --history writes, the newest last. PATTERN, with * and ?, is "
     "of "
     "the names of variables and alarms.",
     JOURNAL, "  msm journal --from -7d --kind alarm", journal_run},
    {"log", "", COMPLETES_NOTHING, "Prints what a running program has said.",
     "With --follow the exit status is 3 when the program ends, and 0 when nobody reads a pipe any "
     "more.",
     LOG, "  msm log --follow", log_run},
    {"man", "", COMPLETES_NOTHING, "Prints the manual page, made from this help.",
     "It is troff, which man formats; where it is installed, man msm shows the same.", NULL,
     "  msm man >msm.1", man_run},
    {"map", "FILE", COMPLETES_FILE,
     "Prints the register map of a script: what a SCADA has to be told.",
     "Addresses are those of the protocol, from 0; column modicon has the form from 40001.", MAP,
     "  msm map scripts/tank.lua --csv >tank.csv", map_run},
    {"passwd", "[USER]", COMPLETES_NOTHING, "Says who may log in to the pages of a program.",
     "Asks for the password twice, or takes a line from a pipe. A running program heeds it at "
     "once, "
     "and who was logged in with another password or role is not any more. Users stand with hashes "
     "of their passwords in PROGRAM.users, beside what the program keeps.",
     PASSWD,
     "  msm passwd kim --role operator\n"
     "  msm passwd prometheus --role viewer --token\n"
     "  msm passwd kim --delete",
     passwd_run},
    {"probe", "HOST[:PORT]", COMPLETES_NOTHING,
     "Reads a device's registers once and prints them in every type and order.",
     "Holding and input registers are read; port 502 unless told otherwise. The exit status is 1 "
     "when nothing could be read, or nothing gives the expected value.",
     PROBE, "  msm probe 10.0.0.7 --at 100 --expect 23.5", probe_run},
    {"reload", "", COMPLETES_NOTHING, "Has a running program read its script again.",
     "Values, timers and connections stay. The new script is checked and tried on a copy first; "
     "when it faults within its probation (5 s) the old one comes back. Returns when that is "
     "decided: 0, or 5 (refused, nothing has changed) or 1 (rolled back) with the reason.",
     ONLY_NAME, NULL, reload_run},
    {"run", "FILE", COMPLETES_FILE,
     "Runs a script: its scan, and the servers and clients it declares.",
     "Ends with Ctrl-C or SIGTERM: on_stop runs, outputs with a safe value take it. SIGHUP reloads "
     "the script where msm has no terminal.",
     RUN, "  msm run scripts/tank.lua --watch", run_run},
    {"set", "NAME [VALUE]", COMPLETES_VALUE, "Writes a value by name, as a master would.",
     "Not what only the program or a device writes (force does that), nor outside of min and max.",
     SET, "  msm set SETPOINT 55.5\n  msm set SETPOINT --default", set_run},
    {"shelve", "ALARM", COMPLETES_NOTHING, "Hides an alarm for a time, with a reason.",
     "It comes back by itself, or by unshelve.", SHELVE,
     "  msm shelve LEVEL --for 30m --reason 'the sensor is being changed'", shelve_run},
    {"status", "", COMPLETES_NOTHING, "Says how a running program is.",
     "The exit status is 0 only while it runs: 1 in fault, 3 when there is no such program.",
     JSON_NAME, NULL, status_run},
    {"stop", "", COMPLETES_NOTHING, "Ends a running program in order.",
     "Returns when it has ended.", ONLY_NAME, NULL, stop_run},
    {"test", "FILE|FOLDER…", COMPLETES_FILE, "Runs tests of scripts in virtual time.",
     "Tests are LuaUnit's: functions and tables that are called test… or Test…. They load a script "
     "with require \"msm.test\".load \"tank.lua\", set its inputs, let time pass and look at its "
     "outputs; devices are simulated. A folder stands for its test_*.lua. The exit status is 0 "
     "when "
     "all passed, 1 when one did not, 2 when there was none.",
     TEST,
     "  msm test tests/scripts/test_hvac.lua\n  msm test tests/scripts/test_hvac.lua --filter "
     "frost --output tap",
     test_run},
    {"trend", "NAME…", COMPLETES_NAME, "Prints what values were.",
     "From the history that msm run --history writes: a line for each change, or, where these are "
     "more than --points, one for each stretch of time, with the last value and what it was "
     "between. "
     "A value holds until the next line; after - nothing is known.",
     TREND, "  msm trend LEVEL SETPOINT --from -8h --csv >tank.csv", trend_run},
    {"unforce", "[NAME]", COMPLETES_FORCED, "Lets go of what was forced.", NULL, UNFORCE,
     "  msm unforce PUMP --restore", unforce_run},
    {"unshelve", "ALARM", COMPLETES_NOTHING, "Shows a shelved alarm again before its time.", NULL,
     JSON_NAME, NULL, unshelve_run},
    {"watch", "[PATTERN]", COMPLETES_NAME, "Shows values as they change.",
     "On a terminal a table; else a line for each change, NAME value. Patterns hold * and ?. The "
     "exit status is 3 when the program ends, and 0 after q or Ctrl-C in the table, or when nobody "
     "reads a pipe any more.",
     WATCH, "  msm watch 'plc.*'", watch_run},
    {NULL, NULL, COMPLETES_NOTHING, NULL, NULL, NULL, NULL, NULL},
};
