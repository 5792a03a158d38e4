import { excessOver, runBeside } from '../sandbox/hostile-load.ts';
import { Signalbox } from '../support/signalbox.ts';

const P99_MS_MAX = 100;

/** One hostile script a second, rotating, beside 50 good calls a second: none of them fails or is late, and nothing stays behind. */
export async function prove({ minutes = 10 }: Record<string, number> = {}) {
  const seconds = Math.round(minutes * 60);
  const signalbox = await Signalbox.start();
  const figures = await runBeside(signalbox, seconds).finally(() => signalbox.stop());
  const { good, failures, hostile, p50, p99, max, before, after } = figures;
  const shown = {
    minutes,
    'hostile scripts': hostile,
    'good calls': good,
    'good calls that failed': failures.length,
    'p50 ms': p50,
    'p99 ms': p99,
    'longest ms': max,
    'processes before': before.processes,
    'processes after': after.processes,
    'threads before': before.threads,
    'threads after': after.threads,
    'handles before': before.handles,
    'handles after': after.handles,
    'resident MB before': before.residentMb,
    'resident MB after': after.residentMb,
  };
  const faults = [...failures, ...excessOver(before, after)];
  if (good !== seconds * 50) faults.push(`${good} good calls instead of ${seconds * 50}`);
  if (p99 > P99_MS_MAX) faults.push(`the p99 of the good calls is ${p99} ms`);
  if (faults.length > 0) throw new Error([...faults.slice(0, 20), JSON.stringify(shown)].join('\n'));
  return shown;
}
