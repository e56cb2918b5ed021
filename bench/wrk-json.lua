-- wrk calls done() at the end of a run: its figures as one line of JSON, times in ms.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"rps":%.3f,"p50Ms":%.4f,"p99Ms":%.4f,"requests":%d,"failed":%d}\n',
    summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    summary.requests,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
