---@meta
--- Links and serial lines, for the editor: server, client and serial, and what they return.

--- A serial line, for client.rtu or server.rtu.
---@class msm.Line

---@class msm.SerialOptions
---@field device string the path of a device, "/dev/ttyUSB0"
---@field baud? integer a rate that serial devices know, 9600 or 115200; 19200 unless stated
---@field name? string as messages show it; the device unless stated
---@field parity? "even"|"odd"|"none" even unless stated
---@field rs485? boolean the driver switches the direction
---@field rts? "up"|"down" what RTS is while sending: msm switches the direction
---@field rts_delay? msm.Duration before and after sending, 0..1 s; with rts
---@field stop? 1|2 stop bits, 1 unless stated; without parity devices often want 2

--- A serial line for clients or servers, never both. Body only.
---
---     local bus = serial { device = "/dev/ttyUSB0", baud = 9600, parity = "even" }
---@param options msm.SerialOptions
---@return msm.Line
function serial(options) end

--- What all clients take.
---@class msm.ClientOptions
---@field mem? msm.Memory the memory that mirrors the device; `mem` unless stated
---@field name? string as messages show the link; its address unless stated
---@field period? msm.Duration between polls, 1 ms..1 d; 0.2 s unless stated
---@field timeout? msm.Duration for an answer, 1 ms..1 h; 1 s unless stated
---@field delay? msm.Duration from an answer to the next request, 0..1 h; 0 unless stated
---@field stale_after? msm.Duration when values count as stale; 2 periods and a timeout unless stated
---@field max_read? integer registers in one request, 1..125; 125 unless stated
---@field max_write? integer registers in one request, 1..123; 123 unless stated
---@field max_gap? integer undeclared registers that may be read along, 0..125; 10 unless stated
---@field alarm? boolean false: its loss is no alarm

---@class msm.TcpClientOptions : msm.ClientOptions
---@field host string a name or an address, "10.0.0.7"
---@field port? integer 1..65535; 502 unless stated
---@field unit? integer the unit id, 0..255; 1 unless stated
---@field depth? integer requests in flight, 1..16; 1 unless stated

---@class msm.RtuClientOptions : msm.ClientOptions
---@field line msm.Line what serial { … } returned
---@field unit integer the unit id, 1..247; 0 broadcasts what is written and reads nothing

client = {}

--- Mirrors a memory with one unit of a device, over TCP: polls what is declared, and sends what changed
--- here. Body only.
---
---     local link = client.tcp { host = "10.0.0.7", mem = plc, unit = 1, period = "200ms" }
---@param options msm.TcpClientOptions
---@return msm.Link
function client.tcp(options) end

--- The same over a serial line, one request at a time. Body only.
---
---     client.rtu { line = bus, unit = 3, mem = meter3 }
---@param options msm.RtuClientOptions
---@return msm.Link
function client.rtu(options) end

--- What all servers take.
---@class msm.ServerOptions
---@field mem? msm.Memory the memory to serve; `mem` unless stated
---@field name? string as messages show the link; its address unless stated
---@field read_only? boolean masters may write nothing
---@field stale? "serve" old values are served; exception 0B unless stated
---@field unit? integer the only unit id that is answered; over TCP all of them unless stated
---@field units? table<integer, msm.Memory> which memory answers which unit id, { [1] = m1, [2] = m2 }

---@class msm.TcpServerOptions : msm.ServerOptions
---@field allow? string[] who may connect, { "10.0.0.0/24" }; everyone unless stated
---@field bind? string the address to listen on; "127.0.0.1" unless stated
---@field idle_timeout? msm.Duration after which a silent connection is closed
---@field max_connections? integer 1..10000; 64 unless stated
---@field max_connections_per_address? integer 1..10000; 16 unless stated
---@field port? integer 0..65535, 0 for any that is free; 502 unless stated

---@class msm.RtuServerOptions : msm.ServerOptions
---@field line msm.Line what serial { … } returned

server = {}

--- Serves a memory over TCP. Body only.
---
---     server.tcp { port = 1502 }
---@param options? msm.TcpServerOptions
---@return msm.Link
function server.tcp(options) end

--- Serves a memory on a serial line, for one `unit` or for several `units`. Body only.
---
---     server.rtu { line = bus, unit = 17 }
---@param options msm.RtuServerOptions
---@return msm.Link
function server.rtu(options) end

--- What client.tcp, server.tcp and their like return. Read only, and frozen for one scan.
---@class msm.Link
---@field age number|nil seconds since the last good answer; nil before the first
---@field conflicts integer changes here that lost against the device's
---@field errors integer requests that failed
---@field last_error string|nil text of the last one
---@field name string
---@field online boolean a client: its device answers; a server: it listens
---@field reconnected boolean true in a task's first run after the first good poll that followed a loss
local Link = {}

--- Options by function: 1..4 address, count; 5, 6 address, value; 15, 16 address, values; 22 address,
--- and_mask, or_mask; 23 address, count, write_address, values; any other one data.
---@class msm.RequestOptions
---@field fc integer function code, 1..127
---@field address? integer 0..65535
---@field count? integer 1..125 registers or 1..2000 bits
---@field write_address? integer 0..65535
---@field value? boolean|integer true or false for a coil, 0..65535 for a register
---@field values? boolean[]|integer[] what value takes: up to 1968 bits or 123 registers
---@field and_mask? integer 0..65535
---@field or_mask? integer 0..65535
---@field data? string the bytes behind the function code, up to 252

--- Sends one request to a client's device, between its polls; the answer comes in a later scan. At most
--- 64 wait at a time. In tasks, on_start and on_stop.
---
---     local r = link:request { fc = 3, address = 0, count = 2 }
---@param options msm.RequestOptions
---@return msm.Request
function Link:request(options) end

--- Takes the communication up again.
function Link:start() end

--- Ends the communication until link:start(): a client's values turn stale, a server closes its
--- connections. At once, not at the end of the scan. In tasks, on_start and on_stop.
function Link:stop() end

--- A request of the script's own, and its answer. Read only.
---@class msm.Request
---@field bytes string|nil the answer's PDU
---@field done boolean the answer is here, or will never be
---@field error string|nil why there is no good answer; nil when all went well
---@field exception integer|nil the device's exception code
---@field values integer[]|boolean[]|nil what was read, counted from 1
