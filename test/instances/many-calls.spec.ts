import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPostgres } from '../support/database.ts';
import type { Cluster } from './cluster.ts';
import { callInLines, startCluster } from './many-calls.ts';

/** 10,000 are `npm run prove -- many-calls`. */
const LINES = 100;
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
