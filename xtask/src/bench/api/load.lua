-- One operation, over and over: wrk --script load.lua URL -- METHOD BODY CONTENT-TYPE FIRST SCRIPTS
-- BODY is a file; each TIME in it becomes four bytes that no other request has, counted from FIRST, and "SCRIPT" the number of
-- one of the scripts after the other.
-- The token comes from the environment, where other users of the machine don't see it.

local threads = 0
local APART = 250000000

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

function init(args)
   wrk.method = args[1]
   wrk.headers["Authorization"] = "Bearer " .. os.getenv("LOAD_TOKEN")
   if args[2] == "" then
      return
   end
   wrk.headers["Content-Type"] = args[3]
   local file = assert(io.open(args[2], "rb"))
   local body = file:read("*a")
   file:close()
   if not body:find("TIME", 1, true) and not body:find('"SCRIPT"', 1, true) then
      wrk.body = body
      return
   end
   local scripts = {}
   for script in args[5]:gmatch("%d+") do
      scripts[#scripts + 1] = script
   end
   local count = 0
   request = function()
      count = count + 1
      local text = body:gsub("TIME", { TIME = bytes(tonumber(args[4]) + number * APART + count) })
      return wrk.format(nil, nil, nil, (text:gsub('"SCRIPT"', scripts[count % #scripts + 1] or "")))
   end
end

-- A number of 32 bits, the largest bits first.
function bytes(value)
   return string.char(
      math.floor(value / 16777216) % 256, math.floor(value / 65536) % 256,
      math.floor(value / 256) % 256, value % 256)
end

-- As the last line, for a program to read. Times are in microseconds.
function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '{"requests":%d,"duration":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d,"late":%d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.status, errors.connect + errors.read + errors.write, errors.timeout))
end
