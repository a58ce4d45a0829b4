---@meta
--- The program, for the editor: tasks, settings, the frozen clock, what outlives a reload, and lines for
--- people.

---@class msm.TaskOptions
---@field needs? msm.Memory[] memories without whose devices the task does not run, { plc }

--- A task: runs at scan.time 0 and then each period. Tasks that are due together run in the order
--- declared. Body only.
---
---     every("100ms", function(dt) mem.LEVEL = mem.LEVEL + dt end)
---@param period msm.Duration at least 0.1 ms
---@param task fun(dt: number) dt: seconds since it last ran, one period at first
---@param options? msm.TaskOptions
function every(period, task, options) end

--- What to call once, in the first scan, before its tasks. Body only.
---@param start fun(why: "cold"|"restart"|"reload") why: "restart" is after a fault
function on_start(start) end

--- What to call at an ordered stop, before outputs with `safe` take that value; not after a fault. Body
--- only.
---@param stop fun()
function on_stop(stop) end

--- Settings of the whole program. Durations are seconds or text, "100ms".
---@class msm.ProgramOptions
---@field audit? "off"|"changes"|"all" which writes from outside the audit log names; "changes" unless stated
---@field diagnostics? msm.DiagnosticsOptions state of the program in input registers of mem
---@field memory? integer MiB that the script may use, 1..4096; 64 unless stated
---@field name? string by which commands find it: letters, digits, _ - and ., up to 63
---@field on_fault? "stop"|"restart" "stop" unless stated
---@field probation? msm.Duration for how long a reload can be taken back by a fault, 0..1 d; 5 s unless stated
---@field restart_after? msm.Duration with on_fault = "restart", 0..1 d; 5 s unless stated
---@field retain_interval? msm.Duration least time between two writes of what is retained, 10 ms..1 d; 1 s
---@field stop_timeout? msm.Duration that clients get at a stop to deliver safe values, 0..1 min; 2 s
---@field watchdog? msm.Duration what all tasks of one scan may take, 1 ms..1 h; 10 periods unless stated

---@class msm.DiagnosticsOptions
---@field input msm.Address the first input register, 0..65535 or text like "39001"

--- program { name = "plant", watchdog = "50ms" } sets what holds for the whole program. Body only.
---@class msm.Program
---@overload fun(options: msm.ProgramOptions)
program = {}

--- Ends the program after this scan, as Ctrl-C does.
function program.stop() end

--- The frozen clock of this scan. Read only.
---@class msm.Scan
---@field clock_ok boolean false while the system clock has evidently never been set
---@field count integer number of this scan; the first is 1, before it 0
---@field now number seconds since 1970-01-01 UTC
---@field overruns integer due times missed so far, over all tasks
---@field time number monotonic seconds since start
scan = {}

---@class msm.KeepOptions
---@field retain? boolean it outlives restarts, too

--- A table of plain data that belongs to a name and lives through reloads: booleans, numbers, text (up
--- to 1024 bytes) and tables of them (up to 16 deep), under keys that are text (up to 47 bytes) or
--- integers. The fields that the defaults name keep their kind. A name is used once. Body only.
---
---     local state = keep("mixer", { step = 1 })
---@generic T : table
---@param name string up to 47 bytes
---@param defaults? T fields that it has at first
---@param options? msm.KeepOptions
---@return T
---@nodiscard
function keep(name, defaults, options) end

--- Lines on stderr with the program's name in front. All of print and log together have 50 lines a
--- second; what is held back is counted and said.
---@class msm.Log
---@overload fun(format: string, ...: any)
log = {}

--- A line, formatted as string.format does.
---@param format string
---@param ... any
function log.info(format, ...) end

--- The same with "warning: " before it.
---@param format string
---@param ... any
function log.warn(format, ...) end

--- The same with "error: " before it; it raises nothing.
---@param format string
---@param ... any
function log.error(format, ...) end

--- A line on stderr: values as text with tabs between them. It shares the limit of log; in
--- `msm eval` it is part of the answer.
---@param ... any
function print(...) end
