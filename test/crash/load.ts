import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultPoint } from '../../src/platform/fault-points.ts';
import type { Signalbox } from '../support/signalbox.ts';

/** What a caller was told: an answer of 2xx is a promise that its execution is stored. */
export interface Noted {
  executionId: string;
  /** 202: its run may come later. */
  status: number;
  /** Null: the connection was cut within the answer. */
  body: string | null;
}

/** An answer that promises nothing. */
export interface Refusal {
  status: number;
  retryAfter: string | null;
  body: string;
}

/** What all callers together were told, and what was cut off. */
export interface LoadReport {
  noted: Noted[];
  refusals: Refusal[];
  /** Calls without any answer: refused connections, connections cut before the first byte. */
  unanswered: number;
  /** Answers of which only a part came. */
  halfAnswers: number;
}

/**
 * A script that only answers; a command that is stored with its execution; a script with an effect; one that runs
 * later; one that runs later and in order; one that counts once for its key; a chain whose last step fails, so that the
 * first is undone.
 */
export type CallKind = 'echo' | 'native' | 'effect' | 'later' | 'ordered' | 'keyed' | 'chain';
const synchronousKinds: readonly CallKind[] = ['echo', 'native', 'echo', 'effect'];
/** With those of which something is left to do after their answer. */
export const allKinds: readonly CallKind[] = [
  'echo',
  'native',
  'later',
  'effect',
  'keyed',
  'ordered',
  'chain',
];
/** Keys of `keyed` calls: few, so that the callers of all rounds have them in common. */
const KEYS = 400;

/** Where the process can be made to end under a load of all kinds. */
export const pointsOfLoad: readonly FaultPoint[] = [
  'run.started',
  'during-run',
  'received.committed',
  'accepted.committed',
  'call.recorded',
  'compensation.done',
  'commit.before',
  'outcome.committed',
];

/** Makes the configurations that the load calls, once for each data folder. */
export async function prepareLoad(signalbox: Signalbox): Promise<void> {
  await signalbox.createConfig('echo', { executionCode: 'return { n: context.body.n };' });
  await signalbox.createConfig('alive');
  await signalbox.createConfig('native', { executionType: 0, commandName: 'CreateWebHookConfigCommand' });
  const executionCode = `const made = doCmd('CreateWebHookConfigCommand', context.body.config);
      doCmd('LookupWebHookByKeyCommand', { key: 'alive' });
      return { n: context.body.n, made: made.success, key: context.body.config.key };`;
  await signalbox.createConfig('effect', { executionCode });
  await signalbox.createConfig('later', { responseMode: 'async', executionCode });
  await signalbox.createConfig('keyed', {
    idempotency: { key: '=request.body.config.key' },
    executionCode: executionCode.replace('n: context.body.n, ', ''),
  });
  await signalbox.createConfig('chain', {
    responseMode: 'async',
    executionType: 1,
    commandChain: [
      {
        name: 'make',
        commandName: 'CreateWebHookConfigCommand',
        input: '=request.body.config',
        compensation: { commandName: 'DeleteWebHookConfigCommand', input: '={id: steps.make.data.id}' },
      },
      { commandName: 'LookupWebHookByKeyCommand', input: { key: 'alive' } },
      { commandName: 'ActivateWebHookConfigCommand', input: { id: 999_999_999 } },
    ],
  });
  await signalbox.createConfig('ordered', {
    responseMode: 'async',
    orderingKey: '=request.body.lane',
    executionCode: `doCmd('LookupWebHookByKeyCommand', { key: 'alive' }); return context.body;`,
  });
}

const aConfig = (key: string) => ({
  key,
  description: 'Made by a call',
  isEnabled: false,
  path: `/webhooks/${key}`,
  action: 'POST',
  executionType: 2,
  executionCode: 'return 1;',
});

/** The body of a call. Keys of configurations that calls make begin with its kind; but for `keyed-…` each is used once. */
export function bodyOf(kind: CallKind, n: string, padding = ''): unknown {
  if (kind === 'echo') return { n, padding };
  if (kind === 'ordered') return { lane: n.slice(0, n.lastIndexOf('-')), n };
  const config = aConfig(`${kind}-${kind === 'keyed' ? keyOf(n) : n}`);
  return kind === 'native' ? config : { n, config };
}

function keyOf(n: string): number {
  let sum = 0;
  for (const letter of n) sum = (sum * 31 + letter.charCodeAt(0)) % 9973;
  return sum % KEYS;
}

interface LoadOptions {
  name: string;
  callers: number;
  paddingBytes?: number;
  kinds?: readonly CallKind[];
}

/** Callers that call one after the other, each as fast as it is answered, until they are stopped. */
export class Load {
  readonly report: LoadReport = { noted: [], refusals: [], unanswered: 0, halfAnswers: 0 };
  private isStopped = false;
  private readonly signalbox: Signalbox;
  private readonly padding: string;
  private readonly kinds: readonly CallKind[];
  private readonly lanes: Promise<void>[];

  /** @param name makes the calls of this load different from those of others. */
  constructor(
    signalbox: Signalbox,
    { name, callers, paddingBytes = 0, kinds = synchronousKinds }: LoadOptions,
  ) {
    this.signalbox = signalbox;
    this.kinds = kinds;
    this.padding = 'x'.repeat(paddingBytes);
    this.lanes = Array.from({ length: callers }, (_, index) => this.lane(`${name}-${index}`));
  }

  /** Resolves when `count` calls were answered with 2xx, or after `msMax`. */
  async untilNoted(count: number, msMax = 20_000): Promise<void> {
    const deadline = Date.now() + msMax;
    while (this.report.noted.length < count && Date.now() < deadline) await sleep(5);
  }

  async stop(): Promise<LoadReport> {
    this.isStopped = true;
    await Promise.all(this.lanes);
    return this.report;
  }

  private async lane(name: string): Promise<void> {
    for (let n = 0; !this.isStopped; n++) {
      const kind = this.kinds[n % this.kinds.length]!;
      const hadAnswer = await callOnce(
        this.signalbox,
        kind,
        bodyOf(kind, `${name}-${n}`, this.padding),
        this.report,
      );
      // A server that is gone refuses at once: that need not fill a core.
      if (!hadAnswer) await sleep(20);
    }
  }
}

/** One call, its end noted in the report. @returns false when nothing came back. */
export async function callOnce(
  signalbox: Signalbox,
  kind: CallKind,
  body: unknown,
  report: LoadReport,
): Promise<boolean> {
  const response = await signalbox
    .call(kind, body, { signal: AbortSignal.timeout(60_000) })
    .catch(() => null);
  if (!response) {
    report.unanswered += 1;
    return false;
  }
  const text = await response.text().catch(() => null);
  if (text === null) report.halfAnswers += 1;
  const { ok, status, headers } = response;
  if (ok) report.noted.push({ executionId: headers.get('x-execution-id') ?? '', status, body: text });
  else report.refusals.push({ status, retryAfter: headers.get('retry-after'), body: text ?? '' });
  return true;
}
