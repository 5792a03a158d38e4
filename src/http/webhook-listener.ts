import type { RequestListener } from 'node:http';
import { failureEnvelope } from '../bus/index.ts';
import {
  failureAnswer,
  type StoredAnswers,
  type AdmittedCall,
  type IncomingCall,
  jsonHeaders,
  notFoundAnswer,
  type MatchWebHook,
  type ReceiveWebHook,
  tooLarge,
  type WebHookAnswer,
} from '../features/webhook-router/index.ts';
import type { FixedCall, FixedEndpoints } from '../features/integrations/index.ts';
import type { ChangeFeed } from '../platform/db/index.ts';
import { type AppError, asAppError } from '../platform/errors.ts';
import { hostMissing, lacksHost } from './before-routing.ts';
import { cutOff } from './cut-off.ts';
import { type Exchange, type ExchangeListener, NodeExchange } from './exchange.ts';
import { announcesTooMuch, type HttpRequest } from './read-body.ts';
import { inTurn } from './turns.ts';
import { WebHookFigures } from './webhook-metrics.ts';

const WEBHOOKS = '/api/webhooks/';
const RESULTS = '/api/webhooks/results/';
const DYNAMIC = '/api/webhooks/dynamic/';
const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
const noBytes = Buffer.alloc(0);

/** What answers webhooks. */
export interface WebHookParts {
  matcher: MatchWebHook;
  router: ReceiveWebHook;
  results: StoredAnswers;
  changes: ChangeFeed;
  providers: FixedEndpoints;
}

/**
 * The public addresses of all dynamic webhooks, answered on Node's own server before Fastify sees the request:
 * its routing, hooks, body parser and reply cost 6 of the 15 µs that a bare call takes there, and none of them
 * is needed where the body stays bytes and the answer is a text.
 */
export class WebHookListener implements ExchangeListener {
  private parts: WebHookParts | null = null;
  /** What has happened since the start. */
  readonly figures = new WebHookFigures();

  constructor(private readonly bodyLimitBytes: number) {}

  /** From now on webhooks are answered; without it their addresses are left to `next`. */
  open(parts: WebHookParts): void {
    this.parts = parts;
  }

  get isOpen(): boolean {
    return this.parts !== null;
  }

  /** The listener that takes webhooks out and leaves all else to `next`. */
  before(next: RequestListener): RequestListener<typeof HttpRequest> {
    return (request, response) => {
      if (this.parts === null || !isWebHook(request)) next(request, response);
      else if (lacksHost(request)) this.refuseForm(new NodeExchange(request, response), hostMissing());
      else this.take(new NodeExchange(request, response));
    };
  }

  take(exchange: Exchange): void {
    this.figures.received++;
    if (this.parts!.changes.isCutOff) void this.takeWhenCurrent(exchange);
    else this.takeCall(exchange);
  }

  private refuseForm(exchange: Exchange, error: AppError): void {
    this.figures.received++;
    const body = JSON.stringify(failureEnvelope(error));
    this.send(exchange, { status: error.status, headers: jsonHeaders, body }, null);
  }

  /** Nothing of the call is looked at before it is known by which configurations. */
  private async takeWhenCurrent(exchange: Exchange): Promise<void> {
    const { changes, providers } = this.parts!;
    if (await changes.untilCurrent()) {
      if (exchange.isGone) this.figures.noteAbandoned();
      else this.takeCall(exchange);
      return;
    }
    const fixed = providers.match(exchange.call);
    exchange.endLongBody(this.bodyLimitBytes);
    // A provider reads its own words only.
    this.send(exchange, fixed ? providers.decline(fixed, cutOff()) : failureAnswer(cutOff()), null);
  }

  private takeCall(exchange: Exchange): void {
    const { matcher, results, providers } = this.parts!;
    const { call } = exchange;
    const fixed = call.url.startsWith(DYNAMIC) ? null : providers.match(call);
    if (fixed) {
      this.takeFixed(exchange, fixed);
      return;
    }
    if (call.method === 'GET' && call.url.startsWith(RESULTS)) {
      void answerResult(results, call.url.slice(RESULTS.length)).then((answer) =>
        this.send(exchange, answer, null),
      );
      return;
    }
    const admitted = matcher.match(call);
    if (!admitted) {
      this.send(exchange, notFoundAnswer, null);
      return;
    }
    const objection = matcher.addressObjection(admitted) ?? this.sizeObjection(call);
    if (objection) void this.refuse(exchange, admitted, objection);
    else this.read(exchange, admitted);
  }

  private sizeObjection(call: IncomingCall): AppError | null {
    return announcesTooMuch(call, this.bodyLimitBytes) ? tooLarge(this.bodyLimitBytes) : null;
  }

  private read(exchange: Exchange, admitted: AdmittedCall): void {
    const { router } = this.parts!;
    exchange.readBody(this.bodyLimitBytes, {
      refuse: (error) => void this.refuse(exchange, admitted, error),
      done: (body) =>
        inTurn(
          () =>
            void router.receive(admitted, body).then(({ answer, executionId }) => {
              this.figures.durations.note(performance.now() - admitted.startedAt);
              this.send(exchange, answer, executionId);
            }),
        ),
    });
  }

  /** A provider's call at its fixed address. */
  private takeFixed(exchange: Exchange, fixed: FixedCall): void {
    const { providers } = this.parts!;
    const end = (answer: WebHookAnswer) => this.send(exchange, answer, null);
    const refuse = (answer: WebHookAnswer) => {
      exchange.endLongBody(this.bodyLimitBytes);
      end(answer);
    };
    const size = this.sizeObjection(exchange.call);
    const objection = providers.objection(fixed) ?? (size && providers.decline(fixed, size));
    if (objection) {
      refuse(objection);
      return;
    }
    exchange.readBody(this.bodyLimitBytes, {
      refuse: (error) => refuse(providers.decline(fixed, error)),
      done: (body) => inTurn(() => void providers.receive(fixed, body).then(end)),
    });
  }

  private async refuse(exchange: Exchange, admitted: AdmittedCall, error: AppError): Promise<void> {
    exchange.endLongBody(this.bodyLimitBytes);
    const answer = await this.parts!.router.reject(admitted, error, noBytes);
    this.figures.durations.note(performance.now() - admitted.startedAt);
    this.send(exchange, answer, admitted.id);
  }

  private send(exchange: Exchange, answer: WebHookAnswer, executionId: string | null): void {
    if (exchange.isGone) {
      this.figures.noteAbandoned();
      return;
    }
    this.figures.note(answer.status);
    exchange.answer(answer, executionId);
  }
}

async function answerResult(results: StoredAnswers, ticket: string): Promise<WebHookAnswer> {
  try {
    return await results.ofTicket(ticket.split('?', 1)[0]!);
  } catch (thrown) {
    return failureAnswer(asAppError(thrown));
  }
}

/** RFC 9112 §3.2.2: a request line may have the whole URL. */
function isWebHook({ url, method }: HttpRequest): boolean {
  if (!methods.has(method!)) return false;
  return url!.startsWith(WEBHOOKS) || /^https?:\/\/[^/]*\/api\/webhooks\//i.test(url!);
}
