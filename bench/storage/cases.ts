import { randomBytes } from 'node:crypto';
import { configKey, orderExchange, scriptText } from '../workload.ts';

/** Calls whose records are measured. */
export interface StorageCase {
  title: string;
  /** The config's fields besides key, description, isEnabled, path and action. */
  config: Record<string, unknown>;
  status: number;
  /** The n-th body, 1 KiB. */
  body(n: number): string;
}

const script = { executionType: 2, executionCode: scriptText };

/** Another order each: ids, items and prices differ, names repeat, as in most people's JSON. */
const order = (n: number): string => orderExchange(n).body;

/** As long, but for 64 bytes without anything that a compression could find. */
function noise(n: number): string {
  const head = `{"key":"${configKey}","id":"ord-${String(n).padStart(8, '0')}","items":[],"note":"`;
  return `${head}${randomBytes(720).toString('base64')}"}`;
}

/** One row of the table for each. */
export const cases: readonly StorageCase[] = [
  {
    title: 'native command, orders',
    config: { executionType: 0, commandName: 'LookupWebHookByKeyCommand' },
    status: 200,
    body: order,
  },
  { title: 'script, orders', config: script, status: 200, body: order },
  { title: 'script, noise', config: script, status: 200, body: noise },
  {
    title: 'script with an idempotency key, orders',
    config: { ...script, idempotency: { key: '=request.body.id' } },
    status: 200,
    body: order,
  },
  {
    title: 'script accepted and run afterwards, orders',
    config: { ...script, responseMode: 'async' },
    status: 202,
    body: order,
  },
];
