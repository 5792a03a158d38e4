/** Reads a worker's report as a verdict. */
import { FROM_WORKER, LOG_LEVELS, WORKER_LIMITS, type Frame } from './frames.ts';
import { decodeReport, type RunReport } from './frames-run.ts';
import type { ScriptJob } from './script-job.ts';
import type { ScriptVerdict } from './script-run.ts';

function verdictOf(type: number, report: RunReport): ScriptVerdict {
  const { text } = report;
  if (type === FROM_WORKER.returned) return { kind: 'returned', json: text };
  if (type === FROM_WORKER.threw) return { kind: 'threw', message: text };
  if (type === FROM_WORKER.unparsable) return { kind: 'unparsable-body', message: text };
  if (type === FROM_WORKER.limit) {
    return { kind: 'limit', limit: WORKER_LIMITS[report.status] ?? 'memory', message: text };
  }
  if (type === FROM_WORKER.responded) {
    const headers = JSON.parse(report.headersJson) as Record<string, string | string[]>;
    return { kind: 'responded', status: report.status, headers, body: text, bodyIsText: report.bodyIsText };
  }
  return { kind: 'unavailable', message: 'The run was given up' };
}

/** Settles the job with what its worker reported. */
export function settleWithReport(job: ScriptJob, frame: Frame): RunReport {
  const report = decodeReport(frame.payload);
  if (report.logsJson !== '') {
    for (const [level, text] of JSON.parse(report.logsJson) as [number, string][]) {
      job.logs.push({ level: LOG_LEVELS[level] ?? 'log', text });
    }
  }
  job.logsTruncated = report.logsTruncated;
  job.calls = report.calls;
  job.settle(verdictOf(frame.type, report));
  return report;
}

/** Keeps a line that was sent ahead of the report. */
export function keepLogLine(job: ScriptJob, frame: Frame): void {
  const text = frame.payload.toString('utf8');
  job.logs.push({ level: LOG_LEVELS[Number(text[0])] ?? 'log', text: text.slice(1) });
}
