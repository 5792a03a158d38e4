import { notificationLoad } from '../integrations/notification-load.ts';

/** So many notifications a second are acknowledged in time, and each is counted and run once afterwards. */
export async function prove({ rate = 1_000, seconds = 60, ms = 100 }: Record<string, number> = {}) {
  const load = await notificationLoad(rate, seconds);
  const at = (share: number, of = load.latencies) => of[Math.ceil(of.length * share) - 1] ?? Infinity;
  const faults: string[] = [];
  for (const name of ['acknowledged', 'notifications', 'counted', 'effects', 'events', 'succeeded'] as const)
    if (load[name] !== load.sent) faults.push(`${name}: ${load[name]} of ${load.sent}`);
  if (load.jobs > 0) faults.push(`${load.jobs} jobs are left`);
  if (at(0.99) > ms)
    faults.push(`p99 is ${at(0.99).toFixed(1)} ms, p50 ${at(0.5).toFixed(1)} ms, more than ${ms}`);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return {
    'notifications a second': rate,
    seconds,
    acknowledged: load.acknowledged,
    'p50, ms': at(0.5).toFixed(1),
    'p99, ms': at(0.99).toFixed(1),
    'longest, ms': at(1).toFixed(1),
    'p99 of the first second after the start, ms': at(0.99, load.latenciesAtFirst).toFixed(1),
    'all had run after, s': load.drainSeconds.toFixed(1),
    'run a second, from first to last': Math.round(load.sent / (load.seconds + load.drainSeconds)),
  };
}
