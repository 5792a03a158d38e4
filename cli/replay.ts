import { type CliCommand, everyFlag, parsedFlags } from './cli-command.ts';
import { CliFailure, exitCodes, Refusal, usage } from './failures.ts';
import type { Server } from './server.ts';
import { executionLine, type ShownExecution } from './tail.ts';
import { isAgreed, note, say, sayColoured } from './terminal.ts';

const SHOWN_MAX = 20;
const COUNTED_MAX = 1_000;
const PAGE_SIZE = 100;

type Filter = Record<string, unknown>;

/** `signalbox replay`: runs recorded calls once more. */
export const replay: CliCommand = {
  summary: 'run recorded calls once more',
  help: `signalbox replay <executionId> …    runs these once more, each as a new execution
signalbox replay --key <key> …      runs what matches once more, the oldest first; replays themselves are left out

  --key <key>  --config-id <id>  --status <status>  --search <text>   which ones, as in the list of executions
  --from <time>  --to <time>   received between: ISO 8601, or a time ago such as 90s, 30m, 2h, 7d
  --limit <n>      at most so many
  --yes            does not ask before
  --url <address>  the server, instead of SIGNALBOX_URL

It shows what it will do and asks. It needs the permissions executions:read and executions:replay.

Example: signalbox replay --key order-paid --status dead --from 2h`,

  async run(args, connect) {
    const { values, positionals } = parsedFlags(
      args,
      {
        ...everyFlag,
        key: { type: 'string' },
        'config-id': { type: 'string' },
        status: { type: 'string' },
        search: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        limit: { type: 'string' },
        yes: { type: 'boolean' },
      },
      true,
    );
    if (values.help) return say(replay.help);
    const filter = filterOf(values);
    const isFiltered = Object.keys(filter).length > 0;
    if (positionals.length > 0 && (isFiltered || values.limit !== undefined))
      throw usage('Name executions or say which ones by flags, not both');
    if (positionals.length === 0 && !isFiltered)
      throw usage('Which executions? Name them, or say --key, --status, --from, --to or --search');
    const server = connect(values.url);
    if (positionals.length > 0) await replayNamed(server, positionals, values.yes === true);
    else
      await replayMatching(server, filter, {
        isSure: values.yes === true,
        limit: wholeNumber(values.limit, '--limit'),
      });
  },
};

function filterOf(values: Record<string, string | boolean | undefined>): Filter {
  const { key, status, search } = values;
  const text = (name: string) => values[name] as string | undefined;
  const configId = wholeNumber(text('config-id'), '--config-id');
  const from = timeOf(text('from'), '--from');
  const to = timeOf(text('to'), '--to');
  const all = { key, configId, status, search, from, to };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function wholeNumber(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usage(`${flag} takes a whole number from 1, not "${text}"`);
  return Number(text);
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** ISO 8601 as it is, `2h` as the time two hours ago. */
function timeOf(text: string | undefined, flag: string): string | undefined {
  const ago = /^(\d{1,6})([smhd])$/.exec(text ?? '');
  if (ago) return new Date(Date.now() - Number(ago[1]) * unitMs[ago[2]!]!).toISOString();
  if (text === undefined || /^\d{4}-\d\d-\d\dT/.test(text)) return text;
  throw usage(`${flag} takes a time such as 2026-01-31T12:00:00Z, or a time ago such as 2h, not "${text}"`);
}

async function replayNamed(server: Server, ids: readonly string[], isSure: boolean): Promise<void> {
  if (!isSure) {
    for (const id of ids)
      sayColoured(
        executionLine((await server.command<ShownExecution>('GetWebHookExecutionByIdQuery', { id })).data),
      );
    await mustBeAgreed(callsText(ids.length, true));
  }
  let failed = 0;
  for (const id of ids) {
    try {
      const { data } = await server.command<{ executionId: string }>('ReplayWebHookExecutionCommand', { id });
      say(`${id} → ${data.executionId}`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      failed++;
      note(`${id}: ${[error.message, ...error.details].join('; ')} (${error.code})`);
    }
  }
  if (failed > 0) throw new CliFailure(exitCodes.refused, `${failed} of ${ids.length} were not replayed`);
}

async function replayMatching(
  server: Server,
  wish: Filter,
  { isSure, limit }: { isSure: boolean; limit: number | undefined },
): Promise<void> {
  // What comes while it works is not what was agreed to.
  const filter = { to: new Date().toISOString(), ...wish };
  if (!isSure) {
    const { count, isAll } = await showMatching(server, filter);
    if (count === 0) return say('Nothing matches.');
    await mustBeAgreed(
      limit !== undefined && limit < count ? `the oldest ${limit} of them` : callsText(count, isAll),
    );
  }
  let accepted = 0;
  let skipped = 0;
  let cursor: string | null = null;
  for (let left = limit ?? Number.POSITIVE_INFINITY; left > 0;) {
    const { data }: { data: BulkReplay } = await server.command('ReplayWebHookExecutionsCommand', {
      ...filter,
      limit: Math.min(PAGE_SIZE, left),
      ...(cursor !== null && { cursor }),
    });
    for (const id of data.executionIds) say(id);
    accepted += data.accepted;
    skipped += data.skipped;
    left -= data.accepted + data.skipped;
    cursor = data.nextCursor;
    if (cursor === null) break;
  }
  note(`${accepted} replayed, ${skipped} left out (replays, or what cannot be repeated)`);
}

interface BulkReplay {
  accepted: number;
  skipped: number;
  executionIds: string[];
  nextCursor: string | null;
}

/** Shows the newest of what matches and counts the rest. */
async function showMatching(server: Server, filter: Filter): Promise<{ count: number; isAll: boolean }> {
  let count = 0;
  let cursor: string | null = null;
  do {
    const { data }: { data: { items: ShownExecution[]; nextCursor: string | null } } = await server.command(
      'GetWebHookExecutionListQuery',
      { ...filter, pageSize: PAGE_SIZE, ...(cursor !== null && { cursor }) },
    );
    // Replays are left out by the server too.
    const originals = data.items.filter(({ replayOf }) => replayOf === null);
    for (const execution of originals.slice(0, Math.max(0, SHOWN_MAX - count)))
      sayColoured(executionLine(execution));
    count += originals.length;
    cursor = data.nextCursor;
  } while (cursor !== null && count < COUNTED_MAX);
  if (count > SHOWN_MAX) say(`… and ${count - SHOWN_MAX}${cursor === null ? '' : ' or'} more`);
  return { count, isAll: cursor === null };
}

function callsText(count: number, isExact: boolean): string {
  return `${isExact ? '' : 'more than '}${count} ${count === 1 ? 'call' : 'calls'}`;
}

/** @throws where it is not. */
async function mustBeAgreed(which: string): Promise<void> {
  if (!(await isAgreed(`Run ${which} once more? What they do is done again.`)))
    throw new CliFailure(exitCodes.refused, 'Nothing was replayed');
}
