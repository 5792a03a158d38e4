-- wrk's script: posts a body, checks every answer's status and content.
-- Arguments: the file of the body, the text each answer must contain, the status it must have. With two more, the
-- stand-in and the prefix of what takes its place, each request has another text there, and an answer whose expected text
-- has the stand-in must have a text that was sent and not answered yet.
-- ADDRESSES, in the environment because setup sees no arguments: a host and port for each thread.
local threads = {}
local addresses = string.gmatch(os.getenv('ADDRESSES'), '%S+')

function setup(thread)
  table.insert(threads, thread)
  local address = addresses()
  local host, port = string.match(address, '^(.*):(%d+)$')
  thread.addr = wrk.lookup(host, port)[1]
  thread:set('threadNumber', #threads)
  thread:set('address', address)
end

-- The text before and after the stand-in; nil where it does not occur.
local function cut(text, standIn)
  local from, to = string.find(text, standIn, 1, true)
  if not from then return nil end
  return string.sub(text, 1, from - 1), string.sub(text, to + 1)
end

local function isExpected(body)
  return string.find(body, expected, 1, true) ~= nil
end

local function vary(standIn, prefix)
  prefix = prefix .. threadNumber .. '-'
  local digits = #standIn - #prefix
  assert(digits >= 6, 'the stand-in is too short')
  local pattern = '%s%0' .. digits .. 'd%s'
  local before, after = cut(wrk.format(), standIn)
  local expectedBefore, expectedAfter = cut(expected, standIn)
  local sent = 0
  local open = {}
  before = before .. prefix

  function request()
    sent = sent + 1
    open[sent] = true
    return string.format(pattern, before, sent, after)
  end

  if not expectedBefore then return end
  expectedBefore = expectedBefore .. prefix
  isExpected = function(body)
    local _, at = string.find(body, expectedBefore, 1, true)
    if not at then return false end
    local n = tonumber(string.sub(body, at + 1, at + digits))
    if n == nil or not open[n] then return false end
    open[n] = nil
    at = at + digits + 1
    return string.sub(body, at, at + #expectedAfter - 1) == expectedAfter
  end
end

function init(args)
  local file = assert(io.open(args[1], 'rb'))
  wrk.method = 'POST'
  wrk.body = file:read('*a')
  wrk.headers['Content-Type'] = 'application/json'
  wrk.headers['Host'] = address
  file:close()
  expected = args[2]
  expectedStatus = tonumber(args[3])
  wrong = 0
  if args[4] then vary(args[4], args[5]) end
end

function response(status, headers, body)
  if status ~= expectedStatus or not isExpected(body) then
    wrong = wrong + 1
    firstWrong = firstWrong or status .. ' ' .. string.sub(body, 1, 500)
  end
end

local function quoted(text)
  local escaped = string.gsub(text, '[%c"\\]', function(character)
    return string.format('\\u%04x', string.byte(character))
  end)
  return '"' .. escaped .. '"'
end

function done(summary, latency)
  local total = 0
  local example
  for _, thread in ipairs(threads) do
    total = total + thread:get('wrong')
    example = example or thread:get('firstWrong')
  end
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    'RESULT {"calls":%d,"seconds":%.6f,"p50Ms":%.3f,"p99Ms":%.3f,"wrong":%d,"errors":%d%s}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, total, errors,
    example and ',"firstWrong":' .. quoted(example) or ''))
end
