import type { RequestListener, ServerResponse } from 'node:http';
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
import { hostMissing } from './before-routing.ts';
import { cutOff } from './cut-off.ts';
import { announcesTooMuch, type HttpRequest, mayGoOnForLong, readBody } from './read-body.ts';
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
export class WebHookListener {
  private parts: WebHookParts | null = null;
  /** What has happened since the start. */
  readonly figures = new WebHookFigures();

  constructor(private readonly bodyLimitBytes: number) {}

  /** From now on webhooks are answered; without it their addresses are left to `next`. */
  open(parts: WebHookParts): void {
    this.parts = parts;
  }

  /** The listener that takes webhooks out and leaves all else to `next`. */
  before(next: RequestListener): RequestListener<typeof HttpRequest> {
    return (request, response) => {
      if (this.parts === null || !isWebHook(request)) next(request, response);
      else this.take(request, response);
    };
  }

  private take(request: HttpRequest, response: ServerResponse): void {
    const { changes } = this.parts!;
    const { headers } = request;
    this.figures.received++;
    if (headers.host === undefined && request.httpVersion === '1.1') {
      this.send(
        response,
        { status: 400, headers: jsonHeaders, body: JSON.stringify(failureEnvelope(hostMissing())) },
        null,
      );
      return;
    }
    const call = {
      method: request.method!,
      url: request.url!,
      headers,
      peer: request.socket.remoteAddress ?? '',
    };
    if (changes.isCutOff) void this.takeWhenCurrent(request, response, call);
    else this.takeCall(request, response, call);
  }

  /** Nothing of the call is looked at before it is known by which configurations. */
  private async takeWhenCurrent(
    request: HttpRequest,
    response: ServerResponse,
    call: IncomingCall,
  ): Promise<void> {
    const { changes, providers } = this.parts!;
    if (await changes.untilCurrent()) {
      if (response.destroyed) this.figures.noteAbandoned();
      else this.takeCall(request, response, call);
      return;
    }
    const fixed = providers.match(call);
    this.endLongBody(response);
    // A provider reads its own words only.
    this.send(response, fixed ? providers.decline(fixed, cutOff()) : failureAnswer(cutOff()), null);
  }

  private takeCall(request: HttpRequest, response: ServerResponse, call: IncomingCall): void {
    const { matcher, router, results, providers } = this.parts!;
    const fixed = call.url.startsWith(DYNAMIC) ? null : providers.match(call);
    if (fixed) {
      this.takeFixed(request, response, fixed);
      return;
    }
    if (request.method === 'GET' && request.url!.startsWith(RESULTS)) {
      void answerResult(results, request.url!.slice(RESULTS.length)).then((answer) =>
        this.send(response, answer, null),
      );
      return;
    }
    const admitted = matcher.match(call);
    if (!admitted) {
      this.send(response, notFoundAnswer, null);
      return;
    }
    const objection = matcher.addressObjection(admitted) ?? this.sizeObjection(request);
    if (objection) void this.refuse(response, admitted, objection);
    else this.read(request, response, admitted, router);
  }

  private sizeObjection(request: HttpRequest): AppError | null {
    return announcesTooMuch(request, this.bodyLimitBytes) ? tooLarge(this.bodyLimitBytes) : null;
  }

  private read(
    request: HttpRequest,
    response: ServerResponse,
    admitted: AdmittedCall,
    router: ReceiveWebHook,
  ): void {
    readBody(request, this.bodyLimitBytes, {
      refuse: (error) => void this.refuse(response, admitted, error),
      done: (body) =>
        inTurn(
          () =>
            void router.receive(admitted, body).then(({ answer, executionId }) => {
              this.figures.durations.note(performance.now() - admitted.startedAt);
              this.send(response, answer, executionId);
            }),
        ),
    });
  }

  /** A provider's call at its fixed address. */
  private takeFixed(request: HttpRequest, response: ServerResponse, fixed: FixedCall): void {
    const { providers } = this.parts!;
    const end = (answer: WebHookAnswer) => this.send(response, answer, null);
    const refuse = (answer: WebHookAnswer) => {
      this.endLongBody(response);
      end(answer);
    };
    const size = this.sizeObjection(request);
    const objection = providers.objection(fixed) ?? (size && providers.decline(fixed, size));
    if (objection) {
      refuse(objection);
      return;
    }
    readBody(request, this.bodyLimitBytes, {
      refuse: (error) => refuse(providers.decline(fixed, error)),
      done: (body) => inTurn(() => void providers.receive(fixed, body).then(end)),
    });
  }

  private async refuse(response: ServerResponse, admitted: AdmittedCall, error: AppError): Promise<void> {
    this.endLongBody(response);
    const answer = await this.parts!.router.reject(admitted, error, noBytes);
    this.figures.durations.note(performance.now() - admitted.startedAt);
    this.send(response, answer, admitted.id);
  }

  /** What is left of a body Node reads and drops when the answer is out, so that its sender sees it; a long one ends with its connection. */
  private endLongBody(response: ServerResponse): void {
    if (mayGoOnForLong(response.req, this.bodyLimitBytes)) response.shouldKeepAlive = false;
  }

  private send(response: ServerResponse, answer: WebHookAnswer, executionId: string | null): void {
    if (response.destroyed) {
      this.figures.noteAbandoned();
      return;
    }
    this.figures.note(answer.status);
    write(response, answer, executionId);
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

function write(response: ServerResponse, answer: WebHookAnswer, executionId: string | null): void {
  const { status, body } = answer;
  // Names and values by turns, as Node takes them too: no copy is made for them.
  const headers: (string | string[])[] = [];
  for (const name in answer.headers) headers.push(name, answer.headers[name]!);
  if (executionId !== null) headers.push('x-execution-id', executionId);
  if (status === 204 || status === 304) {
    response.writeHead(status, headers).end();
    return;
  }
  const length = Buffer.byteLength(body);
  headers.push('content-length', String(length));
  response.writeHead(status, headers);
  // One write with the headers, whose characters have a byte each: so the body's must have.
  if (length === body.length) response.end(body, 'latin1');
  else response.end(Buffer.from(body));
}
