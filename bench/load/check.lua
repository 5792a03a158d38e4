-- wrk's script: posts one body, checks every answer's status and content.
-- Arguments: the file of the body, the text each answer must contain, the status it must have.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local file = assert(io.open(args[1], 'rb'))
  wrk.method = 'POST'
  wrk.body = file:read('*a')
  wrk.headers['Content-Type'] = 'application/json'
  file:close()
  expected = args[2]
  expectedStatus = tonumber(args[3])
  wrong = 0
end

function response(status, headers, body)
  if status ~= expectedStatus or not string.find(body, expected, 1, true) then
    wrong = wrong + 1
  end
end

function done(summary, latency)
  local total = 0
  for _, thread in ipairs(threads) do
    total = total + thread:get('wrong')
  end
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    'RESULT {"calls":%d,"seconds":%.6f,"p50Ms":%.3f,"p99Ms":%.3f,"wrong":%d,"errors":%d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, total, errors))
end
