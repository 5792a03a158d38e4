import { spawn } from 'node:child_process';
import type { LoadResult } from './load.ts';

const marker = 'RESULT ';

interface ToolCommand {
  command: string;
  args: string[];
  /** Beside this process's environment. */
  env?: Record<string, string>;
}

/** Runs a load tool to its end and reads the line of JSON it prints after `RESULT `. */
export function runTool(
  { command, args, env }: ToolCommand,
  seconds: number,
  onPid: (pid: number) => void,
): Promise<LoadResult> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: (seconds + 30) * 1000,
      killSignal: 'SIGKILL',
    });
    let output = '';
    const keep = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', fail);
    if (child.pid !== undefined) onPid(child.pid);
    child.once('close', (code) => {
      const line = output.split('\n').find((text) => text.startsWith(marker));
      if (code === 0 && line !== undefined) done(JSON.parse(line.slice(marker.length)) as LoadResult);
      else fail(new Error(`${command} ended with code ${String(code)}\n${output.slice(-2000)}`));
    });
  });
}
