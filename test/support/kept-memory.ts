import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const CALLS_BEFORE = 2_000;
const CALLS = 20_000;
const CALLS_PER_COLLECTION = 500;

/**
 * What 20,000 calls leave in memory in bytes when only the young are collected, after all was collected once: that made
 * old what was under way then, and what is old keeps what it points to until all is collected again.
 */
export function keptAfterCollections(call: (n: number) => void): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { type: 'minor' | 'major' }) => void;
  const run = (calls: number) => {
    for (let n = 0; n < calls; n++) {
      call(n);
      if (n % CALLS_PER_COLLECTION === 0) collect({ type: 'minor' });
    }
  };
  run(CALLS_BEFORE);
  collect({ type: 'major' });
  const before = held();
  run(CALLS);
  collect({ type: 'minor' });
  collect({ type: 'minor' });
  return held() - before;
}

function held(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
