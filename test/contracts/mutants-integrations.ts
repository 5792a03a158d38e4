import type { Mutant } from './mutants.ts';

const effects = 'src/features/integrations/notification-effects.ts';
const mono = 'test/integrations/mono.spec.ts';

/** Each takes away what is promised of providers' notifications. */
export const integrationMutants: readonly Mutant[] = [
  {
    name: 'a notification is acknowledged before it is on record',
    file: 'src/features/integrations/fixed-endpoints.ts',
    find: 'await this.notifications.receive(',
    replacement: 'void this.notifications.receive(',
    spec: 'test/integrations/mono-kill.spec.ts',
    tests: 'between its record and its acknowledgement',
  },
  {
    name: 'an effect that was had is not looked for',
    file: effects,
    find: 'return first ? { first: first.notificationId, rows: [] } :',
    replacement: 'return first ? { first: notification.id, rows: [] } :',
    spec: 'test/integrations/paystack.spec.ts',
    tests: 'has its effect once',
  },
  {
    name: 'a repeat at the same moment is settled once more',
    file: 'src/features/integrations/notification-rows.ts',
    find: 'return rowOf(newNotifications, kept);',
    replacement: 'return rowOf(notifications, kept);',
    spec: mono,
    tests: 'is one hint, however often it comes at the same moment',
  },
  {
    name: 'the secret of Mono is not compared',
    file: 'src/features/integrations/mono/mono.ts',
    find: "typeof given === 'string' && timingSafeEqual(sha256(given), sha256(secret))",
    replacement: "typeof given === 'string' && timingSafeEqual(sha256(secret), sha256(secret))",
    spec: mono,
    tests: 'and nothing of it is kept',
  },
  {
    name: 'a hint of a browser has an effect',
    file: 'src/features/integrations/mono/mono-redirect.ts',
    find: "state: 'unverified',",
    replacement: "state: 'verified',",
    spec: mono,
    tests: 'is a hint that nothing follows from',
  },
];
