import { z } from 'zod';
import { objectionsToDatabaseUrl } from './platform/database-url.ts';
import { faultPoints } from './platform/fault-points.ts';
import { parseAddressRules } from './platform/network-addresses.ts';

/** What a process does. */
export interface Roles {
  /** It answers calls, commands and people; without it only `/health/…` and `/metrics`. */
  readonly http: boolean;
  /** It does what is left to do later: jobs, retention, ends of executions that a crash cut off. */
  readonly worker: boolean;
}

/** All that a process can do. */
export const roleNames = ['http', 'worker'] as const;

/** Digits only, within bounds. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be between ${min} and ${max}`);

/** Addresses and networks, separated by commas. */
export const addressRules = z.string().transform((text, context) => {
  const parsed = parseAddressRules(text);
  if ('rules' in parsed) return parsed.rules;
  context.addIssue({
    code: 'custom',
    message: `must be a comma-separated list of addresses and CIDR ranges: ${parsed.errors.map((error) => error.replace(/\.$/, '')).join('; ')}`,
  });
  return z.NEVER;
});

/** No sentence repeats the URL: it holds a password. */
export const databaseUrl = z.string().superRefine((text, context) => {
  for (const message of objectionsToDatabaseUrl(text)) context.addIssue({ code: 'custom', message });
});

/** What a process does, separated by commas. */
export const roles = z.string().transform((text, context): Roles => {
  const entries = text.split(',').map((entry) => entry.trim());
  const others = entries.filter((entry) => !roleNames.some((name) => name === entry));
  for (const other of others)
    context.addIssue({ code: 'custom', message: `must be a list of http and worker; "${other}" is neither` });
  if (new Set(entries).size < entries.length)
    context.addIssue({ code: 'custom', message: 'must name each role once' });
  return { http: entries.includes('http'), worker: entries.includes('worker') };
});

/** 32 bytes in Base64. */
export const secretsKey = z.string().transform((text, context) => {
  const key = Buffer.from(text, 'base64');
  // Base64 decoding forgives: what does not read back the same was no Base64.
  if (key.length === 32 && key.toString('base64') === text) return key;
  context.addIssue({
    code: 'custom',
    message: 'must be 32 bytes in Base64, such as `openssl rand -base64 32` prints',
  });
  return z.NEVER;
});

/** What a provider gave, or was given. */
export const providerSecret = z
  .string()
  .min(8, 'must have at least 8 characters')
  .max(512, 'must have at most 512 characters');

/** A URL without a slash at its end. */
export const httpUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'must be an http or https URL',
  )
  .transform((text) => text.replace(/\/+$/, ''));

/** As OpenTelemetry writes it: `name=value,name=value`, both percent-encoded. */
export const headerList = z.string().transform((text, context) => {
  try {
    const entries = text.split(',').map((entry) => {
      const [, name, value] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=(.*)$/s.exec(entry)!;
      return [decodeURIComponent(name!), decodeURIComponent(value!.trim())] as const;
    });
    return Object.fromEntries(new Headers(entries.map(([name, value]) => [name, value])));
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a list such as name=value,other=value' });
    return z.NEVER;
  }
});

/** Modules, separated by commas. */
export const plugins = z
  .string()
  .transform((text) => text.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()])))
  .refine((entries) => new Set(entries).size === entries.length, 'must name each module once');

/** `<point>` or `<point>:<n>`. */
export const faultPoint = z.string().transform((text, context) => {
  const [name, nth = '1'] = text.split(':');
  const known = faultPoints.find((point) => point === name);
  if (known && /^[1-9]\d{0,8}$/.test(nth)) return { name: known, nth: Number(nth) };
  context.addIssue({
    code: 'custom',
    message: `must be one of ${faultPoints.join(', ')}, with :<n> for the nth time`,
  });
  return z.NEVER;
});
