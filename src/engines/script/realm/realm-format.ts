/** Texts for people out of values that may be hostile: proxies, throwing getters, lying prototypes. */

const DEPTH_MAX = 6;
const ENTRIES_MAX = 100;
const MESSAGE_CHARS_MAX = 4096;

/** Characters still to be spent; formatting stops where they end. */
interface Budget {
  left: number;
}

function spend(text: string, budget: Budget): string {
  const kept = text.length <= budget.left ? text : text.slice(0, budget.left);
  budget.left -= kept.length;
  return kept;
}

function dataProperty(value: object, key: PropertyKey): unknown {
  return Reflect.getOwnPropertyDescriptor(value, key)?.value;
}

function formatError(error: Error): string {
  const name: unknown = error.name;
  const message: unknown = error.message;
  const label = typeof name === 'string' && name !== '' ? name : 'Error';
  return typeof message === 'string' && message !== '' ? `${label}: ${message}` : label;
}

function formatList(items: string[], open: string, close: string): string {
  return open + items.join(',') + close;
}

function formatEntries(value: object, budget: Budget, path: object[]): string {
  const items: string[] = [];
  const isArray = Array.isArray(value);
  const keys: PropertyKey[] = isArray ? [] : Reflect.ownKeys(value);
  const total = isArray ? value.length : keys.length;
  for (let index = 0; index < total && budget.left > 0; index += 1) {
    if (index === ENTRIES_MAX) {
      items.push(`… ${total - index} more`);
      break;
    }
    const key = isArray ? String(index) : keys[index]!;
    const property = Reflect.getOwnPropertyDescriptor(value, key);
    if (!isArray && property?.enumerable !== true) continue;
    const label = isArray ? '' : `${typeof key === 'symbol' ? String(key) : JSON.stringify(key)}:`;
    const isAccessor = property !== undefined && (property.get !== undefined || property.set !== undefined);
    items.push(spend(label, budget) + (isAccessor ? '[Getter]' : formatValue(property?.value, budget, path)));
  }
  return isArray ? formatList(items, '[', ']') : formatList(items, '{', '}');
}

function formatCollection(items: Iterable<unknown>, budget: Budget, path: object[]): string {
  const texts: string[] = [];
  for (const item of items) {
    if (texts.length === ENTRIES_MAX || budget.left <= 0) {
      texts.push('…');
      break;
    }
    texts.push(formatValue(item, budget, path));
  }
  return formatList(texts, '{', '}');
}

const mapEntries = Map.prototype.entries;
const setValues = Set.prototype.values;
const dateIso = Date.prototype.toISOString;

function formatObject(value: object, budget: Budget, path: object[]): string {
  if (path.includes(value)) return '[Circular]';
  if (path.length >= DEPTH_MAX) return Array.isArray(value) ? '[Array]' : '[Object]';
  const inner = [...path, value];
  if (value instanceof Error) return spend(formatError(value), budget);
  if (value instanceof Date) return spend(Reflect.apply(dateIso, value, []), budget);
  if (value instanceof RegExp) return spend(`/${value.source}/${value.flags}`, budget);
  if (value instanceof Map) {
    return `Map${formatCollection(Reflect.apply(mapEntries, value, []), budget, inner)}`;
  }
  if (value instanceof Set) {
    return `Set${formatCollection(Reflect.apply(setValues, value, []), budget, inner)}`;
  }
  if (value instanceof Promise) return 'Promise';
  return formatEntries(value, budget, inner);
}

function formatValue(value: unknown, budget: Budget, path: object[]): string {
  if (typeof value === 'string') {
    return spend(path.length === 0 ? value : JSON.stringify(value.slice(0, budget.left)), budget);
  }
  if (typeof value === 'bigint') return spend(`${value}n`, budget);
  if (typeof value === 'function') {
    const name = dataProperty(value, 'name');
    return spend(`[Function ${typeof name === 'string' && name !== '' ? name : '(anonymous)'}]`, budget);
  }
  if (typeof value !== 'object' || value === null) return spend(String(value), budget);
  try {
    return formatObject(value, budget, path);
  } catch {
    return '[Object that cannot be shown]';
  }
}

/** One log line out of the arguments of `console.log`, at most `charsMax` long (and a few brackets). */
export function formatLine(values: unknown[], charsMax: number): string {
  const budget = { left: charsMax };
  let line = '';
  for (let index = 0; index < values.length && budget.left > 0; index += 1) {
    line += (index === 0 ? '' : ' ') + formatValue(values[index], budget, []);
  }
  return line;
}

/** The message of what a script threw; never throws, whatever it was. */
export function thrownMessage(thrown: unknown): string {
  try {
    if (typeof thrown === 'string') return thrown.slice(0, MESSAGE_CHARS_MAX);
    if (typeof thrown === 'object' && thrown !== null) {
      const { message, name } = thrown as { message?: unknown; name?: unknown };
      if (typeof message === 'string' && message !== '') return message.slice(0, MESSAGE_CHARS_MAX);
      if (thrown instanceof Error && typeof name === 'string') return name.slice(0, MESSAGE_CHARS_MAX);
    }
    return formatLine([thrown], MESSAGE_CHARS_MAX);
  } catch {
    return 'The script threw a value that cannot be shown';
  }
}
