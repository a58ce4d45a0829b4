---@meta msm.core
--- require "msm.core", for the editor: what the library's blocks need of the host, and blocks of one's
--- own may use.

local core = {}

--- What the declarations ask for: a table of limits for each variable that has some, and { link = name }
--- for each link to a device. When the body has run.
---@return table[]
---@nodiscard
function core.alarms() end

--- What everybody sees of an alarm from now on.
---@param index integer its place among all alarms, from 1
---@param row msm.alarm.Row
function core.alarm_row(index, row) end

--- Something happened to an alarm: name, what, text, priority, level, value, who, reason.
---@param event table
function core.alarm_event(event) end

--- The script has alarms. Body only.
function core.has_alarms() end

--- Raises the text at the innermost line that the user can change.
---@param text string
function core.complain(text) end

--- Whether the script's body runs.
---@return boolean
---@nodiscard
function core.declaring() end

--- What the running task was given as its dt, seconds; 0 outside of tasks.
---@return number
---@nodiscard
function core.dt() end

--- Whether all of them are numbers, and neither NaN nor infinite.
---@param ... any
---@return boolean
---@nodiscard
function core.finite(...) end

--- What each call of a block begins with.
---@param keep table a keep
---@return any assignments its field of that name
---@return integer|false turn the scan in which a task runs; false outside of tasks
---@nodiscard
function core.enter(keep) end

--- Fields of a keep, in one go.
---@param keep table a keep
---@param ... string names of fields
---@return any ... their values
---@nodiscard
function core.read(keep, ...) end

--- Sets fields of a keep in one go: "name", value, "name", value, …
---@param keep table a keep
---@param ... any
function core.write(keep, ...) end

--- A page for the browser, as msm.ui makes them. Body only.
---@param title string its own among the pages
---@param json string what the browser gets
---@param uses table[] what it names of the program
function core.page(title, json, uses) end

--- A duration in seconds. Raises for what is none, with `what` in front.
---@param duration msm.Duration
---@param what? string
---@return number seconds
---@nodiscard
function core.duration(duration, what) end

--- "tank.lua:12": the innermost line that the user can change. Body only.
---@param what? string what was called, for the error outside of the body
---@return string
---@nodiscard
function core.line(what) end

--- What `msm check` says of the innermost line that the user can change: no error, and hardly meant.
--- Body only.
---@param text string
function core.remark(text) end

--- The word of the list that was most likely meant.
---@param word string
---@param list string[]
---@return string|nil
---@nodiscard
function core.nearest(word, list) end

--- How this program came to run.
---@return "cold"|"restart"|"reload"
---@nodiscard
function core.why() end

--- Lines for a file in the state folder.
---@class msm.File

--- Lines for "PROGRAM.name.csv" in the state folder; `files` full ones are kept. Body only.
---@param name string letters, digits, _ and -
---@param header string its first line
---@param size integer bytes, after which a new file is begun
---@param files integer full ones that are kept, 1..1000
---@param turn number a new one is begun at each multiple of so many seconds in UTC; 0: by size only
---@return msm.File
---@nodiscard
function core.file(name, header, size, files, turn) end

--- How many lines are in the file, and how many were lost, since the program was loaded.
---@param file msm.File
---@return integer written
---@return integer lost
---@nodiscard
function core.lines(file) end

--- Puts a line on its way into the file; not in the body.
---@param file msm.File
---@param line string
---@return boolean queued false where there is no room for it just now, which is counted
function core.put(file, line) end

return core
