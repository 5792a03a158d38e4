import { Injectable } from '@nestjs/common';
import { type Tx, untilStored, WriteDoor } from '../platform/db/index.ts';
import { AppError, asAppError } from '../platform/errors.ts';
import { currentTracer, type Tracer } from '../platform/telemetry/tracing.ts';
import { type AuditEntry, AuditLog } from './audit.ts';
import { type AuditTrail, PendingWrite, type RequestClass } from './bpm-request.ts';
import type { Caller, Origin } from './caller.ts';
import { CommandFigures, type Outcome } from './command-metrics.ts';
import { CqrsBuses } from './cqrs-buses.ts';
import { type Envelope, failureEnvelope, type SuccessEnvelope } from './envelope.ts';
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
}

export interface Dispatched {
  status: number;
  envelope: Envelope;
  /** The failure itself, for the log; never for the answer. */
  error: AppError | null;
  /** True when `alongside` was committed with the command. */
  isStoredAlongside: boolean;
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
    private readonly door: WriteDoor,
    private readonly audit: AuditLog,
  ) {}

  dispatch(order: Order): Promise<Dispatched> {
    const request = this.registry.find(order.type);
    if (!request) {
      this.figures.note(UNKNOWN, 'invalid');
      return Promise.resolve(refused(unknownCommand(order.type)));
    }
    const tracer = currentTracer();
    return tracer ? this.traced(tracer, request, order) : this.carryOut(request, order);
  }

  private traced(tracer: Tracer, request: RequestClass, order: Order): Promise<Dispatched> {
    const { type, origin } = order;
    const { executionId } = origin;
    const attributes = {
      'signalbox.command.type': type,
      ...(executionId !== undefined && { 'signalbox.execution.id': executionId }),
    };
    return tracer.within({ name: type, kind: 'internal', attributes }, async (span) => {
      const done = await this.carryOut(request, order);
      if (done.error) span.fail(done.error.code);
      return done;
    });
  }

  private async carryOut(request: RequestClass, order: Order): Promise<Dispatched> {
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
      if (isSimulated) return succeeded({ success: true, data: null, message: 'Simulated' });
      return await this.execute(request, instance, order);
    } catch (thrown) {
      const error = asAppError(thrown);
      outcome = error.kind;
      if (spec.kind === 'command' && !isSimulated) await this.auditFailure(request, order, error);
      return refused(error, spec.failure);
    } finally {
      if (!isSimulated) this.figures.note(order.type, outcome);
    }
  }

  /** True: what the command does is no part of a transaction. */
  actsOutside(type: string): boolean {
    return this.registry.find(type)?.spec.effects === 'outside';
  }

  /** The values in a command's result that must be readable in no record. */
  secretResults(type: string, { data }: Pick<Envelope, 'data'>): string[] {
    const spec = this.registry.find(type)?.spec;
    return spec?.secretResults ? secretResultsIn(spec, data) : [];
  }

  /** An input as records may keep it, and the values in it that must be readable nowhere else either. */
  recorded(type: string, input: Readonly<Record<string, unknown>>) {
    const spec = this.registry.find(type)?.spec;
    if (!spec?.secretFields) return { input, secrets: [] };
    return { input: recordedInput(spec, input), secrets: secretValuesIn(spec, input) };
  }

  private async execute(request: RequestClass, instance: object, order: Order): Promise<Dispatched> {
    const trail: AuditTrail = {};
    const message = request.spec.success;
    const entry = {
      command: order.type,
      caller: order.caller,
      origin: order.origin,
      input: auditedInput(request, order.input),
      outcome: 'succeeded',
      trail,
    };
    if (request.spec.effects === 'outside' || !order.alongside) await order.beforeEffects?.();
    const result: unknown = await this.buses.execute('command', instance);
    if (!(result instanceof PendingWrite)) {
      if (request.spec.effects === 'outside') await this.recordDone(entry);
      else await this.door.append(this.audit.rows(entry));
      return succeeded({ success: true, data: result ?? null, message });
    }
    const envelope = await this.door.transaction(async (tx) => {
      const data = (await result.work(tx, trail)) ?? null;
      const answer: SuccessEnvelope = { success: true, data, message };
      await this.audit.write(tx, entry);
      await order.alongside?.(tx, answer);
      return answer;
    });
    return { ...succeeded(envelope), isStoredAlongside: order.alongside !== undefined };
  }

  /** What was done outside: that it cannot be recorded now is no failure of it, after which somebody would do it again. */
  private async recordDone(entry: AuditEntry): Promise<void> {
    const record = () => this.door.append(this.audit.rows(entry));
    try {
      await record();
    } catch (cause) {
      void untilStored(record).catch(() => undefined);
      // A run goes on, and puts on record by itself what it did.
      if (entry.origin.executionId === undefined) throw doneUnrecorded(cause);
    }
  }

  private async auditFailure(request: RequestClass, order: Order, error: AppError): Promise<void> {
    const { type: command, caller, origin } = order;
    const input = auditedInput(request, order.input);
    try {
      await this.door.append(
        this.audit.rows({ command, caller, origin, input, outcome: error.code, trail: {} }),
      );
    } catch {
      // The failure itself is the answer; a database that is away has its own alarm.
    }
  }
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
  throw new AppError({
    code: 'bus.validation-failed',
    kind: 'invalid',
    publicMessage: 'Validation failed',
    details: validationSentences(parsed.error, request.spec.refusedFields),
  });
}

function succeeded(envelope: SuccessEnvelope): Dispatched {
  return { status: 200, envelope, error: null, isStoredAlongside: false };
}

function refused(error: AppError, failureMessage?: string): Dispatched {
  return {
    status: error.status,
    envelope: failureEnvelope(error, failureMessage),
    error,
    isStoredAlongside: false,
  };
}

/** It was done, and is not in the audit log yet: whoever repeats it does it twice. */
function doneUnrecorded(cause: unknown): AppError {
  return new AppError({
    code: 'audit.unrecorded',
    kind: 'unavailable',
    details: [
      'The command was carried out, but could not be recorded yet: look at what it did before you repeat it',
    ],
    cause,
  });
}

function unknownCommand(type: string): AppError {
  return new AppError({
    code: 'bus.unknown-command',
    kind: 'invalid',
    publicMessage: 'Unknown command',
    details: [`There is no command "${type.slice(0, 100)}"`],
  });
}

/** The refusal of a caller who lacks it. */
export function permissionMissing(permission: string): AppError {
  return new AppError({
    code: 'access.permission-missing',
    kind: 'forbidden',
    publicMessage: 'Permission denied',
    details: [`The permission ${permission} is missing`],
  });
}
