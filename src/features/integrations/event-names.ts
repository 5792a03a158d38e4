import { eventTypePattern, TYPE_LENGTH_MAX } from '../events/index.ts';

/** What the event of a notification is called: as the provider calls it, after the provider's name. */
export function eventTypeOf(provider: string, kind: string): string {
  const type = kind.startsWith(`${provider}.`) ? kind : `${provider}.${kind}`;
  return type.length <= TYPE_LENGTH_MAX && eventTypePattern.test(type) ? type : `${provider}.unknown`;
}
