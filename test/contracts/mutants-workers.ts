import type { Mutant } from './mutants.ts';

/** Ways to break what holds the worker processes together, and what calls leave behind. */
export const workerMutants: readonly Mutant[] = [
  {
    name: 'a worker that finds its server gone leaves the others in their loops',
    file: 'src/platform/worker-end.ts',
    find: "process.kill(pid, 'SIGKILL');",
    replacement: 'void pid;',
    spec: 'test/sandbox/orphans.spec.ts',
  },
  {
    name: 'frames overtake what the system has not taken yet',
    file: 'src/platform/worker-channel.ts',
    find: 'const sent = this.#isBehind ? 0 : this.#sendNow(buffer, bytes);',
    replacement: 'const sent = this.#isBehind && bytes === 0 ? 0 : this.#sendNow(buffer, bytes);',
    spec: 'src/platform/worker-channel.spec.ts',
  },
  {
    name: 'a deadline that was met leads to those that came after it',
    file: 'src/platform/deadlines.ts',
    find: 'entry.earlier = entry.later = null;',
    replacement: '',
    spec: 'src/platform/deadlines.spec.ts',
    tests: 'keep nothing of what was done in time',
  },
  {
    name: 'a script may mark the getter that all contexts share',
    file: 'src/engines/script/realm/realm-run.ts',
    find: 'get: Object.freeze(() => host.bodyBase64(0))',
    replacement: 'get: () => host.bodyBase64(0)',
    spec: 'src/engines/script/script-isolation.spec.ts',
    tests: 'the getter behind the context',
  },
  {
    name: 'a run keeps the limits of the one before it',
    file: 'src/engines/script/worker/program.ts',
    find: 'this.#logCharsMax === logCharsMax && this.#resultCharsMax === resultCharsMax',
    replacement: 'this.#logCharsMax > 0 && this.#resultCharsMax > 0',
    spec: 'src/engines/script/script-limits.spec.ts',
    tests: 'limits of its own run',
  },
  {
    name: 'an expression is charged with the time that others had the processor',
    file: 'src/platform/work-meter.ts',
    find: 'Math.min(seenMs, ranMs - this.#first.ranMs)',
    replacement: 'seenMs',
    spec: 'src/engines/expression/expression-limits.spec.ts',
    tests: 'his worker got no processor',
  },
];
