/** Rules of the addresses that configurations may have (contract §2). */

const reservedRoots = [
  '/webhooks/dynamic',
  '/webhooks/mono',
  '/webhooks/paystack',
  '/webhooks/remita',
  '/webhooks/results',
];

/** Keys that belong to our fixed endpoints, with the one path that a configuration of that key may have. */
export const fixedEndpointPaths: Readonly<Record<string, string>> = {
  mono: '/webhooks/mono/callback',
  remita: '/webhooks/remita',
  'remita-collection': '/webhooks/remita/collection-notification',
  paystack: '/webhooks/paystack',
};

const PATH_LENGTH_MAX = 512;
const literalSegment = /^[A-Za-z0-9._~!$&'()*+,;=@-]+$/;
const parameterSegment = /^:[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** True for a key that belongs to a fixed endpoint: the house answers at its address, and its runs follow by the queue. */
export function isFixedEndpoint(key: string): boolean {
  return Object.hasOwn(fixedEndpointPaths, key);
}

/** What is wrong with a path, as the rest of a sentence that begins with "Path"; null for a good one. */
export function pathFault(path: string, key: string): string | null {
  const fixed = isFixedEndpoint(key) ? fixedEndpointPaths[key] : undefined;
  if (fixed !== undefined)
    return path === fixed ? null : `must be ${fixed}: the key ${key} belongs to that endpoint`;
  if (!path.startsWith('/webhooks/')) return 'must start with /webhooks/';
  if (path.length > PATH_LENGTH_MAX) return `must be at most ${PATH_LENGTH_MAX} characters long`;
  if (path.endsWith('/')) return 'must not end with a slash';
  const reserved = reservedRoots.find((root) => path === root || path.startsWith(`${root}/`));
  if (reserved !== undefined) return `must not lie under ${reserved}: that address is reserved`;
  return segmentsFault(path.split('/').slice(1));
}

function segmentsFault(segments: readonly string[]): string | null {
  const names = new Set<string>();
  for (const segment of segments) {
    if (segment === '.' || segment === '..') return 'must not have the segments . and ..';
    if (segment.startsWith(':')) {
      if (!parameterSegment.test(segment))
        return `has a bad parameter "${segment}": a colon, then letters, digits and _`;
      if (names.has(segment)) return `has the parameter ${segment} twice`;
      names.add(segment);
    } else if (!literalSegment.test(segment)) {
      return `has a bad segment "${segment}": letters, digits and -._~!$&'()*+,;=@`;
    }
  }
  return null;
}

/** `/webhooks/a/:x` → `/webhooks/a/:`, so that paths differing in names only are the same. */
export function pathShape(path: string): string {
  return path.replaceAll(/\/:[^/]+/g, '/:');
}
