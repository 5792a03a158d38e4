import { callInLines, startCluster } from '../instances/many-calls.ts';
import type { PostgresServer } from '../support/postgres/postgres-server.ts';

/** Calls that three instances accept in lines run once each, those of a line in the order in which they came. */
export async function prove(
  { lines = 100, calls = 10_000 }: Record<string, number>,
  server: PostgresServer | null,
) {
  if (!server)
    throw new Error('This is about PostgreSQL: TEST_DATABASE=postgres npm run prove -- many-calls');
  const callsOfLine = Math.ceil(calls / lines);
  const cluster = await startCluster();
  try {
    const { refusals, effects, outOfOrder, executions } = await callInLines(cluster, lines, callsOfLine);
    const succeeded = executions.find(({ status }) => status === 'succeeded')?.n ?? 0;
    const accepted = lines * callsOfLine;
    if (refusals.length > 0) throw new Error(`${refusals.length} were refused: ${refusals[0]}`);
    if (effects !== accepted || outOfOrder.length > 0 || executions.length !== 1 || succeeded !== accepted)
      throw new Error(
        `${effects} effects, out of order: ${outOfOrder.join()}, ${JSON.stringify(executions)}`,
      );
    return { lines, accepted, effects, succeeded, 'lines out of order': 0 };
  } finally {
    await cluster.stop();
  }
}
