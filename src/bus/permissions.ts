/** The closed list of what a caller may be allowed to do (contract §10). */
export const permissions = [
  'webhooks:read',
  'webhooks:write',
  'secrets:write',
  'executions:read',
  'executions:replay',
  'processes:read',
  'processes:write',
  'processes:run',
  'commands:define',
  'events:publish',
  'subscriptions:read',
  'subscriptions:write',
  'integrations:read',
  'access:manage',
  'http:send',
] as const;

export type Permission = (typeof permissions)[number];

export const roles = ['viewer', 'operator', 'designer', 'admin'] as const;

export type Role = (typeof roles)[number];

const viewer = permissions.filter((permission) => permission.endsWith(':read'));
const operator: Permission[] = [...viewer, 'executions:replay', 'processes:run', 'events:publish'];
const designer: Permission[] = [
  ...operator,
  'webhooks:write',
  'processes:write',
  'commands:define',
  'secrets:write',
  'subscriptions:write',
  'http:send',
];

/** What each role may do; a role is a name for a set of permissions and nothing else. */
export const permissionsOfRole: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  viewer: new Set(viewer),
  operator: new Set(operator),
  designer: new Set(designer),
  admin: new Set(permissions),
};
