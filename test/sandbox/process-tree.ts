import { readFileSync, readdirSync } from 'node:fs';

/** What a process and all that descends from it hold of the machine. */
export interface Holdings {
  processes: number;
  threads: number;
  handles: number;
  residentMb: number;
}

const PAGES_PER_MB = 256;

function listed(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function parentOf(pid: string): string | null {
  try {
    // The name of a process may hold spaces and brackets: the fields begin after the last one.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? null;
  } catch {
    return null;
  }
}

function residentPages(pid: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ', 2)[1]);
  } catch {
    return 0;
  }
}

function treeOf(root: number): string[] {
  const children = Map.groupBy(
    listed('/proc').filter((name) => /^\d+$/.test(name)),
    parentOf,
  );
  const tree = [String(root)];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Counts at this moment; Linux only. */
export function holdingsOf(root: number): Holdings {
  const tree = treeOf(root);
  const sum = (count: (pid: string) => number) => tree.reduce((total, pid) => total + count(pid), 0);
  return {
    processes: tree.length,
    threads: sum((pid) => listed(`/proc/${pid}/task`).length),
    handles: sum((pid) => listed(`/proc/${pid}/fd`).length),
    residentMb: Math.round(sum(residentPages) / PAGES_PER_MB),
  };
}
