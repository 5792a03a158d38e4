import { type CliCommand, everyFlag, parsedFlags } from './cli-command.ts';
import { EventStreamReader, type StreamEvent } from './event-stream.ts';
import { CliFailure, exitCodes, Refusal, usage } from './failures.ts';
import type { Server } from './server.ts';
import { type Colour, coloured, note, safeLine, say, sayColoured } from './terminal.ts';

/** The server gives a sign of life every 15 s; whoever is silent for three of them is gone. */
const SILENCE_MS_MAX = 45_000;
const RETRY_MS = 2_000;
const RETRY_MS_MAX = 30_000;
const failedStatuses = ['failed', 'dead'];

/** An execution as lists and the stream show it. */
export interface ShownExecution {
  id: string;
  key: string;
  method: string;
  path: string;
  status: string;
  code: string | null;
  answerStatus: number | null;
  receivedAt: string;
  finishedAt: string | null;
  durationMs: number | null;
  attempt: number;
  replayOf: string | null;
}

interface Wish {
  query: string;
  onlyFailed: boolean;
  isRaw: boolean;
}

/** `signalbox tail`: follows what is going on. */
export const tail: CliCommand = {
  summary: 'follow the executions as they come',
  help: `signalbox tail   prints a line for each change of an execution: when it is recorded and when it ends

  --key <key>        of one configuration
  --status <status>  received, running, succeeded, failed, dead, ignored or rejected
  --failed           failed and dead ones
  --json             the whole event, one JSON object a line
  --url <address>    the server, instead of SIGNALBOX_URL

After a cut it comes again and goes on where it was. It needs the permission executions:read.`,

  async run(args, connect) {
    const { values } = parsedFlags(args, {
      ...everyFlag,
      key: { type: 'string' },
      status: { type: 'string' },
      failed: { type: 'boolean' },
      json: { type: 'boolean' },
    });
    if (values.help) return say(tail.help);
    if (values.failed && values.status !== undefined)
      throw usage('--failed and --status exclude one another');
    const query = new URLSearchParams();
    if (values.key !== undefined) query.set('key', values.key);
    if (values.status !== undefined) query.set('status', values.status);
    await follow(connect(values.url), {
      query: query.toString(),
      onlyFailed: values.failed === true,
      isRaw: values.json === true,
    });
  },
};

/** Until somebody ends it, or the server says that it may not be. */
async function follow(server: Server, wish: Wish): Promise<never> {
  const reader = new EventStreamReader();
  let wasThere = false;
  let waitMs = RETRY_MS;
  for (;;) {
    try {
      for await (const event of eventsOf(server, reader, wish.query)) {
        if (event === 'open') {
          if (!wasThere) note(`Following ${server.url}; Ctrl+C ends it`);
          else note('Connected again');
          wasThere = true;
          waitMs = reader.retryMs ?? RETRY_MS;
        } else show(event, wish);
      }
      note('The server ended the stream; coming again');
    } catch (error) {
      if (isFinal(error, wasThere)) throw error;
      note(`${(error as Error).message}; trying again in ${Math.round(waitMs / 1000)} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    waitMs = Math.min(waitMs * 2, RETRY_MS_MAX);
  }
}

/** A cut is waited for; a refusal, or an address that never answered, is not. */
function isFinal(error: unknown, wasThere: boolean): boolean {
  if (error instanceof Refusal) return !/\.(unavailable|too-many-streams)$/.test(error.code);
  if (error instanceof CliFailure) return error.exitCode !== exitCodes.unreachable || !wasThere;
  return false;
}

async function* eventsOf(
  server: Server,
  reader: EventStreamReader,
  query: string,
): AsyncGenerator<StreamEvent | 'open'> {
  const cut = new AbortController();
  const headers = {
    accept: 'text/event-stream',
    ...(reader.lastEventId && { 'last-event-id': reader.lastEventId }),
  };
  const watch = setTimeout(() => cut.abort(new Error('The connection has fallen silent')), SILENCE_MS_MAX);
  try {
    const response = await server.stream(`api/executions/stream${query && `?${query}`}`, headers, cut.signal);
    reader.restart();
    yield 'open';
    const decoder = new TextDecoder();
    for await (const bytes of response.body!) {
      watch.refresh();
      yield* reader.take(decoder.decode(bytes as Uint8Array, { stream: true }));
    }
  } finally {
    clearTimeout(watch);
    cut.abort();
  }
}

function show({ event, data }: StreamEvent, { onlyFailed, isRaw }: Wish): void {
  if (event === 'reset') {
    note(
      'Some changes in between are not kept any more: signalbox cmd GetWebHookExecutionListQuery has them',
    );
    return;
  }
  if (event !== 'execution') return;
  const execution = JSON.parse(data) as ShownExecution;
  if (onlyFailed && !failedStatuses.includes(execution.status)) return;
  if (isRaw) say(data);
  else sayColoured(executionLine(execution));
}

const colourOf: Readonly<Record<string, Colour>> = {
  succeeded: 'green',
  failed: 'red',
  dead: 'red',
  rejected: 'yellow',
  ignored: 'grey',
};

/** One line: when, how it stands, what was called, how long it took, where to look further. */
export function executionLine(execution: ShownExecution): string {
  const { status, key, method, path, answerStatus, durationMs, attempt, code, id } = execution;
  const before = `${execution.finishedAt ?? execution.receivedAt}  `;
  const after = [
    answerStatus === null ? '   ' : String(answerStatus),
    key,
    `${method} ${path}`,
    ...(durationMs === null ? [] : [`${durationMs} ms`]),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(code === null ? [] : [code]),
    id,
  ];
  return `${safeLine(before)}${coloured(status.padEnd(9), colourOf[status] ?? 'cyan')}  ${safeLine(after.join('  '))}`;
}
