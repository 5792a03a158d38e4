import { answers } from './answers.ts';
import { constructorChains } from './constructor-chains.ts';
import { deepJson } from './deep-json.ts';
import { endlessWork } from './endless-work.ts';
import { stateBetweenConfigs, stateBetweenRuns } from './hidden-state.ts';
import { hostCalls } from './host-calls.ts';
import { hostPaths } from './host-paths.ts';
import type { HostileScript } from './hostile-script.ts';
import { hostileResults } from './hostile-results.ts';
import { hostileThrows } from './hostile-throws.ts';
import { hugeLogs, hugeResults } from './large-output.ts';
import { arrayBombs, bufferBombs, mapBombs, stringBombs } from './memory-bombs.ts';
import { endlessAwaits, microtaskFloods } from './microtask-floods.ts';
import { overrideMistake } from './override-mistake.ts';
import { prepareStackTrace } from './prepare-stack-trace.ts';
import { exchangedBuiltIns, prototypePollution } from './prototype-pollution.ts';
import { recursion } from './recursion.ts';
import { regularExpressions } from './regular-expressions.ts';
import { sourceText } from './source-text.ts';
import { thenables } from './thenables.ts';

/** Every attack there is. */
export const corpus: HostileScript[] = [
  ...constructorChains,
  ...hostileResults,
  ...hostileThrows,
  ...prepareStackTrace,
  ...thenables,
  ...hostCalls,
  ...microtaskFloods,
  ...endlessAwaits,
  ...stringBombs,
  ...arrayBombs,
  ...mapBombs,
  ...bufferBombs,
  ...regularExpressions,
  ...recursion,
  ...deepJson,
  ...hugeLogs,
  ...hugeResults,
  ...prototypePollution,
  ...exchangedBuiltIns,
  ...stateBetweenRuns,
  ...stateBetweenConfigs,
  ...hostPaths,
  ...overrideMistake,
  ...sourceText,
  ...endlessWork,
  ...answers,
];
