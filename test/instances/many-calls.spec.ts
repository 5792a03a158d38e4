import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPostgres } from '../support/database.ts';
import type { Cluster } from './cluster.ts';
import { callInLines, startCluster } from './many-calls.ts';

const LINES = 100;
/** The proof of the same name makes 100. */
const CALLS_OF_LINE = 25;

let cluster: Cluster;

beforeAll(async () => {
  if (isPostgres) cluster = await startCluster();
});
afterAll(() => cluster?.stop());

describe.runIf(isPostgres)('Thousands of accepted calls over three instances', () => {
  it('run once each, those of a line in the order in which they came', async () => {
    expect(await callInLines(cluster, LINES, CALLS_OF_LINE)).toEqual({
      refusals: [],
      effects: LINES * CALLS_OF_LINE,
      outOfOrder: [],
      executions: [{ status: 'succeeded', n: LINES * CALLS_OF_LINE }],
    });
  }, 480_000);
});
