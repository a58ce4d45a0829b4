---@meta
--- Memories, for the editor: what `mem` and what memory(…) returns can do.
---
--- Variables are not listed here: `msm map FILE --luals FOLDER` writes down those of a script.

--- A memory: variables by name. Assigning a declaration to a name declares one, in the body. Reading
--- one that is not declared, a wrong type and a value out of range are errors at the script's line.
---@class msm.Memory
---@field name string of the memory, "mem"
---@field coil table<integer, boolean> raw coils by address, from 0; those that m:raw declared
---@field discrete table<integer, boolean> raw discrete inputs by address, from 0
---@field holding table<integer, integer> raw holding registers by address, from 0: integers 0..65535
---@field input table<integer, integer> raw input registers by address, from 0
local Memory = {}

---@alias msm.Quality
---| "good" # live
---| "stale" # not heard of for too long
---| "never" # not heard of yet
---| "range" # outside of min..max
---| "invalid" # the device says that it has no value

---@alias msm.Delivery
---| "pending" # on its way
---| "confirmed" # the device has taken it
---| "refused" # the device has answered with an exception
---| "expired" # not delivered in the time that option expire gives

---@alias msm.Table "coil"|"discrete"|"holding"|"input"

--- Order of the bytes ABCD of a value in several registers.
---@alias msm.Order
---| "CDAB" # low word first, the default
---| "ABCD" # high word first
---| "BADC" # high word first, bytes swapped
---| "DCBA" # low word first, bytes swapped

--- Words from 0 on, or { first, count }, within 0..65535.
---@alias msm.Range integer|integer[]

--- A duration: seconds as a number, or text, "100ms", "2.5s", "10m".
---@alias msm.Duration number|string

--- Words and bits without names.
---@class msm.RawOptions
---@field coil? msm.Range
---@field discrete? msm.Range
---@field holding? msm.Range
---@field input? msm.Range

---@class msm.MemoryOptions : msm.RawOptions
---@field order? msm.Order of variables that state none
---@field wins? "remote"|"program" who wins where script and remote write in the same scan

---@class msm.PlacementOptions
---@field prefix? string text to put before each name
---@field base? integer an address to add, 0..65535

--- Seconds since the value last arrived or was published, with `from` at its source; nil while its
--- quality is "never", and in the body.
---@param name string of a variable; or "holding" and its like, for a raw word
---@param address? integer of the raw word
---@return number|nil seconds
---@nodiscard
function Memory:age(name, address) end

--- Declares a template's variables, in the order of their names. Body only.
---
---     plc:declare({ SPEED = holding.word(0) }, { prefix = "M1_", base = 100 })
---@param template table<string, any> declarations by name
---@param options? msm.PlacementOptions
function Memory:declare(template, options) end

--- Prints the memory: variables with their values, then all words.
function Memory:dump() end

--- Whether the value can be trusted; for an array that of its worst element.
---@param name string of a variable; or "holding" and its like, for a raw word
---@param address? integer of the raw word
---@return msm.Quality quality
---@nodiscard
function Memory:quality(name, address) end

--- Declares words without names: mem:raw { holding = 8, coil = { 100, 16 } } gives mem.holding[0] to
--- mem.holding[7], and mem.coil[100] to mem.coil[115]. Body only.
---@param ranges msm.RawOptions
function Memory:raw(ranges) end

--- What became of the last value written here, by whomever: nil where none was, and in the body; for
--- an array the most urgent of its elements. Then why it was refused or expired. Only for a memory
--- that a client mirrors.
---@param name string of a variable; or "holding" and its like, for a raw word
---@param address? integer of the raw word
---@return msm.Delivery|nil state
---@return string|nil why
---@nodiscard
function Memory:state(name, address) end

--- True in a task's first run after a remote wrote the variable (for an array, any element), whatever
--- the value. False in the body.
---@param name string of a variable
---@return boolean
---@nodiscard
function Memory:written(name) end

--- The class of `mem`: what `msm map --luals` writes adds a script's own variables to it.
---@class msm.Memory.mem : msm.Memory

--- The memory that is always there.
---@type msm.Memory.mem
mem = {}

--- Another memory. Body only.
---
---     local plc = memory("plc", { order = "ABCD" })
---
--- Its class is found by its name: msm.Memory.plc, which `msm map --luals` writes.
---@generic T
---@param name msm.Memory.`T` letters, digits and _, up to 63, no digit first
---@param options? msm.MemoryOptions
---@return T|msm.Memory
function memory(name, options) end
