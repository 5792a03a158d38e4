import { Injectable } from '@nestjs/common';
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ExecutionRef } from '../executions/index.ts';
import { Sealer } from '../../platform/sealing.ts';
import { acceptedAnswer, type WebHookAnswer } from './webhook-answer.ts';

const MAC_BYTES = 18;
const TICKET = /^[A-Za-z0-9_-]{1,400}$/;

/**
 * The unguessable name of a result: who holds it may read the answer. It says which execution and proves that we
 * made it, so that none has to be stored, and the same execution always has the same.
 */
@Injectable()
export class WebHookTickets {
  private readonly key: Buffer;

  constructor(sealer: Sealer) {
    this.key = sealer.derivedKey('webhook result tickets');
  }

  private of({ accountId, id }: ExecutionRef): string {
    const name = Buffer.from(`${accountId}\n${id}`);
    return Buffer.concat([this.mac(name), name]).toString('base64url');
  }

  /** The answer of a call whose result is to come. */
  accepted(ref: ExecutionRef): WebHookAnswer {
    return acceptedAnswer(ref.id, this.of(ref));
  }

  /** Null for anything that we did not make. */
  open(ticket: string): ExecutionRef | null {
    if (!TICKET.test(ticket)) return null;
    const bytes = Buffer.from(ticket, 'base64url');
    // Base64 decoding forgives: one execution has one ticket.
    if (bytes.length <= MAC_BYTES || bytes.toString('base64url') !== ticket) return null;
    const name = bytes.subarray(MAC_BYTES);
    if (!timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.mac(name))) return null;
    const [accountId, id] = name.toString('utf8').split('\n');
    return { accountId: accountId!, id: id! };
  }

  private mac(name: Buffer): Buffer {
    return createHmac('sha256', this.key).update(name).digest().subarray(0, MAC_BYTES);
  }
}
