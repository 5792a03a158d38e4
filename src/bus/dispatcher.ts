import { Injectable } from '@nestjs/common';
import type { Tx } from '../platform/db/index.ts';
import { asAppError } from '../platform/errors.ts';
import { currentTracer, type Tracer } from '../platform/telemetry/tracing.ts';
import { type AuditTrail, PendingWrite, type RequestClass } from './bpm-request.ts';
import type { Caller, Origin } from './caller.ts';
import { CommandAudit } from './command-audit.ts';
import { CommandFigures, type Outcome } from './command-metrics.ts';
import { CqrsBuses } from './cqrs-buses.ts';
import type { WorkJournal } from './defined-commands.ts';
import { DispatchDefined } from './dispatch-defined.ts';
import {
  type Dispatched,
  permissionMissing,
  refused,
  simulated,
  succeeded,
  validationFailed,
} from './dispatched.ts';
import type { Envelope, SuccessEnvelope } from './envelope.ts';
import { RequestRegistry } from './registry.ts';
import { recordedInput, secretResultsIn, secretValuesIn } from './secret-fields.rules.ts';
import { validationSentences, withoutNulls } from './validation.rules.ts';

/** One request for the bus, not yet trusted. */
export interface Order {
  type: string;
  /** The flat fields, without `$type`. */
  input: Readonly<Record<string, unknown>>;
  caller: Caller;
  origin: Origin;
  /** True: a command is checked as far as its fields, and not done. */
  isSimulated?: boolean;
  /** Written in the same transaction as the command, if it has one: both are true or neither. */
  alongside?: (tx: Tx, answer: SuccessEnvelope) => Promise<void>;
  /** Awaited before a command begins whose effects `alongside` cannot be part of. */
  beforeEffects?: () => Promise<void>;
  /** Where a defined command keeps what its own work calls; absent: nobody goes on with it after a crash. */
  journal?: () => WorkJournal;
}

/** Stands in the audit log for a field that it leaves out. */
const UNAUDITED = '[not kept in the audit log]';

/** Stands in figures for all names that there are not. */
const UNKNOWN = 'unknown';

/** The one way in: find → authorize → parse → execute → audit. Expected failures are values. */
@Injectable()
export class Dispatcher {
  /** What has happened since the start. */
  readonly figures = new CommandFigures();

  constructor(
    private readonly registry: RequestRegistry,
    private readonly buses: CqrsBuses,
    private readonly audit: CommandAudit,
    private readonly defined: DispatchDefined,
  ) {}

  dispatch(order: Order): Promise<Dispatched> {
    const tracer = currentTracer();
    return tracer ? this.traced(tracer, order) : this.carryOut(order);
  }

  private traced(tracer: Tracer, order: Order): Promise<Dispatched> {
    const { executionId } = order.origin;
    const type = this.isKnown(order) ? order.type : UNKNOWN;
    const attributes = {
      'signalbox.command.type': type,
      ...(executionId !== undefined && { 'signalbox.execution.id': executionId }),
    };
    return tracer.within({ name: type, kind: 'internal', attributes }, async (span) => {
      const done = await this.carryOut(order);
      if (done.error) span.fail(done.error.code);
      return done;
    });
  }

  private async carryOut(order: Order): Promise<Dispatched> {
    const request = this.registry.find(order.type);
    if (!request) return await this.carryOutDefined(order);
    const { spec } = request;
    const isSimulated = order.isSimulated === true && spec.kind === 'command';
    let outcome: Outcome = 'succeeded';
    try {
      if (!order.caller.permissions.has(spec.permission)) throw permissionMissing(spec.permission);
      const instance = new request(parse(request, order.input) as never, order.caller, order.origin);
      if (spec.kind === 'query') {
        return succeeded({
          success: true,
          data: (await this.buses.execute('query', instance)) ?? null,
          message: spec.success,
        });
      }
      if (isSimulated) return succeeded(simulated);
      return await this.execute(request, instance, order);
    } catch (thrown) {
      const error = asAppError(thrown);
      outcome = error.kind;
      if (spec.kind === 'command' && !isSimulated)
        await this.audit.recordFailure(entryOf(request, order), error);
      return refused(error, spec.failure);
    } finally {
      if (!isSimulated) this.figures.note(order.type, outcome);
    }
  }

  private async carryOutDefined(order: Order): Promise<Dispatched> {
    const type = this.isKnown(order) ? order.type : UNKNOWN;
    const done = await this.defined.dispatch(order, (inner) => this.dispatch(inner));
    if (!order.isSimulated) this.figures.note(type, done.error?.kind ?? 'succeeded');
    return done;
  }

  /** False: the caller has made the name up, as he may without end. */
  private isKnown({ type, caller }: Order): boolean {
    return this.registry.find(type) !== undefined || this.defined.find(type, caller.accountId) !== undefined;
  }

  /** True: what the command does is no part of a transaction. */
  actsOutside(type: string): boolean {
    const request = this.registry.find(type);
    return request === undefined || request.spec.effects === 'outside';
  }

  /** The values in a command's result that must be readable in no record. */
  secretResults(type: string, { data }: Pick<Envelope, 'data'>): string[] {
    const spec = this.registry.find(type)?.spec;
    return spec?.secretResults ? secretResultsIn(spec, data) : [];
  }

  /** An input as records may keep it, and the values that must be readable nowhere in them either. */
  recorded(type: string, input: Readonly<Record<string, unknown>>, accountId: string) {
    const spec = this.registry.find(type)?.spec;
    if (!spec) return { input, secrets: this.defined.find(type, accountId)?.secrets ?? [] };
    if (!spec.secretFields) return { input, secrets: [] };
    return { input: recordedInput(spec, input), secrets: secretValuesIn(spec, input) };
  }

  private async execute(request: RequestClass, instance: object, order: Order): Promise<Dispatched> {
    const trail: AuditTrail = {};
    const message = request.spec.success;
    const entry = { ...entryOf(request, order), outcome: 'succeeded', trail };
    if (request.spec.effects === 'outside' || !order.alongside) await order.beforeEffects?.();
    const result: unknown = await this.buses.execute('command', instance);
    if (!(result instanceof PendingWrite)) {
      if (request.spec.effects === 'outside') await this.audit.recordDone(entry);
      else await this.audit.record(entry);
      return succeeded({ success: true, data: result ?? null, message });
    }
    const envelope = await this.audit.commit(
      entry,
      async (tx): Promise<SuccessEnvelope> => {
        return { success: true, data: (await result.work(tx, trail)) ?? null, message };
      },
      order.alongside,
    );
    return { ...succeeded(envelope), isStoredAlongside: order.alongside !== undefined };
  }
}

function entryOf(request: RequestClass, { type: command, caller, origin, input }: Order) {
  return { command, caller, origin, input: auditedInput(request, input) };
}

function auditedInput({ spec }: RequestClass, input: Order['input']): Order['input'] {
  const recorded = recordedInput(spec, input);
  const unaudited = (spec.unauditedFields ?? []).filter((name) => Object.hasOwn(input, name));
  if (unaudited.length === 0) return recorded;
  return { ...recorded, ...Object.fromEntries(unaudited.map((name) => [name, UNAUDITED])) };
}

function parse(request: RequestClass, input: Readonly<Record<string, unknown>>): unknown {
  const parsed = request.spec.input.safeParse(withoutNulls(input), { reportInput: true });
  if (parsed.success) return parsed.data;
  throw validationFailed(validationSentences(parsed.error, request.spec.refusedFields));
}
