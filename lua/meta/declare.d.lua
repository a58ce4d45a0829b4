---@meta
--- Declarations, for the editor: what is assigned to a name of a memory in the script's body.
---
--- They return `any`, because the name takes values from then on: with mem.LEVEL = holding.float32(0)
--- mem.LEVEL is a number.

--- Address as in the protocol, 0..65535, or text in the Modicon form, "40001".
---@alias msm.Address integer|string

---@alias msm.Value boolean|number|string

--- Options of a declaration. Which of them fit depends on type, table and memory; one that would do
--- nothing is an error.
---@class msm.VariableOptions
---@field confirm? boolean a page asks before it writes
---@field count? integer elements of an array, 1..65535
---@field deadband? number how far back inside a limit the value must come before the alarm goes, 0 or more
---@field decimals? integer digits for people, 0..15
---@field default? msm.Value the first value
---@field desc? string description, for people
---@field dir? "in"|"out"|"inout" who writes it: the world, the program, both
---@field expire? msm.Duration when an undelivered write is given up, 1 ms or more; 5 s unless stated
---@field from? string another variable that it follows, value and quality: "meter3.POWER"
---@field hi? number an alarm at or above
---@field hihi? number a worse one
---@field history? false|number not kept, or by how much it must differ from what was kept last, 0 or more
---@field hmi? "rw"|"ro"|"hide" what pages offer; "rw" unless stated
---@field invalid? msm.Value the raw value with which the device says that it has none
---@field labels? table<integer|boolean, string> names of values, { [0] = "OFF", [1] = "ON" }
---@field length? integer bytes of a string, 1..246
---@field limit? "clamp"|"wrap" what is beyond min..max is held or wrapped; an error unless stated
---@field lo? number an alarm at or below
---@field lolo? number a worse one
---@field max? msm.Value
---@field min? msm.Value
---@field min_write_interval? msm.Duration at least so long between two writes to the device, 1 ms or more
---@field nan? boolean takes NaN and infinities
---@field off_delay? msm.Duration for how long it must not be so before the alarm goes
---@field offset? number value = raw * scale + offset
---@field on_delay? msm.Duration for how long it must be so before the alarm comes
---@field on_loss? msm.Value the value to show while the device is lost
---@field order? msm.Order of the bytes; the memory's unless stated
---@field partial? boolean masters may write some words of a value of several
---@field period? msm.Duration how often it is polled, 1 ms or more; the client's unless stated
---@field poll? boolean false: never read from the device
---@field priority? "urgent"|"high"|"medium"|"low" of the alarm; "medium" unless stated
---@field pulse? boolean a master's 1 is seen once by each task; at a device, true sends 1 and then 0
---@field retain? boolean the value survives restarts and power loss
---@field round? boolean integers take fractions
---@field safe? msm.Value the value at a fault or stop; the variable is an output
---@field scale? number value = raw * scale + offset
---@field tolerance? number differences from the device that are none, 0 or more
---@field unit? string "%", for people
---@field wins? "remote"|"program" who wins where script and remote write in the same scan
---@field write? "change"|"always" when it is sent to the device: on a change, or each period

---@class msm.StringOptions : msm.VariableOptions
---@field length integer bytes, 1..246

--- A coil: a boolean. Body only.
---
---     mem.PUMP = coil(0, { safe = false, desc = "Fills the tank" })
---@param address msm.Address
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function coil(address, options) end

--- A discrete input: a boolean for masters to read; with a client, one that the device has. Body only.
---@param address msm.Address
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function discrete(address, options) end

--- Constructors of register variables, by type. Body only.
---
---     mem.LEVEL = input.float32(0, { unit = "%", min = 0, max = 100 })
---@class msm.Registers
local Registers = {}

--- A bit of a register: a boolean.
---@param address msm.Address
---@param bit integer 0..15, 0 is the lowest
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Registers.bool(address, bit, options) end

--- Half of a register: an integer 0..255.
---@param address msm.Address
---@param half integer 0 for the low byte, 1 for the high one
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Registers.byte(address, half, options) end

--- One register: an integer 0..65535; another name of uint16.
---@param address msm.Address
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Registers.word(address, options) end

--- One register: an integer -32768..32767.
---@param address msm.Address
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Registers.int16(address, options) end

--- One register: an integer 0..65535.
---@param address msm.Address
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Registers.uint16(address, options) end

--- Two registers: an integer of 32 bits.
---@param address msm.Address
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Registers.int32(address, options) end

--- Two registers: an integer of 32 bits, 0 or more.
---@param address msm.Address
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Registers.uint32(address, options) end

--- Four registers: an integer of 64 bits.
---@param address msm.Address
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Registers.int64(address, options) end

--- Four registers: an integer of 64 bits, 0 or more.
---@param address msm.Address
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Registers.uint64(address, options) end

--- Two registers: a number of 32 bits.
---@param address msm.Address
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Registers.float32(address, options) end

--- Four registers: a number of 64 bits.
---@param address msm.Address
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Registers.float64(address, options) end

--- Text, two bytes in a register.
---@param address msm.Address
---@param options msm.StringOptions
---@return any declaration
---@nodiscard
function Registers.string(address, options) end

--- Holding registers: masters read and write them.
---@type msm.Registers
holding = {}

--- Input registers: masters read them; with a client, the device has them.
---@type msm.Registers
input = {}

--- Constructors of variables without an address, by type. Body only.
---
---     mem.READY = var.bool{}
---@class msm.Unaddressed
local Unaddressed = {}

--- A boolean.
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Unaddressed.bool(options) end

--- An integer 0..255.
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Unaddressed.byte(options) end

--- An integer 0..65535; another name of uint16.
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Unaddressed.word(options) end

--- An integer -32768..32767.
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Unaddressed.int16(options) end

--- An integer 0..65535.
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Unaddressed.uint16(options) end

--- An integer of 32 bits.
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Unaddressed.int32(options) end

--- An integer of 32 bits, 0 or more.
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Unaddressed.uint32(options) end

--- An integer of 64 bits.
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Unaddressed.int64(options) end

--- An integer of 64 bits, 0 or more.
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Unaddressed.uint64(options) end

--- A number of 32 bits.
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Unaddressed.float32(options) end

--- A number of 64 bits.
---@param options? msm.VariableOptions
---@return any declaration
---@nodiscard
function Unaddressed.float64(options) end

--- Text.
---@param options msm.StringOptions
---@return any declaration
---@nodiscard
function Unaddressed.string(options) end

--- Variables without an address: other commands and memories see them, masters do not.
---@type msm.Unaddressed
var = {}
