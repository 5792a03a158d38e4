import type { IncomingHttpHeaders } from 'node:http';
import type { WebHookAnswer } from '../webhook-router/index.ts';

/** What is known of whether a notification is true. */
export const verificationStates = ['unverified', 'verified', 'refuted', 'unverifiable'] as const;
export type VerificationState = (typeof verificationStates)[number];

/** An amount of money as it was sent, and in the smallest unit of its currency where it can be read exactly. */
export interface Amount {
  minor: number | null;
  currency: string;
  original: unknown;
}

/** What notifications of all providers have in common; null: it does not say. */
export interface NotificationFields {
  /** The customer's account at the provider. */
  account: string | null;
  /** By which the payment, mandate or loan is found at the provider or with us. */
  reference: string | null;
  /** In the provider's words. */
  status: string | null;
  amount: Amount | null;
  /** When it happened, as the provider wrote it. */
  occurredAt: string | null;
}

/** One notification as a provider sent it. */
export interface Receipt {
  /** The name of the event, or what sort of notification it is. */
  kind: string;
  /** Equal for repeats of the same notification, and for nothing else. */
  receiptKey: string;
  /** Of all notifications with the same one, one has its effect; null: it never has one. */
  effectKey: string | null;
  /** The name that the provider gave it. */
  providerId: string | null;
  /** `unverified`: it is asked for (`Provider.verify`) before it has its effect. */
  state: Exclude<VerificationState, 'refuted'>;
  /** Why it is in that state, or has no effect. */
  detail: string | null;
  /** The configuration that it runs; null: none may. */
  configKey: string | null;
  fields: NotificationFields;
  /** What was sent, as a value. */
  data: unknown;
  /** The bytes that say so. */
  raw: Buffer;
}

/** A call of a provider before its body is read. */
export interface ProviderCall {
  headers: IncomingHttpHeaders;
  /** The query as it was sent, without its question mark. */
  query: string;
  /** Null: it cannot be told from where it came. */
  ip: string | null;
}

/** One address of a provider. */
export interface Endpoint {
  method: 'GET' | 'POST';
  /** Whose address it is (`fixedEndpointPaths`). */
  configKey: string;
  /** Refuses a call whose body is not worth reading; null: it may come in. */
  refuse(call: ProviderCall): WebHookAnswer | null;
  /** @throws AppError for a body that is not what this provider sends. */
  read(call: ProviderCall, body: Buffer): readonly Receipt[];
  /** What the provider is told once they are on disk. */
  acknowledge(receipts: readonly Receipt[]): WebHookAnswer;
  /** What it is told when they are not. @param error says why. */
  decline(error: { status: number; details: readonly string[] }): WebHookAnswer;
}

/** What asking about a notification came to. */
export interface Verdict {
  /** `unverified`: to be asked again later. */
  state: 'verified' | 'refuted' | 'unverified';
  /** A sentence that says why. */
  detail: string;
}

/** What is asked about: what was kept of a notification. */
export interface Claim {
  kind: string;
  fields: NotificationFields;
  data: unknown;
}

/** Somebody whose notifications are received at fixed addresses. */
export interface Provider {
  /** As it stands in records, and before the dot of its events. */
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  /** What the event of a notification in that state is called. */
  eventType(kind: string, state: VerificationState): string;
  /** Asks the provider whether a notification is true; never throws for what the other side does. Absent where nothing can be asked. */
  readonly verify?: (claim: Claim) => Promise<Verdict>;
}
