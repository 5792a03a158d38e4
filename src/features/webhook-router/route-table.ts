import { fixedEndpointPaths, type WebHookConfigEntity } from '../webhook-configs/index.ts';
import type { Sealer } from '../../platform/sealing.ts';
import { WebHookRoute } from './webhook-route.ts';

const KEY_ADDRESS = '/api/webhooks/dynamic/';
const PATH_ADDRESS = '/api/webhooks/';

export interface RouteMatch {
  route: WebHookRoute;
  params: Record<string, string>;
}

interface Node {
  literals: Map<string, Node>;
  parameter: Node | null;
  route: WebHookRoute | null;
}

/** Finds the configuration that an address belongs to; holds the enabled ones only, so that all else is one 404. */
export class RouteTable {
  private readonly byId = new Map<number, WebHookRoute>();
  private readonly byKey = new Map<string, WebHookRoute>();
  private readonly roots = new Map<string, Node>();

  constructor(private readonly sealer: Sealer) {}

  /** Follows one change of the directory; null: the configuration is gone. */
  set(id: number, config: WebHookConfigEntity | null): void {
    this.drop(id);
    // The keys of our fixed endpoints answer at no dynamic address.
    if (!config?.isEnabled || Object.hasOwn(fixedEndpointPaths, config.key)) return;
    const route = new WebHookRoute(config, this.sealer);
    this.byId.set(id, route);
    this.byKey.set(config.key, route);
    this.leaf(config).route = route;
  }

  get usesExpressions(): boolean {
    return [...this.byId.values()].some((route) => route.expressions !== null || route.chain.usesExpressions);
  }

  /** @param url as it stands in the request line: never decoded as a whole, so that %2F does not make segments. */
  match(method: string, url: string): RouteMatch | null {
    const queryAt = url.indexOf('?');
    const path = withoutOrigin(queryAt === -1 ? url : url.slice(0, queryAt));
    if (path.startsWith(KEY_ADDRESS)) return this.matchKey(method, path.slice(KEY_ADDRESS.length));
    return path.startsWith(PATH_ADDRESS) ? this.matchPath(method, path.slice(PATH_ADDRESS.length)) : null;
  }

  private matchKey(method: string, segment: string): RouteMatch | null {
    const key = decoded(segment);
    const route = key === null ? undefined : this.byKey.get(key);
    return route?.config.action === method ? { route, params: {} } : null;
  }

  private matchPath(method: string, rest: string): RouteMatch | null {
    const root = this.roots.get(method);
    const segments = rest.split('/').map(decoded);
    if (!root || segments.includes(null)) return null;
    const values: string[] = [];
    const route = find(root, segments as string[], 0, values);
    if (!route) return null;
    return {
      route,
      params: Object.fromEntries(route.parameterNames.map((name, index) => [name, values[index]!])),
    };
  }

  private leaf({ action, path }: WebHookConfigEntity): Node {
    let node = this.roots.get(action);
    if (!node) this.roots.set(action, (node = emptyNode()));
    for (const segment of path.slice('/webhooks/'.length).split('/')) {
      if (segment.startsWith(':')) {
        node = node.parameter ??= emptyNode();
      } else {
        let next = node.literals.get(segment);
        if (!next) node.literals.set(segment, (next = emptyNode()));
        node = next;
      }
    }
    return node;
  }

  private drop(id: number): void {
    const old = this.byId.get(id);
    if (!old) return;
    this.byId.delete(id);
    this.byKey.delete(old.config.key);
    const root = this.roots.get(old.config.action);
    if (root) prune(root, old, old.config.path.slice('/webhooks/'.length).split('/'), 0);
  }
}

/** The left-most literal wins; where it leads nowhere, the parameter beside it has its turn. */
function find(node: Node, segments: readonly string[], at: number, values: string[]): WebHookRoute | null {
  const segment = segments[at];
  if (segment === undefined) return node.route;
  const literal = node.literals.get(segment);
  const viaLiteral = literal && find(literal, segments, at + 1, values);
  if (viaLiteral) return viaLiteral;
  if (!node.parameter || segment === '') return null;
  values.push(segment);
  const viaParameter = find(node.parameter, segments, at + 1, values);
  if (!viaParameter) values.pop();
  return viaParameter;
}

/** RFC 9112 §3.2.2: a request line may have the whole URL. */
function withoutOrigin(path: string): string {
  return path.startsWith('/') ? path : path.replace(/^https?:\/\/[^/]*/i, '');
}

/** Takes a route out, and the nodes that led only to it: changed paths leave nothing behind. */
function prune(node: Node, route: WebHookRoute, segments: readonly string[], at: number): void {
  const segment = segments[at];
  if (segment === undefined) {
    // The address may already belong to another configuration.
    if (node.route === route) node.route = null;
    return;
  }
  const child = segment.startsWith(':') ? node.parameter : node.literals.get(segment);
  if (!child) return;
  prune(child, route, segments, at + 1);
  if (child.route || child.parameter || child.literals.size > 0) return;
  if (segment.startsWith(':')) node.parameter = null;
  else node.literals.delete(segment);
}

function emptyNode(): Node {
  return { literals: new Map(), parameter: null, route: null };
}

/** A segment of a path; null: it cannot be read. */
export function decoded(segment: string): string | null {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
