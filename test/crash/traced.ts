import { spawnSync } from 'node:child_process';
import { Signalbox } from '../support/signalbox.ts';
import { descendantsOf } from './aftermath.ts';

const TRACER = 'strace';

/** A server below strace. */
export interface Traced {
  signalbox: Signalbox;
  /** Of the server: strace keeps signals to itself. */
  pid: number;
  /** Ends it by SIGTERM. */
  stop(): Promise<void>;
}

/** Starts the product with its system calls watched or changed. @param options of strace, beside -f. */
export async function startTraced(
  options: readonly string[],
  { dataFolder, apiKey }: { dataFolder: string; apiKey?: string },
): Promise<Traced> {
  const isThere = spawnSync(TRACER, ['-V']).status === 0;
  if (!isThere) throw new Error('This spec watches system calls: install strace (apt-get install strace)');
  const wrapper = [TRACER, '-f', '--seccomp-bpf', ...options];
  const env: Record<string, string> = apiKey === undefined ? {} : { ADMIN_API_KEY: apiKey };
  const signalbox = await Signalbox.start({ dataFolder, wrapper, env });
  const pid = descendantsOf(signalbox.child.pid!)[0]!;
  const stop = async (): Promise<void> => {
    process.kill(pid, 'SIGTERM');
    await signalbox.stop();
  };
  return { signalbox, pid, stop };
}
