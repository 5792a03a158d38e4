/** One system call as strace tells it: when it began and when it returned, in microseconds. */
export interface Syscall {
  name: string;
  text: string;
  beganUs: number;
  endedUs: number;
}

const LINE = /^(\d+)\s+(\d+)\.(\d{6})\s+(.*)$/;

/** Reads a log of `strace -f -ttt -T`; a call that was interrupted by others' lines is put together again. */
export function syscallsOf(log: string): Syscall[] {
  const calls: Syscall[] = [];
  const unfinished = new Map<string, Syscall>();
  for (const line of log.split('\n')) {
    const found = LINE.exec(line);
    if (!found) continue;
    const [, pid = '', seconds, micros, rest = ''] = found;
    const at = Number(seconds) * 1_000_000 + Number(micros);
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest);
    if (resumed) {
      const call = unfinished.get(pid);
      unfinished.delete(pid);
      if (call) calls.push({ ...call, text: call.text + (resumed[2] ?? ''), endedUs: at });
      continue;
    }
    const name = /^(\w+)\(/.exec(rest)?.[1];
    if (!name) continue;
    const tookUs = Math.round(Number(/<([\d.]+)>$/.exec(rest)?.[1] ?? 0) * 1_000_000);
    const call = { name, text: rest, beganUs: at, endedUs: at + tookUs };
    if (rest.endsWith('<unfinished ...>')) unfinished.set(pid, call);
    else calls.push(call);
  }
  return calls.sort((one, other) => one.beganUs - other.beganUs);
}
