/** What stands in place of a value that nobody may read. */
export const MASK = '[masked]';

const secretNames = /password|secret|token|api-?key|authorization|cookie|credential|private-?key|signature/i;

/** True for the name of a field or header whose value is a credential. */
export function isSecretName(name: string): boolean {
  return secretNames.test(name);
}

/** JSON text in which the value of each field with a secret's name is masked, at any depth. */
export function maskedJson(value: unknown): string {
  return (
    JSON.stringify(value, (name, held: unknown) =>
      name !== '' && held !== null && isSecretName(name) ? MASK : held,
    ) ?? 'null'
  );
}
