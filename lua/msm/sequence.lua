--- Sequences of steps. A *chain* is a sequential function chart (IEC 61131-3 (2003), 2.6): in each
--- scan its present step acts, and the step's transition says when to go on and where. A *recipe* reads
--- from top to bottom: each of its steps is a function that waits, over many scans, where it says so.
---
--- Both are called once in each run of a task, answer with the name of the present step, and take the
--- same orders. The step's name is also in a variable of the program, MIXER_STEP for a sequence
--- "mixer", for `msm watch` and the HMI; it is "" while nothing is under way.
---
--- Status      meaning
--- "idle"      was never started; also after a restart without `retain`, whatever it was in before
--- "running"   each call does what the step says
--- "held"      stands still: nothing of the step is called, its time and its waits do not count, and
---             outputs stay as they are
--- "done"      came to its end
--- "aborted"   was stopped by abort(), or its step went with an edit of the text
---
--- After a reload, and with `retain = true` after a restart, a sequence goes on in the step of that
--- name, and *begins it again*, so that outputs are as the step wants them; but its time goes on, and
--- what was waited is not waited again:
---
--- - A chain calls `enter` of its step again and goes on with the time in the step.
--- - A recipe runs its step from the top. It passes at once over the waits that it had behind it, in
---   the order in which it comes to them, a wait_until with the answer that it had; in the wait that it
---   was in it goes on with what it had waited there. So all that stands between these waits is done
---   once more, in one scan: outputs end as they were, but what counts, counts twice: have a step of
---   its own for that. Decisions with `if` inside of a step are made anew.
--- - With an edit: a wait that is longer or shorter now counts what was waited already. Waits that
---   were put in or taken out of the step shift the count. A step that is gone, or has another name
---   now, aborts the sequence: a warning says so, and `on_abort` is called.
--- - A recipe's step that came through 1000 waits or more (a loop without end) begins as new.

local check = require "msm.check"
local make_chain = require "msm.sequence.chain"
local recipe = require "msm.sequence.recipe"

local sequence = {}

---@class msm.sequence.Sequence
---@field status "idle"|"running"|"held"|"done"|"aborted"
---@field step string name of the present step; "" while idle, done or aborted
---@field time number seconds in that step, without the time it was held
---@field start fun(self: msm.sequence.Sequence) begins at the first step; nothing while running or held
---@field hold fun(self: msm.sequence.Sequence) stands still; nothing unless running. In a recipe's own
---       step it holds right there
---@field resume fun(self: msm.sequence.Sequence) goes on; nothing unless held
---@field abort fun(self: msm.sequence.Sequence) leaves the step and calls on_abort, at once; nothing
---       unless running or held
---@field go fun(self: msm.sequence.Sequence, step: string) leaves the step at once and goes to another,
---       which begins with the next call (from within a step, in this one). A held sequence stays held,
---       one that is not under way starts there. In a recipe's own step go does not come back
---@overload fun(): string

---@class msm.sequence.Options
---@field retain boolean|nil goes on after a restart
---@field start boolean|nil true: starts by itself with the first call, as charts of the standard do
---@field show string|nil variable for the step's name, if MIXER_STEP will not do
---@field on_abort fun()|nil called after the step was left by abort()

---@class msm.sequence.Step
---@field [1] string its name, up to 32 bytes
---@field enter fun()|nil called when the step begins, before run
---@field run fun(time: number)|nil called in each scan with the seconds in the step: 0 in the first
---@field leave fun()|nil called when the step is over, also by go() and abort(); fields of the sequence
---       show the next step by then
---@field when nil|fun(time: number): boolean true: on to the following step
---@field after number|string|nil on to the following step when the step has lasted so long: "20s"
---@field to string|nil with when or after: to this step instead; "done" ends the chain
---@field next nil|fun(time: number): string|false|nil the name of the step to go to, or "done"; nil: stays

--- Makes a step chain. The first step is the initial one.
---
---     local sequence = require "msm.sequence"
---     local mixer = sequence.chain("mixer", {
---       { "fill", enter = function() mem.VALVE = true end,
---                 leave = function() mem.VALVE = false end,
---                 when = function() return mem.LEVEL > 80 end },
---       { "mix",  run = function(t) mem.MOTOR = t < 30 end, after = "35s" },
---       { "test", next = function() return mem.GOOD and "drain" or mem.BAD and "mix" end },
---       { "drain", after = "1m", to = "fill" },
---     }, { on_abort = function() mem.VALVE, mem.MOTOR = false, false end })
---     every("100ms", function()
---       if mem.START then mixer:start() end
---       mixer()
---     end)
---
--- One call: `run` of the present step, then its transition. If that is true: `leave`, then `enter` and
--- `run` of the next step, in the same call, so that no scan lies between two steps and their times add
--- up. A step's transition is not looked at in the call in which it begins, so a step is in at least
--- two calls (2.6.5, rules of evolution). After the last step's `when` or `after` without `to` the chain
--- is done. A step without a transition stays until go() or abort(); of one that is not the last
--- `msm check` says so.
---
--- Errors: steps, names and options that do not fit, targets that are no step (the nearest is named),
--- `when` that answers neither true nor false; orders in the script's body.
---@param name string its own among the chains
---@param steps msm.sequence.Step[]
---@param options msm.sequence.Options|nil
---@return msm.sequence.Sequence
---@nodiscard
function sequence.chain(name, steps, options)
  return make_chain(name, steps, options)
end

--- Makes a recipe: steps from top to bottom, each a name and a function, which may wait.
---
---     local sequence = require "msm.sequence"
---     local wait, wait_until = sequence.wait, sequence.wait_until
---     local batch -- on a line before, so that its steps can name it
---     batch = sequence.recipe("batch", {
---       { "fill", function()
---         mem.VALVE = true
---         local full = wait_until(function() return mem.LEVEL > 80 end, "5m")
---         mem.VALVE = false
---         if not full then batch:abort() end
---       end },
---       { "heat", function()
---         mem.HEATER = true
---         wait "10m"
---         mem.HEATER = false
---       end },
---     }, { on_abort = function() mem.VALVE, mem.HEATER = false, false end })
---     every("100ms", function() batch() end)
---
--- A step that has ended is followed by the next one in the same scan (in one scan as many steps begin
--- as there are, at most); after the last the recipe is done. Leaving a step by go() or abort() closes
--- its variables marked <close>, and calls nothing else of it. A loop in it that
--- never waits is ended by the watchdog like any other code.
---
--- Errors: steps and options that do not fit; orders in the script's body. What a step raises is a
--- fault at its line, and names the step.
---@param name string its own among the recipes
---@param steps table[] each { "name", function() … end }
---@param options msm.sequence.Options|nil
---@return msm.sequence.Sequence
---@nodiscard
function sequence.recipe(name, steps, options)
  return recipe.recipe(name, steps, options)
end

--- Waits in a step of a recipe. The time in which the recipe is held, or not called, does not count.
--- It is over in the first scan in which it has lasted so long; 0 is over at once. Raises outside of a
--- step.
---@param duration number|string seconds, or text: "5s", "10m"
function sequence.wait(duration)
  recipe.wait(duration)
end

--- Waits in a step of a recipe until a function answers true. It is asked at once and then in each
--- scan, a last time in the one in which the time is up.
---@param condition fun(): boolean
---@param timeout number|string|nil seconds, or text; without it there is no end
---@return boolean came_true false: the time was up
function sequence.wait_until(condition, timeout)
  return recipe.wait_until(condition, timeout)
end

return check.module("msm.sequence", sequence)
