import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { INPUT_DEPTH_MAX, INPUT_FIELDS_MAX } from '../bus/index.ts';
import { AppError } from '../platform/errors.ts';
import { parseJson } from '../platform/json-text.ts';
import { nestsDeeperThan, repeatedNames } from '../platform/json-guard.rules.ts';

/** Reads a JSON object strictly: the right type, valid UTF-8, no repeated name, not too many, no deep nesting. @throws AppError 400, 415. */
export function readJsonObject(headers: IncomingHttpHeaders, bytes: Buffer): Record<string, unknown> {
  const mediaType = headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase() ?? '';
  if (mediaType !== 'application/json') {
    throw new AppError({
      code: 'http.not-json',
      kind: 'unsupported-media',
      publicMessage: 'Unsupported media type',
      details: ['Send the body as application/json'],
    });
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw malformed('A compressed body is not accepted here');
  }
  if (!isUtf8(bytes)) throw malformed('The body is not valid UTF-8');
  if (nestsDeeperThan(bytes, INPUT_DEPTH_MAX))
    throw malformed(`The body nests deeper than ${INPUT_DEPTH_MAX} levels`);
  const value = parse(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed('The body is not a JSON object');
  if (Object.keys(value).length > INPUT_FIELDS_MAX)
    throw malformed(`The body has more than ${INPUT_FIELDS_MAX} fields`);
  const repeated = repeatedNames(bytes);
  if (repeated.length > 0)
    throw malformed(`The name "${repeated[0]!.slice(0, 100)}" stands twice in the body`);
  return value as Record<string, unknown>;
}

function parse(bytes: Buffer): unknown {
  try {
    return parseJson(bytes.toString('utf8'));
  } catch {
    throw malformed('The body is not valid JSON');
  }
}

function malformed(detail: string): AppError {
  return new AppError({
    code: 'http.malformed-json',
    kind: 'invalid',
    publicMessage: 'Malformed request',
    details: [detail],
  });
}
