import { Injectable } from '@nestjs/common';
import { type DefinedOrder, permissionMissing } from '../../bus/index.ts';
import { nestsDeeperThan } from '../../platform/json-guard.rules.ts';
import { parseJson } from '../../platform/json-text.ts';
import { withoutCredentials } from '../../platform/masking.rules.ts';
import { CallOut, isSuccessStatus, unexpectedStatus } from '../http-requests/index.ts';
import { ActingCallers } from './acting-callers.ts';
import { answerTooLarge } from './command-definition.errors.ts';
import { type DefinitionContent, queryOf } from './command-definition.rules.ts';
import type { Definition } from './definition.ts';
import { maskedValues, SecretHeaders } from './secret-headers.ts';

/** As the result of a script. */
const ANSWER_BYTES_MAX = 1_048_576;
const ANSWER_DEPTH_MAX = 64;
/** What of a failure's body is told. */
const EXCERPT_LENGTH_MAX = 300;

/** Runs a definition that is an endpoint: the input goes there as JSON or as a query, what it answers is the data. */
@Injectable()
export class RunHttpDefinition {
  constructor(
    private readonly out: CallOut,
    private readonly acting: ActingCallers,
    private readonly secretHeaders: SecretHeaders,
  ) {}

  /** What must be readable nowhere in a record of its runs. */
  secretsOf(content: DefinitionContent): string[] {
    return maskedValues(this.secretHeaders.open(content));
  }

  async run({ content, ownerId }: Definition, { input, caller, origin }: DefinedOrder): Promise<unknown> {
    const { method, url, headers, timeoutMs } = content.http!;
    if (!this.acting.of(ownerId, caller).permissions.has('http:send')) throw permissionMissing('http:send');
    const secrets = this.secretHeaders.open(content);
    const hasBody = method !== 'GET' && method !== 'DELETE';
    const response = await this.out.send(
      {
        method,
        url: hasBody ? url : withQuery(url, input),
        headers: { ...headers, ...secrets },
        ...(hasBody && { body: JSON.stringify(input), type: 'application/json' }),
        timeoutMs,
        responseBytesMax: ANSWER_BYTES_MAX,
      },
      origin,
    );
    const text = response.body.toString('utf8');
    if (!isSuccessStatus(response.status))
      throw unexpectedStatus(response, failureSentence(response.status, text, maskedValues(secrets)));
    if (response.bodyTruncated) throw answerTooLarge(ANSWER_BYTES_MAX);
    return dataOf(response.body, text);
  }
}

function withQuery(url: string, input: DefinedOrder['input']): string {
  const whole = new URL(url);
  for (const [name, value] of queryOf(input)) whole.searchParams.append(name, value);
  return whole.href;
}

function failureSentence(status: number, text: string, secrets: readonly string[]): string {
  // Masked before it is cut: a half of a secret would not be recognised.
  const said = withoutCredentials(text.slice(0, 10_000), secrets).trim().slice(0, EXCERPT_LENGTH_MAX);
  return `The endpoint answered ${status}${said === '' ? '' : `: ${said}`}`;
}

/** JSON as its value, other text as it is, bytes in Base64; null: nothing came. */
function dataOf(body: Buffer, text: string): unknown {
  if (body.length === 0) return null;
  if (!Buffer.from(text).equals(body)) return body.toString('base64');
  if (nestsDeeperThan(body, ANSWER_DEPTH_MAX)) return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
