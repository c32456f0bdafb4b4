-- One operation, over and over: wrk --script load.lua URL -- METHOD BODY CONTENT-TYPE FIRST
-- BODY is a file; each TIME in it becomes four bytes that no other request has, counted from FIRST.
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
   if not body:find("TIME", 1, true) then
      wrk.body = body
      return
   end
   local time = tonumber(args[4]) + number * APART
   request = function()
      time = time + 1
      local bytes = string.char(
         math.floor(time / 16777216) % 256, math.floor(time / 65536) % 256,
         math.floor(time / 256) % 256, time % 256)
      return wrk.format(nil, nil, nil, (body:gsub("TIME", { TIME = bytes })))
   end
end

-- As the last line, for a program to read. Times are in microseconds.
function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '{"requests":%d,"duration":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d,"late":%d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.status, errors.connect + errors.read + errors.write, errors.timeout))
end
