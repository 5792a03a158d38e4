import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  type DefinedOrder,
  failureEnvelope,
  inputIn,
  inputTooLarge,
  type Origin,
  type WorkAnswer,
  type WorkCall,
} from '../../bus/index.ts';
import { scriptFailure, type PinnedStart, ScriptPool } from '../../engines/script/index.ts';
import { asAppError } from '../../platform/errors.ts';
import { parseJson } from '../../platform/json-text.ts';
import { Sealer } from '../../platform/sealing.ts';
import { ScriptLimitDefaults } from '../webhook-router/index.ts';
import { ActingCallers } from './acting-callers.ts';
import { cannotRespond } from './command-definition.errors.ts';
import type { Definition } from './definition.ts';

const NOTHING = Buffer.alloc(0);

/** Runs a definition that is a script: `context.input` is the input, what it returns is the data. */
@Injectable()
export class RunScriptDefinition {
  private readonly seedKey: Buffer;

  constructor(
    private readonly scripts: ScriptPool,
    private readonly limits: ScriptLimitDefaults,
    private readonly acting: ActingCallers,
    sealer: Sealer,
  ) {
    this.seedKey = sealer.derivedKey('seeds of definitions');
  }

  async run(definition: Definition, order: DefinedOrder): Promise<unknown> {
    const { id, version, name, content } = definition;
    const { journal, origin } = order;
    const pinned = this.pinnedStart(definition, order);
    let made = 0;
    let callAtHand: Promise<unknown> | null = null;
    const { verdict, logs } = await this.scripts.run({
      programId: `${id}.${version}`,
      ownerId: id,
      source: content.executionCode ?? '',
      metaJson: JSON.stringify({ input: order.input }),
      body: NOTHING,
      bodyKind: 'omitted',
      nesting: origin.nesting ?? 0,
      limits: this.limits,
      ...(pinned && { pinned }),
      call: async (type, inputJson) => {
        const call = this.call(definition, order, { type, inputJson, n: (made += 1) });
        callAtHand = call;
        const answer = await call;
        return pinned ? answer : answer.envelopeJson;
      },
    });
    // A script that was stopped waited for a command: its effect is on record before the caller goes on without it.
    if (journal) await callAtHand;
    journal?.log(logs.map(({ level, text }) => ({ level, text: `${name}: ${text}` })));
    if (verdict.kind === 'returned') return parseJson(verdict.json);
    throw scriptFailure(verdict) ?? cannotRespond();
  }

  /** Never rejects. */
  private async call(
    { ownerId, version }: Definition,
    { caller, origin, journal, dispatch }: DefinedOrder,
    { type, inputJson, n }: { type: string; inputJson: string; n: number },
  ): Promise<WorkAnswer> {
    const call: WorkCall = {
      type,
      inputJson,
      // Looked up for each call: a permission that is taken away holds at once.
      caller: () => this.acting.of(ownerId, caller),
      origin: originWithin(origin, n),
    };
    if (journal) return await journal.call(version, call);
    const envelope = await this.dispatched(call, dispatch);
    // The time of a script without a journal is the real one.
    return { envelopeJson: JSON.stringify(envelope), recordedAt: 0 };
  }

  private async dispatched(
    { type, inputJson, caller, origin }: WorkCall,
    dispatch: DefinedOrder['dispatch'],
  ) {
    try {
      const input = inputIn(inputJson);
      if (input === null) throw inputTooLarge();
      return (await dispatch({ type, input, caller: caller(), origin })).envelope;
    } catch (thrown) {
      return failureEnvelope(asAppError(thrown));
    }
  }

  /** What may be run again has the same chance in each try, and the same time where its caller has. */
  private pinnedStart({ content }: Definition, { journal }: DefinedOrder): PinnedStart | null {
    if (!journal) return null;
    const { startedAt, name } = journal;
    if (startedAt === null && !/random/i.test(content.executionCode ?? '')) return null;
    return { startedAt, seed: createHmac('sha256', this.seedKey).update(name).digest('base64') };
  }
}

/** One work deeper, with a key made of the outer one; a dot, since a slash follows an attempt. */
function originWithin(
  { requestId, executionId, credentials, idempotencyKey, depth = 0, nesting = 0 }: Origin,
  n: number,
): Origin {
  return {
    ...(requestId !== undefined && { requestId }),
    ...(executionId !== undefined && { executionId }),
    ...(credentials && { credentials }),
    ...(idempotencyKey !== undefined && { idempotencyKey: `${idempotencyKey}.${n}` }),
    depth: depth + 1,
    nesting: nesting + 1,
  };
}
