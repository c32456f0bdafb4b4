-- One operation, over and over: wrk --script load.lua URL -- METHOD BODY CONTENT-TYPE FIRST SCRIPTS THREADS
-- BODY is a file; each TIME in it becomes four bytes that no other request has, counted from FIRST, and "SCRIPT" the number of
-- one of the scripts after the other.
-- The tokens, of people who ask by turns, come from the environment, where other users of the machine don't see them.
-- Each thread has scripts and people of its own: two who ask for the same wait for each other.

local threads = 0
local tokens = {}
local APART = 250000000

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

function init(args)
   wrk.method = args[1]
   for token in os.getenv("LOAD_TOKENS"):gmatch("%S+") do
      tokens[#tokens + 1] = "Bearer " .. token
   end
   tokens = own(tokens, tonumber(args[6]))
   local body
   if args[2] ~= "" then
      wrk.headers["Content-Type"] = args[3]
      local file = assert(io.open(args[2], "rb"))
      body = file:read("*a")
      file:close()
   end
   if body and (body:find("TIME", 1, true) or body:find('"SCRIPT"', 1, true)) then
      request = changing(body, tonumber(args[4]) + number * APART, args[5], tonumber(args[6]))
   else
      request = unchanging(body)
   end
end

-- What this thread, of all, has of a list.
function own(list, all)
   if #list < all then
      return list
   end
   local mine = {}
   for place = number + 1, #list, all do
      mine[#mine + 1] = list[place]
   end
   return mine
end

function of(token, body)
   wrk.headers["Authorization"] = token
   return wrk.format(nil, nil, nil, body)
end

function unchanging(body)
   local requests, count = {}, 0
   for place, token in ipairs(tokens) do
      requests[place] = of(token, body)
   end
   return function()
      count = count + 1
      return requests[count % #requests + 1]
   end
end

function changing(body, first, numbers, all)
   local scripts, count = {}, 0
   for script in numbers:gmatch("%d+") do
      scripts[#scripts + 1] = script
   end
   scripts = own(scripts, all)
   return function()
      count = count + 1
      local text = body:gsub("TIME", { TIME = bytes(first + count) })
      text = text:gsub('"SCRIPT"', scripts[count % #scripts + 1] or "")
      return of(tokens[count % #tokens + 1], text)
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
