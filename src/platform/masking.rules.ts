/** What stands in place of a value that nobody may read. */
export const MASK = '[masked]';

const secretNames =
  /password|secret|token|api[-_]?key|authorization|cookie|credential|private[-_]?key|signature/i;

/** True for the name of a field, header or parameter whose value is a credential. */
export function isSecretName(name: string): boolean {
  return secretNames.test(name);
}

/**
 * JSON text in which nobody finds a credential: values of fields with a credential's name are masked at any depth,
 * so are those in URLs, and the given credentials wherever they stand in a string or a name. Depth must be bounded.
 */
export function maskedJson(value: unknown, credentials: readonly string[] = []): string {
  return JSON.stringify(maskedCopy('', value, credentials)) ?? 'null';
}

/** The text with each of the credentials masked. */
export function withoutCredentials(text: string, credentials: readonly string[]): string {
  let clean = text;
  for (const credential of credentials) {
    if (clean.includes(credential)) clean = clean.replaceAll(credential, MASK);
  }
  return clean;
}

function maskedCopy(name: string, value: unknown, credentials: readonly string[]): unknown {
  // Flags and nulls under such a name (`hasSecret: true`) give nothing away.
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (name !== '' && isSecretName(name)) return MASK;
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return withoutCredentials(maskedUrl(value), credentials);
  if (Array.isArray(value)) return value.map((item) => maskedCopy('', item, credentials));
  return Object.fromEntries(
    Object.entries(value as object).map(([key, held]) => [
      withoutCredentials(key, credentials),
      maskedCopy(key, held, credentials),
    ]),
  );
}

/** A URL without its password and without the values of parameters that have a credential's name. */
function maskedUrl(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text;
  return text
    .replace(/^([^/?#]*:\/\/)[^/?#]*@/, `$1${MASK}@`)
    .replaceAll(/([?&#;])([^=&#;]+)=([^&#;]*)/g, (whole, separator: string, name: string) =>
      isSecretName(name) ? `${separator}${name}=${MASK}` : whole,
    );
}
