import { Injectable } from '@nestjs/common';
import { validationFailed } from '../../bus/index.ts';
import { Sealer } from '../../platform/sealing.ts';
import type { DefinitionContent, DefinitionFields } from './command-definition.rules.ts';

/** As in executions: what is shorter stands in too many other words. */
const MASKED_LENGTH_MIN = 6;

/** Seals what nobody reads again. */
@Injectable()
export class SecretHeaders {
  constructor(private readonly sealer: Sealer) {}

  /**
   * The fields as they are stored. Headers that are not sent are kept, but for another host: whoever may change the URL
   * would else have them sent to himself.
   */
  sealed({ secretHeaders, ...fields }: DefinitionFields, kept: DefinitionContent | null): DefinitionContent {
    return {
      ...fields,
      sealedHeaders: secretHeaders ? this.sealAll(secretHeaders) : keptHeaders(fields, kept),
    };
  }

  open({ sealedHeaders }: DefinitionContent): Record<string, string> {
    return Object.fromEntries(
      Object.entries(sealedHeaders).map(([name, sealed]) => [
        name,
        this.sealer.open(Buffer.from(sealed, 'base64')).toString('utf8'),
      ]),
    );
  }

  private sealAll(headers: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        this.sealer.seal(Buffer.from(value)).toString('base64'),
      ]),
    );
  }
}

/** The values, and their parts after a scheme such as Bearer: an echo may have either. */
export function maskedValues(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers)
    .flatMap((value) => [value, ...value.split(' ').slice(1)])
    .filter(({ length }) => length >= MASKED_LENGTH_MIN);
}

function keptHeaders(
  { http }: Pick<DefinitionFields, 'http'>,
  kept: DefinitionContent | null,
): DefinitionContent['sealedHeaders'] {
  if (!http || !kept?.http || Object.keys(kept.sealedHeaders).length === 0) return {};
  if (new URL(http.url).origin === new URL(kept.http.url).origin) return kept.sealedHeaders;
  throw validationFailed(['SecretHeaders must be sent again: the URL has another host']);
}
