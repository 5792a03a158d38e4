import { CommandHandler, QueryHandler } from '@nestjs/cqrs';
import type { z } from 'zod';
import type { Tx } from '../platform/db/index.ts';
import type { Caller, Origin } from './caller.ts';
import type { Permission } from './permissions.ts';

export interface RequestSpec<S extends z.ZodObject = z.ZodObject> {
  /** A query changes nothing: it is neither audited nor counted as an effect. */
  kind: 'command' | 'query';
  /** `outside` when it acts on other systems: a webhook's call is on record before it begins. */
  effects?: 'database' | 'outside';
  /** The one permission that its caller needs. */
  permission: Permission;
  /** A strict object: unknown fields are refused by name. */
  input: S;
  /** Fields that it does not take, with the sentence that says why; others are refused as unknown. */
  refusedFields?: Readonly<Record<string, string>>;
  /** Fields whose values no record keeps, where their names do not say so. */
  secretFields?: readonly string[];
  /** Fields of its result that are shown to whoever gave it, and that no record keeps. */
  secretResults?: readonly string[];
  /** Fields that the audit log leaves out: large ones, which lie encrypted with what they made. */
  unauditedFields?: readonly string[];
  /** The envelope's message when it worked. */
  success: string;
  /** Fields as somebody would send them, for the API docs. */
  example: z.input<S>;
  /** The envelope's message when it was refused for a reason of its own. */
  failure?: string;
}

/** What a request's class carries for the registry, the catalogue and OpenAPI. */
export interface RequestClass {
  readonly name: string;
  readonly spec: RequestSpec;
  // The input has been parsed with the class's own schema before it is constructed.
  new (input: never, caller: Caller, origin: Origin): object;
}

/** The base of every command and query: its class name is its `$type`. */
export function bpmRequest<S extends z.ZodObject>(spec: RequestSpec<S>) {
  return class BpmRequest {
    static readonly spec = spec;
    constructor(
      readonly input: z.output<S>,
      readonly caller: Caller,
      readonly origin: Origin,
    ) {}
  };
}

/** What a change did, for the audit log. */
export interface AuditTrail {
  before?: unknown;
  after?: unknown;
}

/**
 * What a command's handler returns when it wants to write: the dispatcher runs it in one transaction with the
 * audit record and with whatever else has to be true at the same moment (a webhook's execution record).
 */
export class PendingWrite<T = unknown> {
  constructor(readonly work: (tx: Tx, trail: AuditTrail) => Promise<T>) {}
}

/** Defers the write of a command into the dispatcher's transaction; everything slow belongs before it. */
export function inTransaction<T>(work: (tx: Tx, trail: AuditTrail) => Promise<T>): PendingWrite<T> {
  return new PendingWrite(work);
}

export const HANDLED_REQUEST = Symbol('handled request');

/**
 * Marks the class that handles a request and makes it known to the CQRS bus of its kind.
 * @param needs What its constructor is given, in plain JavaScript, where no compiler notes it.
 */
export function Handles(request: RequestClass, needs?: readonly unknown[]): ClassDecorator {
  return (target) => {
    if (needs) Reflect.defineMetadata('design:paramtypes', needs, target);
    Reflect.defineMetadata(HANDLED_REQUEST, request, target);
    if (request.spec.kind === 'command') CommandHandler(request as never)(target);
    else QueryHandler(request as never)(target);
  };
}
