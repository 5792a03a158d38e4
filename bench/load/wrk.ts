import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTurn } from '../servers/server.ts';
import type { Target } from '../servers/server.ts';
import type { LoadPlan, LoadResult, LoadTool } from './load.ts';
import { freshPrefix } from '../workload.ts';
import { runTool } from './tool-process.ts';

const checkScript = join(import.meta.dirname, 'check.lua');

/** wrk with one thread for each address, if it is installed; its Lua script checks every answer. */
export function findWrk(folder: string): LoadTool | undefined {
  const { stdout, error } = spawnSync('wrk', ['-v'], { encoding: 'utf8' });
  if (error !== undefined) return undefined;
  const version = /wrk (\S+)/.exec(stdout)?.[1] ?? '';
  return {
    title: `wrk ${version}, 1 thread per server process`,
    run: (target, plan, onPid) => runWrk(folder, { target, plan, onPid }),
  };
}

interface WrkRun {
  target: Target;
  plan: LoadPlan;
  onPid: (pid: number) => void;
}

async function runWrk(folder: string, { target, plan, onPid }: WrkRun): Promise<LoadResult> {
  const scratch = mkdtempSync(join(folder, 'wrk-'));
  const bodyFile = join(scratch, 'body.json');
  writeFileSync(bodyFile, target.exchange.body);
  // wrk gives no thread less than one connection.
  const urls = target.urls.slice(0, plan.connections);
  const env = { ADDRESSES: urls.map((url) => new URL(url).host).join(' ') };
  const args = [
    '-t',
    String(urls.length),
    '-c',
    String(plan.connections),
    '-d',
    `${plan.seconds}s`,
    '--timeout',
    '20s',
  ];
  const { expect, standIn } = target.exchange;
  args.push('-s', checkScript, inTurn(target.urls, 0), '--', bodyFile, expect, String(target.status));
  if (standIn !== undefined) args.push(standIn, freshPrefix());
  try {
    return await runTool({ command: 'wrk', args, env }, plan.seconds, onPid);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
