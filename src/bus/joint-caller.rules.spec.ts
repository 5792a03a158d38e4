import { describe, expect, it } from 'vitest';
import type { Caller } from './caller.ts';
import { jointCaller } from './joint-caller.rules.ts';
import { permissionsOfRole, type Permission, type Role } from './permissions.ts';

function caller(id: string, permissions: ReadonlySet<Permission>, more: Partial<Caller> = {}): Caller {
  return { id, kind: 'user', name: id, accountId: 'default', isAccountBound: false, permissions, ...more };
}
const of = (role: Role, id: string = role, more: Partial<Caller> = {}) =>
  caller(id, permissionsOfRole[role], more);

describe('Two callers together', () => {
  it.each([
    ['admin', 'operator', 'operator'],
    ['operator', 'admin', 'operator'],
    ['designer', 'viewer', 'viewer'],
  ] as const)('%s and %s may what the %s may, and act as he', (writer, starter, lesser) => {
    expect(jointCaller(of(writer), of(starter))).toEqual(of(lesser));
  });

  it('are the starter where both may the same, and the one where they are one', () => {
    expect(jointCaller(of('designer', 'ada'), of('designer', 'bob'))?.id).toBe('bob');
    expect(jointCaller(of('admin'), of('admin'))).toEqual(of('admin'));
  });

  it('are no more than either of them where they are one who acts with less than he has', () => {
    const narrow = of('admin', 'ada', {
      permissions: new Set<Permission>(['events:publish', 'webhooks:write']),
    });
    const joint = jointCaller(of('admin', 'ada'), narrow)!;
    // What he saves would act with all that he has.
    expect([...joint.permissions]).toEqual(['events:publish']);
    const bound = of('admin', 'ada', { isAccountBound: true });
    expect(jointCaller(of('admin', 'ada'), bound)?.isAccountBound).toBe(true);
  });

  it('leave nothing behind where each may something that the other may not', () => {
    const writer = caller('ada', new Set<Permission>(['webhooks:write', 'events:publish', 'http:send']));
    const starter = caller('bob', new Set<Permission>(['webhooks:write', 'events:publish', 'access:manage']));
    expect([...jointCaller(writer, starter)!.permissions]).toEqual(['events:publish']);
    const bound = of('admin', 'ada', { isAccountBound: true });
    const joint = jointCaller(bound, of('designer', 'bob'))!;
    expect(joint.isAccountBound).toBe(true);
    expect(joint.permissions.has('webhooks:write')).toBe(false);
    expect(joint.permissions.has('http:send')).toBe(true);
  });

  it('may go to other accounts only where both may, and are nobody without one in common', () => {
    const bound = { isAccountBound: true };
    expect(jointCaller(of('admin'), of('operator', 'bob', bound))).toEqual(of('operator', 'bob', bound));
    expect(jointCaller(of('admin'), of('operator', 'bob', { ...bound, accountId: 'x' }))).toBeNull();
  });
});
