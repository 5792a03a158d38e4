import { badRefusals, lockRound } from '../crash/lock-round.ts';

/** Another process holds the database for so many seconds: nothing is acknowledged and lost, and all works again by itself. */
export async function prove({ seconds = 30 }: Record<string, number> = {}) {
  const round = await lockRound({ lockMs: seconds * 1000, callers: 20 });
  const slowest = Math.max(...round.probes.map(({ liveMs, readyMs }) => Math.max(liveMs, readyMs)));
  const faults = [
    ...round.faults,
    ...round.open,
    ...badRefusals(round.refusals).map((refusal) => `a refusal was ${JSON.stringify(refusal)}`),
  ];
  if (round.acknowledgedDuring > 0)
    faults.push(`${round.acknowledgedDuring} calls were acknowledged meanwhile`);
  if (round.unanswered > 0) faults.push(`${round.unanswered} calls got no answer`);
  if (round.readyAgainMs < 0 || round.acknowledgedAfter === 0) faults.push('the server did not recover');
  if (slowest > 2_500) faults.push(`health took ${Math.round(slowest)} ms`);
  if (faults.length > 0) throw new Error(faults.slice(0, 20).join('\n'));
  return {
    'seconds locked': seconds,
    'acknowledged before': round.acknowledgedBefore,
    'refused with 503': round.refusals.length,
    'acknowledged after': round.acknowledgedAfter,
    'slowest health answer, ms': Math.round(slowest),
    'ready again after, ms': round.readyAgainMs,
    'working again after, ms': round.workingAgainMs,
  };
}
