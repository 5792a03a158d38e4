import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Target } from '../servers/server.ts';
import type { LoadPlan, LoadResult, LoadTool } from './load.ts';
import { FreshCalls } from './fresh-calls.ts';
import { runTool } from './tool-process.ts';

interface CannonOptions {
  url: string[];
  method: 'POST';
  headers: Record<string, string>;
  body: string;
  requests?: { setupRequest(request: CannonRequest): CannonRequest }[];
  connections: number;
  duration: number;
  timeout: number;
  verifyBody: (body: string) => boolean;
}

interface CannonRequest {
  body: string;
}

interface CannonResult {
  duration: number;
  errors: number;
  mismatches: number;
  latency: { p50: number; p99: number };
  requests: { total: number };
  statusCodeStats: Record<string, { count: number }>;
}

type Cannon = (options: CannonOptions) => Promise<CannonResult>;

const require = createRequire(import.meta.url);
const childScript = fileURLToPath(import.meta.resolve('./autocannon-child.ts'));

/** autocannon, for machines without wrk; latencies are in whole milliseconds. */
export function findAutocannon(): LoadTool {
  const { version } = require('autocannon/package.json') as { version: string };
  return {
    title: `autocannon ${version}`,
    run: (target, plan, onPid) =>
      runTool(
        { command: process.execPath, args: [childScript, JSON.stringify({ target, plan })] },
        plan.seconds,
        onPid,
      ),
  };
}

/** Makes the calls, in a process of its own, so that its CPU is nobody else's. */
export async function fireAutocannon(target: Target, plan: LoadPlan): Promise<LoadResult> {
  const autocannon = require('autocannon') as Cannon;
  const fresh = target.exchange.standIn === undefined ? undefined : new FreshCalls(target.exchange);
  let firstWrong: string | undefined;
  const isExpected = (body: string): boolean => {
    const isRight = fresh ? fresh.isExpected(body) : body.includes(target.exchange.expect);
    if (!isRight) firstWrong ??= body.slice(0, 500);
    return isRight;
  };
  const result = await autocannon({
    url: target.urls,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: target.exchange.body,
    ...(fresh && { requests: [{ setupRequest: (request) => ({ ...request, body: fresh.nextBody() }) }] }),
    connections: plan.connections,
    duration: plan.seconds,
    timeout: 20,
    verifyBody: isExpected,
  });
  const calls = result.requests.total;
  const right = result.statusCodeStats[String(target.status)]?.count ?? 0;
  return {
    calls,
    seconds: result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    wrong: Math.max(result.mismatches, calls - right),
    errors: result.errors,
    ...(firstWrong !== undefined && { firstWrong }),
  };
}
