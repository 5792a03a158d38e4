/** What one row must reach. */
export interface Target {
  what: string;
  row: string;
  /** The peer it is compared with; without it the measure itself counts. */
  against?: string;
  connections?: number;
  measure: 'callsPerSecond' | 'p99Ms' | 'rssPeakMiB' | 'readyMs';
  /** At least this, unless the measure is one where less is better. */
  floor?: number;
  goal: number;
}

/** A floor fails the run; a goal is only shown. */
export const targets: Target[] = [
  ratio('native', 'fastify', 50, { floor: 0.5, goal: 0.55 }),
  ratio('script', 'fastify', 50, { floor: 0.36, goal: 0.4 }),
  ratio('script', 'node-red', 50, { floor: 1.05, goal: 1.2 }),
  ratio('script', 'fastify', 200, { floor: 0.45, goal: 0.5 }),
  ratio('script', 'node-red', 200, { floor: 1.8, goal: 2 }),
  ratio('script', 'bare-parts', 50, { goal: 0.8 }),
  ratio('script', 'bare-parts', 200, { goal: 0.8 }),
  tail(50),
  tail(200),
  ...['native', 'script'].flatMap(footprint),
];

function ratio(
  row: string,
  against: string,
  connections: number,
  limits: Pick<Target, 'floor' | 'goal'>,
): Target {
  const what = `${row}: calls/s of ${against}'s, ${connections} connections`;
  return { what, row, against, connections, measure: 'callsPerSecond', ...limits };
}

function tail(connections: number): Target {
  const what = `script: p99 of node-red's, ${connections} connections`;
  return { what, row: 'script', against: 'node-red', connections, measure: 'p99Ms', goal: 1 };
}

function footprint(row: string): Target[] {
  return [
    { what: `${row}: peak RSS of the process tree, MiB`, row, measure: 'rssPeakMiB', goal: 350 },
    { what: `${row}: ready on an empty database, ms`, row, measure: 'readyMs', goal: 2000 },
  ];
}

/** Whether less is better. */
export function isLessBetter({ measure }: Target): boolean {
  return measure !== 'callsPerSecond';
}
